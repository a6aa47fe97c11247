/** Runs targets in a thread of their own, and notes before each input which one it is: see `thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { check, type FuzzTarget } from './target.js';
import type { FuzzJob, FuzzWork } from './thread.js';

const { targets, noted } = workerData as FuzzWork;
const { TARGETS } = (await import(targets)) as { readonly TARGETS: readonly FuzzTarget[] };
const notes = new Int32Array(noted);

parentPort?.on('message', ({ name, ...job }: FuzzJob) => {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined) throw new Error(`there is no target ${name}`);
  let inputs = 0;
  let smaller = 0;
  const began = (): void => {
    inputs++;
    Atomics.store(notes, 0, inputs);
    Atomics.store(notes, 1, smaller);
  };
  const failed = (): void => {
    // What comes next is made of the first input that failed.
    if (smaller === 0) smaller = inputs;
  };
  void check(found, { ...job, began, failed }).then((outcome) => parentPort?.postMessage(outcome));
});
parentPort?.postMessage('ready');
