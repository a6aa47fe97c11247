/**
 * The innermost handler of a stream's chain: what embedders and protocol handlers hold. It turns messages into bytes for
 * one reader and calls into messages, and it enters a turn for whoever calls from outside of one.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError } from '../../errors.js';
import type { ConnectionMessage, Direction } from '../../messages.js';
import type { Environment } from '../environment.js';
import { ChainSubject } from '../chain-subject.js';
import { passInward, passOutward } from '../handler.js';
import type { MuxedStream } from './muxed-stream.js';
import type { ProtocolStream, StreamConnection } from './protocol-stream.js';
import { StreamReader } from './stream-reader.js';

/** What a protocol stream is made of. */
export interface ProtocolStreamOptions {
  readonly environment: Environment;
  readonly protocol: string;
  readonly connection: StreamConnection;
  /** Bytes that came after the negotiation's last message: read first, not consumed yet. */
  readonly leftover?: readonly Uint8Array[];
}

/** Puts the facade on a stream whose protocol is agreed. Call in the turn in which it was. */
export function createProtocolStream(muxed: MuxedStream, options: ProtocolStreamOptions): ProtocolStream {
  return new ProtocolStreamActor(muxed, options);
}

class ProtocolStreamActor implements ProtocolStream {
  readonly protocol: string;
  readonly connection: StreamConnection;
  readonly #environment: Environment;
  readonly #muxed: MuxedStream;
  readonly #reader: StreamReader;
  readonly #outbound = new ChainSubject<ConnectionMessage>();
  readonly #writable = new Subject<void>();
  #waitingWriters: { readonly resolve: () => void; readonly reject: (error: EngineError) => void }[] = [];
  #writeClosed = false;
  #isOver = false;
  #closed: Promise<void> | undefined;
  #settleClosed: { readonly resolve: () => void; readonly reject: (error: EngineError) => void } | undefined;

  constructor(muxed: MuxedStream, options: ProtocolStreamOptions) {
    this.#muxed = muxed;
    this.#environment = options.environment;
    this.protocol = options.protocol;
    this.connection = options.connection;
    this.#reader = new StreamReader(options.environment.turns, {
      consume: (size) => this.#muxed.consume(Math.min(size, this.#muxed.unconsumedBytes)),
      abandoned: () => this.#muxed.closeRead(),
    });
    for (const chunk of options.leftover ?? []) this.#reader.deliver(chunk);
    passOutward(this.#environment, this.#outbound, muxed);
    passInward(this.#environment, muxed.inbound$, this);
  }

  get id(): number {
    return this.#muxed.id;
  }

  get address(): string {
    return this.#muxed.address;
  }

  get direction(): Direction {
    return this.#muxed.direction;
  }

  get error(): EngineError | undefined {
    return this.#muxed.error;
  }

  get data$(): Observable<Uint8Array> {
    return this.#reader.data$;
  }

  get writable$(): Observable<void> {
    return this.#writable;
  }

  write(bytes: Uint8Array): boolean {
    this.#refuseUnlessOpen();
    const { streamSendQueueMaxBytes } = this.#environment.limits;
    const queuedBytes = this.#muxed.queuedBytes + bytes.length;
    if (queuedBytes > streamSendQueueMaxBytes) {
      const what = `${this.address}: ${queuedBytes} bytes would wait to be sent, the limit is ${streamSendQueueMaxBytes}`;
      throw new EngineError('ERR_STREAM_QUEUE_FULL', 'local', what);
    }
    if (bytes.length > 0) {
      const { id: stream } = this;
      const connection = this.connection.id;
      this.#outbound.next(
        this.#environment.message({ direction: 'outbound', layer: 'protocol', connection, stream, chunks: [bytes] }),
      );
    }
    return this.#muxed.writable;
  }

  whenWritable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#refuseUnlessOpen();
      if (this.#muxed.writable) resolve();
      else this.#waitingWriters.push({ resolve, reject });
    });
  }

  consume(size: number): void {
    const unconsumed = this.#muxed.unconsumedBytes - this.#reader.toConsume;
    if (!(size >= 0 && size <= unconsumed) && !this.#isOver) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `size must be 0 to ${unconsumed}, got ${size}`);
    }
    this.#reader.consume(size);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#reader.iterate();
  }

  closeWrite(): void {
    if (this.#writeClosed || this.#isOver) return;
    this.#writeClosed = true;
    this.#endWriting(undefined);
    this.#environment.turns.post(() => this.#muxed.closeWrite());
  }

  close(): Promise<void> {
    this.closeWrite();
    this.#environment.turns.post(() => {
      this.#reader.leave();
      this.#muxed.closeRead();
    });
    return this.closed;
  }

  reset(code?: number): void {
    this.#environment.turns.flushNow();
    this.#environment.turns.post(() => this.#muxed.reset(code));
  }

  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve, reject) => {
        this.#settleClosed = { resolve, reject };
      });
      // Whoever does not ask how the stream ended is not told by a crash.
      this.#closed.catch(() => undefined);
      if (this.#isOver) this.#settle();
    }
    return this.#closed;
  }

  // ------------------------------------------------------------ inside

  /** The end of the chain: what it takes goes to the reader, and nothing is further inward. */
  receive(message: ConnectionMessage): void {
    for (const chunk of message.chunks) this.#reader.deliver(chunk);
    switch (message.event?.type) {
      case undefined:
        return;
      case 'stream.writable':
        this.#resumeWriters();
        return;
      case 'stream.remoteClosed':
        this.#reader.complete();
        return;
      case 'stream.closed':
        this.#end(undefined);
        return;
      case 'stream.reset':
        this.#end(message.error ?? this.#errorOfClosed());
        return;
    }
  }

  #end(error: EngineError | undefined): void {
    this.#isOver = true;
    this.#endWriting(error);
    if (error === undefined) this.#reader.complete();
    else this.#reader.fail(error);
    this.#settle();
  }

  #settle(): void {
    if (this.#muxed.error === undefined) this.#settleClosed?.resolve();
    else this.#settleClosed?.reject(this.#muxed.error);
  }

  #resumeWriters(): void {
    const writers = this.#waitingWriters;
    this.#waitingWriters = [];
    for (const { resolve } of writers) resolve();
    this.#writable.next();
  }

  #endWriting(error: EngineError | undefined): void {
    const writers = this.#waitingWriters;
    this.#waitingWriters = [];
    for (const { reject } of writers) reject(error ?? this.#errorOfClosed());
    this.#writable.complete();
  }

  #refuseUnlessOpen(): void {
    const { error } = this.#muxed;
    if (error !== undefined) {
      if (error.code === 'ERR_STREAM_RESET') throw error;
      throw new EngineError('ERR_STREAM_RESET', error.blame, `${this.address}: ${error.message}`, { cause: error });
    }
    if (this.#writeClosed || this.#isOver) throw this.#errorOfClosed();
  }

  #errorOfClosed(): EngineError {
    return new EngineError('ERR_STREAM_CLOSED', 'local', `${this.address} is closed for writing`);
  }
}
