/** What is left of a query: plain data, bounded, for whoever wants to see how it went. */
import type { Limits } from '../../limits.js';
import type { KadType } from '../../wire/kad.js';
import { commonPrefixBits, KEY_BITS } from './key-space.js';
import type { QueryOutcome } from './query-path.js';
import type { QueryPeer, QueryPeerState } from './query-peers.js';

/** One peer of a query. */
export interface QueryRecordPeer {
  readonly id: string;
  readonly state: QueryPeerState;
  /** Path of the query that knows it; 0 where there is one. */
  readonly path: number;
  /** Peers asked on the way to it, itself among them. */
  readonly hops: number;
  /** Who told of it; absent: our own table. */
  readonly from?: string;
  /** 256 less the bits that it shares with the target: 0 is the target itself. */
  readonly distanceBits: number;
  /** From the start of the query to when it was asked. */
  readonly askedAfterMs?: number;
  readonly tookMs?: number;
  /** Code of the error that it failed with. */
  readonly error?: string;
}

/** How close the query was at a moment. */
export interface QueryRecordStep {
  readonly afterMs: number;
  /** Of the closest peer heard of. */
  readonly distanceBits: number;
  readonly asked: number;
  readonly heard: number;
}

/** A question about a place beside the target, where some of the closest are gone. */
export interface QueryRecordProbe {
  readonly peer: string;
  /** What was asked for, in hex, and 256 less the bits that its hash shares with the target. */
  readonly keyHex: string;
  readonly distanceBits: number;
  readonly askedAfterMs: number;
  readonly tookMs?: number;
  /** Peers that were new to the query. */
  readonly heard?: number;
  /** Code of the error that it failed with. */
  readonly error?: string;
}

/** What was told and not taken. */
export interface QueryRefusals {
  /** Ourselves. */
  self: number;
  /** No peer ids. */
  malformed: number;
  /** Without an address that the rule lets through. */
  addresses: number;
  /** Of a group of addresses that one answer told too many of. */
  groups: number;
  /** Beyond what is read of one answer. */
  surplus: number;
}

/** One query. */
export interface QueryRecord {
  /** Counts from 1 in each DHT. */
  readonly query: number;
  readonly asks: KadType;
  /** What was asked for, in hex, and its place in the key space. */
  readonly keyHex: string;
  readonly targetHex: string;
  /** Wall time, in milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly outcome: QueryOutcome;
  readonly paths: number;
  /** Requests sent. */
  readonly messages: number;
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  /** The longest way to a peer of `closest`. */
  readonly hops: number;
  /** Peer ids, the closest first. */
  readonly closest: readonly string[];
  readonly peers: readonly QueryRecordPeer[];
  /** Peers that the record has no room for. */
  readonly peersLeftOut: number;
  readonly steps: readonly QueryRecordStep[];
  /** Questions past the dead, among the messages; none where nobody is gone. */
  readonly probes: readonly QueryRecordProbe[];
  readonly refused: Readonly<QueryRefusals>;
}

/** Everything of a record that is not counted from its peers. */
export type QueryRecordHead = Omit<QueryRecord, 'peers' | 'peersLeftOut' | 'hops' | 'closest'> & {
  readonly target: Uint8Array;
  readonly startMs: number;
  readonly closest: readonly QueryPeer[];
};

/** Puts a record together. */
export function recordOf(
  { target, startMs, closest, ...head }: QueryRecordHead,
  lists: readonly (readonly QueryPeer[])[],
  { kadRecordPeers }: Pick<Limits, 'kadRecordPeers'>,
): QueryRecord {
  const peers: QueryRecordPeer[] = [];
  let all = 0;
  for (const [path, list] of lists.entries()) {
    all += list.length;
    for (const entry of list.slice(0, kadRecordPeers - peers.length)) peers.push(peerOf(entry, path, target, startMs));
  }
  return {
    ...head,
    hops: closest.reduce((most, { hops }) => Math.max(most, hops), 0),
    closest: closest.map(({ peer }) => peer.id),
    peers,
    peersLeftOut: all - peers.length,
  };
}

/** 256 less the bits that two keys share. */
export function distanceBits(left: Uint8Array, right: Uint8Array): number {
  return KEY_BITS - commonPrefixBits(left, right);
}

function peerOf(entry: QueryPeer, path: number, target: Uint8Array, startMs: number): QueryRecordPeer {
  const { peer, from, hops, state, askedAtMs, endedAtMs, error } = entry;
  return {
    id: peer.id,
    state,
    path,
    hops,
    ...(from === undefined ? {} : { from: from.peer.id }),
    distanceBits: distanceBits(target, peer.key),
    ...(askedAtMs === undefined ? {} : { askedAfterMs: askedAtMs - startMs }),
    ...(askedAtMs === undefined || endedAtMs === undefined ? {} : { tookMs: endedAtMs - askedAtMs }),
    ...(error === undefined ? {} : { error }),
  };
}

/** The last records, oldest first. */
export class QueryRecords {
  readonly #most: number;
  readonly #records: QueryRecord[] = [];

  constructor({ kadQueryRecords }: Pick<Limits, 'kadQueryRecords'>) {
    this.#most = kadQueryRecords;
  }

  get all(): readonly QueryRecord[] {
    return this.#records;
  }

  add(record: QueryRecord): void {
    this.#records.push(record);
    if (this.#records.length > this.#most) this.#records.shift();
  }
}
