/** A query for who observes the node: who told of whom, how far each is, what became of it. Made while somebody looks. */
import type { KadMessage } from '../../wire/kad.js';
import { toHex } from '../../wire/hex.js';
import type { QueryObservation } from '../observations.js';
import type { PlacedPeer } from './key-space.js';
import type { QueryOutcome } from './query-path.js';
import type { QueryPeer } from './query-peers.js';
import { distanceBits } from './query-record.js';

/** What is observed. */
export interface ObservedQuery {
  readonly query: number;
  readonly target: Uint8Array;
  readonly paths: number;
}

/** Tells the changes of one query. Times are given where they are told of afterwards. */
export class QueryObserver {
  readonly #query: ObservedQuery;
  readonly #say: (said: QueryObservation) => void;

  constructor(query: ObservedQuery, say: (said: QueryObservation) => void) {
    this.#query = query;
    this.#say = say;
  }

  started({ type, key }: KadMessage, tookMs?: number): void {
    const { target, paths } = this.#query;
    this.#tell({ change: 'started', asks: type, key: toHex(key), target: toHex(target), paths, took_ms: tookMs });
  }

  /** A peer of our own table, to begin with. */
  seed(peer: PlacedPeer, path: number): void {
    this.#heard(peer, path, 1);
  }

  /** Peers that an answer told of. */
  heard(entries: readonly QueryPeer[], path: number): void {
    for (const { peer, from, hops } of entries) this.#heard(peer, path, hops, from?.peer.id);
  }

  asked({ peer }: QueryPeer, isConnected: boolean, tookMs?: number): void {
    this.#tell({ change: isConnected ? 'asked' : 'dialing', peer: peer.id, took_ms: tookMs });
  }

  late({ peer }: QueryPeer): void {
    this.#tell({ change: 'late', peer: peer.id });
  }

  answered({ peer }: QueryPeer, answer: KadMessage, newPeers: number, tookMs: number): void {
    const { closerPeers, providerPeers, record } = answer;
    this.#tell({
      change: 'answered',
      peer: peer.id,
      closer: closerPeers.length,
      new_peers: newPeers,
      providers: providerPeers.length === 0 ? undefined : providerPeers.length,
      value: record === undefined ? undefined : true,
      took_ms: tookMs,
    });
  }

  /** It answered before anybody looked: what it told is not known any more. */
  hadAnswered({ peer }: QueryPeer, tookMs: number): void {
    this.#tell({ change: 'answered', peer: peer.id, took_ms: tookMs });
  }

  failed({ peer }: QueryPeer, code: string, tookMs: number): void {
    this.#tell({ change: isTimeout(code) ? 'timed-out' : 'failed', peer: peer.id, error: code, took_ms: tookMs });
  }

  finished(outcome: QueryOutcome, closest: readonly QueryPeer[], messages: number, tookMs: number): void {
    const ids = closest.map(({ peer }) => peer.id);
    this.#tell({ change: 'finished', outcome, messages, took_ms: tookMs, closest: ids });
  }

  #heard(peer: PlacedPeer, path: number, hops: number, from?: string): void {
    const { target, paths } = this.#query;
    const distance = distanceBits(target, peer.key);
    const on = paths === 1 ? undefined : path;
    this.#tell({ change: 'heard', peer: peer.id, from, distance_bits: distance, hops, path: on });
  }

  #tell(change: Omit<QueryObservation, 'query'>): void {
    this.#say({ query: this.#query.query, ...change });
  }
}

/** Whether an error says that somebody was waited for in vain. */
export function isTimeout(code: string): boolean {
  return code.endsWith('_TIMEOUT');
}
