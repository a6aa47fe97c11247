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
  {
    name: 'without a muxer, a connection that is closed in the middle of a stream does not look like its end',
    scenario: scenarioOf({
      seed: 1638,
      muxer: 'none',
      network: { ...NEUTRAL_NETWORK, bandwidthBytesPerSecond: 1_000_000 },
      operations: [
        { kind: 'echo', atMs: 0, node: 1, target: 0, sizeBytes: 440_634 },
        { kind: 'disconnect', atMs: 288, node: 0, target: 1 },
      ],
      durationMs: 306,
    }),
  },
  {
    name: 'what a slow link holds leaves at the speed it has afterwards',
    scenario: scenarioOf({
      seed: 14,
      nodes: 5,
      security: 'tls',
      muxer: 'none',
      network: { ...NEUTRAL_NETWORK, bandwidthBytesPerSecond: 1_000_000 },
      operations: [
        { kind: 'dial', atMs: 0, node: 4, target: 1 },
        { kind: 'add', atMs: 3746, node: 4, file: 4, sizeBytes: 364_681 },
        { kind: 'add', atMs: 5495, node: 1, file: 1, sizeBytes: 1 },
        { kind: 'fetch', atMs: 32_368, node: 2, file: 1 },
        { kind: 'dial', atMs: 32_434, node: 1, target: 3 },
        { kind: 'fetch', atMs: 33_071, node: 1, file: 4 },
      ],
      faults: [
        { kind: 'slow', atMs: 37_429, from: 4, to: 1, latencyMs: 16, bandwidthBytesPerSecond: 10_000, forMs: 12_225 },
      ],
      durationMs: 58_269,
    }),
  },
  {
    name: 'over mplex a peer that is silent is missed',
    scenario: scenarioOf({
      seed: 373,
      muxer: 'mplex',
      operations: [
        { kind: 'echo', atMs: 0, node: 1, target: 0, sizeBytes: 1 },
        { kind: 'add', atMs: 2766, node: 1, file: 4, sizeBytes: 1 },
        { kind: 'fetch', atMs: 32_177, node: 0, file: 4 },
      ],
      faults: [{ kind: 'silence', atMs: 6991, from: 0, to: 1 }],
      durationMs: 56_512,
    }),
  },
];

test.each(findings)('$name', async ({ scenario }) => {
  expect((await simulate({ scenario })).failure).toBeUndefined();
});
