/**
 * Steps with every microtask between them settled. One step is one macrotask: Node runs promise callbacks and
 * `process.nextTick` to their end after each `setImmediate` callback, and goes from one to the next without asking the
 * system for events, which makes this cheap enough for millions of steps.
 */
import { setImmediate } from 'node:timers';

/** Steps that run in one go before the event loop gets a turn, so that a long run does not starve the process. */
const STEPS_PER_STRETCH = 256;

/** What to do around each stretch of steps, where nothing else of the process runs. */
export interface StretchHooks {
  readonly onEnter: () => void;
  readonly onLeave: () => void;
}

/**
 * Calls `step` again and again until it answers false; before the first call and after each one every microtask is run.
 * Rejects with what `step` throws.
 */
export function runDrained(step: () => boolean, { onEnter, onLeave }: StretchHooks): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const runOne = (): void => {
      if (isDone) return;
      try {
        if (step()) return;
        isDone = true;
        onLeave();
        resolve();
      } catch (thrown) {
        isDone = true;
        onLeave();
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
    const begin = (): void => {
      if (!isDone) onEnter();
    };
    const endStretch = (): void => {
      if (isDone) return;
      onLeave();
      plan();
    };
    // Immediates that were asked for one after another run one after another: nothing else comes between.
    const plan = (): void => {
      setImmediate(begin);
      for (let step = 0; step < STEPS_PER_STRETCH; step++) setImmediate(runOne);
      setImmediate(endStretch);
    };
    plan();
  });
}
