import { describe, expect, test } from '@jest/globals';
import { ReceiveWindow } from '../../../src/actors/stream/receive-window.js';
import { SendWindow } from '../../../src/actors/stream/send-window.js';
import { thrownCode } from '../../support/decoding.js';

describe('send window', () => {
  test('speaks at its edges only', () => {
    const window = new SendWindow(100, 1000);
    expect([window.spend(60), window.spend(0), window.spend(40)]).toEqual([false, false, true]);
    expect([window.grant(0), window.grant(5), window.grant(5)]).toEqual([false, true, false]);
    expect(window.available).toBe(10);
  });

  test('holds what can be expressed, and not one more', () => {
    const window = new SendWindow(100, 1000);
    expect([window.holds(900), window.holds(901)]).toEqual([true, false]);
    expect(thrownCode(() => window.grant(901))).toBe('ERR_ENGINE_ASSERTION');
    expect(thrownCode(() => window.spend(101))).toBe('ERR_ENGINE_ASSERTION');
  });
});

describe('receive window', () => {
  const newWindow = (roundTripMs?: number, reserve = () => true) =>
    new ReceiveWindow({ initialBytes: 1000, maxBytes: 5000, roundTripMs: () => roundTripMs, reserve }, 0);

  test('charges up to its credit, and not one more', () => {
    const window = newWindow();
    expect([window.charge(600), window.charge(401), window.charge(400), window.charge(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect({ credit: window.credit, outstanding: window.outstanding }).toEqual({ credit: 0, outstanding: 1000 });
  });

  test('gives credit back at half a window, all that was consumed', () => {
    const window = newWindow();
    window.charge(1000);
    expect([window.consume(499, 0), window.consume(1, 0), window.consume(200, 0), window.consume(300, 0)]).toEqual([
      0, 500, 0, 500,
    ]);
    expect({ credit: window.credit, outstanding: window.outstanding }).toEqual({ credit: 1000, outstanding: 0 });
    expect(thrownCode(() => window.consume(1, 0))).toBe('ERR_ENGINE_ASSERTION');
  });

  test('grows when half of it is consumed within four round trips, to its maximum', () => {
    const window = newWindow(10);
    const sizes = [];
    let nowMs = 0;
    for (const tookMs of [39, 40, 39, 39, 39]) {
      nowMs += tookMs;
      window.charge(window.credit);
      window.consume(window.outstanding, nowMs);
      sizes.push(window.size);
    }
    expect(sizes).toEqual([2000, 2000, 4000, 5000, 5000]);
    expect(window.credit).toBe(5000);
  });

  test('does not grow on what only came, without memory, or before the round trip is known', () => {
    const waiting = newWindow(10);
    waiting.charge(1000);
    expect(waiting.size).toBe(1000);
    for (const window of [newWindow(10, () => false), newWindow(undefined), newWindow(0)]) {
      window.charge(1000);
      expect(window.consume(1000, 0)).toBe(1000);
      expect(window.size).toBe(1000);
    }
  });
});
