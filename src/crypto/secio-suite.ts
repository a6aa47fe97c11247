/**
 * What two secio peers agree on (libp2p/specs secio/README.md, "Determining Roles and Algorithms", "Key Exchange",
 * "Shared Secret Generation"): whose order counts, which suite follows, what is signed, and how a secret can be read.
 */
import { EngineError } from '../errors.js';
import type { Ciphers, HashName } from '../ports.js';
import type { ExchangeFields, Propose, ProposeFields } from '../wire/secio.js';

/** Curves by their names in a Propose. */
export type SecioCurve = 'P-256' | 'P-384' | 'P-521';
export type SecioCipher = 'AES-256' | 'AES-128';
export type SecioHash = 'SHA256' | 'SHA512';

/** What a node is willing to use, best first. */
export interface SecioOffer {
  readonly exchanges: readonly SecioCurve[];
  readonly ciphers: readonly SecioCipher[];
  readonly hashes: readonly SecioHash[];
}

/** What two peers agreed to use. */
export interface SecioSuite {
  readonly curve: SecioCurve;
  readonly cipher: SecioCipher;
  readonly hash: SecioHash;
}

/** Everything the spec names, P-256 first: it costs an eighth of P-521 and every peer has it. */
export const SECIO_OFFER: SecioOffer = {
  exchanges: ['P-256', 'P-384', 'P-521'],
  ciphers: ['AES-256', 'AES-128'],
  hashes: ['SHA256', 'SHA512'],
};

/** The engine's names of secio's hashes. */
export const SECIO_HASH_NAMES: { readonly [Hash in SecioHash]: HashName } = { SHA256: 'sha256', SHA512: 'sha512' };

/** Bytes of a cipher's key. */
export const SECIO_CIPHER_KEY_BYTES: { readonly [Cipher in SecioCipher]: number } = { 'AES-256': 32, 'AES-128': 16 };

/**
 * Whose order of preference counts: above zero ours, below zero the peer's, zero when both sides are the same.
 * The two sides get opposite answers.
 */
export function preferenceOrder(ciphers: Ciphers, local: Identified, remote: Identified): number {
  const ours = ciphers.hash('sha256', [remote.publicKey, local.rand]);
  const theirs = ciphers.hash('sha256', [local.publicKey, remote.rand]);
  for (const [index, byte] of ours.entries()) {
    const difference = byte - (theirs[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The part of a Propose that decides the order. */
export type Identified = Pick<ProposeFields, 'publicKey' | 'rand'>;

/**
 * The first of the preferred side's names that the other side has too, three times over. Names nobody knows and names
 * that come twice do no harm. Throws `ERR_SECIO_NO_COMMON_SUITE` naming the list and both offers.
 */
export function chooseSuite(order: number, local: SecioOffer, remote: RemoteOffer): SecioSuite {
  return {
    curve: choose('curve', order, local.exchanges, remote.exchanges),
    cipher: choose('cipher', order, local.ciphers, remote.ciphers),
    hash: choose('hash', order, local.hashes, remote.hashes),
  };
}

/** The lists of a peer's Propose. */
export type RemoteOffer = Pick<ProposeFields, 'exchanges' | 'ciphers' | 'hashes'>;

/** What the sender of an Exchange signs: its Propose and the other side's, as they travelled, and its ephemeral key. */
export function exchangeCorpus(
  sender: Pick<Propose, 'bytes'>,
  other: Pick<Propose, 'bytes'>,
  { ephemeralKey }: Pick<ExchangeFields, 'ephemeralKey'>,
): Uint8Array {
  const corpus = new Uint8Array(sender.bytes.length + other.bytes.length + ephemeralKey.length);
  corpus.set(sender.bytes, 0);
  corpus.set(other.bytes, sender.bytes.length);
  corpus.set(ephemeralKey, sender.bytes.length + other.bytes.length);
  return corpus;
}

/**
 * The readings of a shared secret that was given at its full width. The spec does not say how leading zeros are
 * written: js and py keep the curve's width, Go strips them. One reading when there are none, else two: of 256 secrets
 * of P-256 and P-384 one has two, of P-521 (whose first byte is one bit) every other.
 */
export function secretReadings(secret: Uint8Array): readonly Uint8Array[] {
  if (secret[0] !== 0) return [secret];
  const first = secret.findIndex((byte) => byte !== 0);
  return [secret, secret.subarray(first === -1 ? secret.length : first)];
}

function choose<Name extends string>(
  what: string,
  order: number,
  local: readonly Name[],
  remote: readonly string[],
): Name {
  const [first, second]: readonly (readonly string[])[] = order > 0 ? [local, remote] : [remote, local];
  // A set, because a peer's list can hold thousands of names.
  const shared = new Set(second);
  const chosen = first?.find((name) => shared.has(name));
  if (chosen !== undefined) return chosen as Name;
  throw new EngineError(
    'ERR_SECIO_NO_COMMON_SUITE',
    'remote',
    `no common ${what}: we offer "${local.join(',')}", the peer "${remote.join(',').slice(0, SHOWN)}"`,
  );
}

/** Characters of the peer's list in the message. */
const SHOWN = 80;
