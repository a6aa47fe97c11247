/** Length-prefixed messages: an unsigned varint (most protocols) or a 32-bit big-endian number (secio), then the bytes. */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';
import { decodeVarint, varintSize, writeVarint } from './varint.js';

/**
 * Decodes one varint-prefixed message at `offset`, as a view. `undefined` means the bytes are not all here yet.
 * Throws `ERR_WIRE_TOO_LARGE` as soon as the length is known to be above `maxBytes`, and `ERR_WIRE_VARINT`.
 */
export function decodeVarintPrefixed(bytes: Uint8Array, maxBytes: number, offset = 0): Decoded<Uint8Array> | undefined {
  const length = decodeVarint(bytes, offset);
  if (length === undefined) return undefined;
  return decodeBody(bytes, offset, length.size, length.value, maxBytes);
}

/** The message with its varint length in front. */
export function encodeVarintPrefixed(message: Uint8Array): Uint8Array {
  const prefixSize = varintSize(message.length);
  const bytes = new Uint8Array(prefixSize + message.length);
  writeVarint(message.length, bytes, 0);
  bytes.set(message, prefixSize);
  return bytes;
}

/** As {@link decodeVarintPrefixed}, with a 4-byte big-endian length. Throws `ERR_WIRE_TOO_LARGE`. */
export function decodeUint32Prefixed(bytes: Uint8Array, maxBytes: number, offset = 0): Decoded<Uint8Array> | undefined {
  if (bytes.length - offset < 4) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0);
  return decodeBody(bytes, offset, 4, length, maxBytes);
}

/** The message with its 4-byte big-endian length in front. */
export function encodeUint32Prefixed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + message.length);
  new DataView(bytes.buffer).setUint32(0, message.length);
  bytes.set(message, 4);
  return bytes;
}

function decodeBody(
  bytes: Uint8Array,
  offset: number,
  prefixSize: number,
  length: number,
  maxBytes: number,
): Decoded<Uint8Array> | undefined {
  if (length > maxBytes) {
    throw new EngineError('ERR_WIRE_TOO_LARGE', 'remote', `message of ${length} bytes, the limit is ${maxBytes}`);
  }
  const size = prefixSize + length;
  if (bytes.length - offset < size) return undefined;
  return { value: bytes.subarray(offset + prefixSize, offset + size), size };
}
