/** `swarmchart daemon`: a node that serves until it is interrupted. */
import type { Command } from './command.js';
import { NodeTally } from '../telemetry/tally.js';
import { NO_RPC, serveRpc } from './daemon-rpc.js';
import { CHAIN_OPTIONS, REPO_OPTION, chainOptions, repoFolder, untilInterrupted, startNode } from './node-options.js';
import { printFailure, printJson, printLine, printNote } from './output.js';

const DEFAULT_LISTEN = ['/ip4/127.0.0.1/tcp/4001'];

export const daemonCommand: Command = {
  name: 'daemon',
  usage: '',
  positionals: [0, 0],
  options: {
    ...REPO_OPTION,
    listen: {
      type: 'string',
      value: 'MA',
      multiple: true,
      help: `where to listen; repeatable (default: ${DEFAULT_LISTEN.join(', ')})`,
    },
    ...CHAIN_OPTIONS,
    rpc: {
      type: 'string',
      value: 'MA',
      help: `where the local RPC listens: /unix/PATH, /ip4/127.0.0.1/tcp/PORT, or ${NO_RPC} (default: a socket in the repo)`,
    },
    bootstrap: { type: 'string', value: 'MA', multiple: true, help: 'a peer to connect to at start; repeatable' },
  },
  examples: [
    'swarmchart daemon',
    'swarmchart daemon --listen /ip4/0.0.0.0/tcp/4001 --listen /ip6/::/tcp/4001',
    'swarmchart daemon --repo ./repo --security noise,secio',
  ],
  async run(words) {
    const json = words.flag('json');
    const listen = words.list('listen');
    const repo = repoFolder(words);
    const host = await startNode({
      repo,
      listen: listen.length === 0 ? DEFAULT_LISTEN : listen,
      ...chainOptions(words),
      onBroken: (error) => printFailure(error, json),
    });
    const tally = new NodeTally(host);
    const rpc = await serveRpc({ node: host, tally, repo, address: words.text('rpc'), note: printNote }).catch(
      async (thrown: unknown) => {
        await host.stop();
        throw thrown;
      },
    );
    const { peerId, addresses } = host;
    if (json) printJson({ event: 'listening', peerId, addresses, ...(rpc === undefined ? {} : { rpc: rpc.address }) });
    else for (const address of host.addresses) printLine(address);

    const events = host.events$.subscribe((event) => {
      if (event.type === 'connection.failed' || event.type === 'stream.failed') {
        if (json) printJson({ event: event.type, remote: event.info.remoteAddress, code: event.error.code });
        else printNote(`${event.type} ${event.info.remoteAddress} ${event.error.code}: ${event.error.message}`);
      } else if (event.type === 'peer.connected' || event.type === 'peer.disconnected') {
        if (json) printJson({ event: event.type, peer: event.peer });
        else printNote(`${event.type} ${event.peer}`);
      }
    });
    for (const address of words.list('bootstrap')) {
      host.dial(address).catch((thrown: unknown) => printFailure(thrown, json));
    }
    const signal = await untilInterrupted();
    events.unsubscribe();
    tally.stop();
    await rpc?.close();
    await host.stop();
    if (json) printJson({ event: 'stopped', signal });
    return 0;
  },
};
