/** Real time. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports.js';

/** The system's monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimeout: (fire, delayMs) => setTimeout(fire, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  // After the chunks that came together and the promises they settled, before the loop waits again.
  soon: (fire) => void setImmediate(fire),
};
