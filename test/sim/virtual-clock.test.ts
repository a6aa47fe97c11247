import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

describe('virtual clock', () => {
  test('a timer set inside a callback is dated from that callback', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = () => {
      fired.push(clock.now());
      if (fired.length < 3) clock.setTimeout(again, 30);
    };
    clock.setTimeout(again, 30);
    clock.advance(100);
    expect({ fired, now: clock.now(), pending: clock.pendingTimers }).toEqual({
      fired: [30, 60, 90],
      now: 100,
      pending: 0,
    });
  });

  test('ties fire in the order they were set; cancelled timers do not', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('a'), 10);
    const cancelled = clock.setTimeout(() => fired.push('b'), 10);
    clock.setTimeout(() => fired.push('c'), 10);
    clock.clearTimeout(cancelled);
    clock.clearTimeout(cancelled);
    expect(clock.nextDueMs).toBe(10);
    clock.advance(9);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual(['a', 'c']);
    expect(clock.fireNext()).toBe(false);
  });

  test('any timers fire in order of due time, then of setting', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ delayMs: fc.nat(20), cancel: fc.boolean() }), { maxLength: 60 }), (timers) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const handles = timers.map(({ delayMs }, index) => clock.setTimeout(() => fired.push(index), delayMs));
        timers.forEach(({ cancel }, index) => cancel && clock.clearTimeout(handles[index]));
        clock.advance(20);
        const expected = timers
          .map(({ delayMs, cancel }, index) => ({ delayMs, cancel, index }))
          .filter(({ cancel }) => !cancel)
          .sort((left, right) => left.delayMs - right.delayMs || left.index - right.index)
          .map(({ index }) => index);
        expect(fired).toEqual(expected);
      }),
    );
  });

  test('cancelled timers are cleared away, and the order of the others stays', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const order: number[] = [];
    for (let round = 0; round < 20_000; round++) {
      const delayMs = (round * 7919) % 1000;
      const timer = clock.setTimeout(() => fired.push(round), delayMs);
      if (round % 100 === 0) order.push(round);
      else clock.clearTimeout(timer);
    }
    expect(clock.pendingTimers).toBe(200);
    const due = (round: number) => (round * 7919) % 1000;
    order.sort((left, right) => due(left) - due(right) || left - right);
    while (clock.fireNext());
    expect(fired).toEqual(order);
    expect(clock.pendingTimers).toBe(0);
  });
});
