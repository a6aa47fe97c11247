/** A coverage report for people: one row for each machine, then what was never seen. */
import type { CoverageReport, CoverageSummary, MachineCoverage, Share } from './report.js';

const KINDS = ['states', 'edges', 'guards', 'deadlines'] as const;

/** The whole report as text, without a line end after the last line. */
export function formatCoverage(report: CoverageReport): string {
  const machines = Object.entries(report.machines);
  const rows = [
    ['machine', ...KINDS],
    ...machines.map(([id, { summary }]) => rowOf(id, summary)),
    rowOf('all', report.summary),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const missing = machines.flatMap(([id, machine]) => missingOf(machine).map((what) => `  ${id}: ${what}`));
  return [...lines, ...(missing.length === 0 ? [] : ['', 'never seen', ...missing])].join('\n');
}

/** What was never seen of a machine: `state "x"`, `edge "y"`, `guard "z" of "y" true`. */
export function missingOf({ states, edges, guards }: Pick<MachineCoverage, 'states' | 'edges' | 'guards'>): string[] {
  const zero = (counts: Readonly<Record<string, number>>): string[] =>
    Object.keys(counts).filter((key) => counts[key] === 0);
  return [
    ...zero(states).map((state) => `state "${state}"`),
    ...zero(edges).map((edge) => `edge "${edge}"`),
    ...Object.entries(guards).flatMap(([edge, count]) =>
      (['true', 'false'] as const)
        .filter((outcome) => count[outcome] === 0)
        .map((outcome) => `guard "${count.guard}" of "${edge}" ${outcome}`),
    ),
  ];
}

function rowOf(name: string, summary: CoverageSummary): string[] {
  return [name, ...KINDS.map((kind) => cellOf(summary[kind]))];
}

function cellOf({ covered, total }: Share): string {
  return total === 0 ? '-' : `${covered}/${total}`;
}
