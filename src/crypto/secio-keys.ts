/**
 * Key stretching (libp2p/specs secio/README.md, "Key Stretching"): one shared secret becomes two sets of keys, laid out
 * as go-libp2p and js-libp2p do: iv (16), cipher key (16 or 32), MAC key (20), then the same once more.
 */
import type { Ciphers } from '../ports.js';
import { SECIO_CIPHER_KEY_BYTES, SECIO_HASH_NAMES, type SecioSuite } from './secio-suite.js';

/** What seals one direction of a channel. */
export interface ChannelKeys {
  readonly iv: Uint8Array;
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
}

/** The keys of the two directions of a channel, from one side's point of view. */
export interface ChannelKeyPair {
  readonly local: ChannelKeys;
  readonly remote: ChannelKeys;
}

/** The two sets of keys, in the spec's order: the first seals what the preferred side sends. */
export function stretchKeys(
  ciphers: Ciphers,
  suite: Pick<SecioSuite, 'cipher' | 'hash'>,
  secret: Uint8Array,
): readonly [k1: ChannelKeys, k2: ChannelKeys] {
  const cipherKeyBytes = SECIO_CIPHER_KEY_BYTES[suite.cipher];
  const setBytes = IV_BYTES + cipherKeyBytes + MAC_KEY_BYTES;
  const stretched = expand(ciphers, suite, secret, 2 * setBytes);
  const keysAt = (at: number): ChannelKeys => ({
    iv: stretched.slice(at, at + IV_BYTES),
    cipherKey: stretched.slice(at + IV_BYTES, at + IV_BYTES + cipherKeyBytes),
    macKey: stretched.slice(at + IV_BYTES + cipherKeyBytes, at + setBytes),
  });
  return [keysAt(0), keysAt(setBytes)];
}

/** Which set is whose: the preferred side, the one with an order above zero, seals with the first. */
export function channelKeys(order: number, [k1, k2]: readonly [ChannelKeys, ChannelKeys]): ChannelKeyPair {
  return order > 0 ? { local: k1, remote: k2 } : { local: k2, remote: k1 };
}

/** A block of AES: what counter mode starts from. */
const IV_BYTES = 16;
const MAC_KEY_BYTES = 20;
/** "key expansion" in ASCII. */
const LABEL = Uint8Array.of(0x6b, 0x65, 0x79, 0x20, 0x65, 0x78, 0x70, 0x61, 0x6e, 0x73, 0x69, 0x6f, 0x6e);

/** The expansion of TLS 1.2 (RFC 5246, 5) with a fixed label: HMACs of a chain of HMACs, one after another. */
function expand(ciphers: Ciphers, suite: Pick<SecioSuite, 'hash'>, secret: Uint8Array, sizeBytes: number): Uint8Array {
  const mac = ciphers.hmac(SECIO_HASH_NAMES[suite.hash], secret);
  const output = new Uint8Array(sizeBytes);
  let link = mac.digest([LABEL]);
  for (let at = 0; at < sizeBytes; at += mac.sizeBytes) {
    output.set(mac.digest([link, LABEL]).subarray(0, sizeBytes - at), at);
    link = mac.digest([link]);
  }
  return output;
}
