/** Key shares of TLS by the Ciphers port: one fresh key pair for every handshake. */
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type KeyAgreement } from '../../../ports.js';
import type { TlsGroupName } from '../../../wire/tls-names.js';
import type { Environment } from '../../environment.js';

const CURVES: { readonly [Group in TlsGroupName]: AgreementCurve } = { x25519: 'x25519', secp256r1: 'P-256' };

/** A key pair of the group, drawn under the label `tls.x25519` or `tls.secp256r1`. */
export function drawKeyShare({ ciphers, random }: Environment, group: TlsGroupName): KeyAgreement {
  const curve = CURVES[group];
  return ciphers.keyAgreement(curve, random.bytes(`tls.${group}`, AGREEMENT_SEED_BYTES[curve]));
}
