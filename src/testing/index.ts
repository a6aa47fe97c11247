/**
 * Tests of connections: record one against a real peer and replay it ever after, or run both sides here on virtual time;
 * then ask the trace what happened. Works in jest, CommonJS and ESM, in vitest and in node:test.
 */
export { createNode, type CreateNodeOptions } from '../create-node.js';
export { EngineError, type ErrorCode } from '../errors.js';
export { assertTrace, type TraceAssertions } from './assertions.js';
export type { ActorLife, StateStep } from './actor-lives.js';
export { TraceAssertionError, type CheckResult, type TraceLike } from './check.js';
export type { PathOptions, ReachOptions } from './checks/states.js';
export type { CoverOptions, MatchOptions } from './checks/whole.js';
export type { BytesOptions, FramesOptions } from './checks/wire.js';
export { chunkings, type Chunking } from './chunkings.js';
export {
  readTrace,
  record,
  replay,
  replayLines,
  type FixtureOptions,
  type Recording,
  type ReplayFixtureOptions,
} from './fixtures.js';
export type { FixtureMode } from './fixture-mode.js';
export type { FrameView } from './frame-view.js';
export { installMatchers, type Extensible, type TraceMatchers } from './matchers.js';
export { pair, type PairOptions, type PairTraces, type PairWorld } from './pair.js';
export * from './scripted-peer/index.js';
export { simulate } from './simulate.js';
export type { Scenario, SimulateOptions, SimulationFailure, SimulationResult } from '../sim/scenario/index.js';
export type { MatchLevel } from './trace-difference.js';
export { TraceView, type Agreement, type FrameFilter, type TracedError } from './trace-view.js';
