/** Two runs of bytes side by side as hex, cut into fields and named. */
import { fieldsOf, type ByteField } from '../inspect/bytes/byte-fields.js';
import { toHex } from '../wire/hex.js';
import { formatRows, rowsOf } from '../trace/tools/two-columns.js';

const BYTES_PER_LINE = 8;
/** Bytes shown around the first difference. */
const SHOWN = { before: 32, after: 64 };

/** Where two runs of bytes first differ; `undefined` when they are the same. */
export function firstDifference(expected: Uint8Array, actual: Uint8Array): number | undefined {
  const shorter = Math.min(expected.length, actual.length);
  for (let at = 0; at < shorter; at++) if (expected[at] !== actual[at]) return at;
  return expected.length === actual.length ? undefined : shorter;
}

/** Both runs around byte `at`, field by field, the first line that differs marked. */
export function formatBytes(expected: Uint8Array, actual: Uint8Array, at: number): string {
  const window = { from: at - SHOWN.before, to: at + SHOWN.after };
  return formatRows(rowsOf(linesOf(expected, window), linesOf(actual, window)));
}

/** Which field the byte at `at` belongs to on both sides. */
export function placeOf(expected: Uint8Array, actual: Uint8Array, at: number): string {
  const [wanted, came] = [fieldAt(expected, at), fieldAt(actual, at)];
  return wanted === came ? `in ${came}` : `in ${came}, where ${wanted} was expected`;
}

function fieldAt(bytes: Uint8Array, at: number): string {
  return fieldsOf(bytes).find(({ start, end }) => start <= at && at < end)?.name ?? 'the end';
}

function linesOf(bytes: Uint8Array, window: { readonly from: number; readonly to: number }): readonly string[] {
  return fieldsOf(bytes)
    .filter(({ start, end }) => end > window.from && start < window.to)
    .flatMap((field) => linesOfField(bytes, field, window));
}

function linesOfField(
  bytes: Uint8Array,
  { start, end, name }: ByteField,
  { from, to }: { readonly from: number; readonly to: number },
): readonly string[] {
  const lines: string[] = [];
  const skipped = Math.max(0, Math.floor((from - start) / BYTES_PER_LINE)) * BYTES_PER_LINE;
  for (let at = start + skipped; at < end && at < to; at += BYTES_PER_LINE) {
    const hex = toHex(bytes.subarray(at, Math.min(end, at + BYTES_PER_LINE)));
    const offset = at.toString(16).padStart(4, '0');
    const spaced = hex.replaceAll(/../g, '$& ').padEnd(3 * BYTES_PER_LINE);
    lines.push(`${offset}  ${spaced} ${at === start + skipped ? name : ''}`.trimEnd());
  }
  return lines;
}
