/** Our end of a secio connection in a test, and how it meets a {@link ReferencePeer}. */
import { readFileSync } from 'node:fs';
import { secioProtocol, secioProtocolWith } from '../../src/actors/connection/secio/handler.js';
import type { Identity, Role } from '../../src/actors/connection/security.js';
import { generateIdentity, identityFromPrivateKey } from '../../src/crypto/keys.js';
import type { SecioOffer } from '../../src/crypto/secio-suite.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type KeyAgreement, type KeyType } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { NoiseSide as SecureSide, type SideOptions } from './noise-side.js';
import { framesOf, ReferencePeer, type ReferenceOptions } from './secio-reference.js';

export { exchange, cutAt } from './noise-side.js';
export type { SecureSide, SideOptions };

/** A handler of ours whose wire is a list of chunks. */
export function secioSide(role: Role, options: SideOptions = {}, preferences?: Partial<SecioOffer>): SecureSide {
  const protocol = preferences === undefined ? secioProtocol : secioProtocolWith(preferences);
  return new SecureSide(role, { protocol, ...options });
}

/** An identity of each type; the RSA one is always the same. */
export function identityOf(type: KeyType, seed: string): Identity {
  if (type !== 'RSA') return generateIdentity(nodeCiphers, new SeededRandom(seed), type).identity;
  const { privateKey } = JSON.parse(
    readFileSync(new URL('../vectors/secio/rsa-identity.json', import.meta.url), 'utf8'),
  ) as { readonly privateKey: string };
  return identityFromPrivateKey(nodeCiphers, new Uint8Array(Buffer.from(privateKey, 'base64')));
}

/** Our side and a reference peer that have exchanged their Proposes. */
export interface Met {
  readonly side: SecureSide;
  readonly peer: ReferencePeer;
  /** Our Exchange, when our preferences won and it was sent at once. */
  readonly exchange: Buffer | undefined;
  /** What our side draws from. */
  readonly seed: string;
}

/** Both Proposes are exchanged; ours that came in answer is read by the peer. */
export function meet(reference: ReferenceOptions = {}, options: SideOptions = {}, role: Role = 'dialer'): Met {
  const side = secioSide(role, options).start();
  const peer = new ReferencePeer(reference);
  side.hear(peer.answerPropose(side.takeWire()));
  const [exchange] = framesOf(side.takeWire());
  if (exchange !== undefined) peer.readExchange(exchange);
  return { side, peer, exchange, seed: options.seed ?? role };
}

/** The channel is up, and each has read the other's nonce. */
export function secureWith(reference: ReferenceOptions = {}, options: SideOptions = {}, role: Role = 'dialer'): Met {
  const met = meet(reference, options, role);
  finish(met);
  return met;
}

/** Carries a handshake from the Proposes to its end as a peer does that never waits; throws when it does not end well. */
export function finish({ side, peer, exchange, seed }: Met): void {
  // A peer whose preferences won sends its Exchange before it has seen ours.
  side.hear(
    exchange === undefined ? peer.exchange(firstKey(seed, peer.curve as AgreementCurve).publicKey) : peer.exchange(),
  );
  const frames = framesOf(side.takeWire());
  if (exchange === undefined) peer.readExchange(frames.shift() ?? Buffer.alloc(0));
  // The peer has both Exchanges now and sends its first frame whether ours has come or not.
  side.hear(peer.seal(peer.theirNonce));
  frames.push(...framesOf(side.takeWire()));
  const [nonce, ...rest] = frames;
  if (nonce === undefined || rest.length > 0) throw new Error(`${frames.length} sealed frames from our side`);
  if (!peer.open(nonce).equals(peer.nonce)) throw new Error('our side echoes another nonce');
  if (side.secured === undefined) throw new Error(`our side is not secured: ${String(side.failed)}`);
}

/** The first ephemeral key that our side of this seed draws: what a peer can only know in a test. */
export function firstKey(seed: string, curve: AgreementCurve): KeyAgreement {
  const drawn = new SeededRandom(seed).bytes('conn:1/secio/ephemeral', AGREEMENT_SEED_BYTES[curve]);
  return nodeCiphers.keyAgreement(curve, drawn);
}
