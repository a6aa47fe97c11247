/** `swarmchart daemon`: a node that serves until it is interrupted. */
import type { Command } from './command.js';
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
    const host = await startNode({
      repo: repoFolder(words),
      listen: listen.length === 0 ? DEFAULT_LISTEN : listen,
      ...chainOptions(words),
      onBroken: (error) => printFailure(error, json),
    });
    if (json) printJson({ event: 'listening', peerId: host.peerId, addresses: host.addresses });
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
    await host.stop();
    if (json) printJson({ event: 'stopped', signal });
    return 0;
  },
};
