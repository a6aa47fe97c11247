/** `swarmchart ping`: round-trip times of a peer. */
import type { Command } from './command.js';
import { CHAIN_OPTIONS, chainOptions, withNode } from './node-options.js';
import { printJson, printLine } from './output.js';

export const pingCommand: Command = {
  name: 'ping',
  usage: 'MA',
  positionals: [1, 1],
  options: {
    count: { type: 'string', short: 'n', value: 'N', help: 'how many pings (default: 4)' },
    ...CHAIN_OPTIONS,
  },
  examples: ['swarmchart ping /ip4/127.0.0.1/tcp/4001', 'swarmchart ping MA -n 10 --json'],
  async run(words) {
    const [target = ''] = words.positionals;
    const count = words.number('count', 4, 1, 1000);
    const json = words.flag('json');
    const times = await withNode({ ...chainOptions(words), listen: [] }, async (host) => {
      const taken: number[] = [];
      for await (const roundTripMs of host.ping(target, { count })) {
        taken.push(roundTripMs);
        if (!json) printLine(`${taken.length} ${roundTripMs.toFixed(2)} ms`);
      }
      return taken;
    });
    const sorted = [...times].sort((left, right) => left - right);
    const summary = { minMs: sorted[0] ?? 0, medianMs: sorted[sorted.length >> 1] ?? 0, maxMs: sorted.at(-1) ?? 0 };
    if (json) printJson({ ok: true, roundTripsMs: times, ...summary });
    else
      printLine(
        `min ${summary.minMs.toFixed(2)} ms, median ${summary.medianMs.toFixed(2)} ms, max ${summary.maxMs.toFixed(2)} ms`,
      );
    return 0;
  },
};
