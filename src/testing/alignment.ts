/** Lays an expected list, which may leave things out, beside the list that came. */
import { matchesText } from './glob.js';
import type { Row } from '../trace/tools/two-columns.js';

/** In an expected list: anything may stand here, also nothing. */
export const GAP = '...';

/** An expected list laid beside the actual one. */
export interface Alignment {
  readonly matches: boolean;
  readonly rows: readonly Row[];
  /** Entries that agree before the first difference. */
  readonly agreed: number;
}

/** What came: the text that is compared, and what is shown of it. */
export interface Entry {
  readonly text: string;
  readonly shown: string;
}

/**
 * Compares lists entry by entry. In `expected`, `...` stands for any number of entries, and `*` inside an entry for any
 * run of characters.
 */
export function align(expected: readonly string[], actual: readonly Entry[]): Alignment {
  const runs = runsOf(expected);
  const rows: Row[] = [];
  let at = 0;
  for (const [index, run] of runs.entries()) {
    const isLast = index === runs.length - 1;
    const start = index === 0 ? 0 : findRun(run, actual, at, isLast);
    if (start === undefined) {
      rows.push(...gapRows(actual.slice(at), false, run[0]));
      for (const wanted of run.slice(1)) rows.push({ expected: wanted, actual: '', matches: false });
      return { matches: false, rows, agreed: agreedIn(rows) };
    }
    if (index > 0) rows.push(...gapRows(actual.slice(at, start), true));
    const end = isLast ? actual.length : start + run.length;
    rows.push(...runRows(run, actual.slice(start, end)));
    if (rows.some(({ matches }) => !matches)) {
      if (!isLast) rows.push(...remainder(runs.slice(index + 1), actual.slice(end)));
      return { matches: false, rows, agreed: agreedIn(rows) };
    }
    at = end;
  }
  return { matches: true, rows, agreed: rows.length };
}

/** The expected list cut at its gaps. */
function runsOf(expected: readonly string[]): readonly (readonly string[])[] {
  const runs: string[][] = [[]];
  for (const entry of expected) {
    if (entry === GAP) runs.push([]);
    else runs.at(-1)?.push(entry);
  }
  return runs;
}

/** Where a run begins, at or after `from`; the last run has to reach the end. */
function findRun(run: readonly string[], actual: readonly Entry[], from: number, isLast: boolean): number | undefined {
  const fits = (start: number): boolean =>
    run.every(
      (wanted, index) => matchesText(wanted, actual[start + index]?.text ?? '') && start + index < actual.length,
    );
  if (isLast) {
    const start = actual.length - run.length;
    return start >= from && fits(start) ? start : undefined;
  }
  for (let start = from; start + run.length <= actual.length; start++) if (fits(start)) return start;
  return undefined;
}

function runRows(run: readonly string[], actual: readonly Entry[]): readonly Row[] {
  return Array.from({ length: Math.max(run.length, actual.length) }, (_, index) => {
    const [wanted, came] = [run[index], actual[index]];
    const matches = wanted !== undefined && came !== undefined && matchesText(wanted, came.text);
    return { expected: wanted ?? '', actual: came?.shown ?? '', matches };
  });
}

/** What stands in a gap; where the run behind it was not found, its first entry stands below. */
function gapRows(skipped: readonly Entry[], matches: boolean, wanted?: string): readonly Row[] {
  const rows = skipped.map(({ shown }) => ({ expected: GAP, actual: shown, matches: true }));
  return matches || wanted === undefined ? rows : [...rows, { expected: wanted, actual: '(not found)', matches }];
}

/** Behind a difference nothing is compared any more. */
function remainder(runs: readonly (readonly string[])[], actual: readonly Entry[]): readonly Row[] {
  const expected = runs.flatMap((run) => [GAP, ...run]);
  return Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => ({
    expected: expected[index] ?? '',
    actual: actual[index]?.shown ?? '',
    matches: false,
  }));
}

function agreedIn(rows: readonly Row[]): number {
  const first = rows.findIndex(({ matches }) => !matches);
  return first < 0 ? rows.length : first;
}
