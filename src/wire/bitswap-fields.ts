/**
 * The fields of a bitswap message looked at one by one, before the message is whole: so a large block can be received
 * into bytes of its own instead of being cut out of the message afterwards.
 */
import { EngineError } from '../errors.js';
import type { BitswapBounds } from './bitswap.js';
import type { Decoded } from './decoded.js';
import { decodeVarint } from './varint.js';

/** A block's field of 1.1.0 and later, up to its data. */
export interface BlockHead {
  /** A copy. */
  readonly prefix: Uint8Array;
  /** Bytes from the beginning of the field to the data. */
  readonly headBytes: number;
  readonly dataBytes: number;
}

/** Tag and length of a field, and a block's prefix with its own tag, length and the tag and length of the data. */
export const FIELD_HEAD_BYTES = 64;

const WANTLIST_TAG = (1 << 3) | 2;
const PAYLOAD_TAG = (3 << 3) | 2;
const PREFIX_TAG = (1 << 3) | 2;
const DATA_TAG = (2 << 3) | 2;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Size of the field at the beginning of `bytes`, its tag and length included; `undefined` when more bytes are needed, or
 * when it is a field that no version has: then the message must be looked at as a whole.
 */
export function decodeFieldBytes(bytes: Uint8Array): number | undefined {
  const tag = number(bytes, 0);
  if (tag === undefined) return undefined;
  const value = number(bytes, tag.size);
  if (value === undefined) return undefined;
  const wireType = tag.value & 7;
  if (wireType === VARINT) return tag.size + value.size;
  return wireType === LENGTH_DELIMITED ? tag.size + value.size + value.value : undefined;
}

/** Whether the field at the beginning of `bytes` is the wantlist. */
export function isWantlist(bytes: Uint8Array): boolean {
  return bytes[0] === WANTLIST_TAG;
}

/**
 * The block that begins at the beginning of `bytes`, if it is written as everybody writes it: prefix, then data, and
 * nothing else. `undefined` for other fields, other orders, and when more bytes are needed.
 * Throws `ERR_BLOCK_TOO_LARGE` as soon as its size is known.
 */
export function decodeBlockHead(bytes: Uint8Array, bounds: BitswapBounds): BlockHead | undefined {
  if (bytes[0] !== PAYLOAD_TAG) return undefined;
  const size = number(bytes, 1);
  if (size === undefined) return undefined;
  const start = 1 + size.size;
  if (bytes[start] !== PREFIX_TAG) return undefined;
  const prefixSize = number(bytes, start + 1);
  if (prefixSize === undefined || prefixSize.value === 0) return undefined;
  const prefixAt = start + 1 + prefixSize.size;
  const dataAt = prefixAt + prefixSize.value;
  if (bytes[dataAt] !== DATA_TAG) return undefined;
  const dataSize = number(bytes, dataAt + 1);
  if (dataSize === undefined) return undefined;
  const headBytes = dataAt + 1 + dataSize.size;
  if (headBytes + dataSize.value !== start + size.value) return undefined;
  if (dataSize.value > bounds.bitswapBlockBytes) {
    const limit = bounds.bitswapBlockBytes;
    throw new EngineError(
      'ERR_BLOCK_TOO_LARGE',
      'remote',
      `bitswap: block of ${dataSize.value} bytes, the limit is ${limit}`,
    );
  }
  return { prefix: bytes.slice(prefixAt, dataAt), headBytes, dataBytes: dataSize.value };
}

/** A varint that is not one is left to whoever reads the whole message. */
function number(bytes: Uint8Array, offset: number): Decoded<number> | undefined {
  try {
    return decodeVarint(bytes, offset);
  } catch {
    return undefined;
  }
}
