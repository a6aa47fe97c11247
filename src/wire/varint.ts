/** Unsigned varint (multiformats/unsigned-varint): 7 bits a byte, low ones first, shortest form, at most 9 bytes. */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';

/** The spec's maximum length; values here are further bounded to what a number holds exactly. */
const MAX_BYTES = 9;

/**
 * Decodes one varint at `offset`; `undefined` means the bytes are not all here yet.
 * Throws `ERR_WIRE_VARINT` for more than 9 bytes, for a form that is not the shortest, and above 2^53 - 1.
 */
export function decodeVarint(bytes: Uint8Array, offset = 0): Decoded<number> | undefined {
  let value = 0;
  let factor = 1;
  for (let index = 0; ; index++) {
    if (index === MAX_BYTES) throw bad('more than 9 bytes');
    const byte = bytes[offset + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * factor;
    if (value > Number.MAX_SAFE_INTEGER) throw bad('above 2^53 - 1');
    if (byte < 0x80) {
      if (byte === 0 && index > 0) throw bad('not the shortest form');
      return { value, size: index + 1 };
    }
    factor *= 128;
  }
}

/** Encodes a non-negative safe integer. */
export function encodeVarint(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value));
  writeVarint(value, bytes, 0);
  return bytes;
}

/** Writes a varint into `target` at `offset` and answers how many bytes it took. */
export function writeVarint(value: number, target: Uint8Array, offset: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`value must be a safe integer >= 0, got ${value}`);
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at - offset;
}

/** How many bytes {@link encodeVarint} takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
}

function bad(why: string): EngineError {
  return new EngineError('ERR_WIRE_VARINT', 'remote', `varint: ${why}`);
}
