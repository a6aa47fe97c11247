/** `swarmchart listen`: a peer to test against. */
import type { Command } from './command.js';
import { CHAIN_OPTIONS, chainOptions, untilInterrupted, startNode } from './node-options.js';
import { printJson, printLine, printNote } from './output.js';

export const listenCommand: Command = {
  name: 'listen',
  usage: '',
  positionals: [0, 0],
  options: {
    echo: { type: 'boolean', help: 'answer /echo/1.0.0 and /perf/1.0.0 (the default, spelled out)' },
    listen: { type: 'string', value: 'MA', multiple: true, help: 'where to listen (default: /ip4/127.0.0.1/tcp/0)' },
    ...CHAIN_OPTIONS,
  },
  examples: ['swarmchart listen --echo', 'swarmchart listen --echo --security secio,noise'],
  async run(words) {
    const json = words.flag('json');
    const listen = words.list('listen');
    const host = await startNode({
      listen: listen.length === 0 ? ['/ip4/127.0.0.1/tcp/0'] : listen,
      ...chainOptions(words),
      testProtocols: true,
    });
    const interrupted = untilInterrupted();
    if (json) printJson({ event: 'listening', peerId: host.peerId, addresses: host.addresses });
    else for (const address of host.addresses) printLine(address);
    host.events$.subscribe((event) => {
      if (event.type === 'connection.opened') {
        const { remotePeer, remoteAddress, security, muxer } = event.info;
        if (json) printJson({ event: event.type, remotePeer, remoteAddress, security, muxer });
        else printNote(`connected ${remotePeer} from ${remoteAddress} (${security ?? ''}, ${muxer ?? ''})`);
      } else if (event.type === 'connection.failed') {
        if (json) printJson({ event: event.type, remote: event.info.remoteAddress, code: event.error.code });
        else printNote(`failed ${event.info.remoteAddress} ${event.error.code}: ${event.error.message}`);
      }
    });
    await interrupted;
    await host.stop();
    return 0;
  },
};
