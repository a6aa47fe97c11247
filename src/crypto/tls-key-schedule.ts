/**
 * The key schedule of TLS 1.3 (RFC 8446, 7.1 to 7.3), without pre-shared keys: from the secret that both key shares come
 * to, and what was said, to the keys of records. By the names of the specification.
 */
import type { Ciphers } from '../ports.js';
import { joinBytes, tlsNumber, tlsVector } from '../wire/tls-bytes.js';
import type { TlsSuite } from '../wire/tls-names.js';

/** Whose records a secret protects. */
export type TlsSide = 'client' | 'server';

/** Key and IV of one direction, until the next KeyUpdate. */
export interface TrafficKey {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** Bytes of the IV of every suite. */
const IV_BYTES = 12;
const NONE = new Uint8Array(0);

/** One handshake's secrets. They are asked for in the order of the handshake: hellos, then finished. */
export class TlsKeySchedule {
  readonly #ciphers: Ciphers;
  readonly #suite: TlsSuite;
  readonly #handshakeSecret: Uint8Array;

  /** `sharedSecret` is (EC)DHE's. */
  constructor(ciphers: Ciphers, suite: TlsSuite, sharedSecret: Uint8Array) {
    this.#ciphers = ciphers;
    this.#suite = suite;
    const earlySecret = this.#extract(this.#zeros, this.#zeros);
    this.#handshakeSecret = this.#extract(this.#derived(earlySecret), sharedSecret);
  }

  /** client_ or server_handshake_traffic_secret, by the transcript up to ServerHello. */
  handshakeTrafficSecret(side: TlsSide, transcriptHash: Uint8Array): Uint8Array {
    return this.#expand(this.#handshakeSecret, side === 'client' ? 'c hs traffic' : 's hs traffic', transcriptHash);
  }

  /** The first client_ or server_application_traffic_secret, by the transcript up to the server's Finished. */
  applicationTrafficSecret(side: TlsSide, transcriptHash: Uint8Array): Uint8Array {
    const masterSecret = this.#extract(this.#derived(this.#handshakeSecret), this.#zeros);
    return this.#expand(masterSecret, side === 'client' ? 'c ap traffic' : 's ap traffic', transcriptHash);
  }

  /** verify_data of Finished (4.4.4), by the handshake secret of who sends it. */
  verifyData(handshakeTrafficSecret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
    const finishedKey = this.#expand(handshakeTrafficSecret, 'finished', NONE);
    return this.#ciphers.hmac(this.#suite.hash, finishedKey).digest([transcriptHash]);
  }

  get #zeros(): Uint8Array {
    return new Uint8Array(hashBytes(this.#suite));
  }

  #derived(secret: Uint8Array): Uint8Array {
    return this.#expand(secret, 'derived', this.#ciphers.hash(this.#suite.hash, [NONE]));
  }

  #extract(salt: Uint8Array, inputKeyMaterial: Uint8Array): Uint8Array {
    return this.#ciphers.hmac(this.#suite.hash, salt).digest([inputKeyMaterial]);
  }

  #expand(secret: Uint8Array, label: string, context: Uint8Array): Uint8Array {
    return hkdfExpandLabel(this.#ciphers, this.#suite, secret, label, context, hashBytes(this.#suite));
  }
}

/** Key and IV of a traffic secret (7.3). */
export function trafficKey(ciphers: Ciphers, suite: TlsSuite, trafficSecret: Uint8Array): TrafficKey {
  return {
    key: hkdfExpandLabel(ciphers, suite, trafficSecret, 'key', NONE, suite.keyBytes),
    iv: hkdfExpandLabel(ciphers, suite, trafficSecret, 'iv', NONE, IV_BYTES),
  };
}

/** The traffic secret after a KeyUpdate (7.2). */
export function nextTrafficSecret(ciphers: Ciphers, suite: TlsSuite, trafficSecret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(ciphers, suite, trafficSecret, 'traffic upd', NONE, hashBytes(suite));
}

/** Bytes of a suite's hash, and of every secret. */
export function hashBytes({ hash }: TlsSuite): number {
  return hash === 'sha384' ? 48 : 32;
}

/** HKDF-Expand-Label (7.1). */
function hkdfExpandLabel(
  ciphers: Ciphers,
  { hash }: TlsSuite,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  size: number,
): Uint8Array {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = joinBytes(tlsNumber(size, 2), tlsVector(1, name), tlsVector(1, context));
  // No label asks for more than one hash: HKDF-Expand (RFC 5869, 2.3) is its first step alone.
  return ciphers
    .hmac(hash, secret)
    .digest([info, Uint8Array.of(1)])
    .slice(0, size);
}
