/** What `get` and `cat` share: a node on the repo, connected to the given providers. */
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { GetOptions } from '../host/content.js';
import type { Host } from '../host/host.js';
import type { OptionSpec, Words } from './command.js';
import { CHAIN_OPTIONS, PEER_OPTION, REPO_OPTION, chainOptions, repoFolder, withNode } from './node-options.js';
import { ProgressLine } from './output.js';
import { ROUTING_OPTIONS, routingNode } from './routing-options.js';

export const FETCH_OPTIONS = {
  ...PEER_OPTION,
  ...ROUTING_OPTIONS,
  ...REPO_OPTION,
  ...CHAIN_OPTIONS,
} as const satisfies Record<string, OptionSpec>;

/**
 * Starts a node on the repo, dials every `--peer` (one that answers is enough), and runs `work`. Without `--peer`, providers
 * are found by the routers, whose network is joined when the repo lacks something.
 */
export async function withProviders<Result>(
  words: Words,
  work: (host: Host, options: GetOptions, progress: ProgressLine) => Promise<Result>,
): Promise<Result> {
  const isTold = words.list('peer').length > 0 && words.list('bootstrap').length === 0;
  const options: CreateNodeOptions = {
    repo: repoFolder(words),
    listen: [],
    ...(isTold ? {} : routingNode(words)),
    ...chainOptions(words),
  };
  return withNode(options, async (host) => {
    let problem: EngineError | undefined;
    host.events$.subscribe((event) => {
      if (event.type === 'router.problem') problem = event.error;
    });
    const peers = await dialProviders(host, words.list('peer'));
    const progress = new ProgressLine('fetching', !words.flag('json'));
    try {
      const onProgress: GetOptions['onProgress'] = (fetched) =>
        progress.update(fetched.bytes, undefined, `${fetched.blocks} blocks from ${fetched.peers} peers`);
      return await work(host, { peers, onProgress }, progress);
    } catch (thrown) {
      throw whyNotFound(thrown, problem);
    } finally {
      progress.end();
    }
  });
}

async function dialProviders(host: Host, addresses: readonly string[]): Promise<readonly string[]> {
  const dials = await Promise.allSettled(
    addresses.map(async (address) => {
      const { remotePeer } = await host.dial(address);
      // Bitswap speaks the version that identify tells; a peer that cannot say is tried all the same.
      await host.identify(address).catch(() => undefined);
      return remotePeer;
    }),
  );
  const connected = dials.flatMap((dial) => (dial.status === 'fulfilled' ? [dial.value] : []));
  if (connected.length > 0 || dials.length === 0) return connected;
  const reasons = dials.flatMap((dial) => (dial.status === 'rejected' ? [dial.reason as unknown] : []));
  if (reasons.length === 1) throw reasons[0];
  throw new EngineError('ERR_DIAL_FAILED', 'remote', 'no --peer could be reached', {
    cause: new AggregateError(reasons),
  });
}

/** A block that nobody could be asked for: because of what the routers said, where they said something. */
function whyNotFound(thrown: unknown, problem: EngineError | undefined): unknown {
  if (!(thrown instanceof EngineError) || thrown.code !== 'ERR_BLOCK_NOT_FOUND' || problem === undefined) return thrown;
  const { details } = thrown;
  return new EngineError(thrown.code, 'local', `${thrown.message}; ${problem.message}`, { cause: problem, details });
}
