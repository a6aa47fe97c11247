/** `swarmchart dial`: connects to a peer and shows every state on the way. */
import { formatTimeline } from '../report/failure-report.js';
import type { Command } from './command.js';
import { CHAIN_OPTIONS, chainOptions, withNode } from './node-options.js';
import { printJson, printLine } from './output.js';

export const dialCommand: Command = {
  name: 'dial',
  usage: 'MA',
  positionals: [1, 1],
  options: {
    protocol: { type: 'string', value: 'ID', help: 'also open a stream with this protocol' },
    ...CHAIN_OPTIONS,
  },
  examples: [
    'swarmchart dial /ip4/127.0.0.1/tcp/4001',
    'swarmchart dial MA --security secio --protocol /ipfs/kad/1.0.0',
  ],
  async run(words) {
    const [target = ''] = words.positionals;
    const protocol = words.text('protocol');
    return withNode({ ...chainOptions(words), listen: [] }, async (host) => {
      const { id } = await host.dial(target);
      const identify = await host.identify(target);
      const stream = protocol === undefined ? undefined : await host.openStream(target, protocol);
      const connection = host.connections().find((candidate) => candidate.id === id) ?? (await host.dial(target));
      const { timeline, remotePeer, security, muxer, agreed } = connection;
      if (words.flag('json')) {
        printJson({ ok: true, remotePeer, security, muxer, agreed, timeline, identify, stream: stream?.protocol });
      } else {
        for (const line of formatTimeline(timeline)) printLine(line);
        const suite = Object.entries(agreed).map(([name, value]) => `${name} ${value}`);
        printLine('');
        printLine(`peer       ${remotePeer}`);
        printLine(`security   ${[security ?? '', ...suite].join(', ')}`);
        printLine(`muxer      ${muxer ?? ''}`);
        printLine(`agent      ${identify.agentVersion ?? 'not told'}`);
        printLine(`speaks     ${identify.protocols.join(' ')}`);
        printLine(`listens    ${identify.listenAddresses.join(' ')}`);
        printLine(`sees us at ${identify.observedAddress ?? 'not told'}`);
        if (stream !== undefined) printLine(`stream     ${stream.protocol} agreed`);
      }
      stream?.reset();
      return 0;
    });
  },
};
