/** How close keys are to our own id, in bits: what a bounded store of the DHT keeps goes by it. */
import type { Environment } from '../environment.js';

/** Answers how many leading bits the hash of a key shares with that of `self` (a peer id's multihash): 0 to 256. */
export function closenessTo({ ciphers }: Pick<Environment, 'ciphers'>, self: Uint8Array): (key: Uint8Array) => number {
  let own: Uint8Array | undefined;
  return (key) => {
    own ??= ciphers.hash('sha256', [self]);
    const hash = ciphers.hash('sha256', [key]);
    for (let index = 0; index < hash.length; index++) {
      const difference = (hash[index] ?? 0) ^ (own[index] ?? 0);
      if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
    }
    return hash.length * 8;
  };
}
