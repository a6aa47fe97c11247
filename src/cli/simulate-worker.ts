/** A worker of a sweep: runs one seed after another, each told by message, and answers how it ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulate, type GenerateOptions } from '../sim/scenario/index.js';

/** What a worker answers. */
export interface WorkerAnswer {
  readonly seed: number;
  /** How it failed; or why it could not be run at all. */
  readonly failure?: Awaited<ReturnType<typeof simulate>>['failure'];
  readonly error?: string;
}

const options = workerData as GenerateOptions;

parentPort?.on('message', (seed: number) => {
  simulate({ ...options, seed }).then(
    ({ failure }) => answer({ seed, failure }),
    (thrown: unknown) =>
      answer({ seed, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }),
  );
});

function answer(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}
