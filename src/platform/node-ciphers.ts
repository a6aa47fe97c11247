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
  type KeyObject,
} from 'node:crypto';
import { AEAD_TAG_BYTES, requireAesCtr, requireBytes } from '../crypto/cipher-arguments.js';
import type { Aead, Ciphers, HashName, Mac, StreamCipher } from '../ports.js';
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
};

const MAC_BYTES: { readonly [Name in HashName]: number } = { sha256: 32, sha512: 64 };

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

const CHACHA = 'chacha20-poly1305';
const CHACHA_OPTIONS = { authTagLength: AEAD_TAG_BYTES } as const;

function createChaCha20Poly1305(key: Uint8Array): Aead {
  requireBytes('ChaCha20-Poly1305 key', key, 32);
  const secret = createSecretKey(key);
  return {
    seal: (nonce, plaintext, associatedData) => seal(secret, nonce, plaintext, associatedData),
    open: (nonce, ciphertext, associatedData) => open(secret, nonce, ciphertext, associatedData),
  };
}

function seal(
  key: KeyObject,
  nonce: Uint8Array,
  plaintext: readonly Uint8Array[],
  associatedData: Uint8Array,
): readonly Uint8Array[] {
  requireNonce(nonce);
  const cipher = createCipheriv(CHACHA, key, nonce, CHACHA_OPTIONS);
  if (associatedData.length > 0) cipher.setAAD(associatedData, { plaintextLength: 0 });
  const pieces = plaintext.map((piece) => plainView(cipher.update(piece)));
  cipher.final();
  pieces.push(plainView(cipher.getAuthTag()));
  return pieces;
}

function open(
  key: KeyObject,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array | undefined {
  requireNonce(nonce);
  const size = ciphertext.length - AEAD_TAG_BYTES;
  if (size < 0) return undefined;
  const decipher = createDecipheriv(CHACHA, key, nonce, CHACHA_OPTIONS);
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

function requireNonce(nonce: Uint8Array): void {
  requireBytes('ChaCha20-Poly1305 nonce', nonce, 12);
}
