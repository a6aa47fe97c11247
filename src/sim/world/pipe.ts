/**
 * One direction of one connection, as a stream transport gives it: what goes in comes out, in order and whole, later,
 * and cut anew. Nothing overtakes: a segment that is held holds all behind it.
 */
import type { Agenda } from './agenda.js';
import { applyCut, chunksOf, flipByte, joined } from './chunking.js';
import type { Dice } from './dice.js';
import type { Path, PathUser } from './path.js';

/** What travels: bytes, the end of the stream, the answer to a dial, or a reset. */
export type Segment =
  | { readonly kind: 'data'; readonly chunks: readonly Uint8Array[]; readonly sizeBytes: number }
  | { readonly kind: 'connected' | 'end' | 'reset' };

/** Who takes what comes out, and hears of room. */
export interface PipeEnds {
  /** Whether the receiving machine knows the socket, has lost it, or does not answer at all. */
  readonly sinkState: () => 'there' | 'lost' | 'silent';
  readonly deliver: (segment: Segment) => void;
  /** The receiving machine does not know this socket. */
  readonly refused: () => void;
  /** Writing may go on. */
  readonly drained: () => void;
  /** A byte was changed on the way. */
  readonly corrupted: () => void;
  /** Both ends are to be reset, now. */
  readonly torn: () => void;
}

/** A segment on its way. */
interface Travelling {
  segment: Segment;
  /** What it takes of the link's bandwidth. */
  readonly sizeBytes: number;
  departsMs: number;
  arrivesMs: number;
  hasArrived: boolean;
}

/** Bounds of one pipe. */
export interface PipeLimits {
  readonly highWaterBytes: number;
}

/** How long a write waits for another to travel with it, where links join. */
const JOIN_MS = 2;
/** No segment is joined beyond this: what one read of a socket gives. */
const JOIN_BYTES = 64 * 1024;

/** One direction of a connection. */
export class Pipe implements PathUser {
  /** Bytes given in, and taken out at the other end. */
  sentBytes = 0;
  takenBytes = 0;
  /** Set from outside: nothing comes out any more, and nobody is told. */
  isSilent = false;
  /** The way back, on which acknowledgements travel. */
  twin: Pipe | undefined;
  #acknowledgedBytes = 0;
  readonly #agenda: Agenda;
  readonly #path: Path;
  readonly #ends: PipeEnds;
  readonly #limits: PipeLimits;
  readonly #dice: (use: string) => Dice;
  #travelling: Travelling[] = [];
  #lastArrivalMs = 0;
  #isRefused = false;
  #refusalIsTold = false;

  constructor(agenda: Agenda, path: Path, ends: PipeEnds, limits: PipeLimits, dice: (use: string) => Dice) {
    this.#agenda = agenda;
    this.#path = path;
    this.#ends = ends;
    this.#limits = limits;
    this.#dice = dice;
    path.users.add(this);
  }

  /** Bytes written that the writer does not know to be read. */
  get unacknowledgedBytes(): number {
    return this.sentBytes - this.#acknowledgedBytes;
  }

  /** Takes bytes; `false` asks to wait for room. */
  write(chunks: readonly Uint8Array[]): boolean {
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.sentBytes += sizeBytes;
    if (sizeBytes > 0) this.#sendData(chunks, sizeBytes);
    this.#isRefused = this.unacknowledgedBytes > this.#limits.highWaterBytes;
    return !this.#isRefused;
  }

  /** Sends what is not bytes, behind all that was written. */
  send(kind: 'connected' | 'end' | 'reset'): void {
    this.#travel({ kind }, 0, 0);
  }

  /** The receiver has read `bytes`; the writer hears of it when the way back is free. */
  taken(bytes: number): void {
    this.takenBytes += bytes;
    this.acknowledge();
  }

  /** Tells the writer what has been read. */
  acknowledge(): void {
    const { twin } = this;
    if (twin === undefined || twin.isSilent || twin.#path.isBlocked) return;
    this.#acknowledgedBytes = this.takenBytes;
    if (!this.#isRefused || this.unacknowledgedBytes > this.#limits.highWaterBytes / 2) return;
    this.#isRefused = false;
    this.#agenda.after(twin.#path.options.latencyMs, () => this.#ends.drained());
  }

  /** Delivers what has arrived, as far as nothing is in the way. */
  pump(): void {
    while (this.#travelling[0]?.hasArrived === true && !this.isSilent && !this.#path.isBlocked) {
      const state = this.#ends.sinkState();
      if (state === 'silent') return;
      if (state === 'lost') {
        this.#refuse();
        return;
      }
      const next = this.#travelling.shift();
      if (next !== undefined) this.#deliver(next.segment);
    }
    this.twin?.acknowledge();
  }

  departAnew(): void {
    this.#lastArrivalMs = this.#agenda.nowMs;
    for (const travelling of this.#travelling) {
      if (travelling.departsMs > this.#agenda.nowMs) this.#depart(travelling, this.#agenda.nowMs);
      else this.#lastArrivalMs = Math.max(this.#lastArrivalMs, travelling.arrivesMs);
    }
  }

  /** Gives up what is under way: nobody is there to take it. */
  close(): void {
    this.#travelling = [];
    this.#path.users.delete(this);
  }

  #deliver(segment: Segment): void {
    if (segment.kind !== 'data') {
      this.#ends.deliver(segment);
      return;
    }
    const { corruptChance, resetChance } = this.#path.options;
    const isTorn = this.#path.takeReset() || (resetChance > 0 && this.#dice('reset').chance(resetChance));
    if (isTorn) {
      const [head] = applyCut(segment.chunks, [this.#dice('tear').whole(0, segment.sizeBytes - 1)]);
      if (head !== undefined && head.length > 0) {
        this.#ends.deliver({ kind: 'data', chunks: [head], sizeBytes: head.length });
      }
      this.#ends.torn();
      return;
    }
    if (this.#path.takeCorruption() || (corruptChance > 0 && this.#dice('corrupt').chance(corruptChance))) {
      const dice = this.#dice('flip');
      const chunks = [flipByte(joined(segment.chunks), dice.whole(0, segment.sizeBytes - 1), dice.whole(1, 255))];
      this.#ends.corrupted();
      this.#ends.deliver({ ...segment, chunks });
      return;
    }
    this.#ends.deliver(segment);
  }

  /** As TCP does: a segment for a socket that the machine does not know is answered with a reset. */
  #refuse(): void {
    if (this.#refusalIsTold) return;
    this.#refusalIsTold = true;
    this.#travelling = [];
    this.#agenda.after(this.twin?.delayMs() ?? 0, () => this.#ends.refused());
  }

  // ------------------------------------------------------------ on the way

  /** A drawn time from here to the other end. */
  delayMs(): number {
    const { latencyMs, jitterMs, lossChance, retransmitMs } = this.#path.options;
    let delayMs = latencyMs;
    if (jitterMs > 0) delayMs += jitterMs * this.#dice('delay').fraction();
    if (lossChance > 0) {
      const dice = this.#dice('loss');
      for (let waitMs = retransmitMs; waitMs < 60_000 && dice.chance(lossChance); waitMs *= 2) delayMs += waitMs;
    }
    return delayMs;
  }

  #sendData(chunks: readonly Uint8Array[], sizeBytes: number): void {
    const { chunking } = this.#path.options;
    if (chunking === 'whole') {
      this.#travel({ kind: 'data', chunks: chunksOf(chunks, sizeBytes), sizeBytes }, sizeBytes, 0);
      return;
    }
    const way = chunking === 'mixed' ? (['whole', 'cut', 'joined'] as const)[this.#dice('way').whole(0, 2)] : chunking;
    if (way === 'joined') {
      this.#join(joined(chunks));
      return;
    }
    const cuts = way === 'cut' ? this.#cuts(sizeBytes) : [];
    for (const piece of applyCut(chunks, cuts)) {
      this.#travel({ kind: 'data', chunks: [piece], sizeBytes: piece.length }, piece.length, 0);
    }
  }

  /** Goes with what waits for company, or waits for some. */
  #join(bytes: Uint8Array): void {
    const last = this.#travelling.at(-1);
    if (last?.segment.kind === 'data' && last.departsMs > this.#agenda.nowMs) {
      const sizeBytes = last.segment.sizeBytes + bytes.length;
      if (sizeBytes <= JOIN_BYTES) {
        last.segment = { kind: 'data', chunks: [joined([...last.segment.chunks, bytes])], sizeBytes };
        return;
      }
    }
    this.#travel({ kind: 'data', chunks: [bytes], sizeBytes: bytes.length }, bytes.length, JOIN_MS);
  }

  /** Places to cut, ascending; a short write may come byte by byte. */
  #cuts(sizeBytes: number): number[] {
    const dice = this.#dice('cut');
    if (sizeBytes < 2) return [];
    if (sizeBytes <= 64 && dice.chance(0.1)) return Array.from({ length: sizeBytes - 1 }, (_, index) => index + 1);
    const places = Array.from({ length: dice.whole(0, 3) }, () => dice.whole(1, sizeBytes - 1));
    return [...new Set(places)].sort((left, right) => left - right);
  }

  #travel(segment: Segment, sizeBytes: number, waitMs: number): void {
    const travelling: Travelling = { segment, sizeBytes, departsMs: 0, arrivesMs: 0, hasArrived: false };
    this.#travelling.push(travelling);
    this.#depart(travelling, this.#agenda.nowMs + waitMs);
  }

  #depart(travelling: Travelling, atMs: number): void {
    travelling.departsMs = this.#path.departureMs(atMs, travelling.sizeBytes);
    travelling.arrivesMs = Math.max(this.#lastArrivalMs, travelling.departsMs + this.delayMs());
    this.#lastArrivalMs = travelling.arrivesMs;
    this.#agenda.at(travelling.arrivesMs, () => {
      travelling.hasArrived = true;
      this.pump();
    });
  }
}
