/**
 * Identity keys on node:crypto (libp2p/specs peer-ids/peer-ids.md, "How Keys are Encoded and Messages Signed"): RSA with
 * PKCS#1 v1.5 and SHA-256, Ed25519, and ECDSA over SHA-256 on secp256k1 and on P-256 (the type that is called ECDSA).
 *
 * Every signature is deterministic, so that a recorded handshake replays; that is why ECDSA signs by noble (RFC 6979) and
 * only verifies by OpenSSL, which draws its nonces itself.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { ecdsaPointOf, ecdsaSigner } from '../crypto/ecdsa-keys.js';
import { isUsableEd25519Key } from '../crypto/ed25519-keys.js';
import { invalidPrivateKey, requireSamePublicKey, sameBytes, splitEd25519PrivateKey } from '../crypto/private-keys.js';
import { LIMITS } from '../limits.js';
import type { KeyType, Signer } from '../ports.js';
import { importOkpPrivateKey, importOkpPublicKey, okpPublicBytes } from './node-okp.js';
import { plainView } from './plain-view.js';

/** SubjectPublicKeyInfo (RFC 5480) of secp256k1 up to the 33 bytes of the compressed point. */
const SECP256K1_SPKI_PREFIX = Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex');

/** A signer for a stored private key. Throws `ERR_KEY_INVALID`. */
export function nodeSigner(type: KeyType, privateKey: Uint8Array): Signer {
  switch (type) {
    case 'RSA':
      return rsaSigner(privateKey);
    case 'Ed25519':
      return ed25519Signer(privateKey);
    case 'Secp256k1':
      return secp256k1Signer(privateKey);
    case 'ECDSA':
      return ecdsaSigner(privateKey);
    default:
      return type satisfies never;
  }
}

/** Whether the signature is by the public key; false for malformed ones. */
export function nodeVerify(type: KeyType, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    switch (type) {
      case 'RSA':
        return verify('sha256', data, importRsaPublicKey(publicKey), signature);
      case 'Ed25519':
        if (!isUsableEd25519Key(publicKey)) return false;
        return verify(null, data, importOkpPublicKey('Ed25519', publicKey), signature);
      case 'Secp256k1':
        return verify('sha256', data, importSecp256k1PublicKey(publicKey), signature);
      case 'ECDSA':
        return verify('sha256', data, importEcdsaPublicKey(publicKey), signature);
      default:
        return type satisfies never;
    }
  } catch {
    return false;
  }
}

function rsaSigner(pkcs1: Uint8Array): Signer {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(pkcs1), format: 'der', type: 'pkcs1' });
  } catch (cause) {
    throw invalidPrivateKey('the RSA private key is not PKCS#1 DER', cause);
  }
  const bits = rsaBits(privateKey);
  if (!isAllowedRsa(bits)) {
    throw invalidPrivateKey(`RSA key of ${bits} bits; ${LIMITS.rsaMinBits} to ${LIMITS.rsaMaxBits} are allowed`);
  }
  return {
    type: 'RSA',
    publicKey: plainView(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })),
    sign: (data) => plainView(sign('sha256', data, privateKey)),
  };
}

function ed25519Signer(stored: Uint8Array): Signer {
  const { seed, storedPublicKey } = splitEd25519PrivateKey(stored);
  const privateKey = importOkpPrivateKey('Ed25519', seed);
  const publicKey = okpPublicBytes(privateKey);
  requireSamePublicKey(storedPublicKey, publicKey);
  return { type: 'Ed25519', publicKey, sign: (data) => plainView(sign(null, data, privateKey)) };
}

function secp256k1Signer(stored: Uint8Array): Signer {
  if (!secp256k1.utils.isValidSecretKey(stored)) throw invalidPrivateKey('not a secp256k1 private key');
  const secretKey = stored.slice();
  return {
    type: 'Secp256k1',
    publicKey: secp256k1.getPublicKey(secretKey),
    sign: (data) => secp256k1.sign(data, secretKey, { format: 'der' }),
  };
}

/** The RSA key of a SubjectPublicKeyInfo. Throws when it is none, of a length that is not allowed, or not DER. */
export function importRsaPublicKey(spki: Uint8Array): KeyObject {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const bits = rsaBits(key);
  if (!isAllowedRsa(bits)) throw new RangeError(`RSA key of ${bits} bits`);
  // One key has one encoding, or it would have several peer ids.
  if (!sameBytes(key.export({ format: 'der', type: 'spki' }), spki)) throw new RangeError('not DER');
  return key;
}

function importSecp256k1PublicKey(point: Uint8Array): KeyObject {
  if (point.length !== 33) throw new RangeError(`point of ${point.length} bytes`);
  return createPublicKey({ key: Buffer.concat([SECP256K1_SPKI_PREFIX, point]), format: 'der', type: 'spki' });
}

/** OpenSSL takes more encodings than the one that libp2p writes, and other curves. */
function importEcdsaPublicKey(spki: Uint8Array): KeyObject {
  if (ecdsaPointOf(spki) === undefined) throw new RangeError('not a key of P-256');
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

/** Bits of the modulus; 0 for a key of another kind. */
function rsaBits(key: KeyObject): number {
  return key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
}

function isAllowedRsa(bits: number): boolean {
  return bits >= LIMITS.rsaMinBits && bits <= LIMITS.rsaMaxBits;
}
