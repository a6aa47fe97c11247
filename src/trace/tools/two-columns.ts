/** Expected and actual side by side, with the first difference marked. */

/** One line: what was expected, what came, and whether that is well. */
export interface Row {
  readonly expected: string;
  readonly actual: string;
  readonly matches: boolean;
}

/** Equal lines shown before the first difference, and lines shown after it. */
const CONTEXT = { before: 5, after: 8 };
const MARK = '> ';
const NO_MARK = '  ';

/** Draws rows; the first that does not match is marked, and what is far from it is told as a count. */
export function formatRows(
  rows: readonly Row[],
  [left, right]: readonly [string, string] = ['expected', 'actual'],
): string {
  const found = rows.findIndex(({ matches }) => !matches);
  const first = found < 0 ? rows.length : found;
  const from = first - CONTEXT.before > 1 ? first - CONTEXT.before : 0;
  const to = rows.length - (first + CONTEXT.after) > 1 ? first + CONTEXT.after : rows.length;
  const shown = rows.slice(from, to);
  const width = Math.max(left.length, ...shown.map(({ expected }) => expected.length));
  const line = (mark: string, expected: string, actual: string): string =>
    `${mark}${expected.padEnd(width)} | ${actual}`.trimEnd();
  return [
    line(NO_MARK, left, right),
    `${NO_MARK}${'-'.repeat(width)}-+-${'-'.repeat(Math.max(right.length, ...shown.map(({ actual }) => actual.length)))}`,
    ...(from > 0 ? [`${NO_MARK}... ${from} equal lines`] : []),
    ...shown.map(({ expected, actual }, index) => line(index + from === first ? MARK : NO_MARK, expected, actual)),
    ...(to < rows.length ? [`${NO_MARK}... ${rows.length - to} more lines`] : []),
  ].join('\n');
}

/** Two lists line by line. */
export function rowsOf(expected: readonly string[], actual: readonly string[]): readonly Row[] {
  return Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => ({
    expected: expected[index] ?? '',
    actual: actual[index] ?? '',
    matches: expected[index] === actual[index],
  }));
}
