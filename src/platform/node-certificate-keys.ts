/**
 * Keys of certificates on node:crypto. Our own signs by noble (RFC 6979), so that a recorded handshake replays: OpenSSL
 * draws its nonces itself, and only verifies here.
 */
import { p256 } from '@noble/curves/nist.js';
import { constants, createPublicKey, verify } from 'node:crypto';
import { requireSeed } from '../crypto/cipher-arguments.js';
import { isUncompressedPoint, privateKeyFromSeed } from '../crypto/curve-orders.js';
import type { CertificateSigner, SignatureScheme } from '../ports.js';
import { importRsaPublicKey, nodeVerify } from './node-identity-keys.js';

/** SubjectPublicKeyInfo (RFC 5480) of P-256 up to the uncompressed point. */
const P256_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** The signer of a seed. Throws `ERR_INVALID_ARGUMENT` for a seed of another length than the port names. */
export function nodeCertificateSigner(seed: Uint8Array): CertificateSigner {
  requireSeed('P-256', seed);
  const secretKey = privateKeyFromSeed('P-256', seed);
  return {
    publicKey: p256.getPublicKey(secretKey, false),
    sign: (data) => p256.sign(data, secretKey, { format: 'der', lowS: false }),
  };
}

/** Whether the signature is by the key of a certificate; false for malformed ones. */
export function nodeVerifyScheme(
  scheme: SignatureScheme,
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    switch (scheme) {
      case 'ecdsa_secp256r1_sha256':
        return verifyP256(publicKey, data, signature);
      case 'ed25519':
        return nodeVerify('Ed25519', publicKey, data, signature);
      case 'rsa_pkcs1_sha256':
        return nodeVerify('RSA', publicKey, data, signature);
      case 'rsa_pss_rsae_sha256':
        return verify('sha256', data, { key: importRsaPublicKey(publicKey), ...PSS }, signature);
      default:
        return scheme satisfies never;
    }
  } catch {
    return false;
  }
}

/** The salt is as long as the hash (RFC 8446, 4.2.3). */
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } as const;

function verifyP256(point: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (!isUncompressedPoint('P-256', point)) return false;
  const key = createPublicKey({ key: Buffer.concat([P256_SPKI_PREFIX, point]), format: 'der', type: 'spki' });
  return verify('sha256', data, key, signature);
}
