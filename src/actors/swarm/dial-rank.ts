/**
 * In which order the addresses of a peer are dialed, and how long each waits for the ones before it: as go-libp2p ranks
 * them (p2p/net/swarm/dial_ranker.go), after RFC 8305, "Happy Eyeballs". Pure: the same addresses give the same order.
 *
 * Three groups race each other: what is near (this machine, private networks), what is public, and, half a second later
 * where there is a public way too, what passes through a relay. In each group the best IPv6 address goes first, the best
 * IPv4 address second, and all others third; a group of one family has no second. Low ports go before high ones, for
 * they are likelier to be listened on.
 */
import { addressFacts, type AddressFacts } from '../../wire/address-class.js';

/** An address with its turn. */
export interface RankedAddress {
  readonly address: string;
  /** After the dial began, unless everything before it has failed. */
  readonly delayMs: number;
}

/** About a round trip to the other side of the world (RFC 8305, "Connection Attempt Delay"). */
export const PUBLIC_STAGGER_MS = 250;
/** The same for one's own network. */
export const NEAR_STAGGER_MS = 30;
/** A relay is somebody else's line. */
export const RELAY_DELAY_MS = 500;

interface Known {
  readonly address: string;
  readonly facts: AddressFacts;
}

/** The addresses without repeats, in the order of their turns. What is no multiaddr is left out. */
export function rankAddresses(addresses: readonly string[]): readonly RankedAddress[] {
  const known = [...new Set(addresses)].flatMap((address): readonly Known[] => {
    const facts = addressFacts(address);
    return facts === undefined ? [] : [{ address, facts }];
  });
  const relayed = known.filter(({ facts }) => facts.isRelayed);
  const direct = known.filter(({ facts }) => !facts.isRelayed);
  const far = direct.filter(({ facts }) => facts.reach === 'public' || facts.reach === 'name');
  const near = direct.filter((one) => !far.includes(one));
  const ranked = [
    ...inGroup(near, NEAR_STAGGER_MS, 0),
    ...inGroup(far, PUBLIC_STAGGER_MS, 0),
    ...inGroup(relayed, PUBLIC_STAGGER_MS, far.length > 0 ? RELAY_DELAY_MS : 0),
  ];
  return ranked.sort((left, right) => left.delayMs - right.delayMs);
}

function inGroup(group: readonly Known[], staggerMs: number, offsetMs: number): readonly RankedAddress[] {
  const sorted = [...group].sort((left, right) => compare(left.facts, right.facts));
  const first4 = sorted.findIndex(({ facts }) => facts.family === 4);
  const isRace = sorted[0]?.facts.family === 6 && first4 > 0;
  if (isRace) sorted.splice(1, 0, ...sorted.splice(first4, 1));
  return sorted.map(({ address }, index) => {
    const staggers = Math.min(index, isRace ? 2 : 1);
    return { address, delayMs: offsetMs + staggers * staggerMs };
  });
}

/** IPv6 before IPv4, TCP alone before what is on top of it, low ports before high ones. */
function compare(left: AddressFacts, right: AddressFacts): number {
  return (
    familyRank(left) - familyRank(right) ||
    Number(left.isWebSocket) - Number(right.isWebSocket) ||
    left.port - right.port
  );
}

/** What has no family is inside this machine, and nearer than anything. */
function familyRank({ family }: AddressFacts): number {
  return family === undefined ? 0 : family === 6 ? 1 : 2;
}
