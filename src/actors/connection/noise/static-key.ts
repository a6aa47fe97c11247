/**
 * The Noise static key of a node: made and signed once for an identity, used for all its connections (the noise spec
 * allows that as well as a fresh one each time). It saves every handshake a key pair and a signature.
 */
import { signNoiseStaticKey } from '../../../crypto/noise-identity.js';
import { AGREEMENT_SEED_BYTES, type KeyAgreement } from '../../../ports.js';
import type { Environment } from '../../environment.js';
import type { Identity } from '../security.js';

/** A static key pair and the identity's signature over it. */
export interface NoiseStaticKey {
  readonly agreement: KeyAgreement;
  readonly signature: Uint8Array;
}

/** Held as long as the node and its identity; each node draws its own, so that a seeded one draws the same every time. */
const keys = new WeakMap<Environment, WeakMap<Identity, NoiseStaticKey>>();

/** The static key of `identity` in this node; the first call draws it under the label `noise.static`. */
export function noiseStaticKey(environment: Environment, identity: Identity): NoiseStaticKey {
  let ofNode = keys.get(environment);
  if (ofNode === undefined) keys.set(environment, (ofNode = new WeakMap()));
  let key = ofNode.get(identity);
  if (key === undefined) ofNode.set(identity, (key = drawStaticKey(environment, identity)));
  return key;
}

function drawStaticKey({ random, ciphers }: Environment, { signer }: Identity): NoiseStaticKey {
  const agreement = ciphers.keyAgreement('x25519', random.bytes('noise.static', AGREEMENT_SEED_BYTES.x25519));
  return { agreement, signature: signNoiseStaticKey(signer, agreement.publicKey) };
}
