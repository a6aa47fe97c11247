/**
 * What a script knows of its yamux session: the frames that came and which of them a step has asked for, the names of its
 * streams, and the bytes of each.
 */
import { ReceiveBuffer } from '../../../actors/receive-buffer.js';
import { LIMITS } from '../../../limits.js';
import type { Decoded } from '../../../wire/decoded.js';
import {
  decodeYamuxHeader,
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_FLAG,
  YAMUX_HEADER_BYTES,
  YAMUX_TYPE,
  yamuxFlagNames,
  yamuxTypeName,
} from '../../../wire/yamux.js';
import { concat } from '../bytes.js';
import type { Cut, HeardYamuxFrame, SendYamuxFrame } from '../script/commands.js';
import { Level, spoiled, type Outgoing } from './cutting.js';
import { misused } from './failure.js';
import { take, unreadOf, type Source } from './source.js';
import type { Stage } from './stage.js';

/** A frame that came. */
export interface Arrival {
  readonly frame: HeardYamuxFrame;
  /** Header and body. */
  readonly bytes: Uint8Array;
  readonly flags: number;
  /** Whether a step has asked for it as a whole, or for its body. */
  taken: boolean;
  /** Flags that a step has asked for. */
  takenFlags: number;
}

interface StreamState {
  readonly id: number;
  readonly source: Source;
  readonly level: Level;
}

/** One yamux session, from a script's side. */
export class YamuxState {
  /** How messages are cut into data frames. */
  mode: Cut | 'joined' = 'whole';
  /** Whether a step of yamux was performed: from there on what comes are its frames. */
  isUsed = false;
  /** Values of the last pings that asked. */
  lastPing: { sent?: number; heard?: number } = {};
  readonly #stage: Stage;
  readonly #streams = new Map<string, StreamState>();
  #arrivals: Arrival[] = [];
  #nextId: number;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#nextId = stage.options.role === 'dialer' ? 1 : 2;
  }

  // ------------------------------------------------------------ streams

  /** Names a stream. */
  add(name: string, id: number): void {
    if (this.#streams.has(name)) throw misused(`a stream is called '${name}' already`);
    const source: Source = { buffer: new ReceiveBuffer(), fill: () => this.#fillStream(id, source) };
    this.#streams.set(name, { id, source, level: new Level() });
  }

  /** The next id of our parity. */
  drawId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  /** Throws `ERR_INVALID_ARGUMENT` for a name that no step has given. */
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

  /** Sends bytes of a stream as data frames; `flags` go on the last of them. */
  sendData(name: string, outgoing: Outgoing, flags: number, cut?: Cut): void {
    const { id, level } = this.#streamOf(name);
    level.mode = this.mode;
    const pieces = level.push(outgoing, cut);
    // A flag ends what was gathered.
    if (flags !== 0) pieces.push(...level.flush());
    pieces.forEach((piece, index) => this.#sendPiece(id, piece, index === pieces.length - 1 ? flags : 0));
  }

  /** Sends one frame, whatever it says. */
  sendFrame(frame: SendYamuxFrame): void {
    this.isUsed = true;
    this.flush();
    const body = frame.body === undefined ? new Uint8Array(0) : this.#stage.bytesOf(frame.body);
    const stream = typeof frame.stream === 'string' ? this.idOf(frame.stream) : (frame.stream ?? 0);
    const header = {
      type: typeOf(frame.type),
      flags: flagsOf(frame.flags),
      streamId: stream,
      length: frame.length ?? body.length,
    };
    const head = encodeYamuxHeader(header.type, header.flags, stream, header.length);
    head[0] = frame.version ?? 0;
    const bytes = spoiled(concat(head, body), frame);
    this.#note('sent', stream, describeYamuxHeader(header), bytes);
    this.#stage.send({ bytes, prefixBytes: YAMUX_HEADER_BYTES });
  }

  /** Lets go of what streams gathered. */
  flush(): void {
    for (const { id, level } of this.#streams.values()) {
      for (const piece of level.flush()) this.#sendPiece(id, piece, 0);
    }
  }

  #sendPiece(id: number, piece: Uint8Array, flags: number): void {
    const header = { type: YAMUX_TYPE.data, flags, streamId: id, length: piece.length };
    const bytes = concat(encodeYamuxHeader(header.type, flags, id, piece.length), piece);
    this.#note('sent', id, describeYamuxHeader(header), bytes);
    this.#stage.send({ bytes, prefixBytes: YAMUX_HEADER_BYTES });
  }

  // ------------------------------------------------------------ up

  /** Every frame that came and that no step has asked for, oldest first. Throws an `Unreadable`. */
  waiting(): Arrival[] {
    this.#pull();
    return this.#arrivals.filter(({ taken }) => !taken);
  }

  /** Of {@link waiting}, those of a stream. */
  waitingOn(name: string): Arrival[] {
    const id = this.idOf(name);
    return this.waiting().filter(({ frame }) => frame.stream === id);
  }

  /** Bytes of a stream that no step has asked for, without taking them. */
  unreadOn(id: number): Uint8Array {
    const name = this.nameOf(id);
    const begun = name === undefined ? new Uint8Array(0) : unreadOf(this.sourceOf(name));
    const bodies = this.waiting().filter(({ frame }) => frame.stream === id && frame.type === 'data');
    return concat(begun, ...bodies.map(({ frame }) => frame.body));
  }

  /** A frame of the stream that carries `flag` and was not asked for by it. */
  flagged(name: string, flag: number): Arrival | undefined {
    this.#pull();
    const id = this.idOf(name);
    return this.#arrivals.find(
      ({ frame, flags, takenFlags }) => frame.stream === id && (flags & flag & ~takenFlags) !== 0,
    );
  }

  /** Takes in the frames that came, and forgets those of which nothing is left to be asked for. */
  #pull(): void {
    this.isUsed = true;
    let taken = take(this.#stage.source, decodeFrame);
    if (taken === undefined) return;
    this.#arrivals = this.#arrivals.filter((arrival) => !arrival.taken || (arrival.flags & ~arrival.takenFlags) !== 0);
    for (; taken !== undefined; taken = take(this.#stage.source, decodeFrame)) {
      const { value, bytes } = taken;
      this.#arrivals.push({ ...value, bytes, taken: false, takenFlags: 0 });
      const { type, flags, stream, length } = value.frame;
      const words = `${type}${flags === '' ? '' : ` ${flags}`} stream ${stream} length ${length}`;
      this.#note('received', stream, words, bytes);
    }
  }

  #fillStream(id: number, source: Source): boolean {
    this.#pull();
    const isNext = ({ taken, frame }: Arrival): boolean =>
      !taken && frame.stream === id && frame.type === 'data' && frame.length > 0;
    const next = this.#arrivals.find(isNext);
    if (next === undefined) return false;
    source.buffer.append(next.frame.body);
    // Its flags can still be asked for.
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
    this.#stage.note({ direction, layer: 'yamux', ...(stream === undefined ? {} : { stream }), message, bytes });
  }
}

/** Bits of flags given as names joined by `|`. */
export function flagsOf(flags: string | number | undefined): number {
  if (typeof flags !== 'string') return flags ?? 0;
  return flags.split('|').reduce((bits, name) => {
    if (!(name in YAMUX_FLAG)) throw misused(`yamux has no flag ${name}`);
    return bits | YAMUX_FLAG[name as keyof typeof YAMUX_FLAG];
  }, 0);
}

function typeOf(type: SendYamuxFrame['type']): number {
  return typeof type === 'number' ? type : YAMUX_TYPE[type];
}

function decodeFrame(
  bytes: Uint8Array,
): Decoded<{ readonly frame: HeardYamuxFrame; readonly flags: number }> | undefined {
  const header = decodeYamuxHeader(bytes, LIMITS.yamuxReceiveFrameBytes);
  if (header === undefined) return undefined;
  const { type, flags, streamId: stream, length } = header.value;
  const size = header.size + (type === YAMUX_TYPE.data ? length : 0);
  if (bytes.length < size) return undefined;
  const body = bytes.subarray(header.size, size);
  const name = yamuxTypeName(type) as HeardYamuxFrame['type'];
  return { value: { frame: { type: name, flags: yamuxFlagNames(flags), stream, length, body }, flags }, size };
}
