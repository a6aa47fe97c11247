/** Both twins of the Ciphers port, for tests that hold them to the same answers. */
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type Ciphers } from '../../src/ports.js';
import { hex } from './decoding.js';

export const twins: readonly { readonly name: string; readonly ciphers: Ciphers }[] = [
  { name: 'node', ciphers: nodeCiphers },
  { name: 'portable', ciphers: portableCiphers },
];

/** The seed that leads to a private key (hex) of a curve: on the NIST ones keys are 1 + (seed mod (order - 1)). */
export function seedOf(curve: AgreementCurve, privateKey: string): Uint8Array {
  if (curve === 'x25519') return hex(privateKey);
  const digits = (BigInt(`0x${privateKey}`) - 1n).toString(16);
  return hex(digits.padStart(2 * AGREEMENT_SEED_BYTES[curve], '0'));
}
