/**
 * Key objects of X25519 and Ed25519 (RFC 8037's "octet key pairs") from raw bytes.
 *
 * Importing one is a good part of what a handshake costs, so the form matters: on Node 20 a JWK is ten times faster than
 * DER. A private JWK has to carry its public half, which we do not have; Node 20 to 24 ignore what stands there, later
 * ones compare it, and there DER is as fast. Which one this Node is, is tried once.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export type OkpCurve = 'X25519' | 'Ed25519';

/** PKCS#8 (RFC 8410) up to the 32 bytes of the private key. */
const PKCS8_PREFIX: { readonly [Curve in OkpCurve]: Uint8Array } = {
  X25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  Ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
};

/** The private key of 32 bytes; any 32 bytes are one. */
export function importOkpPrivateKey(curve: OkpCurve, bytes: Uint8Array): KeyObject {
  return jwkWithoutPublicHalf ? privateKeyByJwk(curve, bytes) : privateKeyByDer(curve, bytes);
}

/** The public key of 32 bytes. Throws when they are not 32. */
export function importOkpPublicKey(curve: OkpCurve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64Url(bytes) }, format: 'jwk' });
}

/** The public half, 32 bytes. A private key knows it; asking it as JWK is far cheaper than deriving a public key object. */
export function okpPublicBytes(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x ?? '', 'base64url'));
}

/** The fast form where Node does not ask for the public half. Throws where it does. */
export function privateKeyByJwk(curve: OkpCurve, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv: curve, d: base64Url(bytes), x: '' }, format: 'jwk' });
}

/** The form that works everywhere. */
export function privateKeyByDer(curve: OkpCurve, bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX[curve], bytes]), format: 'der', type: 'pkcs8' });
}

const jwkWithoutPublicHalf = ((): boolean => {
  try {
    privateKeyByJwk('X25519', new Uint8Array(32));
    return true;
  } catch {
    return false;
  }
})();

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
