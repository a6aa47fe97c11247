/** Every target of the fuzzer, a few inputs of a new seed each time: `npm run fuzz` tries more of them. */
import { describe, expect, test } from '@jest/globals';
import { TARGETS } from './targets.js';
import { check, reportOf } from './target.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 150);

describe(`any input either parses or ends in a named failure, FUZZ_SEED=${SEED}`, () => {
  test.each(TARGETS)('$name', async (target) => {
    const { failure } = await check(target, { seed: SEED, runs: RUNS });
    expect(failure === undefined ? '' : reportOf(failure)).toBe('');
  });
});
