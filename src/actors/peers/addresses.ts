/** Addresses of one peer: how long each lives, which is better, and how new ones join those known. */
import type { Limits } from '../../limits.js';
import type { AddressSource, KnownAddress } from '../../wire/peer-entry.js';

/** Bounds of the addresses of a peer. */
export type AddressLimits = Pick<
  Limits,
  | 'peerstoreAddresses'
  | 'peerstoreAddressChars'
  | 'addressLifeMs'
  | 'addressLifeUnconfirmedMs'
  | 'addressLifeTemporaryMs'
>;

/** Best first: what was meant by a person, what worked, what is signed, what is claimed, what is hearsay. */
const RANKS: Readonly<Record<AddressSource, number>> = { manual: 0, dialed: 1, signed: 2, identify: 3, routing: 4 };

/** When an address of this source is forgotten, said at `nowMs` of wall time; `undefined`: never. */
export function expiryOf(source: AddressSource, nowMs: number, limits: AddressLimits): number | undefined {
  switch (source) {
    case 'manual':
      return undefined;
    case 'routing':
      return nowMs + limits.addressLifeTemporaryMs;
    default:
      return nowMs + limits.addressLifeMs;
  }
}

/**
 * `known` with `texts` of one source in front of those of the same rank. An address known by a better source keeps it,
 * and the later end of its life. The worst ones go where there are too many.
 */
export function joinAddresses(
  known: readonly KnownAddress[],
  texts: readonly string[],
  source: AddressSource,
  nowMs: number,
  limits: AddressLimits,
): readonly KnownAddress[] {
  const expiresAtMs = expiryOf(source, nowMs, limits);
  const before = new Map(known.map((one) => [one.address, one]));
  const joined = new Map<string, KnownAddress>();
  for (const address of texts) {
    // Thousands are no more use than the best few: what goes beyond is not even compared.
    if (joined.size === limits.peerstoreAddresses) break;
    if (address.length > limits.peerstoreAddressChars) continue;
    const one = { address, source, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
    joined.set(address, better(one, before.get(address)));
  }
  for (const one of known) if (!joined.has(one.address)) joined.set(one.address, one);
  return ranked([...joined.values()]).slice(0, limits.peerstoreAddresses);
}

/** Best first; among equals the order stays. */
export function ranked(known: readonly KnownAddress[]): readonly KnownAddress[] {
  return [...known].sort((left, right) => RANKS[left.source] - RANKS[right.source]);
}

/** `known` without what `source` had said before, now that it says something else. */
export function withoutSource(known: readonly KnownAddress[], ...sources: readonly AddressSource[]): KnownAddress[] {
  return known.filter(({ source }) => !sources.includes(source));
}

/** What lives at `nowMs`. */
export function living(known: readonly KnownAddress[], nowMs: number): readonly KnownAddress[] {
  const isAlive = ({ expiresAtMs }: KnownAddress): boolean => expiresAtMs === undefined || expiresAtMs > nowMs;
  return known.every(isAlive) ? known : known.filter(isAlive);
}

/** The peer has left: what it was reached at or has signed lives on for its time, what it only claimed not so long. */
export function afterDisconnect(
  known: readonly KnownAddress[],
  nowMs: number,
  limits: AddressLimits,
): readonly KnownAddress[] {
  return known.map((one) => {
    switch (one.source) {
      case 'manual':
        return one;
      case 'dialed':
      case 'signed':
        return { ...one, expiresAtMs: nowMs + limits.addressLifeMs };
      case 'identify':
        return { ...one, expiresAtMs: nowMs + limits.addressLifeUnconfirmedMs };
      case 'routing':
        return { ...one, expiresAtMs: nowMs + limits.addressLifeTemporaryMs };
      default:
        return one.source satisfies never;
    }
  });
}

function better(one: KnownAddress, other: KnownAddress | undefined): KnownAddress {
  if (other === undefined || RANKS[other.source] > RANKS[one.source]) return one;
  const source = other.source;
  if (one.expiresAtMs === undefined || other.expiresAtMs === undefined) return { address: one.address, source };
  return { address: one.address, source, expiresAtMs: Math.max(one.expiresAtMs, other.expiresAtMs) };
}
