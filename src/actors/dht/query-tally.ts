/** What a query counts while it runs, for its record. */
import { toHex } from '../../wire/hex.js';
import type { KadMessage } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import type { PlacedPeer } from './key-space.js';
import type { PastProbe } from './past-the-dead.js';
import type { QueryOutcome } from './query-path.js';
import type { QueryPeer } from './query-peers.js';
import {
  distanceBits,
  recordOf,
  type QueryRecord,
  type QueryRecordProbe,
  type QueryRecordStep,
  type QueryRefusals,
} from './query-record.js';

/** Counters of one query. */
export class QueryTally {
  readonly refused: QueryRefusals = { self: 0, malformed: 0, addresses: 0, groups: 0, surplus: 0 };
  readonly #environment: Environment;
  readonly #query: number;
  readonly #message: KadMessage;
  readonly #target: Uint8Array;
  readonly #startMs: number;
  readonly #startedAtMs: number;
  readonly #steps: QueryRecordStep[] = [];
  readonly #probes = new Map<PastProbe, QueryRecordProbe>();
  #messages = 0;
  #answered = 0;
  #failed = 0;
  #timedOut = 0;
  #heard = 0;
  #closestBits = Number.POSITIVE_INFINITY;

  constructor(environment: Environment, query: number, message: KadMessage, target: Uint8Array) {
    this.#environment = environment;
    this.#query = query;
    this.#message = message;
    this.#target = target;
    this.#startMs = environment.turns.nowMs;
    this.#startedAtMs = environment.clock.wallTime();
  }

  /** Since it was asked, in milliseconds. */
  sinceAsked({ askedAtMs = this.#startMs }: QueryPeer): number {
    return this.#environment.turns.nowMs - askedAtMs;
  }

  /** Since the query began, in milliseconds. */
  get sinceStartMs(): number {
    return this.#environment.turns.nowMs - this.#startMs;
  }

  /** Questions past the dead so far, in order. */
  get probes(): readonly QueryRecordProbe[] {
    return [...this.#probes.values()];
  }

  asked(): void {
    this.#messages++;
  }

  /** A peer is asked about a place beside the target. */
  probed(probe: PastProbe): void {
    this.#messages++;
    const { peer, key, askedAtMs } = probe;
    const distance = distanceBits(this.#target, this.#environment.ciphers.hash('sha256', [key]));
    this.#probes.set(probe, {
      peer: peer.peer.id,
      keyHex: toHex(key),
      distanceBits: distance,
      askedAfterMs: askedAtMs - this.#startMs,
    });
  }

  /** What came of it; answers how long it took, in milliseconds. */
  probeEnded(probe: PastProbe, ended: { readonly heard: number; readonly error?: string }): number {
    const begun = this.#probes.get(probe);
    const tookMs = this.#environment.turns.nowMs - probe.askedAtMs;
    if (begun !== undefined) this.#probes.set(probe, { ...begun, tookMs, ...ended });
    return tookMs;
  }

  answered(): void {
    this.#answered++;
  }

  failed(isTimeout: boolean): void {
    this.#failed++;
    if (isTimeout) this.#timedOut++;
  }

  /** A peer is new to the query: a step, where it is the closest so far. */
  heard(peer: PlacedPeer): void {
    this.#heard++;
    const bits = distanceBits(this.#target, peer.key);
    if (bits >= this.#closestBits) return;
    this.#closestBits = bits;
    if (this.#steps.length >= this.#environment.limits.kadRecordSteps) return;
    this.#steps.push({ afterMs: this.sinceStartMs, distanceBits: bits, asked: this.#messages, heard: this.#heard });
  }

  /** The record, at the end. */
  record(outcome: QueryOutcome, closest: readonly QueryPeer[], lists: readonly (readonly QueryPeer[])[]): QueryRecord {
    return recordOf(
      {
        query: this.#query,
        asks: this.#message.type,
        keyHex: toHex(this.#message.key),
        targetHex: toHex(this.#target),
        startedAtMs: this.#startedAtMs,
        tookMs: this.sinceStartMs,
        outcome,
        paths: lists.length,
        messages: this.#messages,
        answered: this.#answered,
        failed: this.#failed,
        timedOut: this.#timedOut,
        steps: this.#steps,
        probes: this.probes,
        refused: this.refused,
        target: this.#target,
        startMs: this.#startMs,
        closest,
      },
      lists,
      this.#environment.limits,
    );
  }
}
