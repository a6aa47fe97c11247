/** Scenarios: whole networks under faults, from a seed; with invariants, shrinking and sweeps. */
export {
  describeSimulationFailure,
  INVARIANTS,
  signatureOf,
  type FailureSignature,
  type InvariantId,
  type SimulationFailure,
} from './failure.js';
export { FAULT_KINDS, generate, type GenerateOptions } from './generate.js';
export { checkScenario, parseScenario } from './parse.js';
export type { InjectedFault } from './faults.js';
export { runScenario, type RunControl, type RunOptions, type SimulationResult, type WorldBody } from './run.js';
export {
  NEUTRAL_NETWORK,
  type CipherChoice,
  type Fault,
  type FaultKind,
  type NetworkConditions,
  type Operation,
  type OperationKind,
  type Scenario,
} from './scenario.js';
export { shrink, type Shrunk, type ShrinkOptions } from './shrink.js';
export { simulate, type SimulateOptions } from './simulate.js';
export {
  countSeeds,
  mergeReports,
  missingSeeds,
  sweep,
  sweepReport,
  type FailedSeed,
  type SeedRange,
  type SeedResult,
  type SweepOptions,
  type SweepReport,
} from './sweep.js';
export { testFile, type TestFileOptions } from './test-file.js';
export type { Outcomes } from './workload.js';
