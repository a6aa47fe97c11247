/**
 * Orders of the groups in which private keys are drawn (SEC 2, FIPS 186-5), and the one way from a seed to a private key
 * that both twins of the Ciphers port share: same seed, same key.
 */
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import type { AgreementCurve } from '../ports.js';

/** The curves with points (x, y); X25519 keys are any 32 bytes. */
export type NistCurve = Exclude<AgreementCurve, 'x25519'>;

/** Number of points of each curve's group. */
export const CURVE_ORDERS: { readonly [Curve in NistCurve | 'secp256k1']: bigint } = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};

/** Bytes of one coordinate, of a private key and of the shared secret. */
export const COORDINATE_BYTES: { readonly [Curve in NistCurve]: number } = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

/**
 * A private key, 1 to order - 1, big-endian at full width: 1 + (seed mod (order - 1)), as FIPS 186-5 A.2.1 says. The seed
 * is half as long again as the order, so that the reduction leaves no bias that matters.
 */
export function privateKeyFromSeed(curve: NistCurve | 'secp256k1', seed: Uint8Array): Uint8Array {
  const key = (bytesToNumberBE(seed) % (CURVE_ORDERS[curve] - 1n)) + 1n;
  return numberToBytesBE(key, curve === 'secp256k1' ? 32 : COORDINATE_BYTES[curve]);
}

/** Whether bytes have the form of an uncompressed point of the curve: 0x04, x, y. Whether it is on it, is not asked. */
export function isUncompressedPoint(curve: NistCurve, bytes: Uint8Array): boolean {
  return bytes[0] === 4 && bytes.length === 1 + 2 * COORDINATE_BYTES[curve];
}
