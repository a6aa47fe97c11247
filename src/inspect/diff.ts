/**
 * Two traces beside each other, actor by actor: the n-th step of an actor is compared with the n-th step of the same
 * actor, and the bytes of a connection as one run each way, however they were cut. Times are not compared: the same
 * bytes at another time are the same.
 */
import { LIMITS } from '../limits.js';
import type { RawBytes, Trace, TraceRecord } from '../trace/format.js';

/** What an actor first did otherwise. */
export type DivergenceKind = 'step' | 'bytes sent' | 'bytes received' | 'frame' | 'end' | 'answer';

/** Where an actor of one trace first leaves the same actor of the other. A side that has no more is absent. */
export interface Divergence {
  readonly what: DivergenceKind;
  /** Which of them it was, from 0: the step, the frame, the byte. */
  readonly ordinal: number;
  readonly seqLeft?: number;
  readonly seqRight?: number;
  /** In words; of bytes the hex from there on. */
  readonly left?: string;
  readonly right?: string;
}

/** One actor in both traces. */
export type ActorDiff =
  | { readonly actor: string; readonly verdict: 'same' }
  | { readonly actor: string; readonly verdict: 'differs'; readonly firstDivergence: Divergence }
  /** It is in the right trace alone; `seq` is where it begins there. */
  | { readonly actor: string; readonly verdict: 'missingLeft'; readonly seq: number }
  | { readonly actor: string; readonly verdict: 'missingRight'; readonly seq: number };

/** Two traces. */
export interface TraceDiff {
  readonly same: boolean;
  /** Those that differ first, by where; then those that are the same, in the order of the left trace. */
  readonly actors: readonly ActorDiff[];
  /** Actors beyond `limits.inspectDiffActors`, which are only counted. */
  readonly actorsLeftOut: number;
  /** The first of all differences. */
  readonly first?: Exclude<ActorDiff, { readonly verdict: 'same' }>;
}

/** Compares two traces of the same thing, e.g. a recording and a fork of it. */
export function diffTraces(left: Trace, right: Trace): TraceDiff {
  // Where bytes are not told, frames are what there is; where they are, they say more, however they were cut.
  const hasFrames = left.header.engine.class === 'redacted' || right.header.engine.class === 'redacted';
  const [ofLeft, ofRight] = [tracksOf(left, hasFrames), tracksOf(right, hasFrames)];
  const differing: Exclude<ActorDiff, { readonly verdict: 'same' }>[] = [];
  const same: ActorDiff[] = [];
  for (const [actor, tracks] of ofLeft) {
    const other = ofRight.get(actor);
    if (other === undefined) {
      differing.push({ actor, verdict: 'missingRight', seq: tracks.beginsAt });
      continue;
    }
    const firstDivergence = firstOf(tracks, other);
    if (firstDivergence === undefined) same.push({ actor, verdict: 'same' });
    else differing.push({ actor, verdict: 'differs', firstDivergence });
  }
  for (const [actor, { beginsAt }] of ofRight) {
    if (!ofLeft.has(actor)) differing.push({ actor, verdict: 'missingLeft', seq: beginsAt });
  }
  differing.sort((one, other) => placeOf(one) - placeOf(other));
  const [first] = differing;
  const actors = [...differing, ...same];
  return {
    same: first === undefined,
    actors: actors.slice(0, LIMITS.inspectDiffActors),
    actorsLeftOut: Math.max(0, actors.length - LIMITS.inspectDiffActors),
    ...(first === undefined ? {} : { first }),
  };
}

// ---------------------------------------------------------------- what is compared

interface Bytes {
  /** Hex of each record, with where it begins in the run. */
  readonly pieces: { readonly record: TraceRecord; readonly hex: string | undefined; readonly from: number }[];
  length: number;
}

interface Tracks {
  readonly beginsAt: number;
  readonly lists: ReadonlyMap<DivergenceKind, TraceRecord[]>;
  readonly sent: Bytes;
  readonly received: Bytes;
}

const ENDS: ReadonlySet<string> = new Set(['io:closed', 'io:ended', 'transport:failed', 'assert:failed']);

function tracksOf({ records }: Trace, hasFrames: boolean): ReadonlyMap<string, Tracks> {
  const actors = new Map<string, Tracks>();
  for (const record of records) {
    const { seq, name, actor } = record;
    const kind = kindOf(record, hasFrames);
    if (kind === undefined) continue;
    let tracks = actors.get(actor);
    if (tracks === undefined) {
      tracks = { beginsAt: seq, lists: new Map(LISTS.map((list) => [list, []])), sent: noBytes(), received: noBytes() };
      actors.set(actor, tracks);
    }
    if (kind === 'bytes sent' || kind === 'bytes received') {
      const bytes = name === 'io:bytes_sent' ? tracks.sent : tracks.received;
      const { length, data: hex } = record.data['raw'] as RawBytes;
      bytes.pieces.push({ record, hex, from: bytes.length });
      bytes.length += length;
    } else tracks.lists.get(kind)?.push(record);
  }
  return actors;
}

const LISTS: readonly DivergenceKind[] = ['step', 'frame', 'end', 'answer'];

function noBytes(): Bytes {
  return { pieces: [], length: 0 };
}

function kindOf({ name, data }: TraceRecord, hasFrames: boolean): DivergenceKind | undefined {
  if (name === 'actor:transition') return 'step';
  if (name === 'io:bytes_sent') return 'bytes sent';
  if (name === 'io:bytes_received') return 'bytes received';
  if (name === 'frame:decoded' || name === 'frame:encoded') {
    return hasFrames && data['event'] !== undefined ? 'frame' : undefined;
  }
  // How much each pull of an iterable brought follows from how bytes were cut.
  if (name === 'api:returned') return 'done' in data ? undefined : 'answer';
  return ENDS.has(name) ? 'end' : undefined;
}

/** A record as far as it has to be equal, and as it is shown. */
function told({ name, data }: TraceRecord): string {
  switch (name) {
    case 'actor:transition': {
      const { machine, from, to, event } = data as Readonly<Record<string, string | undefined>>;
      return from === '' ? `${machine} starts in ${to}` : `${machine} ${from} -> ${to} on ${event}`;
    }
    case 'frame:decoded':
    case 'frame:encoded':
      return `${name === 'frame:encoded' ? 'sent' : 'received'} ${String(data['layer'])} ${JSON.stringify([data['stream'], data['event'], data['error']])}`;
    case 'api:returned': {
      const { call, error, value } = data;
      return `call ${String(call)} ${error === undefined ? JSON.stringify(answerOf(value)) : JSON.stringify(error)}`;
    }
    default:
      return `${name} ${JSON.stringify([data['error'] ?? data['code'], data['message']])}`;
  }
}

/** What an answer says besides when: a connection tells the times of its timeline. */
function answerOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(answerOf);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !TIMES.test(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, answerOf(field)]));
}

const TIMES = /^(?:timeline|(?:at|.*(?:At|Ms)))$/;

// ---------------------------------------------------------------- comparing

function firstOf(left: Tracks, right: Tracks): Divergence | undefined {
  const found = LISTS.map((kind) => ofLists(kind, left.lists.get(kind) ?? [], right.lists.get(kind) ?? []));
  found.push(ofBytes('bytes sent', left.sent, right.sent), ofBytes('bytes received', left.received, right.received));
  let first: Divergence | undefined;
  for (const divergence of found) {
    if (divergence === undefined) continue;
    if (first === undefined || seqOf(divergence) < seqOf(first)) first = divergence;
  }
  return first;
}

function ofLists(
  what: DivergenceKind,
  left: readonly TraceRecord[],
  right: readonly TraceRecord[],
): Divergence | undefined {
  for (let ordinal = 0; ordinal < Math.max(left.length, right.length); ordinal++) {
    const [one, other] = [left[ordinal], right[ordinal]];
    if (one !== undefined && other !== undefined && told(one) === told(other)) continue;
    return {
      what,
      ordinal,
      ...(one === undefined ? {} : { seqLeft: one.seq, left: shortened(told(one)) }),
      ...(other === undefined ? {} : { seqRight: other.seq, right: shortened(told(other)) }),
    };
  }
  return undefined;
}

function ofBytes(what: DivergenceKind, left: Bytes, right: Bytes): Divergence | undefined {
  const at = firstDifference(left, right);
  if (at === undefined) return undefined;
  const [one, other] = [pieceAt(left, at), pieceAt(right, at)];
  return {
    what,
    ordinal: at,
    ...(one === undefined ? {} : { seqLeft: one.record.seq, left: hexAt(one, at) }),
    ...(other === undefined ? {} : { seqRight: other.record.seq, right: hexAt(other, at) }),
  };
}

type Piece = Bytes['pieces'][number];

/** Walks both runs piece by piece; what is not told is taken to be equal. */
function firstDifference(left: Bytes, right: Bytes): number | undefined {
  let [one, other] = [0, 0];
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter;) {
    const [first, second] = [left.pieces[one], right.pieces[other]];
    if (first === undefined || second === undefined) break;
    const [firstEnd, secondEnd] = [
      left.pieces[one + 1]?.from ?? left.length,
      right.pieces[other + 1]?.from ?? right.length,
    ];
    const end = Math.min(firstEnd, secondEnd);
    if (first.hex !== undefined && second.hex !== undefined && end > at) {
      const [wanted, given] = [hexBetween(first, at, end), hexBetween(second, at, end)];
      if (wanted !== given) return at + Math.floor(firstDigit(wanted, given) / 2);
    }
    at = end;
    if (firstEnd === at) one++;
    if (secondEnd === at) other++;
  }
  return left.length === right.length ? undefined : shorter;
}

function hexBetween({ hex = '', from }: Piece, at: number, end: number): string {
  return hex.slice(2 * (at - from), 2 * (end - from));
}

function firstDigit(left: string, right: string): number {
  let digit = 0;
  while (digit < left.length && left[digit] === right[digit]) digit++;
  return digit;
}

function pieceAt({ pieces, length }: Bytes, at: number): Piece | undefined {
  return at >= length ? undefined : pieces.findLast(({ from }) => from <= at);
}

const SHOWN_BYTES = 32;

function hexAt(piece: Piece, at: number): string {
  return piece.hex === undefined ? 'not told' : hexBetween(piece, at, at + SHOWN_BYTES);
}

const SHOWN_CHARACTERS = 400;

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

function seqOf({ seqLeft, seqRight }: Divergence): number {
  return seqLeft ?? seqRight ?? Number.POSITIVE_INFINITY;
}

function placeOf(diff: Exclude<ActorDiff, { readonly verdict: 'same' }>): number {
  return diff.verdict === 'differs' ? seqOf(diff.firstDivergence) : diff.seq;
}
