/** What an actor remembers of its way. */
import { expect, test } from '@jest/globals';
import { StayLog } from '../../src/actors/stay-log.js';

function walked(count: number) {
  const log = new StayLog('walker');
  for (let step = 0; step < count; step++) log.add(`s${step}`, `e${step}`, 10 * step + 0.5, 100 + step);
  return log.stays;
}

const stay = (step: number, isOpen: boolean) => ({
  machine: 'walker',
  state: `s${step}`,
  event: `e${step}`,
  enteredAtMs: 10 * step + 0.5,
  order: 100 + step,
  ...(isOpen ? {} : { durationMs: 10 }),
});

test('nothing before the first state', () => {
  expect(walked(0)).toEqual([]);
});

test.each([1, 2, 31, 32, 33, 63, 64, 65, 127, 200])(
  'of %d stays the last 32, oldest first; the last one is open',
  (count) => {
    const kept = Math.min(count, 32);
    const expected = Array.from({ length: kept }, (_, at) => stay(count - kept + at, at === kept - 1));
    expect(walked(count)).toEqual(expected);
  },
);

test('a packed log tells the same, and goes on', () => {
  const logs = [new StayLog('machine'), new StayLog('machine')] as const;
  for (let at = 0; at < 100; at++) {
    for (const log of logs) log.add(`state ${at}`, `event ${at}`, at * 1.5, 2 * at);
    if (at % 7 === 0) logs[1].pack();
    expect(logs[1].stays).toEqual(logs[0].stays);
  }
  logs[1].pack();
  logs[1].pack();
  expect(logs[1].stays).toEqual(logs[0].stays);
  const empty = new StayLog('machine');
  empty.pack();
  expect(empty.stays).toEqual([]);
});
