/** Checks of whole traces: one against another, two runs of one test, and how much of a machine was covered. */
import type { AnyStateMachine } from 'xstate';
import { CoverageCollector, missingOf, type Share } from '../../coverage/index.js';
import { EngineError } from '../../errors.js';
import { MACHINES } from '../../machines/index.js';
import { headerLine, recordLine } from '../../trace/writer.js';
import { isTrace, viewOf, type CheckResult } from '../check.js';
import { difference, type MatchLevel } from '../trace-difference.js';
import { TraceView } from '../trace-view.js';
import { formatRows, rowsOf } from '../../trace/tools/two-columns.js';

/** Options of {@link checkMatchTrace}. */
export interface MatchOptions {
  /** What has to be the same; default `bytes` and `states`. */
  readonly level?: MatchLevel | readonly MatchLevel[];
}

/** Options of {@link checkCoverMachine}: shares in percent. */
export interface CoverOptions {
  /** Default 100. */
  readonly states?: number;
  /** Default 95. */
  readonly edges?: number;
}

/** Both traces tell the same on every level asked for. */
export function checkMatchTrace(received: unknown, expected: unknown, { level }: MatchOptions = {}): CheckResult {
  const levels: readonly MatchLevel[] = typeof level === 'string' ? [level] : (level ?? ['bytes', 'states']);
  const [actual, wanted] = [viewOf(received), viewOf(expected)];
  const found = levels.flatMap((one) => difference(wanted, actual, one) ?? [])[0];
  return {
    pass: found === undefined,
    message: () => found ?? `expected the traces to differ in ${levels.join(' or ')}; they are the same`,
  };
}

/** Runs `run` twice; both have to give the same: traces (record by record), text, or JSON values. */
export async function checkDeterministic(run: unknown): Promise<CheckResult> {
  if (typeof run !== 'function') {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'a function that can be run twice is expected');
  }
  const once = async (): Promise<readonly string[]> => linesOf(await (run as () => unknown)());
  const [first, second] = [await once(), await once()];
  const at = first.findIndex((line, index) => line !== second[index]);
  const pass = at < 0 && first.length === second.length;
  return {
    pass,
    message: () => {
      if (pass) return `expected two runs to differ; both gave the same ${first.length} lines`;
      const line = at < 0 ? first.length : at;
      const rows = rowsOf(first, second).map((row) => ({
        ...row,
        expected: cut(row.expected),
        actual: cut(row.actual),
      }));
      const head = `two runs differ at line ${line + 1}; the first is shown as expected`;
      return `${head}\n\n${formatRows(rows)}\n\nfirst:  ${first[line] ?? '(ended)'}\nsecond: ${second[line] ?? '(ended)'}`;
    },
  };
}

/** The traces together reach and take enough of the machine's states and edges. */
export function checkCoverMachine(
  received: unknown,
  machine: AnyStateMachine | string,
  { states = 100, edges = 95 }: CoverOptions = {},
): CheckResult {
  const chart = typeof machine === 'string' ? machineNamed(machine) : machine;
  const collector = new CoverageCollector({ machines: [chart] });
  const leftOut = new Set<string>();
  for (const trace of Array.isArray(received) ? received : [received]) {
    for (const line of collector.addTrace(viewOf(trace))) if (line.startsWith(`${chart.id}:`)) leftOut.add(line);
  }
  const covered = collector.report().machines[chart.id];
  if (covered === undefined) throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `no machine "${chart.id}"`);
  const { summary } = covered;
  const pass = percentOf(summary.states) >= states && percentOf(summary.edges) >= edges;
  return {
    pass,
    message: () => {
      const missing = missingOf({ ...covered, guards: {} });
      const figures = `states ${told(summary.states)}, asked ${states} %; edges ${told(summary.edges)}, asked ${edges} %`;
      const lines = [...leftOut, ...missing.map((what) => `never seen: ${what}`)].map((line) => `\n  ${line}`);
      return `expected ${chart.id} ${pass ? 'not ' : ''}to be covered: ${figures}${lines.length > 0 ? '\n' : ''}${lines.join('')}`;
    },
  };
}

function linesOf(value: unknown): readonly string[] {
  if (isTrace(value)) {
    const { header, records } = TraceView.of(value);
    return [headerLine(header), ...records.map(recordLine)].map((line) => line.trimEnd());
  }
  if (typeof value === 'string') return value.split('\n');
  if (typeof value === 'object' && value !== null && Object.values(value).some(isTrace)) {
    return Object.entries(value).flatMap(([key, part]) => [`${key}:`, ...linesOf(part)]);
  }
  return (JSON.stringify(value, undefined, 1) ?? String(value)).split('\n');
}

const LINE_SHOWN = 60;

function cut(line: string): string {
  return line.length > LINE_SHOWN ? `${line.slice(0, LINE_SHOWN)}...` : line;
}

function percentOf({ covered, total }: Share): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

function told(share: Share): string {
  return `${share.covered} of ${share.total} (${Math.floor(percentOf(share))} %)`;
}

function machineNamed(id: string): AnyStateMachine {
  const entry = MACHINES.find(({ machine }) => machine.id === id);
  if (entry !== undefined) return entry.machine;
  const names = MACHINES.map(({ machine }) => machine.id).join(', ');
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `no machine "${id}"; there are ${names}`);
}
