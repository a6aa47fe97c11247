/**
 * A thread for targets, and who watches it: an input that never ends, which keeps the thread for good, is a failure like
 * another, told with its seed and the way to it. The thread notes each input before it begins, in memory that both see.
 */
import { Worker } from 'node:worker_threads';
import { againWith, type FuzzFailure, type FuzzOutcome } from './target.js';

/** What a thread is given as it begins. */
export interface FuzzWork {
  /** The module whose `TARGETS` it runs. */
  readonly targets: string;
  /** Two numbers: inputs of the job begun so far, and, once one has failed, which it was. Both count from 1. */
  readonly noted: SharedArrayBuffer;
}

/** Inputs of one seed for one target. */
export interface FuzzJob {
  readonly name: string;
  readonly seed: number;
  readonly runs: number;
  readonly path?: string | undefined;
}

/** Between two looks at a thread. */
const LOOK_MS = 100;

/** Targets in a thread that is ended when one input takes longer than it may. */
export class FuzzThread {
  readonly #worker: Worker;
  readonly #mostMs: number;
  readonly #noted = new Int32Array(new SharedArrayBuffer(8));
  /** It has loaded what it runs. */
  readonly ready: Promise<unknown>;
  /** The job under way has its outcome; or the thread has none to give. */
  #end: ((outcome: FuzzOutcome) => void) | undefined;
  #lost: ((error: string) => void) | undefined;

  constructor(targets: string, mostMs: number) {
    const workerData: FuzzWork = { targets, noted: this.#noted.buffer };
    this.#worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData });
    this.#mostMs = mostMs;
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
    });
    this.#worker.on('message', (outcome: FuzzOutcome) => this.#end?.(outcome));
    this.#worker.on('error', (error) =>
      this.#lost?.(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => this.#lost?.(`the thread ended with code ${code} at input ${this.#inputs}`));
  }

  /** Runs a job. The thread is of no use after a failure: it may have been ended. */
  async check(job: FuzzJob): Promise<FuzzOutcome> {
    await this.ready;
    this.#noted.fill(0);
    return new Promise((resolve) => {
      let [seen, sinceMs] = [-1, Date.now()];
      const watching = setInterval(() => {
        if (this.#inputs !== seen) [seen, sinceMs] = [this.#inputs, Date.now()];
        if (Date.now() - sinceMs < this.#mostMs) return;
        const what = this.#failed > 0 ? `while input ${this.#failed}, which fails, was made smaller, one` : 'it';
        this.#lost?.(`input ${this.#inputs} of this seed: ${what} did not end within ${this.#mostMs / 1000} s`);
        void this.end();
      }, LOOK_MS);
      this.#end = (outcome) => {
        clearInterval(watching);
        this.#end = undefined;
        this.#lost = undefined;
        resolve(outcome);
      };
      this.#lost = (error) => this.#end?.({ runs: this.#inputs, failure: this.#failureOf(job, error) });
      this.#worker.postMessage(job);
    });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  get #inputs(): number {
    return Atomics.load(this.#noted, 0);
  }

  get #failed(): number {
    return Atomics.load(this.#noted, 1);
  }

  /** The input itself is in the thread's hands alone; its way is its place among those of the seed. */
  #failureOf({ name, seed, path }: FuzzJob, error: string): FuzzFailure {
    const place = String((this.#failed > 0 ? this.#failed : Math.max(1, this.#inputs)) - 1);
    const way = path ?? place;
    return { name, seed, path: way, input: 'not known', error, command: againWith({ name, seed, path: way }) };
  }
}
