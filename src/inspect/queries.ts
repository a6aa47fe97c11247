/**
 * The queries of a DHT, taken together from their observations: whom each heard of and from whom, how far from the target
 * every peer is, what became of it, and how the query closed in.
 */
import type { TraceRecord } from '../trace/format.js';
import type { TraceStore } from './trace-store.js';
import { someNumber, textOf } from './values.js';

/** What became of a peer of a query. */
export type AskedState = 'heard' | 'dialing' | 'asked' | 'late' | 'answered' | 'failed' | 'timed-out';

/** One peer of a query. */
export interface AskedPeer {
  readonly peer: string;
  /** Peer that told of it; absent: our own table. */
  readonly from: string | undefined;
  /** 256 less the bits shared with the target: 0 is the target itself. */
  readonly distanceBits: number;
  readonly hops: number;
  readonly path: number;
  readonly state: AskedState;
  /** From the start of the query. */
  readonly heardAfterMs: number;
  readonly askedAfterMs: number | undefined;
  readonly doneAfterMs: number | undefined;
  readonly tookMs: number | undefined;
  /** Peers it told of, and how many of them were new. */
  readonly closer: number | undefined;
  readonly newPeers: number | undefined;
  readonly error: string | undefined;
  /** Number of the last record about it. */
  readonly seq: number;
  /** Whether it is among the closest at the end. */
  readonly isClosest: boolean;
}

/** How close the query was at a moment. */
export interface QueryProgress {
  readonly afterMs: number;
  /** Of the closest peer that had answered; 256 where none had. */
  readonly distanceBits: number;
  readonly seq: number;
}

/** One query. */
export interface SeenQuery {
  /** Address of its actor. */
  readonly actor: string;
  readonly query: number;
  readonly asks: string;
  readonly key: string;
  readonly target: string;
  readonly startedMs: number;
  readonly startedSeq: number;
  /** Whether it ran already when the look began; `startedMs` is before that. */
  readonly isStanding: boolean;
  /** Absent while it runs. */
  readonly outcome: string | undefined;
  readonly tookMs: number | undefined;
  readonly messages: number;
  readonly peers: readonly AskedPeer[];
  readonly progress: readonly QueryProgress[];
  /** The closest first; empty while it runs. */
  readonly closest: readonly string[];
}

type GrowingPeer = { -readonly [Field in keyof AskedPeer]: AskedPeer[Field] };
type GrowingQuery = { -readonly [Field in keyof Omit<SeenQuery, 'peers' | 'progress'>]: SeenQuery[Field] } & {
  peers: Map<string, GrowingPeer>;
  progress: QueryProgress[];
};

/** Every query up to the moment of record `upTo`, the oldest first. */
export function queriesOf(store: TraceStore, upTo: number): readonly SeenQuery[] {
  const queries = new Map<string, GrowingQuery>();
  for (const actor of store.actors.values()) {
    if (!/\/query:\d+$/.test(actor.address) || actor.firstSeq > upTo) continue;
    for (const seq of actor.seqs) {
      if (seq > upTo) break;
      const record = store.at(seq);
      if (record?.name === 'seen:query') take(queries, record);
    }
  }
  return [...queries.values()]
    .map((query) => ({ ...query, peers: [...query.peers.values()] }))
    .sort((one, other) => one.startedSeq - other.startedSeq);
}

/** What a query came to, in words. */
export function queryWords(query: SeenQuery): string {
  const { outcome, tookMs, messages, peers, closest } = query;
  const count = (state: AskedState): number => peers.filter((peer) => peer.state === state).length;
  const hops = Math.max(0, ...peers.filter(({ state }) => state === 'answered').map((peer) => peer.hops));
  const asked = messages > 0 ? messages : peers.filter(({ askedAfterMs }) => askedAfterMs !== undefined).length;
  const told = [
    `${asked} requests`,
    `${count('answered')} answers`,
    `${count('timed-out')} time-outs`,
    `${count('failed')} failures`,
  ].join(', ');
  const running = query.isStanding ? 'running since before the look began' : 'running';
  if (outcome === undefined) return `${running}: ${told}, ${peers.length} peers heard of`;
  const word = OUTCOMES[outcome] ?? outcome;
  return `${word} after ${hops} ${hops === 1 ? 'hop' : 'hops'} in ${Math.round(tookMs ?? 0)} ms: ${told}; ${closest.length} closest`;
}

const OUTCOMES: Readonly<Partial<Record<string, string>>> = {
  finished: 'converged',
  satisfied: 'found enough',
  exhausted: 'ran out of peers',
  timedOut: 'ran out of time',
};

function take(queries: Map<string, GrowingQuery>, record: TraceRecord): void {
  const { actor, data, time, seq } = record;
  let query = queries.get(actor);
  if (query === undefined) queries.set(actor, (query = begun(record)));
  const afterMs = time - query.startedMs;
  const peer = textOf(data['peer']);
  switch (data['change']) {
    case 'started':
      query.asks = textOf(data['asks']);
      query.key = textOf(data['key']);
      query.target = textOf(data['target']);
      query.isStanding = data['standing'] === true;
      query.startedMs = time - (someNumber(data['took_ms']) ?? 0);
      break;
    case 'finished':
      query.outcome = textOf(data['outcome']);
      query.tookMs = someNumber(data['took_ms']);
      query.messages = someNumber(data['messages']) ?? 0;
      query.closest = Array.isArray(data['closest']) ? data['closest'].map(textOf) : [];
      for (const id of query.closest) {
        const known = query.peers.get(id);
        if (known !== undefined) known.isClosest = true;
      }
      break;
    case 'heard':
      if (!query.peers.has(peer)) query.peers.set(peer, heardOf(record, afterMs));
      break;
    default: {
      const known = query.peers.get(peer);
      if (known === undefined) break;
      known.seq = seq;
      change(known, record, afterMs);
      if (known.state === 'answered') progress(query, known, known.doneAfterMs ?? afterMs, seq);
    }
  }
}

function begun({ actor, data, time, seq }: TraceRecord): GrowingQuery {
  return {
    actor,
    query: someNumber(data['query']) ?? 0,
    asks: '',
    key: '',
    target: '',
    startedMs: time,
    startedSeq: seq,
    isStanding: false,
    outcome: undefined,
    tookMs: undefined,
    messages: 0,
    peers: new Map(),
    progress: [],
    closest: [],
  };
}

function heardOf({ data, seq }: TraceRecord, afterMs: number): GrowingPeer {
  return {
    peer: textOf(data['peer']),
    from: data['from'] === undefined ? undefined : textOf(data['from']),
    distanceBits: someNumber(data['distance_bits']) ?? 256,
    hops: someNumber(data['hops']) ?? 0,
    path: someNumber(data['path']) ?? 0,
    state: 'heard',
    heardAfterMs: afterMs,
    askedAfterMs: undefined,
    doneAfterMs: undefined,
    tookMs: undefined,
    closer: undefined,
    newPeers: undefined,
    error: undefined,
    seq,
    isClosest: false,
  };
}

function change(peer: GrowingPeer, { data }: TraceRecord, afterMs: number): void {
  const state = data['change'] as AskedState;
  const tookMs = someNumber(data['took_ms']);
  peer.state = state;
  if (state === 'dialing' || state === 'asked') peer.askedAfterMs ??= afterMs - (tookMs ?? 0);
  if (state !== 'answered' && state !== 'failed' && state !== 'timed-out') return;
  // What stood was over before it was told.
  const isStanding = data['standing'] === true;
  peer.doneAfterMs = isStanding ? (peer.askedAfterMs ?? 0) + (tookMs ?? 0) : afterMs;
  peer.tookMs = tookMs;
  peer.closer = someNumber(data['closer']);
  peer.newPeers = someNumber(data['new_peers']);
  peer.error = data['error'] === undefined ? undefined : textOf(data['error']);
}

function progress(query: GrowingQuery, { distanceBits }: AskedPeer, afterMs: number, seq: number): void {
  const best = query.progress.at(-1)?.distanceBits ?? 257;
  if (distanceBits < best) query.progress.push({ afterMs, distanceBits, seq });
}
