/** Quiescence between two inputs: everything that promises and `process.nextTick` still have to do is done. */
import { setImmediate } from 'node:timers';

/** Resolves when every microtask that is ready, and every one that those bring about, has run. */
export function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
