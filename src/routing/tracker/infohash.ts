/** How a CID becomes an infohash (docs/trackers.md). */
import { sha1 } from '@noble/hashes/legacy.js';
import type { CID } from 'multiformats/cid';

/**
 * The infohash of a CID: SHA-1 of its multihash, code and length included, 20 bytes. All CIDs of the same multihash have
 * the same one, whatever their version and codec.
 */
export function infohashOf(cid: CID): Uint8Array {
  return sha1(cid.multihash.bytes);
}
