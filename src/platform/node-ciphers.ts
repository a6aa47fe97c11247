/**
 * The Ciphers port on node:crypto: what a node runs with. Everything is synchronous. Keys are wrapped once in key objects
 * because Node 24 takes four times as long for a small message under a raw key.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash as hashOnce,
  type CipherChaCha20Poly1305,
  type CipherGCM,
  type DecipherChaCha20Poly1305,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { AEAD_TAG_BYTES, requireAesCtr, requireAesGcmKey, requireBytes } from '../crypto/cipher-arguments.js';
import type { Aead, Ciphers, HashName, Mac, StreamCipher } from '../ports.js';
import { nodeCertificateSigner, nodeVerifyScheme } from './node-certificate-keys.js';
import { nodeSigner, nodeVerify } from './node-identity-keys.js';
import { nodeKeyAgreement } from './node-key-agreement.js';
import { plainView } from './plain-view.js';

/** Ciphers, hashes and key operations of node:crypto. */
export const nodeCiphers: Ciphers = {
  hash: hashPieces,
  hmac: createMac,
  aesCtr: createAesCtr,
  chacha20Poly1305: createChaCha20Poly1305,
  keyAgreement: nodeKeyAgreement,
  signer: nodeSigner,
  verify: nodeVerify,
  aesGcm: createAesGcm,
  certificateSigner: nodeCertificateSigner,
  verifyScheme: nodeVerifyScheme,
};

const MAC_BYTES: { readonly [Name in HashName]: number } = { sha256: 32, sha384: 48, sha512: 64 };

function hashPieces(name: HashName, pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return plainView(hashOnce(name, only, 'buffer'));
  const running = createHash(name);
  for (const piece of pieces) running.update(piece);
  return plainView(running.digest());
}

function createMac(name: HashName, key: Uint8Array): Mac {
  const secret = createSecretKey(key);
  return {
    sizeBytes: MAC_BYTES[name],
    digest: (pieces) => {
      const running = createHmac(name, secret);
      for (const piece of pieces) running.update(piece);
      return plainView(running.digest());
    },
  };
}

function createAesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher {
  requireAesCtr(key, iv);
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-ctr' : 'aes-256-ctr', createSecretKey(key), iv);
  return { update: (bytes) => plainView(cipher.update(bytes)) };
}

const AEAD_OPTIONS = { authTagLength: AEAD_TAG_BYTES } as const;

/** The AEADs by OpenSSL's names. */
type AeadName = 'chacha20-poly1305' | 'aes-128-gcm' | 'aes-256-gcm';

function createChaCha20Poly1305(key: Uint8Array): Aead {
  requireBytes('ChaCha20-Poly1305 key', key, 32);
  return aead('chacha20-poly1305', key);
}

function createAesGcm(key: Uint8Array): Aead {
  requireAesGcmKey(key);
  return aead(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key);
}

function aead(name: AeadName, key: Uint8Array): Aead {
  return new NodeAead(name, createSecretKey(key));
}

/** A class: each connection has two, for as long as it lives. */
class NodeAead implements Aead {
  readonly #name: AeadName;
  readonly #key: KeyObject;

  constructor(name: AeadName, key: KeyObject) {
    this.#name = name;
    this.#key = key;
  }

  seal(nonce: Uint8Array, plaintext: readonly Uint8Array[], associatedData: Uint8Array): readonly Uint8Array[] {
    requireNonce(this.#name, nonce);
    const cipher = cipherOf(this.#name, this.#key, nonce);
    if (associatedData.length > 0) cipher.setAAD(associatedData, { plaintextLength: 0 });
    const pieces = plaintext.map((piece) => plainView(cipher.update(piece)));
    cipher.final();
    pieces.push(plainView(cipher.getAuthTag()));
    return pieces;
  }

  open(nonce: Uint8Array, ciphertext: Uint8Array, associatedData: Uint8Array): Uint8Array | undefined {
    requireNonce(this.#name, nonce);
    const size = ciphertext.length - AEAD_TAG_BYTES;
    if (size < 0) return undefined;
    const decipher = decipherOf(this.#name, this.#key, nonce);
    if (associatedData.length > 0) decipher.setAAD(associatedData, { plaintextLength: size });
    decipher.setAuthTag(ciphertext.subarray(size));
    const plaintext = plainView(decipher.update(ciphertext.subarray(0, size)));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  }
}

/** Node declares each name on its own. */
function cipherOf(name: AeadName, key: KeyObject, nonce: Uint8Array): CipherGCM | CipherChaCha20Poly1305 {
  return name === 'chacha20-poly1305'
    ? createCipheriv(name, key, nonce, AEAD_OPTIONS)
    : createCipheriv(name, key, nonce, AEAD_OPTIONS);
}

function decipherOf(name: AeadName, key: KeyObject, nonce: Uint8Array): DecipherGCM | DecipherChaCha20Poly1305 {
  return name === 'chacha20-poly1305'
    ? createDecipheriv(name, key, nonce, AEAD_OPTIONS)
    : createDecipheriv(name, key, nonce, AEAD_OPTIONS);
}

function requireNonce(name: AeadName, nonce: Uint8Array): void {
  requireBytes(`${name} nonce`, nonce, 12);
}
