/**
 * Compares what a replay does with what a trace says, actor by actor: each actor's steps, frames, sent bytes and answers
 * are a track of their own, and each track has to go the same way.
 */
import { isObservation } from '../ports.js';
import type { TraceRecord } from '../trace/format.js';
import { INPUT_NAMES } from '../trace/format.js';

/**
 * How much has to be equal. `bytes`: everything, byte for byte. `frames`: the frames of each layer and the states, whatever
 * their bytes. `states`: the way of each machine. `final`: the last state of each machine and what calls answered.
 */
export type ReplayLevel = 'bytes' | 'frames' | 'states' | 'final';

/** Where a replay left its trace. */
export interface Divergence {
  /** The record that was expected next on this track; absent where the trace has no more. */
  readonly expected: TraceRecord | undefined;
  /** What the replay did; absent where it did nothing. */
  readonly actual: TraceRecord | undefined;
  /** For sent bytes: where in the record's bytes the first difference is. */
  readonly byteOffset?: number;
}

interface Track {
  readonly expected: readonly TraceRecord[];
  next: number;
}

/** Bytes that one connection sends: compared as one run, however they are cut into writes. */
interface ByteTrack {
  /** Hex digits expected, with the record they stand in. */
  readonly pieces: readonly { readonly record: TraceRecord; readonly hex: string }[];
  piece: number;
  /** Hex digits of the present piece that have come. */
  digits: number;
}

/** One comparison of a trace with a replay of it. */
export class Comparison {
  readonly #level: ReplayLevel;
  readonly #loose: boolean;
  readonly #tracks = new Map<string, Track>();
  readonly #bytes = new Map<string, ByteTrack>();
  readonly #last = new Map<string, TraceRecord>();
  readonly #lastExpected = new Map<string, TraceRecord>();
  #divergence: Divergence | undefined;
  /** A difference on what all actors share (clock, randomness, stores): one of an actor, in the same turn, says more. */
  #shared: Divergence | undefined;

  /** `loose`: chunks are cut anew, so that how often something is told may differ, and what it amounts to may not. */
  constructor(records: readonly TraceRecord[], level: ReplayLevel, loose: boolean) {
    this.#level = level;
    this.#loose = loose;
    const tracks = new Map<string, TraceRecord[]>();
    const bytes = new Map<string, { record: TraceRecord; hex: string }[]>();
    for (const record of records) {
      if (record.name === 'actor:transition') this.#lastExpected.set(record.actor, record);
      if (!this.#counts(record)) continue;
      if (record.name === 'io:bytes_sent') append(bytes, record.actor, { record, hex: hexOf(record) });
      else append(tracks, trackOf(record), record);
    }
    for (const [key, expected] of tracks) this.#tracks.set(key, { expected, next: 0 });
    for (const [key, pieces] of bytes) this.#bytes.set(key, { pieces, piece: 0, digits: 0 });
  }

  /** The first difference so far. */
  get divergence(): Divergence | undefined {
    return this.#divergence;
  }

  /** Takes what the replay did. */
  take(record: TraceRecord): void {
    if (record.name === 'actor:transition') this.#last.set(record.actor, record);
    if (this.#divergence !== undefined || !this.#counts(record)) return;
    if (record.name === 'io:bytes_sent') this.#takeBytes(record);
    else this.#takeRecord(record);
  }

  /**
   * Everything that the trace tells before record `seq` has to have happened; of a node that is not at rest, everything
   * that its actors did: what waits on promises may come a step later.
   */
  expectUpTo(seq: number, atRest: boolean): void {
    this.#divergence ??= this.#shared;
    if (this.#divergence !== undefined || this.#loose || this.#level === 'final') return;
    this.#expectNothingBefore(seq, atRest);
  }

  /** The trace is at its end: nothing may be missing. */
  expectEnd(): void {
    this.#divergence ??= this.#shared;
    if (this.#divergence !== undefined) return;
    if (this.#level !== 'final') {
      this.#expectNothingBefore(Number.POSITIVE_INFINITY);
      return;
    }
    for (const [actor, expected] of this.#lastExpected) {
      const actual = this.#last.get(actor);
      if (actual?.data['to'] !== expected.data['to']) this.#divergence ??= { expected, actual };
    }
    this.#expectNothingBefore(Number.POSITIVE_INFINITY);
  }

  #expectNothingBefore(seq: number, atRest = true): void {
    let first: TraceRecord | undefined;
    const consider = (record: TraceRecord | undefined) => {
      if (record === undefined || (!atRest && SHARED.test(record.actor))) return;
      if (record.seq < seq && (first === undefined || record.seq < first.seq)) first = record;
    };
    for (const { expected, next } of this.#tracks.values()) consider(expected[next]);
    for (const { pieces, piece } of this.#bytes.values()) consider(pieces[piece]?.record);
    if (first !== undefined) this.#divergence = { expected: first, actual: undefined };
  }

  #takeRecord(record: TraceRecord): void {
    const track = this.#tracks.get(trackOf(record));
    const expected = track?.expected[track.next];
    if (track === undefined || expected === undefined || this.#told(expected) !== this.#told(record)) {
      if (SHARED.test(record.actor)) this.#shared ??= { expected, actual: record };
      else this.#divergence = { expected, actual: record };
    }
    if (track !== undefined) track.next++;
  }

  #takeBytes(record: TraceRecord): void {
    const track = this.#bytes.get(record.actor);
    const hex = hexOf(record);
    for (let at = 0; at < hex.length;) {
      const piece = track?.pieces[track.piece];
      if (track === undefined || piece === undefined) {
        this.#divergence = { expected: undefined, actual: record, byteOffset: at / 2 };
        return;
      }
      const count = Math.min(hex.length - at, piece.hex.length - track.digits);
      const wanted = piece.hex.slice(track.digits, track.digits + count);
      const given = hex.slice(at, at + count);
      if (wanted !== given) {
        const byteOffset = Math.floor((track.digits + firstDifference(wanted, given)) / 2);
        this.#divergence = { expected: piece.record, actual: record, byteOffset };
        return;
      }
      at += count;
      track.digits += count;
      if (track.digits === piece.hex.length) {
        track.piece++;
        track.digits = 0;
      }
    }
  }

  /** Whether a record is compared at this level. */
  #counts({ name, data }: TraceRecord): boolean {
    if (INPUT_NAMES.has(name) || isObservation(name)) return false;
    switch (this.#level) {
      case 'final':
        return name === 'api:returned' && !('done' in data);
      case 'states':
        return name === 'actor:transition' || name.startsWith('transport:');
      case 'frames':
        if (name.startsWith('frame:')) return data['event'] !== undefined;
        return name === 'actor:transition' || name.startsWith('transport:') || name.startsWith('api:');
      case 'bytes':
        if (!this.#loose) return true;
        // Cut anew, bytes come in other pieces: what came counts by what it says, what goes out by its bytes on the wire.
        if (name.startsWith('frame:')) return name === 'frame:decoded' && data['event'] !== undefined;
        return !/^(?:timer|secure):/.test(name) && !(name === 'api:returned' && 'done' in data);
    }
  }

  /** A record as far as it has to be equal. */
  #told({ name, data }: TraceRecord): string {
    if (name.startsWith('frame:') && (this.#loose || this.#level === 'frames')) {
      const { layer, stream, event, error } = data;
      return JSON.stringify([name, layer, stream, this.#level === 'bytes' ? event : typeOf(event), error]);
    }
    if (name === 'actor:transition' && this.#level !== 'bytes') {
      return JSON.stringify([data['machine'], data['from'], data['to'], data['event']]);
    }
    return JSON.stringify([name, data]);
  }
}

/** What all actors of a node have in common, by address. */
const SHARED = /^\/[^/]+\/(?:clock|random|store|transport|udp|http|api|gater)(?:\/|$)/;

/** One actor does several things beside one another: each kind is in order for itself. */
function trackOf({ actor, name, data }: TraceRecord): string {
  const kind = name.slice(0, name.indexOf(':'));
  if (kind === 'frame') return `${actor} ${name} ${String(data['stream'])}`;
  // Requests and datagram sockets are each in order for themselves, but for which of them came first.
  if (kind === 'http' || kind === 'udp') return `${actor} ${String(data['request'] ?? data['udp'])}`;
  return `${actor} ${kind}`;
}

/** The bytes of an `io:*` record, in hex. */
export function hexOf(record: TraceRecord | undefined): string {
  return (record?.data['raw'] as { readonly data?: string } | undefined)?.data ?? '';
}

function typeOf(event: unknown): unknown {
  return (event as { readonly type?: string } | undefined)?.type;
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}

function firstDifference(left: string, right: string): number {
  let index = 0;
  while (index < left.length && left[index] === right[index]) index++;
  return index;
}
