/**
 * What must hold of a codec for any bytes: a value or a named failure; the bytes are left
 * as they are; a value is not much larger than they are; and what was written from a value reads as that value again. A
 * codec that reads from a stream says the same in every chunking: what it says of a beginning it says of the whole.
 */
import assert from 'node:assert/strict';
import type { Blame } from '../../src/errors.js';
import type { Decoded } from '../../src/wire/decoded.js';
import { concat, hex } from '../support/decoding.js';
import { assertNamed } from './target.js';

/** One codec. */
export interface DecoderRow<Value = unknown> {
  /** The function under test, as src/wire exports it. */
  readonly of: string;
  readonly samples: readonly Uint8Array[];
  decode(bytes: Uint8Array): Value;
  /** The codec's other half, where it has one. */
  readonly encode?: (value: Value) => Uint8Array;
  /** Whom its failures blame: who wrote the bytes. */
  readonly blame?: Blame;
  readonly codes: RegExp;
}

/** A codec that reads one message from the beginning of a stream. */
export interface StreamDecoderRow<Value = unknown> extends Omit<DecoderRow<Value>, 'decode'> {
  decode(bytes: Uint8Array, offset: number): Decoded<Value> | undefined;
}

type Outcome = { readonly value: unknown } | { readonly code: string };

/** Runs a codec once on its own copy of the bytes, which it must leave as they are. */
function outcomeOf(
  { blame = 'remote', codes }: Pick<DecoderRow, 'blame' | 'codes'>,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): Outcome {
  const copy = bytes.slice();
  try {
    const value = decode(copy);
    assert(sizeOf(value) <= 64 * bytes.length + 1024, `a value of ${sizeOf(value)} bytes from ${bytes.length}`);
    return { value };
  } catch (thrown) {
    return { code: assertNamed(thrown, [blame], codes).code };
  } finally {
    assert.deepEqual(copy, bytes, 'the bytes were changed');
  }
}

function judgeRoundTrip(
  { encode }: Pick<DecoderRow, 'encode'>,
  value: unknown,
  decode: (bytes: Uint8Array) => unknown,
): void {
  if (encode === undefined || value === undefined) return;
  assert.deepStrictEqual(plain(decode(encode(value))), plain(value), 'what was written reads otherwise');
}

/** A codec of whole messages. */
export function judgeWhole(one: DecoderRow, bytes: Uint8Array): void {
  const outcome = outcomeOf(one, bytes, (copy) => one.decode(copy));
  if ('value' in outcome) judgeRoundTrip(one, outcome.value, (written) => one.decode(written));
}

/** A codec that reads from a stream. */
export function judgeStream(one: StreamDecoderRow, bytes: Uint8Array): void {
  const read = (piece: Uint8Array): Outcome => outcomeOf(one, piece, (copy) => one.decode(copy, 0));
  const whole = read(bytes);
  const moved = outcomeOf(one, concat(hex('ff8001'), bytes), (copy) => one.decode(copy, 3));
  assert.deepStrictEqual(plain(moved), plain(whole), 'it reads otherwise in the middle of other bytes');
  const step = Math.max(1, Math.ceil(bytes.length / 64));
  for (let length = 0; length < bytes.length; length += step) {
    const part = read(bytes.subarray(0, length));
    if ('value' in part && part.value === undefined) continue;
    assert.deepStrictEqual(plain(part), plain(whole), `it says otherwise of the first ${length} bytes`);
  }
  if ('code' in whole || whole.value === undefined) return;
  const { value, size } = whole.value as Decoded<unknown>;
  assert(size > 0 && size <= Math.max(bytes.length, 1), `${size} of ${bytes.length} bytes were read`);
  judgeRoundTrip(one, value, (written) => {
    const again = one.decode(written, 0);
    assert(again !== undefined && again.size === written.length, 'what was written is not read whole');
    return again.value;
  });
}

/** Bytes of a value, as far as they can be counted: texts, numbers and arrays, whatever they are inside of. */
function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, inner) => sum + 8 + sizeOf(inner), 0);
}

/** Without prototypes and buffers: a Node buffer and an array of the same bytes are the same here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
