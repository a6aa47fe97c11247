/** Sweeps of `swarmchart simulate`: worker threads, progress, and reports that can be merged. */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../errors.js';
import {
  countSeeds,
  mergeReports,
  missingSeeds,
  sweep,
  sweepReport,
  type GenerateOptions,
  type SeedRange,
  type SeedResult,
  type SweepReport,
} from '../sim/scenario/index.js';
import { atPath } from '../platform/file-errors.js';
import { SWARMCHART_VERSION } from '../platform/versions.js';
import { printJson, printLine, printNote } from './output.js';
import type { WorkerAnswer } from './simulate-worker.js';

/** Runs a range of seeds on worker threads; an interrupt ends it early, with a report of what was run. */
export async function runSweep(seeds: SeedRange, options: GenerateOptions, workers: number): Promise<SweepReport> {
  const pool = Array.from({ length: Math.min(workers, seeds.last - seeds.first + 1) }, () => new SeedWorker(options));
  const idle = [...pool];
  let isCancelled = false;
  const cancel = (): void => {
    isCancelled = true;
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  const progress = new SeedProgress(seeds);
  try {
    const results = await sweep({
      seeds,
      workers: pool.length,
      run: async (seed) => {
        const worker = idle.pop();
        if (worker === undefined) throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'a seed without a worker');
        const result = await worker.run(seed);
        idle.push(worker);
        return result;
      },
      onEnded: (_, done) => progress.update(done),
      isCancelled: () => isCancelled,
    });
    return sweepReport(results, options, SWARMCHART_VERSION);
  } finally {
    progress.end();
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
    await Promise.all(pool.map((worker) => worker.close()));
  }
}

/** `swarmchart simulate merge`: one report of several; answers the exit code. */
export async function mergeFiles(
  paths: readonly string[],
  wanted: SeedRange | undefined,
  json: boolean,
): Promise<number> {
  const reports = await Promise.all(paths.map(readReport));
  const merged = mergeReports(reports);
  const missing = wanted === undefined ? [] : missingSeeds(merged, wanted);
  if (json) printJson({ ok: merged.failed.length === 0 && missing.length === 0, ...merged, missing });
  else {
    printReport(merged);
    for (const { first, last } of missing) printLine(`missing: seeds ${first}..${last}`);
  }
  return merged.failed.length === 0 && missing.length === 0 ? 0 : 1;
}

/** Prints what a sweep has found. */
export function printReport({ ran, failed }: SweepReport): void {
  const ranges = ran.map(({ first, last }) => (first === last ? `${first}` : `${first}..${last}`)).join(', ');
  printLine(`${countSeeds(ran)} seeds (${ranges}): ${failed.length === 0 ? 'all is well' : `${failed.length} failed`}`);
  for (const { seed, signature } of failed) printLine(`  seed ${seed}: ${signature}`);
}

async function readReport(path: string): Promise<SweepReport> {
  const text = await atPath(path, readFile(path, 'utf8'));
  try {
    return JSON.parse(text) as SweepReport;
  } catch (cause) {
    throw new EngineError('ERR_SCENARIO_INVALID', 'local', `${path} is not JSON`, { cause });
  }
}

/** One worker thread; one seed at a time. */
class SeedWorker {
  readonly #worker: Worker;
  #settle: ((answer: WorkerAnswer | Error) => void) | undefined;

  constructor(options: GenerateOptions) {
    this.#worker = new Worker(new URL('./simulate-worker.js', import.meta.url), { workerData: options });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle?.(answer));
    this.#worker.on('error', (error: Error) => this.#settle?.(error));
    this.#worker.on('exit', (code) => this.#settle?.(new Error(`the worker ended with ${code}`)));
  }

  run(seed: number): Promise<SeedResult> {
    return new Promise((resolve, reject) => {
      this.#settle = (answer) => {
        this.#settle = undefined;
        if (answer instanceof Error) reject(cannotRun(seed, answer.stack ?? answer.message));
        else if (answer.error !== undefined) reject(cannotRun(seed, answer.error));
        else resolve({ seed: answer.seed, failure: answer.failure });
      };
      this.#worker.postMessage(seed);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function cannotRun(seed: number, why: string): EngineError {
  return new EngineError('ERR_ENGINE_ASSERTION', 'engine', `seed ${seed} could not be run: ${why}`);
}

/** One line on a terminal; nothing elsewhere but a note now and then. */
class SeedProgress {
  readonly #total: number;
  readonly #isTerminal = process.stderr.isTTY;
  #tenths = 0;

  constructor({ first, last }: SeedRange) {
    this.#total = last - first + 1;
  }

  update(done: number): void {
    if (this.#isTerminal) {
      process.stderr.write(`\r\u001b[K${done} of ${this.#total} seeds`);
      return;
    }
    const tenths = Math.floor((done * 10) / this.#total);
    if (tenths === this.#tenths || this.#total < 100) return;
    this.#tenths = tenths;
    printNote(`${done} of ${this.#total} seeds`);
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
  }
}
