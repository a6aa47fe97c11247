/**
 * Finds the region around a place of the key space in which the peers closest to every key are known: lookups at the parts
 * that are not known yet, until the region is covered and holds as many peers as keep a record. Then every key in it
 * has its closest peers among them, for all peers in a region are closer to its keys than all that are not.
 */
import { peerIdToBytes } from '../../../crypto/peer-id.js';
import { EngineError } from '../../../errors.js';
import type { Ciphers } from '../../../ports.js';
import { Coverage, largestRegionIn, xor, type Span } from './coverage.js';
import type { ProbeKey, ProbeKeys } from './probe-keys.js';
import { endOf, headOf, holds, widened, type Region } from './region-space.js';

/** A peer that a lookup found. */
export interface FoundPeer {
  /** Peer id in canonical text. */
  readonly id: string;
  /** Multiaddr texts without `/p2p/`. */
  readonly addresses: readonly string[];
}

/**
 * Peers whose ids hash close to the SHA-256 of `key`, the closest first, this node left out: the k closest, and some who
 * come next. Fewer where there are no more. That they are there is the word of others: who sends to them finds out.
 * `key` is what travels: a multihash, or bytes like one. `known`: peers near it, to begin with. Rejects with an
 * `EngineError` where nobody can be asked.
 */
export type PeersNear = (
  key: Uint8Array,
  options?: { readonly signal?: AbortSignal | undefined; readonly known?: readonly FoundPeer[] | undefined },
) => Promise<readonly FoundPeer[]>;

/** A peer that may lie in a region: where it is reached, and its place among the regions. */
export interface RegionPeer extends FoundPeer {
  readonly point: Uint8Array;
  readonly head: number;
}

/** What an exploration is made of. */
export interface ExplorationOptions {
  readonly peersNear: PeersNear;
  readonly ciphers: Ciphers;
  readonly probes: ProbeKeys;
  /** Peers that keep a record: k. */
  readonly replicas: number;
  /** Lookups of one region before what is known has to do. */
  readonly maxLookups: number;
  readonly signal: AbortSignal;
}

/** A region that is known. */
export interface ExploredRegion {
  readonly region: Region;
  /** Those whose ids lie in it. */
  readonly peers: readonly RegionPeer[];
  /** Peers around it: they are next where some in it are gone. */
  readonly around: readonly RegionPeer[];
  readonly lookups: number;
}

/** Lookups in a row that find nobody new before the rest is taken for empty. */
const IDLE_LOOKUPS = 2;
/** Peers of one lookup that are taken in, for each that keeps a record: those beyond are next where some are gone. */
const FOUND_PER_REPLICA = 2;

/**
 * Explores around `from` until a region that holds it is known. Rejects with what `peersNear` rejects with, and with
 * `ERR_PROVIDE_NO_PEERS` where a lookup finds nobody.
 */
export async function explore(from: Region, options: ExplorationOptions): Promise<ExploredRegion> {
  const { replicas, maxLookups, probes } = options;
  const coverage = new Coverage();
  const peers = new Map<string, RegionPeer>();
  let region = from;
  let lookups = 0;
  let idle = 0;
  for (;;) {
    let gaps = coverage.gapsIn(region);
    while (gaps.length === 0 && region.length > 0 && within(region, peers) < replicas) {
      region = widened(region);
      gaps = coverage.gapsIn(region);
    }
    const [gap] = gaps;
    if (gap === undefined || lookups >= maxLookups || idle >= IDLE_LOOKUPS) break;
    const probed = largestRegionIn(gap);
    const probe = probes.within(probed, isOpenBelow(probed, gap));
    const known = peers.size;
    const found = await lookUp(probe, options, [...peers.values()]);
    lookups++;
    for (const peer of found) peers.set(peer.id, peer);
    coverage.addBall(probe.head, reachOf(found, probe.head, replicas));
    // Where a probe cannot be aimed any better, what it leaves is taken for empty: the network would have to have
    // hundreds of thousands of peers.
    if (coverage.gapsIn(probed).some(({ from: start, to }) => start === probed.start && to === endOf(probed))) {
      coverage.add({ from: probed.start, to: endOf(probed) });
    }
    if (peers.size > known) idle = 0;
    else idle += found.length < replicas ? IDLE_LOOKUPS : 1;
  }
  while (region.length > 0 && within(region, peers) < replicas) region = widened(region);
  const all = [...peers.values()];
  const isInside = ({ head }: RegionPeer): boolean => holds(region, head);
  return { region, peers: all.filter(isInside), around: all.filter((peer) => !isInside(peer)), lookups };
}

/**
 * The peers that one lookup finds, the closest first, with their places; one whose id is none is left out. It begins with
 * those `known` that are closest. Rejects as {@link explore}.
 */
export async function lookUp(
  { key, head }: ProbeKey,
  { peersNear, ciphers, replicas, signal }: Omit<ExplorationOptions, 'probes' | 'maxLookups'>,
  known: readonly RegionPeer[] = [],
): Promise<readonly RegionPeer[]> {
  const distance = (peer: RegionPeer): number => xor(head, peer.head);
  const nearest = [...known].sort((left, right) => distance(left) - distance(right)).slice(0, replicas);
  const found = await peersNear(key, { signal, known: nearest });
  const placed = found.slice(0, FOUND_PER_REPLICA * replicas).flatMap((peer) => place(peer, ciphers) ?? []);
  if (placed.length === 0) throw new EngineError('ERR_PROVIDE_NO_PEERS', 'local', 'a lookup found no peer');
  return placed;
}

/** Within this distance of where a lookup was aimed nobody is unknown: that of the last of those who keep a record. */
export function reachOf(found: readonly RegionPeer[], head: number, replicas: number): number {
  return found.slice(0, replicas).reduce((most, peer) => Math.max(most, xor(head, peer.head)), 0);
}

/** The `count` peers closest to a point, the closest first. */
export function closestTo(point: Uint8Array, peers: readonly RegionPeer[], count: number): readonly RegionPeer[] {
  const head = headOf(point);
  const ranked = peers.map((peer) => ({ peer, distance: xor(head, peer.head) }));
  ranked.sort((left, right) => left.distance - right.distance || compareFrom(point, left.peer.point, right.peer.point));
  return ranked.slice(0, count).map(({ peer }) => peer);
}

function compareFrom(point: Uint8Array, left: Uint8Array, right: Uint8Array): number {
  for (const [index, byte] of point.entries()) {
    const difference = (byte ^ (left[index] ?? 0)) - (byte ^ (right[index] ?? 0));
    if (difference !== 0) return difference;
  }
  return 0;
}

function place({ id, addresses }: FoundPeer, ciphers: Ciphers): RegionPeer | undefined {
  try {
    const point = ciphers.hash('sha256', [peerIdToBytes(id)]);
    return { id, addresses, point, head: headOf(point) };
  } catch {
    return undefined;
  }
}

function within(region: Region, peers: ReadonlyMap<string, RegionPeer>): number {
  let count = 0;
  for (const { head } of peers.values()) if (holds(region, head)) count++;
  return count;
}

/** What is not known goes on below the region: a probe at its lower end would find known peers above it instead. */
function isOpenBelow({ start }: Region, gap: Span): boolean {
  return start > gap.from;
}
