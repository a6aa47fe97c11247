/** Diffie-Hellman on node:crypto: X25519 (RFC 7748) and the NIST curves (SEC 1). */
import { createECDH, diffieHellman } from 'node:crypto';
import { requireSeed } from '../crypto/cipher-arguments.js';
import { isUncompressedPoint, privateKeyFromSeed, type NistCurve } from '../crypto/curve-orders.js';
import type { AgreementCurve, KeyAgreement } from '../ports.js';
import { importOkpPrivateKey, importOkpPublicKey, okpPublicBytes } from './node-okp.js';
import { plainView } from './plain-view.js';

/** OpenSSL's names. */
const OPENSSL_NAMES: { readonly [Curve in NistCurve]: string } = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
};

/** The key pair of a seed. Throws `ERR_INVALID_ARGUMENT` for a seed of another length than the port names. */
export function nodeKeyAgreement(curve: AgreementCurve, seed: Uint8Array): KeyAgreement {
  requireSeed(curve, seed);
  return curve === 'x25519' ? x25519Agreement(seed) : nistAgreement(curve, seed);
}

function x25519Agreement(seed: Uint8Array): KeyAgreement {
  const privateKey = importOkpPrivateKey('X25519', seed);
  return {
    publicKey: okpPublicBytes(privateKey),
    sharedSecret: (remote) => {
      try {
        // OpenSSL refuses a secret of all zeros, which is what a point of low order leads to.
        return plainView(diffieHellman({ privateKey, publicKey: importOkpPublicKey('X25519', remote) }));
      } catch {
        return undefined;
      }
    },
  };
}

function nistAgreement(curve: NistCurve, seed: Uint8Array): KeyAgreement {
  const ecdh = createECDH(OPENSSL_NAMES[curve]);
  ecdh.setPrivateKey(privateKeyFromSeed(curve, seed));
  return {
    publicKey: plainView(ecdh.getPublicKey()),
    sharedSecret: (remote) => {
      // OpenSSL would take a compressed point too.
      if (!isUncompressedPoint(curve, remote)) return undefined;
      try {
        return plainView(ecdh.computeSecret(remote));
      } catch {
        return undefined;
      }
    },
  };
}
