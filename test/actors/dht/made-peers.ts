/** Peers whose place in the key space is chosen, and not the hash of anything. */
import type { PlacedPeer } from '../../../src/actors/dht/key-space.js';

/** The target, or ourselves: zeros, so that a key is its own distance. */
export const ZERO = new Uint8Array(32);

/** A peer at a distance from zero, given by the first bytes of its key. */
export function peerAt(...distance: number[]): PlacedPeer {
  const key = new Uint8Array(32);
  key.set(distance);
  return { id: `peer-${distance.join('.')}`, bytes: Uint8Array.from(distance), key };
}

/** Peers of one bucket of ours: they share `bits` bits with zero, and no more. */
export function peersOfBucket(bits: number, count: number): readonly PlacedPeer[] {
  return Array.from({ length: count }, (_, index) => {
    const key = new Uint8Array(32);
    key[bits >> 3] = 0x80 >> (bits & 7);
    new DataView(key.buffer).setUint32(28, index + 1);
    return { id: `bucket-${bits}-${index}`, bytes: key.slice(28), key };
  });
}
