/** What the sweeps have found, cut down: each of these scenarios failed once. */
import { expect, test } from '@jest/globals';
import { NEUTRAL_NETWORK, simulate, type Scenario } from '../../../src/sim/scenario/index.js';

const scenarioOf = (changes: Partial<Scenario>): Scenario => ({
  format: 1,
  seed: 27,
  nodes: 2,
  ciphers: 'native',
  security: 'noise',
  network: NEUTRAL_NETWORK,
  operations: [],
  faults: [],
  durationMs: 60_000,
  calmMs: 90_000,
  ...changes,
});

const findings: readonly { readonly name: string; readonly scenario: Scenario }[] = [
  {
    name: 'a peer that bitswap gave up on a dying connection is asked again on the next one',
    scenario: scenarioOf({
      operations: [
        { kind: 'fetch', atMs: 0, node: 1, file: 3 },
        { kind: 'add', atMs: 2916, node: 0, file: 3, sizeBytes: 1 },
        { kind: 'ping', atMs: 46_363, node: 1, target: 0, count: 1 },
      ],
      faults: [{ kind: 'halfOpen', atMs: 47_537, from: 0, to: 1 }],
      durationMs: 55_896,
    }),
  },
  {
    name: 'and on one that was there before, when the dying one is gone',
    scenario: scenarioOf({
      operations: [
        { kind: 'fetch', atMs: 0, node: 1, file: 3 },
        { kind: 'add', atMs: 2916, node: 0, file: 3, sizeBytes: 1 },
        { kind: 'ping', atMs: 46_363, node: 1, target: 0, count: 1 },
        { kind: 'dial', atMs: 48_714, node: 0, target: 1 },
      ],
      faults: [{ kind: 'halfOpen', atMs: 47_537, from: 0, to: 1 }],
      durationMs: 55_896,
    }),
  },
  {
    name: 'a dial does not outlive the node that made it',
    scenario: scenarioOf({
      seed: 395,
      network: { ...NEUTRAL_NETWORK, latencyMs: 20 },
      operations: [{ kind: 'identify', atMs: 0, node: 0, target: 1 }],
      faults: [{ kind: 'crash', atMs: 19, node: 0, keepStore: true, silent: true, forMs: 1 }],
      durationMs: 217,
    }),
  },
];

test.each(findings)('$name', async ({ scenario }) => {
  expect((await simulate({ scenario })).failure).toBeUndefined();
});
