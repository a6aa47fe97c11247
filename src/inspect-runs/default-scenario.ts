/** What is simulated where nobody says what: small enough to be overlooked, with something to see in every view. */
import { NEUTRAL_NETWORK, type Scenario } from '../sim/scenario/index.js';
import { CALM_MS, SCENARIO_FORMAT } from '../sim/scenario/scenario.js';

const FILE_BYTES = 600 * 1024;

/** Four nodes: one adds a file, the others fetch it from whoever has it, past a slow link and a crash. */
export function defaultScenario(seed: number): Scenario {
  return {
    format: SCENARIO_FORMAT,
    seed,
    nodes: 4,
    ciphers: 'native',
    security: 'noise',
    muxer: 'yamux',
    network: { ...NEUTRAL_NETWORK, latencyMs: 20, jitterMs: 5 },
    operations: [
      { kind: 'add', atMs: 0, node: 0, file: 0, sizeBytes: FILE_BYTES },
      { kind: 'fetch', atMs: 500, node: 1, file: 0 },
      { kind: 'ping', atMs: 1_000, node: 2, target: 0, count: 3 },
      { kind: 'fetch', atMs: 1_500, node: 2, file: 0 },
      { kind: 'identify', atMs: 2_000, node: 3, target: 1 },
      { kind: 'fetch', atMs: 4_000, node: 3, file: 0 },
    ],
    faults: [
      { kind: 'slow', atMs: 1_400, from: 0, to: 2, latencyMs: 300, bandwidthBytesPerSecond: 200_000, forMs: 3_000 },
      { kind: 'crash', atMs: 4_200, node: 1, keepStore: true, silent: false, forMs: 2_000 },
    ],
    durationMs: 10_000,
    calmMs: CALM_MS,
  };
}
