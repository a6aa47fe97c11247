/** The nodes under `swarmchart name` and `swarmchart routing`: clients of the routers that the words name. */
import type { Command, Words } from './command.js';
import { nameCommand, type WithNames } from './name.js';
import { REPO_OPTION, repoFolder, startNode, withNode } from './node-options.js';
import { join, ROUTING_OPTIONS, routingNode } from './routing-options.js';
import { routingCommand, type RoutingHost } from './routing.js';

/** A node on the repo: its key is the name. */
const withNames: WithNames = (words, work) =>
  withNode({ repo: repoFolder(words), listen: [], ...routingNode(words) }, async (host) => {
    await join(host, words);
    return work(host);
  });

export const nameOnNodes: Command = nameCommand(withNames, { ...ROUTING_OPTIONS, ...REPO_OPTION });

async function startRouting(words: Words): Promise<RoutingHost> {
  const repo = words.text('repo') === undefined ? {} : { repo: repoFolder(words) };
  const host = await startNode({ ...repo, listen: [], ...routingNode(words) });
  try {
    await join(host, words);
    return host;
  } catch (thrown) {
    await host.stop();
    throw thrown;
  }
}

export const routingOnNodes: Command = routingCommand(startRouting, { ...ROUTING_OPTIONS, ...REPO_OPTION });
