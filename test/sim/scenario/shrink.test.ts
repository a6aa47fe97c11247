/** Shrinking, against oracles whose smallest failing scenario is known. */
import { describe, expect, test } from '@jest/globals';
import type { SimulationFailure } from '../../../src/sim/scenario/failure.js';
import { generate } from '../../../src/sim/scenario/generate.js';
import { NEUTRAL_NETWORK, type Scenario } from '../../../src/sim/scenario/scenario.js';
import { shrink } from '../../../src/sim/scenario/shrink.js';

const failureAt = (atMs: number, state = 'open'): SimulationFailure => ({
  invariant: 'stream.credit',
  machine: 'yamuxStream',
  state,
  node: 'n0',
  actor: 'conn:1/yamux/1',
  atMs,
  message: 'too much',
});

/** Shrinks what `fails` refuses, counting runs. */
const shrunk = (scenario: Scenario, fails: (candidate: Scenario) => SimulationFailure | undefined, maxRuns = 2000) => {
  const failure = fails(scenario);
  if (failure === undefined) throw new Error('the scenario does not fail');
  return shrink(scenario, failure, { run: async (candidate) => fails(candidate), maxRuns });
};

const withAll = generate(3, { nodes: 8, operationsPerNode: 8 });

describe('shrink', () => {
  test('two operations and one fault that need each other are all that is left', async () => {
    const scenario: Scenario = {
      ...withAll,
      operations: [
        ...withAll.operations,
        { kind: 'ping', atMs: 9_000, node: 3, target: 5, count: 3 },
        { kind: 'echo', atMs: 10_000, node: 5, target: 7, sizeBytes: 4000 },
      ].sort((left, right) => left.atMs - right.atMs) as Scenario['operations'],
      faults: [...withAll.faults, { kind: 'reset', atMs: 11_000, from: 3, to: 5, midFrame: false }],
    };
    const {
      scenario: small,
      runs,
      isMinimal,
    } = await shrunk(scenario, ({ operations, faults }) => {
      const isNeeded =
        operations.some(({ kind, atMs }) => kind === 'ping' && atMs % 1000 === 0) ||
        operations.some((operation) => operation.kind === 'ping' && operation.count === 1);
      return isNeeded && operations.some(({ kind }) => kind === 'echo') && faults.some(({ kind }) => kind === 'reset')
        ? failureAt(50_000)
        : undefined;
    });
    expect(isMinimal).toBe(true);
    expect(runs).toBeLessThan(400);
    expect(small.operations.map(({ kind }) => kind).sort()).toEqual(['echo', 'ping']);
    expect(small.faults.map(({ kind }) => kind)).toEqual(['reset']);
    expect(small.nodes).toBe(2);
    expect(small.network).toEqual(NEUTRAL_NETWORK);
  });

  test('a failure of another kind does not count, nor one in another state', async () => {
    // Without its largest operation the scenario fails too, but elsewhere.
    const { scenario: small } = await shrunk(withAll, ({ operations }) =>
      operations.some(({ kind }) => kind === 'fetch') ? failureAt(1) : failureAt(1, 'closed'),
    );
    expect(small.operations.some(({ kind }) => kind === 'fetch')).toBe(true);
  });

  test('what comes after the failure goes first', async () => {
    const firstRun: Scenario[] = [];
    const failure = failureAt(20_000);
    await shrink(withAll, failure, {
      maxRuns: 1,
      run: async (candidate) => {
        firstRun.push(candidate);
        return failure;
      },
    });
    const [candidate] = firstRun;
    expect(candidate?.durationMs).toBe(20_001);
    expect(candidate?.operations).toEqual(withAll.operations.filter(({ atMs }) => atMs <= 20_000));
    expect(candidate?.faults).toEqual(withAll.faults.filter(({ atMs }) => atMs <= 20_000));
  });

  test('a failure that needs nothing leaves nothing', async () => {
    const { scenario: small } = await shrunk(withAll, () => failureAt(70_000));
    expect(small.operations).toEqual([]);
    expect(small.faults).toEqual([]);
  });

  test('sizes fall to the edge that matters', async () => {
    const scenario: Scenario = {
      ...withAll,
      operations: [{ kind: 'add', atMs: 0, node: 0, file: 0, sizeBytes: 3_000_000 }],
      faults: [],
    };
    const { scenario: small } = await shrunk(scenario, ({ operations: [first] }) =>
      first?.kind === 'add' && first.sizeBytes > 262_144 ? failureAt(0) : undefined,
    );
    expect(small.operations).toEqual([{ kind: 'add', atMs: 0, node: 0, file: 0, sizeBytes: 375_000 }]);
  });

  test('the runs are bounded, and what is smallest by then is the result', async () => {
    const result = await shrunk(withAll, () => failureAt(70_000), 2);
    expect(result).toMatchObject({ runs: 2, isMinimal: false });
  });
});
