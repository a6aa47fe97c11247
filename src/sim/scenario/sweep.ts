/**
 * Runs a range of seeds until one fails, and writes down what was run, so that a sweep can be split over machines by
 * range and its reports put together again.
 */
import { EngineError } from '../../errors.js';
import { signatureOf, type SimulationFailure } from './failure.js';
import type { GenerateOptions } from './generate.js';

/** Version of the report below. */
export const SWEEP_FORMAT = 1;

/** Seeds from `first` to `last`, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** How one seed ended. */
export interface SeedResult {
  readonly seed: number;
  readonly failure?: SimulationFailure | undefined;
}

/** A seed that failed. */
export interface FailedSeed {
  readonly seed: number;
  readonly signature: string;
  readonly failure: SimulationFailure;
}

/** What a sweep has found. JSON. */
export interface SweepReport {
  readonly kind: 'swarmchart sweep';
  readonly format: number;
  /** What the scenarios were made from: reports of different ones do not mix. */
  readonly options: GenerateOptions;
  readonly version: string;
  /** Seeds that were run to their end, ascending, without overlap. */
  readonly ran: readonly SeedRange[];
  /** Those of them that failed, ascending. */
  readonly failed: readonly FailedSeed[];
}

/** What {@link sweep} needs to know. */
export interface SweepOptions {
  readonly seeds: SeedRange;
  /** Runs one seed. Called for `workers` seeds at once. */
  readonly run: (seed: number) => Promise<SeedResult>;
  /** Default 1. */
  readonly workers?: number;
  /** Hears of each seed that ended. */
  readonly onEnded?: (result: SeedResult, done: number) => void;
  /** Asked before each seed; `true` ends the sweep early. */
  readonly isCancelled?: () => boolean;
}

/**
 * Runs the seeds in order. The first failure stops it: seeds above are not begun, seeds below are finished, so that the
 * lowest failing seed is found whatever the number of workers.
 */
export async function sweep({ seeds, run, workers = 1, onEnded, isCancelled }: SweepOptions): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  let next = seeds.first;
  let last = seeds.last;
  const work = async (): Promise<void> => {
    while (next <= last && isCancelled?.() !== true) {
      const result = await run(next++);
      results.push(result);
      if (result.failure !== undefined) last = Math.min(last, result.seed);
      onEnded?.(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results.sort((left, right) => left.seed - right.seed);
}

/** The report of some results. */
export function sweepReport(results: readonly SeedResult[], options: GenerateOptions, version: string): SweepReport {
  const ran = joined(results.map(({ seed }) => ({ first: seed, last: seed })));
  const failed = results.flatMap(({ seed, failure }) =>
    failure === undefined ? [] : [{ seed, signature: signatureOf(failure), failure }],
  );
  return { kind: 'swarmchart sweep', format: SWEEP_FORMAT, options, version, ran, failed };
}

/**
 * One report of several.
 * @throws EngineError `ERR_SCENARIO_INVALID` where one is no report of this version, or of other scenarios.
 */
export function mergeReports(reports: readonly SweepReport[]): SweepReport {
  const [first, ...others] = reports;
  if (first === undefined) throw invalid('there is no report');
  for (const [index, report] of reports.entries()) {
    if (report.kind !== 'swarmchart sweep' || report.format !== SWEEP_FORMAT) {
      throw invalid(`report ${index + 1} is no sweep report of format ${SWEEP_FORMAT}`);
    }
  }
  const shared = JSON.stringify([first.options, first.version]);
  for (const [index, { options, version }] of others.entries()) {
    const own = JSON.stringify([options, version]);
    if (own !== shared) throw invalid(`report ${index + 2} is of other scenarios: ${own}, the first of ${shared}`);
  }
  const failed = new Map(reports.flatMap((report) => report.failed.map((each) => [each.seed, each] as const)));
  return {
    ...first,
    ran: joined(reports.flatMap(({ ran }) => ran)),
    failed: [...failed.values()].sort((left, right) => left.seed - right.seed),
  };
}

/** The seeds of `wanted` that a report lacks. */
export function missingSeeds({ ran }: SweepReport, wanted: SeedRange): SeedRange[] {
  const missing: SeedRange[] = [];
  let next = wanted.first;
  for (const { first, last } of ran) {
    if (last < next) continue;
    if (first > wanted.last) break;
    if (first > next) missing.push({ first: next, last: first - 1 });
    next = last + 1;
  }
  if (next <= wanted.last) missing.push({ first: next, last: wanted.last });
  return missing;
}

/** How many seeds some ranges are. */
export function countSeeds(ranges: readonly SeedRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Ranges in order, those that touch as one. */
function joined(ranges: readonly SeedRange[]): SeedRange[] {
  const result: SeedRange[] = [];
  for (const range of [...ranges].sort((left, right) => left.first - right.first)) {
    const open = result.at(-1);
    if (open === undefined || range.first > open.last + 1) result.push(range);
    else result[result.length - 1] = { first: open.first, last: Math.max(open.last, range.last) };
  }
  return result;
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_SCENARIO_INVALID', 'local', what);
}
