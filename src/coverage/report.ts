/** What was covered, as data: how often each state was reached, each edge taken, each guard true and false. */
import { EngineError } from '../errors.js';

/** Tells a coverage file from other JSON. */
export const COVERAGE_SCHEMA = 'swarmchart coverage';
/** Version of the format; a reader refuses a higher one. */
export const COVERAGE_FORMAT = 1;

/** How often a guard let its edge through, and how often not. */
export interface GuardCount {
  /** Its name in the chart. */
  readonly guard: string;
  readonly true: number;
  readonly false: number;
}

/** How much of something was covered. */
export interface Share {
  readonly covered: number;
  readonly total: number;
}

/** The figures of one machine, or of all. `guards` counts outcomes, two for each guarded edge. */
export interface CoverageSummary {
  readonly states: Share;
  readonly edges: Share;
  readonly guards: Share;
  readonly deadlines: Share;
}

/** One machine. Every state and edge of its chart is there, with 0 where it was never seen; keys are sorted. */
export interface MachineCoverage {
  /** SHA-256 of the chart that was counted. */
  readonly hash: string;
  /** By dotted path; an outer state counts with each of its inner ones. */
  readonly states: Readonly<Record<string, number>>;
  /** By edge id. */
  readonly edges: Readonly<Record<string, number>>;
  /** By id of the guarded edge. */
  readonly guards: Readonly<Record<string, GuardCount>>;
  /** By edge id: those of the edges that are deadlines. */
  readonly deadlines: Readonly<Record<string, number>>;
  readonly summary: CoverageSummary;
}

/** A whole report. The same counts give the same JSON text. */
export interface CoverageReport {
  readonly schema: typeof COVERAGE_SCHEMA;
  readonly format: number;
  /** By machine id, sorted. */
  readonly machines: Readonly<Record<string, MachineCoverage>>;
  readonly summary: CoverageSummary;
}

/** The figures of several machines as one. */
export function sumOf(summaries: readonly CoverageSummary[]): CoverageSummary {
  const sum = (pick: (summary: CoverageSummary) => Share): Share => ({
    covered: summaries.reduce((total, summary) => total + pick(summary).covered, 0),
    total: summaries.reduce((total, summary) => total + pick(summary).total, 0),
  });
  return {
    states: sum(({ states }) => states),
    edges: sum(({ edges }) => edges),
    guards: sum(({ guards }) => guards),
    deadlines: sum(({ deadlines }) => deadlines),
  };
}

/** The figures of one machine's counts. */
export function summaryOf(counts: Omit<MachineCoverage, 'hash' | 'summary'>): CoverageSummary {
  const share = (values: readonly number[]): Share => ({
    covered: values.filter((count) => count > 0).length,
    total: values.length,
  });
  return {
    states: share(Object.values(counts.states)),
    edges: share(Object.values(counts.edges)),
    guards: share(Object.values(counts.guards).flatMap((count) => [count.true, count.false])),
    deadlines: share(Object.values(counts.deadlines)),
  };
}

/**
 * A report from its JSON text. Summaries are not believed: whoever merges counts them anew.
 * @throws EngineError `ERR_TRACE_INVALID` (no coverage report, or damaged) or `ERR_TRACE_VERSION` (a newer format).
 */
export function parseCoverage(text: string): CoverageReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  if (!isObject(value) || value['schema'] !== COVERAGE_SCHEMA) throw invalid('it is no coverage report');
  const { format, machines } = value;
  if (typeof format !== 'number') throw invalid('the format is missing');
  if (format > COVERAGE_FORMAT) {
    throw new EngineError('ERR_TRACE_VERSION', 'local', `coverage format ${format}; this one reads ${COVERAGE_FORMAT}`);
  }
  if (!isObject(machines)) throw invalid('the machines are missing');
  for (const [id, machine] of Object.entries(machines)) {
    if (!isObject(machine) || typeof machine['hash'] !== 'string') throw invalid(`${id} has no hash`);
    for (const kind of ['states', 'edges', 'deadlines'] as const) {
      const counts = machine[kind];
      if (!isObject(counts) || !Object.values(counts).every(isCount)) throw invalid(`${kind} of ${id} are no counts`);
    }
    const guards = machine['guards'];
    if (!isObject(guards) || !Object.values(guards).every(isGuardCount)) throw invalid(`guards of ${id} are no counts`);
  }
  return value as unknown as CoverageReport;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isGuardCount(value: unknown): boolean {
  return isObject(value) && typeof value['guard'] === 'string' && isCount(value['true']) && isCount(value['false']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_TRACE_INVALID', 'local', `coverage: ${what}`, { cause });
}
