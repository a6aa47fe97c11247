/** Targets that are flawed on purpose, each in another way: for the test of who watches them. */
import fc from 'fast-check';
import { target, type FuzzTarget } from './target.js';

const numbers = fc.integer({ min: 0, max: 9 });

/** Keeps its thread for good, as a decoder does that reads the same byte over and over. */
function spin(): never {
  for (;;) if (Date.now() < 0) throw new Error('the clock ran back');
}

let hasFailed = false;

export const TARGETS: readonly FuzzTarget[] = [
  target('fine', numbers, () => undefined),
  target('endless', numbers, (number) => (number === 7 ? spin() : undefined)),
  target('never settled', numbers, (number) => (number === 7 ? new Promise<void>(() => undefined) : undefined)),
  target('endless when made smaller', numbers, (number) => {
    if (hasFailed) spin();
    hasFailed = number === 7;
    if (hasFailed) throw new Error('seven');
  }),
  target('gone', numbers, (number) => (number === 7 ? process.exit(3) : undefined)),
  target('flawed', numbers, (number) => {
    if (number === 7) throw new Error('seven');
  }),
];
