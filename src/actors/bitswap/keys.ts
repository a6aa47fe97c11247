/**
 * Keys of the maps on the data path: a multihash as a text of 16-bit units, two bytes each. Half as long as one unit a
 * byte, and made twice as fast; no two multihashes share one, for a multihash names its own length.
 */
import { CID } from 'multiformats/cid';
import { EngineError } from '../../errors.js';

/** A multihash as a key of a `Map`; not for people. */
export type BlockKey = string;

/** Multihashes of common hashes fit; longer ones get a buffer of their own. */
const SCRATCH_UNITS = 64;
const units = new Uint16Array(SCRATCH_UNITS);
const bytes = new Uint8Array(units.buffer);
/** Views of the scratch by length: making one costs as much as the text itself. */
const views = Array.from({ length: SCRATCH_UNITS + 1 }, (_, length) => units.subarray(0, length));

/** The key of a multihash given in two parts, e.g. what a block's prefix says and the digest of its bytes. */
export function multihashKey(head: Uint8Array, rest: Uint8Array = NOTHING): BlockKey {
  const size = head.length + rest.length;
  const length = (size + 1) >> 1;
  if (length > SCRATCH_UNITS) return longKey(head, rest);
  if (size % 2 === 1) bytes[size] = 0;
  bytes.set(head, 0);
  bytes.set(rest, head.length);
  return fromUnits(views[length] ?? units);
}

/** The key of a CID: its multihash, whatever its version and codec. */
export function cidKey(cid: CID): BlockKey {
  return multihashKey(cid.multihash.bytes);
}

/** A CID from bytes that nobody writes to any more. Throws `ERR_BITSWAP_BAD_MESSAGE` for bytes that are none. */
export function cidFromBytes(cid: Uint8Array): CID {
  try {
    return CID.decode(cid);
  } catch (thrown) {
    throw new EngineError('ERR_BITSWAP_BAD_MESSAGE', 'remote', 'bitswap: CID does not decode', { cause: thrown });
  }
}

function longKey(head: Uint8Array, rest: Uint8Array): BlockKey {
  const own = new Uint16Array((head.length + rest.length + 1) >> 1);
  const view = new Uint8Array(own.buffer);
  view.set(head, 0);
  view.set(rest, head.length);
  return fromUnits(own);
}

function fromUnits(from: Uint16Array): string {
  return String.fromCharCode.apply(null, from as unknown as number[]);
}

const NOTHING = new Uint8Array(0);
