/** Keys that fall into a bucket: queries carry what a key is the hash of, so that one is found by trying. */
import type { Environment } from '../environment.js';
import { commonPrefixBits, type KeySpace } from './key-space.js';

/** The head of a multihash of SHA-256, as most peer ids have it: some servers take nothing else. */
const HEAD = [0x12, 0x20];
const BYTES = 34;
const COUNTER_AT = 30;

/**
 * A multihash whose key shares `prefixBits` bits with `self`, and no more. For a far longer prefix than there are peers for,
 * it is the one that shares most of all that were tried.
 */
export function multihashInBucket(
  { random, limits }: Pick<Environment, 'random' | 'limits'>,
  keySpace: KeySpace,
  self: Uint8Array,
  prefixBits: number,
): Uint8Array {
  const tried = new Uint8Array(BYTES);
  tried.set(random.bytes('dht-refresh', BYTES));
  tried.set(HEAD);
  const counter = new DataView(tried.buffer, COUNTER_AT);
  const first = counter.getUint32(0);
  let best = { bits: -1, count: first };
  for (let attempt = 0; attempt < limits.kadRefreshTries; attempt++) {
    const count = (first + attempt) >>> 0;
    counter.setUint32(0, count);
    const bits = commonPrefixBits(self, keySpace.keyOf(tried));
    if (bits === prefixBits) return tried;
    if (bits < prefixBits && bits > best.bits) best = { bits, count };
  }
  counter.setUint32(0, best.count);
  return tried;
}
