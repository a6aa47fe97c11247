/** When what is due: times, claims, pauses, and the clock that they follow. */
import { describe, expect, test } from '@jest/globals';
import { CELLS, KeyCells, regionOf } from '../../../../src/actors/dht/providing/key-cells.js';
import { EVERYWHERE, regionAround, regionText } from '../../../../src/actors/dht/providing/region-space.js';
import { SweepClock } from '../../../../src/actors/dht/providing/sweep-clock.js';
import { SweepTable } from '../../../../src/actors/dht/providing/sweep-table.js';
import { LIMITS } from '../../../../src/limits.js';
import { HOUR_MS, SettableClock, START_MS } from '../../../support/provide-world.js';

const INTERVAL_MS = 22 * HOUR_MS;
const EARLY_MS = INTERVAL_MS / 16;

function table(selfHead = 0) {
  const cells = new KeyCells();
  return { cells, table: new SweepTable(cells, LIMITS, selfHead) };
}

describe('the time of a cell', () => {
  test('comes once in an interval, later than what was provided, and never more than a sixteenth beyond it', () => {
    const { table: sweep } = table(0x12345678);
    for (const cell of [0, 1, 77, 2048, CELLS - 1]) {
      for (const providedAtMs of [START_MS, START_MS + 1, START_MS + INTERVAL_MS / 2, START_MS + 1e10]) {
        const dueMs = sweep.dueAtMs(cell, providedAtMs);
        expect(dueMs).toBeGreaterThan(providedAtMs + EARLY_MS);
        expect(dueMs).toBeLessThanOrEqual(providedAtMs + EARLY_MS + INTERVAL_MS);
        expect(sweep.dueAtMs(cell, dueMs)).toBe(dueMs + INTERVAL_MS);
      }
    }
  });

  test('cells share the interval evenly, in the order of their distance from this node', () => {
    const { table: sweep } = table(0xffffffff);
    const phases = Array.from({ length: CELLS }, (_, cell) => sweep.dueAtMs(cell, 0) % INTERVAL_MS);
    expect(phases[CELLS - 1]).toBe(0);
    expect([...phases].reverse()).toEqual(Array.from({ length: CELLS }, (_, step) => (step / CELLS) * INTERVAL_MS));
  });

  test('what was never provided is due', () => expect(table().table.dueAtMs(5, -Infinity)).toBe(-Infinity));
});

describe('what is picked', () => {
  test('nothing of nothing', () => expect(table().table.pick(START_MS)).toEqual({ type: 'nothing' }));

  test('what is due first, when it is due', () => {
    const { cells, table: sweep } = table();
    cells.add(9, START_MS);
    cells.add(2000, START_MS);
    const dueMs = [sweep.dueAtMs(9, START_MS), sweep.dueAtMs(2000, START_MS)] as const;
    const firstMs = Math.min(...dueMs);
    expect(sweep.pick(firstMs - 1)).toEqual({ type: 'wait', untilMs: firstMs });
    expect(sweep.pick(firstMs)).toMatchObject({
      type: 'region',
      cell: dueMs[0] === firstMs ? 9 : 2000,
      claim: EVERYWHERE,
    });
  });

  test('new keys before old ones, unless those are late by more than what may wait', () => {
    const { cells, table: sweep } = table();
    cells.add(9, START_MS);
    cells.add(2000);
    const dueMs = sweep.dueAtMs(9, START_MS);
    expect(sweep.pick(dueMs + EARLY_MS - 1)).toMatchObject({ cell: 2000 });
    expect(sweep.pick(dueMs + EARLY_MS + 1)).toMatchObject({ cell: 9 });
  });

  test('nothing that is claimed; what was claimed first is taken', () => {
    const { cells, table: sweep } = table();
    const [one, two] = [{}, {}];
    cells.add(0);
    cells.add(CELLS - 1);
    sweep.claim(one, regionAround(0, 1));
    sweep.claim(two, EVERYWHERE);
    expect(sweep.pick(START_MS)).toEqual({ type: 'nothing' });
    expect([sweep.isFree(0, one), sweep.isFree(0, two), sweep.isFree(CELLS - 1, two)]).toEqual([true, false, true]);
    sweep.narrow(two, regionAround(0, 4));
    expect(sweep.pick(START_MS)).toMatchObject({ cell: CELLS - 1 });
    sweep.release(one);
    sweep.release(two);
    expect(sweep.pick(START_MS)).toMatchObject({ cell: 0 });
  });

  test('with a claim as wide as regions were lately, and its keys', () => {
    const { cells, table: sweep } = table();
    for (const cell of [0, 1, 100, 300]) cells.add(cell);
    sweep.learn(6);
    const pick = sweep.pick(START_MS);
    expect(pick.type === 'region' && [regionText(pick.claim), pick.keys]).toEqual(['00000', 3]);
  });
});

describe('what failed', () => {
  test('is left alone for a minute, two, four, to an hour, until it succeeds', () => {
    const { cells, table: sweep } = table();
    cells.add(5);
    const region = regionOf(5);
    const pauses = Array.from({ length: 8 }, () => (sweep.failed(region, START_MS) - START_MS) / 60_000);
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(sweep.pick(START_MS + HOUR_MS - 1)).toEqual({ type: 'wait', untilMs: START_MS + HOUR_MS });
    expect(sweep.pick(START_MS + HOUR_MS)).toMatchObject({ cell: 5 });
    sweep.succeeded(region);
    expect(sweep.failed(region, START_MS)).toBe(START_MS + 60_000);
    sweep.forgetFailures();
    expect(sweep.pick(START_MS)).toMatchObject({ cell: 5 });
  });

  test('does not keep the rest', () => {
    const { cells, table: sweep } = table();
    cells.add(5);
    cells.add(6);
    sweep.failed(regionOf(5), START_MS);
    expect(sweep.pick(START_MS)).toMatchObject({ cell: 6 });
  });
});

describe('the clock', () => {
  test('is wall time at first, and goes on with the machine’s', () => {
    const clock = new SettableClock(START_MS);
    const sweep = new SweepClock(clock);
    clock.advance(1234);
    expect(sweep.nowMs).toBe(START_MS + 1234);
  });

  test('follows the wall ahead, and never back', () => {
    const clock = new SettableClock(START_MS);
    const sweep = new SweepClock(clock);
    clock.wallAheadMs = HOUR_MS;
    expect(sweep.nowMs).toBe(START_MS + HOUR_MS);
    clock.wallAheadMs = -HOUR_MS;
    expect(sweep.nowMs).toBe(START_MS + HOUR_MS);
    clock.advance(1000);
    expect(sweep.nowMs).toBe(START_MS + HOUR_MS + 1000);
    clock.wallAheadMs = 0;
    expect(sweep.nowMs).toBe(START_MS + 2 * HOUR_MS + 1000);
  });

  test.each([
    [0, 0],
    [HOUR_MS, -HOUR_MS],
    [-60_000, 0],
    [-60_001, -Infinity],
  ])('what was written %i ms ago is at %i', (agoMs, atMs) => {
    const sweep = new SweepClock(new SettableClock(START_MS));
    expect(sweep.fromWallMs(START_MS - agoMs)).toBe(START_MS + atMs);
  });
});

describe('counts of a cell', () => {
  const count = { keys: 3, fresh: 2, provided: 2, oldestMs: 9 };

  test('are set to what was read, where nothing changed meanwhile', () => {
    const cells = new KeyCells();
    for (let add = 0; add < 5; add++) cells.add(1);
    cells.settle(1, { version: cells.version(1), ...count });
    expect([cells.keys(1), cells.fresh(1), cells.oldestMs(1), cells.total, cells.totalFresh]).toEqual([3, 0, 9, 3, 0]);
  });

  test('keep what came meanwhile', () => {
    const cells = new KeyCells();
    cells.add(1, 5);
    for (let add = 0; add < 2; add++) cells.add(1);
    const version = cells.version(1);
    cells.add(1);
    cells.settle(1, { version, ...count });
    expect([cells.keys(1), cells.fresh(1), cells.total, cells.totalFresh]).toEqual([4, 1, 4, 1]);
    cells.remove(1, true);
    expect([cells.keys(1), cells.fresh(1)]).toEqual([3, 0]);
  });

  test('of none left have no age', () => {
    const cells = new KeyCells();
    cells.add(1, 5);
    cells.remove(1, false);
    expect([cells.total, cells.oldestMs(1)]).toEqual([0, Infinity]);
  });
});
