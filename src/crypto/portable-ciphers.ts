/**
 * The Ciphers port on noble alone: the reference that the fast twin is tested against, and what runs where node:crypto is
 * missing. It makes and takes the same bytes as the fast one, but RSA is not there (`ERR_KEY_UNSUPPORTED`; `verify`
 * answers false), and Ed25519 is verified with the cofactor: a signature that was crafted with a component of low order,
 * which no signer makes, may count here and not there.
 */
import { ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { EngineError } from '../errors.js';
import type {
  Aead,
  AgreementCurve,
  CertificateSigner,
  Ciphers,
  HashName,
  KeyAgreement,
  KeyType,
  Mac,
  SignatureScheme,
  Signer,
  StreamCipher,
} from '../ports.js';
import { AEAD_TAG_BYTES, requireAesCtr, requireAesGcmKey, requireBytes, requireSeed } from './cipher-arguments.js';
import { isUncompressedPoint, privateKeyFromSeed, type NistCurve } from './curve-orders.js';
import { ecdsaPointOf, ecdsaSigner } from './ecdsa-keys.js';
import { isUsableEd25519Key } from './ed25519-keys.js';
import { invalidPrivateKey, requireSamePublicKey, splitEd25519PrivateKey } from './private-keys.js';

/** Ciphers, hashes and key operations in JavaScript alone; 10 to 40 times slower than the fast twin. */
export const portableCiphers: Ciphers = {
  hash: hashPieces,
  hmac: createMac,
  aesCtr: createAesCtr,
  chacha20Poly1305: createChaCha20Poly1305,
  keyAgreement: (curve, seed) => createAgreement(curve, seed),
  signer: createSigner,
  verify: verifySignature,
  aesGcm: createAesGcm,
  certificateSigner: createCertificateSigner,
  verifyScheme,
};

const HASHES = { sha256, sha384, sha512 } as const;
const NIST_CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const;
const AES_BLOCK_BYTES = 16;

function hashPieces(name: HashName, pieces: readonly Uint8Array[]): Uint8Array {
  const running = HASHES[name].create();
  for (const piece of pieces) running.update(piece);
  return running.digest();
}

function createMac(name: HashName, key: Uint8Array): Mac {
  const keyed = hmac.create(HASHES[name], key);
  return {
    sizeBytes: keyed.outputLen,
    digest: (pieces) => {
      const running = keyed.clone();
      for (const piece of pieces) running.update(piece);
      return running.digest();
    },
  };
}

function createAesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher {
  requireAesCtr(key, iv);
  const secret = key.slice();
  let counter: Uint8Array = iv.slice();
  let used = 0;
  return {
    update: (bytes) => {
      // Noble's counter mode is one-shot: begin at the block we are in, with as many zeros as it has used bytes.
      const input = new Uint8Array(used + bytes.length);
      input.set(bytes, used);
      const output = ctr(secret, counter).encrypt(input).subarray(used);
      counter = advance(counter, Math.floor(input.length / AES_BLOCK_BYTES));
      used = input.length % AES_BLOCK_BYTES;
      return output.slice();
    },
  };
}

/** The 128-bit big-endian counter some blocks further on; it wraps. */
function advance(counter: Uint8Array, blocks: number): Uint8Array {
  const next = counter.slice();
  let carry = blocks;
  for (let index = next.length - 1; index >= 0 && carry > 0; index--) {
    carry += next[index] ?? 0;
    next[index] = carry % 256;
    carry = Math.floor(carry / 256);
  }
  return next;
}

function createChaCha20Poly1305(key: Uint8Array): Aead {
  requireBytes('ChaCha20-Poly1305 key', key, 32);
  const secret = key.slice();
  return aead('ChaCha20-Poly1305', (nonce, associatedData) => chacha20poly1305(secret, nonce, associatedData));
}

function createAesGcm(key: Uint8Array): Aead {
  requireAesGcmKey(key);
  const secret = key.slice();
  return aead('AES-GCM', (nonce, associatedData) => gcm(secret, nonce, associatedData));
}

/** One call of noble's, bound to a nonce. */
interface OneShot {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(ciphertext: Uint8Array): Uint8Array;
}

function aead(name: string, bind: (nonce: Uint8Array, associatedData: Uint8Array) => OneShot): Aead {
  return {
    seal: (nonce, plaintext, associatedData) => {
      requireBytes(`${name} nonce`, nonce, 12);
      return [bind(nonce, associatedData).encrypt(join(plaintext))];
    },
    open: (nonce, ciphertext, associatedData) => {
      requireBytes(`${name} nonce`, nonce, 12);
      if (ciphertext.length < AEAD_TAG_BYTES) return undefined;
      return attempt(() => bind(nonce, associatedData).decrypt(ciphertext));
    },
  };
}

function createAgreement(curve: AgreementCurve, seed: Uint8Array): KeyAgreement {
  requireSeed(curve, seed);
  if (curve !== 'x25519') return nistAgreement(curve, privateKeyFromSeed(curve, seed));
  const secretKey = seed.slice();
  return {
    publicKey: x25519.getPublicKey(secretKey),
    // Noble throws for a point of low order, whose secret is all zeros.
    sharedSecret: (remote) => attempt(() => x25519.getSharedSecret(secretKey, remote)),
  };
}

function nistAgreement(curve: NistCurve, secretKey: Uint8Array): KeyAgreement {
  const group = NIST_CURVES[curve];
  return {
    publicKey: group.getPublicKey(secretKey, false),
    sharedSecret: (remote) => {
      if (!isUncompressedPoint(curve, remote)) return undefined;
      // The compressed form is one byte of sign, then x at full width.
      return attempt(() => group.getSharedSecret(secretKey, remote, true).slice(1));
    },
  };
}

function createSigner(type: KeyType, privateKey: Uint8Array): Signer {
  switch (type) {
    case 'RSA':
      throw new EngineError('ERR_KEY_UNSUPPORTED', 'local', 'RSA needs the ciphers of node:crypto');
    case 'Ed25519': {
      const { seed, storedPublicKey } = splitEd25519PrivateKey(privateKey);
      const publicKey = ed25519.getPublicKey(seed);
      requireSamePublicKey(storedPublicKey, publicKey);
      return { type, publicKey, sign: (data) => ed25519.sign(data, seed) };
    }
    case 'Secp256k1': {
      if (!secp256k1.utils.isValidSecretKey(privateKey)) throw invalidPrivateKey('not a secp256k1 private key');
      const secretKey = privateKey.slice();
      const sign = (data: Uint8Array): Uint8Array => secp256k1.sign(data, secretKey, { format: 'der' });
      return { type, publicKey: secp256k1.getPublicKey(secretKey), sign };
    }
    case 'ECDSA':
      return ecdsaSigner(privateKey);
    default:
      return type satisfies never;
  }
}

function verifySignature(type: KeyType, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  switch (type) {
    case 'RSA':
      return false;
    case 'Ed25519':
      if (!isUsableEd25519Key(publicKey)) return false;
      return attempt(() => ed25519.verify(signature, data, publicKey, { zip215: false })) ?? false;
    case 'Secp256k1':
      // Signers make the low form of s; a high one is valid ECDSA all the same, and OpenSSL and go take it.
      if (publicKey.length !== 33) return false;
      return attempt(() => secp256k1.verify(signature, data, publicKey, { format: 'der', lowS: false })) ?? false;
    case 'ECDSA': {
      const point = ecdsaPointOf(publicKey);
      return point !== undefined && verifyScheme('ecdsa_secp256r1_sha256', point, data, signature);
    }
    default:
      return type satisfies never;
  }
}

function createCertificateSigner(seed: Uint8Array): CertificateSigner {
  requireSeed('P-256', seed);
  const secretKey = privateKeyFromSeed('P-256', seed);
  return {
    publicKey: p256.getPublicKey(secretKey, false),
    sign: (data) => p256.sign(data, secretKey, { format: 'der', lowS: false }),
  };
}

function verifyScheme(
  scheme: SignatureScheme,
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (scheme) {
    case 'ecdsa_secp256r1_sha256':
      if (!isUncompressedPoint('P-256', publicKey)) return false;
      return attempt(() => p256.verify(signature, data, publicKey, { format: 'der', lowS: false })) ?? false;
    case 'ed25519':
      return verifySignature('Ed25519', publicKey, data, signature);
    case 'rsa_pss_rsae_sha256':
    case 'rsa_pkcs1_sha256':
      return false;
    default:
      return scheme satisfies never;
  }
}

/** What `run` answers, or `undefined` when it throws: noble's way to say that its input is malformed. */
function attempt<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
