/** Coverage of machines: what runs reached of their states, edges, guards and deadlines. */
export { ChartedMachine, type GuardOutcome, type MachineStep } from './charted-machine.js';
export { CoverageCollector, type CoverageOptions, type LeftOut } from './collector.js';
export {
  checkGate,
  parseWaivers,
  type GateOptions,
  type GateProblems,
  type MachineWaivers,
  type Waivers,
} from './gate.js';
export {
  COVERAGE_FORMAT,
  COVERAGE_SCHEMA,
  parseCoverage,
  type CoverageReport,
  type CoverageSummary,
  type GuardCount,
  type MachineCoverage,
  type Share,
} from './report.js';
export { formatCoverage, missingOf } from './text.js';
