/** Comparing what came with what was expected: by value, by parts, or by a predicate; and naming where they differ. */
import { sameBytes } from './bytes.js';
import { toHex } from '../../wire/hex.js';

/** A condition on a value. Answers whether it holds; one that throws does not hold, for the reason that it throws. */
export type Predicate<Value> = (value: Value) => boolean;

/**
 * What a value has to be: itself, a condition, or for a record the fields that matter, each given in the same way.
 * Texts can be given as regular expressions.
 */
export type Match<Value> =
  | Predicate<Value>
  | (Value extends string
      ? string | RegExp
      : Value extends number | boolean | Uint8Array | readonly unknown[]
        ? Value
        : { readonly [Field in keyof Value]?: Match<NonNullable<Value[Field]>> });

/** A predicate with a name that failures and printed scripts show: `where('offers P-256', (p) => ...)`. */
export function where<Value>(what: string, predicate: Predicate<Value>): Predicate<Value> {
  return Object.defineProperty((value: Value) => predicate(value), 'name', { value: what });
}

/** Where `actual` is not as expected: paths of fields, with why. Empty when it is. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  const at = path === '' ? 'it' : path;
  if (typeof expected === 'function') return judged(expected as Predicate<unknown>, actual, at);
  if (expected instanceof RegExp) {
    return typeof actual === 'string' && expected.test(actual) ? [] : [`${at} does not match ${String(expected)}`];
  }
  if (expected instanceof Uint8Array) {
    if (actual instanceof Uint8Array && sameBytes(expected, actual)) return [];
    return [actual instanceof Uint8Array ? `${at} ${firstDifference(expected, actual)}` : `${at} is no bytes`];
  }
  if (Array.isArray(expected)) return listDifferences(expected, actual, path);
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return [`${at} is ${inWords(actual)}`];
    return Object.entries(expected).flatMap(([name, wanted]) =>
      wanted === undefined
        ? []
        : differences(wanted, (actual as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return Object.is(expected, actual) ? [] : [`${at} is ${inWords(actual)}`];
}

function listDifferences(expected: readonly unknown[], actual: unknown, path: string): string[] {
  const at = path === '' ? 'it' : path;
  if (!Array.isArray(actual)) return [`${at} is no list`];
  const found = expected.flatMap((wanted, index) => differences(wanted, actual[index] as unknown, `${path}[${index}]`));
  if (actual.length !== expected.length) found.push(`${at} has ${actual.length} entries, not ${expected.length}`);
  return found;
}

function judged(predicate: Predicate<unknown>, actual: unknown, at: string): string[] {
  try {
    return predicate(actual) ? [] : [`${at} fails ${nameOf(predicate)}`];
  } catch (thrown) {
    return [`${at} fails ${nameOf(predicate)}: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
  }
}

function firstDifference(expected: Uint8Array, actual: Uint8Array): string {
  const size = Math.min(expected.length, actual.length);
  for (let at = 0; at < size; at++) if (expected[at] !== actual[at]) return `differs from byte ${at} on`;
  return `has ${actual.length} bytes, not ${expected.length}`;
}

/** Bytes of a value that a line shows. */
const SHOWN_BYTES = 24;
/** Entries of a list that a line shows. */
const SHOWN_ENTRIES = 24;

/** A value on one line: bytes as hex, functions by name. */
export function inWords(value: unknown): string {
  if (value instanceof Uint8Array) {
    const hex = toHex(value.subarray(0, SHOWN_BYTES));
    return `bytes(${value.length}${value.length === 0 ? '' : `: ${hex}`}${value.length > SHOWN_BYTES ? '...' : ''})`;
  }
  if (typeof value === 'function') return nameOf(value);
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) {
    const more = value.length > SHOWN_ENTRIES ? `, and ${value.length - SHOWN_ENTRIES} more` : '';
    return `[${value.slice(0, SHOWN_ENTRIES).map(inWords).join(', ')}${more}]`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if ('saved' in value && typeof value.saved === 'string') return `saved('${value.saved}')`;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return entries.length === 0 ? '{}' : `{ ${entries.map(([name, entry]) => `${name}: ${inWords(entry)}`).join(', ')} }`;
}

/** A value field by field, one line each; one line for what has no fields. */
export function inFields(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [inWords(value)];
  if (value instanceof Uint8Array || value instanceof RegExp || 'saved' in value) return [inWords(value)];
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, entry]) => `${name.padEnd(width)}  ${inWords(entry)}`);
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- only its name is read
function nameOf(fn: Function): string {
  return fn.name === '' ? '(a predicate)' : `(${fn.name})`;
}
