/** `npm run fuzz`: every target in turn, a few runs of a new seed each time, until the time is over or one has failed. */
import { parseArgs } from 'node:util';
import { reportOf, type FuzzFailure, type FuzzTarget } from './target.js';
import { TARGETS } from './targets.js';
import { FuzzThread } from './thread.js';

/** Inputs of one seed; a path leads to one of them. */
const RUNS = 100;
const SEEDS = 2 ** 31;

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly targets: readonly FuzzTarget[];
  readonly path: string | undefined;
  /** What one input may take. */
  readonly inputSeconds: number;
  readonly json: boolean;
}

/** A module that exports `TARGETS`, and what it exports. */
export interface FuzzTable {
  readonly module: string;
  readonly targets: readonly FuzzTarget[];
}

const ALL: FuzzTable = { module: new URL('./targets.ts', import.meta.url).href, targets: TARGETS };

/** Runs it, and answers the exit code: 0 when all went well, 1 for a failure, 2 for arguments that make no sense. */
export async function fuzz(args: readonly string[], { module, targets: all }: FuzzTable = ALL): Promise<number> {
  const options = optionsOf(args, all);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  const { seconds, seed, targets, path, inputSeconds, json } = options;
  const runs = new Map<string, number>(targets.map(({ name }) => [name, 0]));
  const thread = new FuzzThread(module, inputSeconds * 1000);
  await thread.ready;
  const startedMs = Date.now();
  const isOver = (): boolean => Date.now() - startedMs >= seconds * 1000;
  let failure: FuzzFailure | undefined;
  if (!json) process.stdout.write(`${targets.length} targets, ${seconds} s, seed ${seed}\n`);
  // Each target once at the least.
  for (let round = 0; round === 0 || (!isOver() && path === undefined); round++) {
    for (const target of targets) {
      if (round > 0 && isOver()) break;
      progress(`${Math.floor((Date.now() - startedMs) / 1000)} s  round ${round}  ${target.name}`, json);
      const outcome = await thread.check({ name: target.name, seed: (seed + round) % SEEDS, runs: RUNS, path });
      runs.set(target.name, (runs.get(target.name) ?? 0) + outcome.runs);
      failure = outcome.failure;
      if (failure !== undefined) break;
    }
    if (failure !== undefined) break;
  }
  await thread.end();
  progress('', json);
  const total = [...runs.values()].reduce((sum, count) => sum + count, 0);
  if (json) {
    process.stdout.write(`${JSON.stringify({ seed, total, runs: Object.fromEntries(runs), failure })}\n`);
  } else {
    process.stdout.write(failure === undefined ? `${total} inputs, no failure\n` : `${reportOf(failure)}\n`);
  }
  return failure === undefined ? 0 : 1;
}

/** The options, or what is wrong with them. */
export function optionsOf(args: readonly string[], all: readonly FuzzTarget[] = TARGETS): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % SEEDS) },
        only: { type: 'string', default: '' },
        path: { type: 'string' },
        'input-seconds': { type: 'string', default: '60' },
        json: { type: 'boolean', default: false },
      },
    });
    const [seconds, seed, inputSeconds] = [values.seconds, values.seed, values['input-seconds']].map(Number) as [
      number,
      number,
      number,
    ];
    if (!(inputSeconds > 0)) return `--input-seconds is above 0, got ${values['input-seconds']}`;
    if (!(seconds >= 0)) return `--seconds is a number of seconds, got ${values.seconds}`;
    if (!Number.isSafeInteger(seed) || seed < 0) return `--seed is a whole number, got ${values.seed}`;
    const exact = all.filter(({ name }) => name === values.only);
    const targets =
      exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
    if (targets.length === 0)
      return `no target has ${values.only} in its name:\n${all.map(({ name }) => name).join('\n')}`;
    return { seconds, seed, targets, path: values.path, inputSeconds, json: values.json };
  } catch (error) {
    return (error as Error).message;
  }
}

/** One line of a terminal that is written over and over; nothing elsewhere. */
function progress(text: string, json: boolean): void {
  if (!process.stderr.isTTY || json) return;
  process.stderr.write(`\r\u001b[K${text}`);
}
