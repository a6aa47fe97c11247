/** `swarmchart replay`: runs a recorded node again and says where it goes another way. */
import { EngineError } from '../errors.js';
import { readTraceFile } from '../platform/trace-file.js';
import type { ReplayLevel } from '../replay/comparison.js';
import { changedMachines } from '../replay/changed-machines.js';
import { randomRechunk } from '../replay/rechunk.js';
import { replayTrace, type ReplayOptions, type ReplayResult } from '../replay/replayer.js';
import type { Command } from './command.js';
import { forkFile } from './replay-fork.js';
import { printJson, printLine, printNote } from './output.js';

const LEVELS: readonly ReplayLevel[] = ['bytes', 'frames', 'states', 'final'];
const MOST_RECHUNKINGS = 10_000;

export const replayCommand: Command = {
  name: 'replay',
  usage: 'FILE',
  positionals: [1, 1],
  options: {
    level: { type: 'string', value: 'LEVEL', help: 'what has to be equal: bytes (default), frames, states or final' },
    rechunk: {
      type: 'string',
      value: 'N',
      help: 'also replay with the received chunks cut anew, N times (default: 0)',
    },
    seed: { type: 'string', value: 'S', help: 'seed of the first cutting (default: 1)' },
    fork: { type: 'string', value: 'SEQ', help: 'change this input and run on; takes one of the next five, and -o' },
    drop: { type: 'boolean', help: 'fork: it never comes' },
    delay: { type: 'string', value: 'MS', help: 'fork: it comes later' },
    bytes: { type: 'string', value: 'HEX', help: 'fork: other bytes come' },
    duplicate: { type: 'boolean', help: 'fork: its bytes come twice' },
    split: { type: 'string', value: 'N', help: 'fork: its bytes come in two pieces, the first of N bytes' },
    output: { type: 'string', short: 'o', value: 'OUT', help: 'where the trace of a fork goes' },
  },
  examples: [
    'swarmchart replay dial.trace.jsonl',
    'swarmchart replay dial.trace.jsonl --level states --rechunk 20',
    'swarmchart replay dial.trace.jsonl --fork 63 --delay 5000 -o what-if.trace.jsonl',
  ],
  async run(words) {
    const [path = ''] = words.positionals;
    const level = LEVELS.find((known) => known === (words.text('level') ?? 'bytes'));
    if (words.text('fork') !== undefined) return forkFile(path, words);
    if (level === undefined)
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--level takes ${LEVELS.join(', ')}`);
    const cuttings = words.number('rechunk', 0, 0, MOST_RECHUNKINGS);
    const firstSeed = words.number('seed', 1, 0, Number.MAX_SAFE_INTEGER - MOST_RECHUNKINGS);
    const json = words.flag('json');
    const trace = await readTraceFile(path);
    if (trace.truncated) printNote('the last line breaks off: what was recorded up to there is replayed');
    const changed = changedMachines(trace);
    if (changed.length > 0) printNote(`machines that have changed since it was recorded: ${changed.join(', ')}`);
    const replays: [string, ReplayOptions][] = [['as recorded', { level }]];
    for (let seed = firstSeed; seed < firstSeed + cuttings; seed++) {
      replays.push([`cut anew, seed ${seed}`, { level, rechunk: randomRechunk(seed) }]);
    }
    for (const [what, options] of replays) {
      const result = await replayTrace(trace, options);
      tell(what, result, json);
      if (!result.ok) return 1;
    }
    if (!json)
      printLine(`${replays.length === 1 ? 'the replay is' : `all ${replays.length} replays are`} equal: ${level}`);
    return 0;
  },
};

function tell(what: string, { ok, trace, difference }: ReplayResult, json: boolean): void {
  if (json) {
    const { seq, actor, state, expected, actual, byteOffset } = difference ?? {};
    printJson({ replay: what, ok, records: trace.records.length, seq, actor, state, expected, actual, byteOffset });
  } else if (difference !== undefined) {
    printLine(`${what}: not equal`);
    printLine(difference.report);
  } else printNote(`${what}: equal, ${trace.records.length} records`);
}
