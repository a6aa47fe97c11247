/** A query for who observes the node: who told of whom, how far each is, what became of it. Made while somebody looks. */
import type { EngineError } from '../../errors.js';
import type { KadMessage } from '../../wire/kad.js';
import { toHex } from '../../wire/hex.js';
import type { Environment } from '../environment.js';
import type { QueryObservation } from '../observations.js';
import type { PlacedPeer } from './key-space.js';
import type { QueryOutcome } from './query-path.js';
import type { QueryPeer } from './query-peers.js';
import { distanceBits } from './query-record.js';

/** What is observed. */
export interface ObservedQuery {
  readonly environment: Environment;
  /** First part of the query's address, e.g. `dht`. */
  readonly name: string;
  readonly query: number;
  readonly target: Uint8Array;
  readonly paths: number;
}

/** Tells the changes of one query. */
export class QueryObserver {
  readonly #query: ObservedQuery;

  constructor(query: ObservedQuery) {
    this.#query = query;
  }

  started({ type, key }: KadMessage): void {
    const { target, paths } = this.#query;
    this.#tell({ change: 'started', asks: type, key: toHex(key), target: toHex(target), paths });
  }

  /** A peer of our own table, to begin with. */
  seed(peer: PlacedPeer, path: number): void {
    this.#heard(peer, path, 1);
  }

  /** Peers that an answer told of. */
  heard(entries: readonly QueryPeer[], path: number): void {
    for (const { peer, from, hops } of entries) this.#heard(peer, path, hops, from?.peer.id);
  }

  asked({ peer }: QueryPeer, isConnected: boolean): void {
    this.#tell({ change: isConnected ? 'asked' : 'dialing', peer: peer.id });
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

  failed({ peer }: QueryPeer, isTimeout: boolean, { code }: EngineError, tookMs: number): void {
    this.#tell({ change: isTimeout ? 'timed-out' : 'failed', peer: peer.id, error: code, took_ms: tookMs });
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
    const { environment, name, query } = this.#query;
    environment.observe('seen:query', `${name}/query:${query}`, { query, ...change });
  }
}
