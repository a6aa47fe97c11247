/**
 * What a script knows of the session of a muxer, whichever it is: the frames that came and which of them a step has asked
 * for, the names of its streams, and the bytes of each.
 */
import { ReceiveBuffer } from '../../../actors/receive-buffer.js';
import { YAMUX_FLAG } from '../../../wire/yamux.js';
import { concat } from '../bytes.js';
import type { Cut } from '../script/commands.js';
import { Level, type Outgoing } from './cutting.js';
import { misused } from './failure.js';
import { readable, take, unreadOf, type Source } from './source.js';
import type { Stage } from './stage.js';

/** What a frame does to its stream, as bits: yamux calls them flags, others have frames for them. */
export const MARK = YAMUX_FLAG;

/** A frame, in words that are no muxer's. */
export interface HeardFrame<Frame> {
  /** As expectations see it. */
  readonly frame: Frame;
  /** The stream's number: ids are not, where each side counts its own. 0: the session. */
  readonly stream: number;
  /** Bits of {@link MARK}. */
  readonly marks: number;
  /** The credit, or the code of a reset or go-away. */
  readonly value: number;
  readonly isCredit: boolean;
  /** Bytes for the stream. */
  readonly data?: Uint8Array | undefined;
  /** For the transcript. */
  readonly words: string;
}

/** A frame that came. */
export interface Arrival<Frame = unknown> extends HeardFrame<Frame> {
  /** Header and body. */
  readonly bytes: Uint8Array;
  /** Whether a step has asked for it as a whole, or for its body. */
  taken: boolean;
  /** Marks that a step has asked for. */
  takenMarks: number;
}

interface StreamState {
  readonly id: number;
  readonly source: Source;
  readonly level: Level;
}

/** One session, from a script's side. */
export abstract class SessionState<Frame = unknown> {
  /** How messages are cut into data frames. */
  mode: Cut | 'joined' = 'whole';
  /** Whether a step of this muxer was performed: from there on what comes are its frames. */
  isUsed = false;
  /** Values of the last pings that asked. */
  lastPing: { sent?: number; heard?: number } = {};
  abstract readonly layer: 'yamux' | 'mplex' | 'spdy';
  /** Whether streams are acknowledged, and have windows. */
  abstract readonly hasWindows: boolean;
  protected readonly stage: Stage;
  readonly #streams = new Map<string, StreamState>();
  #arrivals: Arrival<Frame>[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  // ------------------------------------------------------------ of each muxer

  /** Acknowledges, grants (no mark), half-closes or resets a stream. */
  abstract control(name: string, mark: number, value: number): void;

  /** Sends one piece of a stream's data; the marks are those of the last one. */
  protected abstract sendPiece(id: number, piece: Uint8Array, marks: number): void;

  /** Bytes of the frame that begins here, header included; `undefined` while that cannot be told. */
  protected abstract measure(bytes: Uint8Array): number | undefined;

  /** What a whole frame says. Called once for each, in order. */
  protected abstract hear(bytes: Uint8Array): HeardFrame<Frame>;

  // ------------------------------------------------------------ streams

  /** Names a stream, by its number. */
  add(name: string, id: number): void {
    if (this.#streams.has(name)) throw misused(`a stream is called '${name}' already`);
    const source: Source = { buffer: new ReceiveBuffer(), fill: () => this.#fillStream(id, source) };
    this.#streams.set(name, { id, source, level: new Level() });
  }

  /** The number of a stream. Throws `ERR_INVALID_ARGUMENT` for a name that no step has given. */
  idOf(name: string): number {
    return this.#streamOf(name).id;
  }

  sourceOf(name: string): Source {
    return this.#streamOf(name).source;
  }

  /** The script's name of a stream. */
  nameOf(id: number): string | undefined {
    return [...this.#streams].find(([, stream]) => stream.id === id)?.[0];
  }

  // ------------------------------------------------------------ down

  /** Sends bytes of a stream as data frames; `marks` go on the last of them. */
  sendData(name: string, outgoing: Outgoing, marks: number, cut?: Cut): void {
    const { id, level } = this.#streamOf(name);
    level.mode = this.mode;
    const pieces = level.push(outgoing, cut);
    // A flag ends what was gathered.
    if (marks !== 0) pieces.push(...level.flush());
    pieces.forEach((piece, index) => this.sendPiece(id, piece, index === pieces.length - 1 ? marks : 0));
  }

  /** Lets go of what streams gathered. */
  flush(): void {
    for (const { id, level } of this.#streams.values()) {
      for (const piece of level.flush()) this.sendPiece(id, piece, 0);
    }
  }

  /** Sends one frame, noted as `words`. */
  protected write(id: number, words: string, bytes: Uint8Array, prefixBytes: number): void {
    this.isUsed = true;
    this.#note('sent', id, words, bytes);
    this.stage.send({ bytes, prefixBytes });
  }

  // ------------------------------------------------------------ up

  /** Every frame that came and that no step has asked for, oldest first. Throws an `Unreadable`. */
  waiting(): Arrival<Frame>[] {
    this.#pull();
    return this.#arrivals.filter(({ taken }) => !taken);
  }

  /** Of {@link waiting}, those of a stream. */
  waitingOn(name: string): Arrival<Frame>[] {
    const id = this.idOf(name);
    return this.waiting().filter(({ stream }) => stream === id);
  }

  /** Bytes of a stream that no step has asked for, without taking them. */
  unreadOn(id: number): Uint8Array {
    const name = this.nameOf(id);
    const begun = name === undefined ? new Uint8Array(0) : unreadOf(this.sourceOf(name));
    const bodies = this.waiting().map(({ stream, data }) => (stream === id ? data : undefined));
    return concat(begun, ...bodies.filter((body) => body !== undefined));
  }

  /** A frame of the stream that carries `mark` and was not asked for by it. */
  marked(name: string, mark: number): Arrival<Frame> | undefined {
    this.#pull();
    const id = this.idOf(name);
    return this.#arrivals.find(({ stream, marks, takenMarks }) => stream === id && (marks & mark & ~takenMarks) !== 0);
  }

  /** Takes in the frames that came, and forgets those of which nothing is left to be asked for. */
  #pull(): void {
    this.isUsed = true;
    let bytes = this.#next();
    if (bytes === undefined) return;
    this.#arrivals = this.#arrivals.filter((arrival) => !arrival.taken || (arrival.marks & ~arrival.takenMarks) !== 0);
    for (; bytes !== undefined; bytes = this.#next()) {
      const whole = bytes;
      const heard = readable(whole, () => this.hear(whole));
      this.#arrivals.push({ ...heard, bytes, taken: false, takenMarks: 0 });
      this.#note('received', heard.stream, heard.words, bytes);
    }
  }

  #next(): Uint8Array | undefined {
    const taken = take(this.stage.source, (bytes) => {
      const size = this.measure(bytes);
      return size === undefined || bytes.length < size ? undefined : { value: undefined, size };
    });
    return taken?.bytes;
  }

  #fillStream(id: number, source: Source): boolean {
    this.#pull();
    const isNext = ({ taken, stream, data }: Arrival): boolean =>
      !taken && stream === id && data !== undefined && data.length > 0;
    const next = this.#arrivals.find(isNext);
    if (next?.data === undefined) return false;
    source.buffer.append(next.data);
    // Its marks can still be asked for.
    next.taken = true;
    return true;
  }

  #streamOf(name: string): StreamState {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw misused(`no stream is called '${name}' yet`);
    return stream;
  }

  #note(direction: 'sent' | 'received', id: number, message: string, bytes: Uint8Array): void {
    const stream = this.nameOf(id);
    this.stage.note({ direction, layer: this.layer, ...(stream === undefined ? {} : { stream }), message, bytes });
  }
}

/** Bits of marks given as names joined by `|`. */
export function marksOf(marks: string | number | undefined): number {
  if (typeof marks !== 'string') return marks ?? 0;
  return marks.split('|').reduce((bits, name) => {
    if (!(name in MARK)) throw misused(`there is no flag ${name}`);
    return bits | MARK[name as keyof typeof MARK];
  }, 0);
}
