/**
 * ECDSA identity keys on P-256 (libp2p/specs peer-ids/peer-ids.md, "ECDSA"): SHA-256, signatures in DER. Both twins of the
 * Ciphers port sign with this one, by RFC 6979, so that a recorded handshake replays.
 */
import { p256 } from '@noble/curves/nist.js';
import type { Signer } from '../ports.js';
import {
  decodeP256PrivateKey,
  decodeP256PublicKey,
  encodeP256PublicKey,
  type P256PrivateKey,
} from '../wire/p256-key.js';
import { invalidPrivateKey, requireSamePublicKey } from './private-keys.js';

/** A signer for a stored private key. Throws `ERR_KEY_INVALID`. */
export function ecdsaSigner(stored: Uint8Array): Signer {
  const { scalar, point } = splitEcdsaPrivateKey(stored);
  if (!p256.utils.isValidSecretKey(scalar)) throw invalidPrivateKey('not a private key of P-256');
  const secretKey = scalar.slice();
  const publicPoint = p256.getPublicKey(secretKey, false);
  requireSamePublicKey(point, publicPoint);
  return {
    type: 'ECDSA',
    publicKey: encodeP256PublicKey(publicPoint),
    // As RFC 6979 has it: the high form of s is not brought down, nor do others do it on this curve.
    sign: (data) => p256.sign(data, secretKey, { format: 'der', lowS: false }),
  };
}

/** Takes a stored ECPrivateKey apart; parts are views. Throws `ERR_KEY_INVALID`. */
export function splitEcdsaPrivateKey(stored: Uint8Array): P256PrivateKey {
  let key: P256PrivateKey | undefined;
  try {
    key = decodeP256PrivateKey(stored);
  } catch (cause) {
    throw invalidPrivateKey('the ECDSA private key is not ECPrivateKey DER', cause);
  }
  if (key === undefined) throw invalidPrivateKey('the ECDSA private key is not of P-256');
  return key;
}

/** The uncompressed point of a public key as it is carried; `undefined` when it is none of P-256. */
export function ecdsaPointOf(publicKey: Uint8Array): Uint8Array | undefined {
  try {
    return decodeP256PublicKey(publicKey);
  } catch {
    return undefined;
  }
}
