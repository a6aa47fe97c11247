/**
 * **Insecure** ciphers for simulations: every output has the length of the real one and depends on every input, so that
 * honest nodes agree and changed bytes are caught, but whoever sees the public keys knows all secrets. They cost a few
 * multiplications a byte where real ones cost curve operations. Only the hashes are real.
 */
import {
  AEAD_TAG_BYTES,
  requireAesCtr,
  requireAesGcmKey,
  requireBytes,
  requireSeed,
} from '../../crypto/cipher-arguments.js';
import { splitEcdsaPrivateKey } from '../../crypto/ecdsa-keys.js';
import { EngineError } from '../../errors.js';
import { nodeCiphers } from '../../platform/node-ciphers.js';
import type { Aead, AgreementCurve, Ciphers, HashName, KeyType } from '../../ports.js';
import { encodeP256PublicKey } from '../../wire/p256-key.js';
import { ToySponge } from './toy-sponge.js';

/** Deterministic fakes with the lengths of the real ciphers. Nothing that they protect is protected. */
export const insecureToyCiphers: Ciphers = {
  // Content is addressed by its hash, and others make those addresses: this one has to be real.
  hash: (name, pieces) => nodeCiphers.hash(name, pieces),
  hmac: (name, key) => {
    const secret = key.slice();
    return {
      sizeBytes: HASH_BYTES[name],
      digest: (pieces) => digest(`hmac/${name}`, HASH_BYTES[name], [secret, ...pieces]),
    };
  },
  aesCtr: (key, iv) => {
    requireAesCtr(key, iv);
    const stream = new ToySponge('aes').absorb(key).absorb(iv);
    return { update: (bytes) => stream.mask(bytes) };
  },
  chacha20Poly1305: (key) => {
    requireBytes('ChaCha20-Poly1305 key', key, 32);
    return toyAead('aead', key);
  },
  aesGcm: (key) => {
    requireAesGcmKey(key);
    return toyAead('gcm', key);
  },
  keyAgreement: (curve, seed) => {
    requireSeed(curve, seed);
    const publicKey = publicKeyOf(curve, seed);
    return {
      publicKey,
      sharedSecret: (remote) => {
        if (!isPublicKey(curve, remote)) return undefined;
        // Both sides put the two public keys in the same order.
        const pair = isBefore(publicKey, remote) ? [publicKey, remote] : [remote, publicKey];
        return digest(`secret/${curve}`, SECRET_BYTES[curve], pair);
      },
    };
  },
  signer: (type, privateKey) => {
    const publicKey = identityKeyOf(type, privateKey);
    return { type, publicKey, sign: (data) => signatureOf(type, publicKey, data) };
  },
  verify: (type, publicKey, data, signature) =>
    publicKey.length === IDENTITY_KEY_BYTES[type] && isSame(signature, signatureOf(type, publicKey, data)),
  certificateSigner: (seed) => {
    requireSeed('P-256', seed);
    const publicKey = publicKeyOf('P-256', seed);
    return { publicKey, sign: (data) => certificateSignature(publicKey, data) };
  },
  // Toy nodes make toy certificates, and those hold P-256 keys.
  verifyScheme: (scheme, publicKey, data, signature) =>
    scheme === 'ecdsa_secp256r1_sha256' &&
    isPublicKey('P-256', publicKey) &&
    isSame(signature, certificateSignature(publicKey, data)),
};

const HASH_BYTES: { readonly [Name in HashName]: number } = { sha256: 32, sha384: 48, sha512: 64 };
const SECRET_BYTES: { readonly [Curve in AgreementCurve]: number } = {
  x25519: 32,
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
};
const IDENTITY_KEY_BYTES: { readonly [Type in KeyType]: number } = {
  RSA: 0,
  Ed25519: 32,
  Secp256k1: 33,
  ECDSA: 91,
};
/** A checksum of its own at the end of each toy point, so that a changed one is "off the curve". */
const CHECK_BYTES = 8;

function toyAead(label: string, key: Uint8Array): Aead {
  const secret = key.slice();
  return {
    seal: (nonce, plaintext, associatedData) => {
      requireBytes('AEAD nonce', nonce, 12);
      const stream = new ToySponge(label).absorb(secret).absorb(nonce);
      const pieces = plaintext.map((piece) => stream.mask(piece));
      return [...pieces, tagOf(secret, nonce, associatedData, pieces)];
    },
    open: (nonce, ciphertext, associatedData) => {
      requireBytes('AEAD nonce', nonce, 12);
      const size = ciphertext.length - AEAD_TAG_BYTES;
      if (size < 0) return undefined;
      const masked = ciphertext.subarray(0, size);
      if (!isSame(tagOf(secret, nonce, associatedData, [masked]), ciphertext.subarray(size))) return undefined;
      return new ToySponge(label).absorb(secret).absorb(nonce).mask(masked);
    },
  };
}

/** As long as an ECDSA signature in DER usually is. */
function certificateSignature(publicKey: Uint8Array, data: Uint8Array): Uint8Array {
  return new ToySponge('signature/certificate').absorb(publicKey).separate().absorb(data).squeeze(71);
}

function digest(label: string, sizeBytes: number, pieces: readonly Uint8Array[]): Uint8Array {
  const sponge = new ToySponge(label);
  for (const piece of pieces) sponge.absorb(piece);
  return sponge.squeeze(sizeBytes);
}

function tagOf(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  ciphertext: readonly Uint8Array[],
): Uint8Array {
  const sponge = new ToySponge('tag').absorb(key).absorb(nonce).absorb(associatedData).separate();
  for (const piece of ciphertext) sponge.absorb(piece);
  return sponge.squeeze(AEAD_TAG_BYTES);
}

/** X25519 takes any 32 bytes; a point of a NIST curve is 0x04 and two coordinates, and can be told from a wrong one. */
function publicKeyOf(curve: AgreementCurve, seed: Uint8Array): Uint8Array {
  if (curve === 'x25519') return digest('public/x25519', 32, [seed]);
  const size = 2 * SECRET_BYTES[curve];
  const point = new Uint8Array(1 + size);
  point[0] = 4;
  point.set(digest(`public/${curve}`, size - CHECK_BYTES, [seed]), 1);
  point.set(checkOf(point), point.length - CHECK_BYTES);
  return point;
}

function isPublicKey(curve: AgreementCurve, key: Uint8Array): boolean {
  if (curve === 'x25519') return key.length === 32 && key.some((byte) => byte !== 0);
  if (key.length !== 1 + 2 * SECRET_BYTES[curve] || key[0] !== 4) return false;
  return isSame(checkOf(key), key.subarray(key.length - CHECK_BYTES));
}

function checkOf(point: Uint8Array): Uint8Array {
  return digest('check', CHECK_BYTES, [point.subarray(0, point.length - CHECK_BYTES)]);
}

function identityKeyOf(type: KeyType, privateKey: Uint8Array): Uint8Array {
  switch (type) {
    case 'RSA':
      throw new EngineError('ERR_KEY_UNSUPPORTED', 'local', 'the toy ciphers have no RSA');
    case 'Ed25519':
      requireBytes('Ed25519 private key', privateKey, 32, 64);
      return digest('identity/Ed25519', 32, [privateKey.subarray(0, 32)]);
    case 'Secp256k1': {
      requireBytes('secp256k1 private key', privateKey, 32);
      const key = digest('identity/Secp256k1', 33, [privateKey]);
      key[0] = 2;
      return key;
    }
    case 'ECDSA':
      return encodeP256PublicKey(publicKeyOf('P-256', splitEcdsaPrivateKey(privateKey).scalar));
    default:
      return type satisfies never;
  }
}

/** 64 bytes for Ed25519, and for secp256k1 and ECDSA the usual 71 bytes of a signature in DER. */
function signatureOf(type: KeyType, publicKey: Uint8Array, data: Uint8Array): Uint8Array {
  const sponge = new ToySponge(`signature/${type}`).absorb(publicKey).separate().absorb(data);
  return sponge.squeeze(type === 'Ed25519' ? 64 : 71);
}

function isBefore(left: Uint8Array, right: Uint8Array): boolean {
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
