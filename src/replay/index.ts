/** Recording nodes and replaying what was recorded. */
export { recordedNode, type RecordedNode, type RecordOptions } from './recorded-node.js';
export { replayTrace, type Rechunk, type ReplayOptions, type ReplayResult } from './replayer.js';
export { randomRechunk } from './rechunk.js';
export { changedMachines } from './changed-machines.js';
export type { ReplayLevel } from './comparison.js';
export type { ReplayDifference } from './difference.js';
