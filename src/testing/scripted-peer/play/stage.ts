/**
 * What a script acts on: the connection as far as it is built, what was said, and what was kept. Bytes go down through
 * the levels that stand (stream, channel, wire), each cutting or joining as the script says, and come up through them.
 */
import { ReceiveBuffer } from '../../../actors/receive-buffer.js';
import type { Identity } from '../../../crypto/identity.js';
import type { EngineError } from '../../../errors.js';
import type { Ciphers, RandomSource } from '../../../ports.js';
import type { Bytes, Chunking, Cut } from '../script/commands.js';
import type { Channel } from './channel.js';
import { framed, Level, type Outgoing } from './cutting.js';
import { misused } from './failure.js';
import { MplexState } from './mplex-state.js';
import { NoiseState } from './noise-state.js';
import { SecioState } from './secio-state.js';
import { take, Unreadable, type Source, type Taken } from './source.js';
import type { Exchanged } from './transcript.js';
import { TlsState } from './tls-state.js';
import type { SessionState } from './session-state.js';
import { SpdyState } from './spdy-state.js';
import { YamuxState } from './yamux-state.js';

/** What a stage is made of. */
export interface StageOptions {
  readonly identity: Identity;
  readonly random: RandomSource;
  readonly ciphers: Ciphers;
  readonly role: 'dialer' | 'listener';
  /** Milliseconds since the connection was open. */
  readonly elapsedMs: () => number;
  /** Milliseconds since the Unix epoch: certificates are valid for a time. */
  readonly wallTime: () => number;
  /** Writes to the transport; `paced`: apart from what was written before. */
  readonly write: (bytes: Uint8Array, paced: boolean) => void;
  /** Ends the script, if it still plays: something that a step began has failed. */
  readonly failed: (error: unknown) => void;
}

/** How a connection is over: the peer will say no more, or it is gone. */
export interface Ended {
  readonly kind: 'ended' | 'closed';
  readonly error?: EngineError | undefined;
}

/** What was said last in one negotiation. */
export interface Negotiation {
  proposed?: string;
  heard?: string;
}

/** The state of a script that plays. */
export class Stage {
  /** The step at hand, from 1. */
  step = 1;
  /** Milliseconds since the connection was open, when the step at hand began. */
  stepBeganMs = 0;
  /** Set when the connection is over. */
  ended: Ended | undefined;
  readonly exchanged: Exchanged[] = [];
  readonly saved = new Map<string, Taken<unknown>>();
  readonly wire: Source = { buffer: new ReceiveBuffer(), fill: () => false };
  readonly secio: SecioState;
  readonly noise: NoiseState;
  readonly tls: TlsState;
  readonly yamux: YamuxState;
  readonly mplex: MplexState;
  readonly spdy: SpdyState;
  /** The peer that a handshake proved. */
  remotePeer: string | undefined;
  readonly #channelSource: Source = { buffer: new ReceiveBuffer(), fill: () => this.#fillPlaintext() };
  readonly #negotiations = new Map<string | undefined, Negotiation>();
  readonly #sealed = new Level();
  readonly #wireLevel = new Level();
  #channel: Channel | undefined;
  #sealing = false;
  #opening = false;
  #lastFrame: Outgoing | undefined;

  constructor(readonly options: StageOptions) {
    this.secio = new SecioState(options);
    this.noise = new NoiseState(options);
    this.tls = new TlsState(this);
    this.yamux = new YamuxState(this);
    this.mplex = new MplexState(this);
    this.spdy = new SpdyState(this);
  }

  // ------------------------------------------------------------ down

  /** Sends on the connection: sealed, once the channel stands. */
  send(outgoing: Outgoing, cut?: Cut): void {
    if (!this.#sealing) this.sendFrame(outgoing, cut);
    else for (const piece of this.#sealed.push(outgoing, cut)) this.#seal(piece);
  }

  /** Sends a frame of the lowest layer. */
  sendFrame(outgoing: Outgoing, cut?: Cut): void {
    this.#lastFrame = outgoing;
    const mode = cut ?? this.#wireLevel.mode;
    const paced = mode !== 'whole' && mode !== 'joined';
    for (const piece of this.#wireLevel.push(outgoing, cut)) this.options.write(piece, paced);
  }

  /** Sends the last frame of the lowest layer again. */
  sendAgain(): void {
    if (this.#lastFrame === undefined) throw misused('there is nothing to send again yet');
    this.sendFrame(this.#lastFrame);
  }

  /** Lets go of everything that levels gathered. */
  flush(): void {
    this.muxer.flush();
    for (const piece of this.#sealed.flush()) this.#seal(piece);
    for (const piece of this.#wireLevel.flush()) this.options.write(piece, false);
  }

  setChunking({ stream, sealed, wire }: Chunking): void {
    for (const muxer of [this.yamux, this.mplex, this.spdy]) muxer.mode = stream ?? muxer.mode;
    this.#sealed.mode = sealed ?? this.#sealed.mode;
    this.#wireLevel.mode = wire ?? this.#wireLevel.mode;
  }

  // ------------------------------------------------------------ the channel

  /** The secure channel, from here on in one direction or both. */
  secure(channel: Channel, directions: { readonly sending?: boolean; readonly receiving?: boolean }): void {
    this.#channel = channel;
    this.#sealing ||= directions.sending === true;
    this.#opening ||= directions.receiving === true;
  }

  /** The next sealed frame, opened; `undefined` while it is not all here. Throws an {@link Unreadable}. */
  openFrame(channel: Channel): Taken<Uint8Array> | undefined {
    const frame = take(this.wire, (bytes) => channel.decode(bytes));
    if (frame === undefined) return undefined;
    const opened = channel.open(frame.value);
    if ('plaintext' in opened) return { value: opened.plaintext, bytes: frame.bytes };
    throw new Unreadable(frame.bytes, new Error(`a sealed frame does not open: ${opened.refused}`));
  }

  // ------------------------------------------------------------ up

  /** Where the connection is read: opened, once the channel stands. */
  get source(): Source {
    return this.#opening ? this.#channelSource : this.wire;
  }

  /** Where a stream, or the connection, is read. */
  sourceOf(stream: string | undefined): Source {
    return stream === undefined ? this.source : this.muxer.sourceOf(stream);
  }

  /** The muxer whose steps were taken; yamux, before any was. */
  get muxer(): SessionState {
    return [this.mplex, this.spdy].find(({ isUsed }) => isUsed) ?? this.yamux;
  }

  negotiationOf(stream: string | undefined): Negotiation {
    const known = this.#negotiations.get(stream) ?? {};
    this.#negotiations.set(stream, known);
    return known;
  }

  // ------------------------------------------------------------ what was said

  /** Bytes of a step. Throws `ERR_INVALID_ARGUMENT` for a name under which nothing was kept. */
  bytesOf(bytes: Bytes): Uint8Array {
    if (bytes instanceof Uint8Array) return bytes;
    const kept = this.saved.get(bytes.saved);
    if (kept === undefined) throw misused(`nothing was saved as '${bytes.saved}'`);
    return kept.value instanceof Uint8Array ? kept.value : kept.bytes;
  }

  /** Notes a message that passed. */
  note(message: Omit<Exchanged, 'step' | 'timeMs'>): void {
    this.exchanged.push({ step: this.step, timeMs: this.options.elapsedMs(), ...message });
  }

  #seal(plaintext: Uint8Array): void {
    const channel = this.#channel;
    if (channel === undefined) throw misused('the channel has no keys yet');
    const size = Math.max(1, channel.plaintextBytes);
    for (let at = 0; at < plaintext.length; at += size) {
      this.sendFrame(framed(channel.prefix, channel.seal(plaintext.subarray(at, at + size))));
    }
  }

  #fillPlaintext(): boolean {
    const channel = this.#channel;
    const frame = channel === undefined ? undefined : this.openFrame(channel);
    if (frame === undefined) return false;
    this.#channelSource.buffer.append(frame.value);
    return true;
  }
}
