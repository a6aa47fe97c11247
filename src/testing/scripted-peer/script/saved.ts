/** Naming what an earlier step kept. */
import type { Saved } from './commands.js';

/** The bytes that an expectation kept with `as: name`; of a decoded message, the bytes as they came. */
export function saved(name: string): Saved {
  return { saved: name };
}
