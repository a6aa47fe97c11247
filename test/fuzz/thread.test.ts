/** An input that never ends is a failure of the fuzzer like another: told by target, seed and way, and tried again by it. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { fuzz, optionsOf } from './command-line.js';
import { TARGETS } from './planted.js';
import { check, type FuzzFailure } from './target.js';
import { FuzzThread } from './thread.js';

const MODULE = new URL('./planted.ts', import.meta.url).href;
const SEED = 11;
const RUNS = 100;
/** What an input may take; those that end do so at once. */
const MOST_MS = 2_000;

const threads: FuzzThread[] = [];
afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.end())));

function threadOf(): FuzzThread {
  const thread = new FuzzThread(MODULE, MOST_MS);
  threads.push(thread);
  return thread;
}

const failing = async (name: string, path?: string): Promise<FuzzFailure | undefined> =>
  (await threadOf().check({ name, seed: SEED, runs: RUNS, path })).failure;

/** The first input that a flawed target fails on, said by the fuzzer as it is without a thread. */
async function firstSeven(): Promise<string> {
  const flawed = TARGETS.find(({ name }) => name === 'flawed')!;
  const { failure } = await check(flawed, { seed: SEED, runs: RUNS });
  return failure!.path.split(':')[0]!;
}

describe('in a thread', () => {
  test('a target goes as it goes without one, job after job', async () => {
    const thread = threadOf();
    expect(await thread.check({ name: 'fine', seed: SEED, runs: RUNS })).toEqual({ runs: RUNS });
    expect(await thread.check({ name: 'fine', seed: SEED, runs: 7 })).toEqual({ runs: 7 });
    const flawed = TARGETS.find(({ name }) => name === 'flawed')!;
    const { failure } = await check(flawed, { seed: SEED, runs: RUNS });
    const told = (await thread.check({ name: 'flawed', seed: SEED, runs: RUNS })).failure;
    expect(told).toMatchObject({ seed: SEED, path: failure!.path, input: '7', command: failure!.command });
  });

  test.each([
    ['endless', /^input \d+ of this seed: it did not end within 2 s$/],
    ['never settled', /^input \d+ of this seed: it did not end within 2 s$/],
    ['gone', /^the thread ended with code 3 at input \d+$/],
  ])('%s: told with the way to the input, and the same when tried again by it', async (name, error) => {
    const place = await firstSeven();
    const failure = await failing(name);
    expect(failure).toMatchObject({ name, seed: SEED, path: place });
    expect(failure?.error).toMatch(error);
    expect(failure?.command).toBe(`npm run fuzz -- --only '${name}' --seed ${SEED} --path ${place}`);
    const again = await failing(name, place);
    expect(again).toMatchObject({ path: place });
    expect(again?.error).toMatch(error);
  });

  test('endless on the way to a smaller input: the input that failed is told, and fails by itself', async () => {
    const place = await firstSeven();
    const failure = await failing('endless when made smaller');
    expect(failure).toMatchObject({ path: place });
    expect(failure?.error).toMatch(/while input \d+, which fails, was made smaller, one did not end within 2 s$/);
    const again = await failing('endless when made smaller', place);
    expect(again).toMatchObject({ input: '7' });
    expect(again?.error).toMatch(/^Error: seven/);
  });
});

describe('the command', () => {
  test.each([
    ['endless', 1],
    ['fine', 0],
  ])('%s: code %d', async (name, code) => {
    const lines: string[] = [];
    const written = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const args = ['--only', name, '--seed', String(SEED), '--seconds', '0', '--input-seconds', '1', '--json'];
    const answered = await fuzz(args, { module: MODULE, targets: TARGETS }).finally(() => written.mockRestore());
    expect(answered).toBe(code);
    const { failure } = JSON.parse(lines.join('')) as { failure?: FuzzFailure };
    expect(failure?.error).toEqual(code === 0 ? undefined : expect.stringMatching(/did not end within 1 s$/));
    expect(failure?.seed).toBe(code === 0 ? undefined : SEED);
  });

  test.each(['0', '-1', 'soon'])('--input-seconds=%s makes no sense', (seconds) => {
    expect(optionsOf([`--input-seconds=${seconds}`])).toBe(`--input-seconds is above 0, got ${seconds}`);
  });
});
