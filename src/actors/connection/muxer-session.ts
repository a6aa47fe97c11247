/**
 * A muxer's session, as far as it is the same for every muxer: bytes go to its reader, the transport's events to its
 * machine and its pump, and its end to everybody. What a frame says, and what an effect sends, is each muxer's own.
 */
import type { Observable } from 'rxjs';
import { EngineError, toEngineError, type ErrorCode, type StateStay } from '../../errors.js';
import type { ConnectionMessage, Layer } from '../../messages.js';
import { ChainSubject } from '../chain-subject.js';
import type { Environment } from '../environment.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { Muxer, MuxerOptions } from './muxer.js';
import type { OpenPace } from './open-pace.js';
import type { StreamPump } from './pump.js';

/** What every session's machine hears. */
type SessionEvent =
  | { readonly type: 'transport.ended'; readonly idle: boolean }
  | { readonly type: 'transport.failed' }
  | { readonly type: 'streams.idle' }
  | { readonly type: 'wire.violation'; readonly code: ErrorCode };

/** A session's machine, as far as it is the same for every muxer. */
interface SessionMachine {
  readonly machine: string;
  readonly state: string;
  readonly stays: readonly StateStay[];
  readonly lastEvent: string;
  start(): void;
  send(event: SessionEvent): void;
  stop(): void;
}

/** One session. */
export abstract class MuxerSession implements Muxer {
  abstract readonly layer: Layer;
  protected readonly environment: Environment;
  protected readonly options: MuxerOptions;
  protected readonly inbound = new ChainSubject<ConnectionMessage>();
  protected readonly outbound = new ChainSubject<ConnectionMessage>();
  protected abstract readonly machine: SessionMachine;
  protected abstract readonly reader: { read(chunk: Uint8Array): number };
  protected abstract readonly table: {
    readonly streams: ReadonlyMap<number, MuxedStream>;
    readonly pump: StreamPump;
    readonly pace: OpenPace;
    endAll(error: EngineError): void;
  };
  /** A ping is out: the next bytes are a sign of life. */
  protected probing = false;
  protected goingAway: 'local' | 'remote' | undefined;
  protected hasEnded = false;
  /** What ends it, in words, until the machine reports the end. */
  protected fault: EngineError | undefined;
  /** What came while it was the others' turn, oldest first; the transport is paused. */
  #held: ConnectionMessage[] | undefined;

  constructor(
    options: MuxerOptions,
    readonly address: string,
  ) {
    this.environment = options.environment;
    this.options = options;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.outbound;
  }

  get streams(): ReadonlyMap<number, MuxedStream> {
    return this.table.streams;
  }

  get takesStreams(): boolean {
    return !this.hasEnded && this.goingAway === undefined;
  }

  get stays(): readonly StateStay[] {
    return this.machine.stays;
  }

  get state(): string {
    return this.machine.state;
  }

  /** Whether the reader goes on: nothing is over, and it is not the others' turn. */
  get readsOn(): boolean {
    return !this.hasEnded && !(this.#canHold && this.table.pace.isSpent);
  }

  start(): void {
    this.machine.start();
  }

  abstract openStream(): MuxedStream;
  abstract ping(onPong: (roundTripMs: number) => void): void;
  abstract goAway(code?: number): void;
  abstract dispose(error?: EngineError): void;

  /** Sends on what a stream sends. */
  send(message: ConnectionMessage): void {
    if (!this.hasEnded) this.outbound.next(message);
  }

  /** For the table: the peer opened a stream. */
  onStream(stream: MuxedStream): void {
    this.options.onStream(stream);
  }

  /** For the table: the last stream has ended. */
  onIdle(): void {
    if (this.goingAway === undefined || this.hasEnded) return;
    this.environment.turns.post(() => {
      if (this.table.streams.size === 0) this.machine.send({ type: 'streams.idle' });
    });
  }

  receive(message: ConnectionMessage): void {
    if (this.hasEnded) return;
    if (this.#held !== undefined) {
      this.#held.push(message);
      return;
    }
    if (message.event !== undefined) this.#hear(message.event.type, message.error);
    if (message.chunks.length === 0) return;
    if (this.probing) {
      this.probing = false;
      this.heard?.();
    }
    try {
      this.#read(message);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `${this.address}: ${String(thrown)}`);
      if (error.blame === 'remote') this.violated(error);
      else this.break(error);
    }
  }

  // ------------------------------------------------------------ for each muxer's own session

  /** Whether the transport may end now: nothing is open, and no frame is half read. */
  protected abstract isIdle(): boolean;

  /** The peer broke the protocol: the machine ends the session, and says so where the muxer has a word for it. */
  protected abstract violated(error: EngineError): void;

  /** Tells the peer that we broke. */
  protected abstract tellBroken(error: EngineError): void;

  /** Bytes came while a ping was out, where the muxer has pings. */
  protected heard?(): void;

  /** Throws `ERR_CONNECTION_CLOSED` where we take and open no more streams. */
  protected checkOpen(): void {
    if (!this.hasEnded && this.goingAway !== 'local') return;
    throw new EngineError('ERR_CONNECTION_CLOSED', 'local', `${this.address} is closed`);
  }

  /** We broke: the peer hears it, and everybody else. */
  protected break(error: EngineError): void {
    if (this.hasEnded) return;
    this.tellBroken(error);
    this.fail(error);
    this.machine.stop();
  }

  protected fail(cause: EngineError): void {
    const { machine, stays, lastEvent } = this.machine;
    const error = cause.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
    this.end(error);
    this.options.onEnded(error);
  }

  protected end(error: EngineError): void {
    this.hasEnded = true;
    this.table.endAll(error);
  }

  #read(message: ConnectionMessage): void {
    for (const [index, chunk] of message.chunks.entries()) {
      const size = this.reader.read(chunk);
      if (size === chunk.length) continue;
      if (!this.hasEnded) this.#hold(message, [chunk.subarray(size), ...message.chunks.slice(index + 1)]);
      return;
    }
  }

  /** Where nothing can be paused, or nothing says when the others have had their turn, all is read at once. */
  get #canHold(): boolean {
    return this.options.transport !== undefined && this.environment.turns.pass !== undefined;
  }

  #hold(message: ConnectionMessage, chunks: readonly Uint8Array[]): void {
    this.#held = [this.environment.message({ ...message, chunks, event: undefined })];
    this.options.transport?.pause();
    this.environment.turns.whenSpare(() => this.#goOn());
  }

  #goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    // Held again, what is behind it stays behind it.
    for (const message of held) this.receive(message);
    if (this.#held === undefined) this.options.transport?.resume();
  }

  #hear(event: string, error: EngineError | undefined): void {
    if (event === 'transport.congested') this.table.pump.congested();
    else if (event === 'transport.drained') this.table.pump.drained();
    else if (event === 'transport.ended') {
      this.machine.send({ type: 'transport.ended', idle: this.isIdle() });
    } else if (event === 'transport.failed') {
      this.fault = error;
      this.machine.send({ type: 'transport.failed' });
    }
  }
}
