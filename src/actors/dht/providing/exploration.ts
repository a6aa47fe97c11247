/**
 * Finds the region around a place of the key space in which the peers closest to every key are known: lookups at the parts
 * that are not known yet, until the region is covered and holds as many peers as keep a record. Then every key in it
 * has its closest peers among them, for all peers in a region are closer to its keys than all that are not.
 */
import { peerIdToBytes } from '../../../crypto/peer-id.js';
import { EngineError } from '../../../errors.js';
import type { Ciphers } from '../../../ports.js';
import { Coverage, largestRegionIn, xor, type Span } from './coverage.js';
import type { ProbeKeys } from './probe-keys.js';
import { endOf, headOf, holds, widened, type Region } from './region-space.js';

/** A peer that a lookup found. */
export interface FoundPeer {
  /** Peer id in canonical text. */
  readonly id: string;
  /** Multiaddr texts without `/p2p/`. */
  readonly addresses: readonly string[];
}

/**
 * The `count` peers whose ids hash closest to the SHA-256 of `key`, this node left out; fewer where there are no more.
 * `key` is what travels: a multihash, or bytes like one. Rejects with an `EngineError` where nobody can be asked.
 */
export type ClosestPeers = (
  key: Uint8Array,
  count: number,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<readonly FoundPeer[]>;

/** A peer that may lie in a region: where it is reached, and its place among the regions. */
export interface RegionPeer extends FoundPeer {
  readonly point: Uint8Array;
  readonly head: number;
}

/** What an exploration is made of. */
export interface ExplorationOptions {
  readonly closestPeers: ClosestPeers;
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
  /** Those whose ids lie in it, or all that were found where these are fewer than keep a record. */
  readonly peers: readonly RegionPeer[];
  readonly lookups: number;
}

/** Lookups in a row that find nobody new before the rest is taken for empty. */
const IDLE_LOOKUPS = 2;

/**
 * Explores around `from` until a region that holds it is known. Rejects with what `closestPeers` rejects with, and with
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
    const found = await lookUp(probe.key, options);
    lookups++;
    const known = peers.size;
    let distance = 0;
    for (const peer of found) {
      peers.set(peer.id, peer);
      distance = Math.max(distance, xor(probe.head, peer.head));
    }
    coverage.addBall(probe.head, distance);
    // Where a probe cannot be aimed any better, what it leaves is taken for empty: the network would have to have
    // hundreds of thousands of peers.
    if (coverage.gapsIn(probed).some(({ from: start, to }) => start === probed.start && to === endOf(probed))) {
      coverage.add({ from: probed.start, to: endOf(probed) });
    }
    if (peers.size > known) idle = 0;
    else idle += found.length < replicas ? IDLE_LOOKUPS : 1;
  }
  while (region.length > 0 && within(region, peers) < replicas) region = widened(region);
  return { region, peers: [...peers.values()].filter(({ head }) => holds(region, head)), lookups };
}

/** The peers that one lookup finds, with their places; one whose id is none is left out. Rejects as {@link explore}. */
export async function lookUp(
  key: Uint8Array,
  { closestPeers, ciphers, replicas, signal }: Omit<ExplorationOptions, 'probes' | 'maxLookups'>,
): Promise<readonly RegionPeer[]> {
  const found = await closestPeers(key, replicas, { signal });
  const placed = found.slice(0, replicas).flatMap((peer) => place(peer, ciphers) ?? []);
  if (placed.length === 0) throw new EngineError('ERR_PROVIDE_NO_PEERS', 'local', 'a lookup found no peer');
  return placed;
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
