/** Peer ids of nobody, each the same at every run. */
import { base58btc } from 'multiformats/bases/base58';

/** The `index`th of them: an inlined Ed25519 key that is a number. */
export function invented(index: number): string {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, index);
  return base58btc.baseEncode(new Uint8Array([0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...key]));
}
