/** Sweeps of seeds, and reports put together from several. */
import { describe, expect, test } from '@jest/globals';
import type { SimulationFailure } from '../../../src/sim/scenario/failure.js';
import {
  countSeeds,
  mergeReports,
  missingSeeds,
  sweep,
  sweepReport,
  type SeedResult,
  type SweepReport,
} from '../../../src/sim/scenario/sweep.js';

const failure: SimulationFailure = {
  invariant: 'stream.prefix',
  machine: 'yamuxStream',
  state: 'open',
  node: 'n1',
  actor: 'conn:2/yamux/3',
  atMs: 12,
  message: 'byte 7 was delivered as 1 and sent as 2',
};

/** Runs that end in an order of their own: the seed says after how many microtasks. */
const runOf =
  (failing: readonly number[], begun: number[]) =>
  async (seed: number): Promise<SeedResult> => {
    begun.push(seed);
    for (let wait = 0; wait < (seed * 7) % 11; wait++) await Promise.resolve();
    return failing.includes(seed) ? { seed, failure } : { seed };
  };

const seedsOf = (results: readonly SeedResult[]) => results.map(({ seed }) => seed);

describe('sweep', () => {
  test('runs every seed of the range once', async () => {
    const results = await sweep({ seeds: { first: 5, last: 24 }, workers: 4, run: runOf([], []) });
    expect(seedsOf(results)).toEqual(Array.from({ length: 20 }, (_, index) => 5 + index));
  });

  test.each([1, 2, 3, 8])(
    'with %d workers it finds the lowest failing seed and begins none far above',
    async (workers) => {
      const begun: number[] = [];
      const results = await sweep({ seeds: { first: 1, last: 1000 }, workers, run: runOf([40, 41, 44, 700], begun) });
      expect(results.filter((result) => result.failure !== undefined)[0]?.seed).toBe(40);
      for (let seed = 1; seed <= 40; seed++) expect(begun).toContain(seed);
      expect(Math.max(...begun)).toBeLessThan(40 + 2 * 11 * workers);
    },
  );

  test('a cancelled sweep ends, and tells what it ran', async () => {
    let done = 0;
    const results = await sweep({
      seeds: { first: 1, last: 100 },
      run: runOf([], []),
      onEnded: () => done++,
      isCancelled: () => done === 10,
    });
    expect(seedsOf(results)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

const options = { nodes: 5 };
const reportOf = (first: number, last: number, failing: readonly number[] = []): SweepReport =>
  sweepReport(
    Array.from({ length: last - first + 1 }, (_, index) => first + index).map((seed) =>
      failing.includes(seed) ? { seed, failure } : { seed },
    ),
    options,
    '0.1.0',
  );

describe('reports', () => {
  test('ranges that touch or overlap become one, failures come once and in order', () => {
    const merged = mergeReports([
      reportOf(201, 300, [250, 210]),
      reportOf(1, 100),
      reportOf(90, 200, [150]),
      reportOf(400, 400),
    ]);
    expect(merged.ran).toEqual([
      { first: 1, last: 300 },
      { first: 400, last: 400 },
    ]);
    expect(merged.failed.map(({ seed, signature }) => ({ seed, signature }))).toEqual([
      { seed: 150, signature: 'stream.prefix yamuxStream open' },
      { seed: 210, signature: 'stream.prefix yamuxStream open' },
      { seed: 250, signature: 'stream.prefix yamuxStream open' },
    ]);
    expect(countSeeds(merged.ran)).toBe(301);
  });

  test('seeds that no report ran are found', () => {
    const merged = mergeReports([reportOf(11, 20), reportOf(31, 40)]);
    expect(missingSeeds(merged, { first: 1, last: 50 })).toEqual([
      { first: 1, last: 10 },
      { first: 21, last: 30 },
      { first: 41, last: 50 },
    ]);
    expect(missingSeeds(merged, { first: 12, last: 19 })).toEqual([]);
    expect(missingSeeds(merged, { first: 15, last: 33 })).toEqual([{ first: 21, last: 30 }]);
  });

  test.each([
    { name: 'none', reports: [], says: 'there is no report' },
    {
      name: 'other options',
      reports: [reportOf(1, 2), { ...reportOf(3, 4), options: { nodes: 6 } }],
      says: 'report 2 is of other scenarios',
    },
    {
      name: 'another version',
      reports: [reportOf(1, 2), { ...reportOf(3, 4), version: '0.2.0' }],
      says: 'report 2 is of other scenarios',
    },
    {
      name: 'a newer format',
      reports: [{ ...reportOf(1, 2), format: 2 }],
      says: 'report 1 is no sweep report of format 1',
    },
    { name: 'something else', reports: [{} as SweepReport], says: 'report 1 is no sweep report' },
  ])('$name: refused', ({ reports, says }) => {
    expect(() => mergeReports(reports)).toThrow(
      expect.objectContaining({ code: 'ERR_SCENARIO_INVALID', message: expect.stringContaining(says) }),
    );
  });
});
