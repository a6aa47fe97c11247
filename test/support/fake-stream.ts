/**
 * Two protocol streams joined in memory, with windows, queues and half-closes like a muxer's: what one writes the other
 * hears in a later turn, up to the credit that it gave. For handlers that only need the interface.
 */
import { Observable, Subject, type Subscriber } from 'rxjs';
import type { Environment } from '../../src/actors/environment.js';
import type { ProtocolStream, StreamConnection } from '../../src/actors/stream/protocol-stream.js';
import { EngineError } from '../../src/errors.js';
import type { Direction } from '../../src/messages.js';

export interface FakeStreamOptions {
  readonly windowBytes?: number;
  /** `write` answers false above this. */
  readonly queueBytes?: number;
  /** Largest piece that is delivered at once. */
  readonly chunkBytes?: number;
  readonly connection?: Partial<StreamConnection>;
}

/** Opened by us, and the other end of it. */
export function fakeStreamPair(environment: Environment, options: FakeStreamOptions = {}): [FakeStream, FakeStream] {
  const ours = new FakeStream(environment, 'outbound', options);
  const theirs = new FakeStream(environment, 'inbound', options);
  ours.peer = theirs;
  theirs.peer = ours;
  return [ours, theirs];
}

export class FakeStream implements ProtocolStream {
  readonly id = 1;
  readonly address = 'conn:1/yamux/1';
  readonly protocol = '/test/1.0.0';
  readonly connection: StreamConnection;
  readonly closed: Promise<void>;
  peer!: FakeStream;
  error: EngineError | undefined;
  /** Bytes that came and were not consumed, and the most there ever were. */
  unconsumedBytes = 0;
  maxUnconsumedBytes = 0;
  /** Bytes queued here, and the most there ever were. */
  queuedBytes = 0;
  maxQueuedBytes = 0;
  /** Whether it was reset from this side. */
  wasReset = false;
  readonly #environment: Environment;
  readonly #options: Required<Omit<FakeStreamOptions, 'connection'>>;
  readonly #writable = new Subject<void>();
  #queue: Uint8Array[] = [];
  #credit: number;
  #toldToWait = false;
  #writeClosed = false;
  #finSent = false;
  #inbox: Uint8Array[] = [];
  #isReading = false;
  #remoteClosed = false;
  #dropping = false;
  #reader: Subscriber<Uint8Array> | undefined;
  #settle!: { readonly resolve: () => void; readonly reject: (error: EngineError) => void };

  constructor(
    environment: Environment,
    readonly direction: Direction,
    options: FakeStreamOptions,
  ) {
    this.#environment = environment;
    this.#options = {
      windowBytes: options.windowBytes ?? 256 * 1024,
      queueBytes: options.queueBytes ?? 256 * 1024,
      chunkBytes: options.chunkBytes ?? Number.MAX_SAFE_INTEGER,
    };
    this.#credit = this.#options.windowBytes;
    this.connection = {
      id: 'conn:1',
      remotePeer: 'peer',
      remoteAddress: '/ip4/127.0.0.1/tcp/4001',
      direction,
      ...options.connection,
    };
    this.closed = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.closed.catch(() => undefined);
  }

  /** Whether both directions are done, well or not. */
  get isClosed(): boolean {
    return this.error !== undefined || (this.#finSent && this.#remoteClosed);
  }

  get writeClosed(): boolean {
    return this.#writeClosed;
  }

  get writable$(): Observable<void> {
    return this.#writable;
  }

  readonly data$ = new Observable<Uint8Array>((subscriber) => {
    if (this.#reader !== undefined) throw new Error('data$ has a subscriber already');
    this.#reader = subscriber;
    this.#read();
  });

  write(bytes: Uint8Array): boolean {
    if (this.error !== undefined) throw this.error;
    if (this.#writeClosed) throw new EngineError('ERR_STREAM_CLOSED', 'local', 'closed for writing');
    this.#queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.#pump();
    this.maxQueuedBytes = Math.max(this.maxQueuedBytes, this.queuedBytes);
    this.#toldToWait = this.queuedBytes > this.#options.queueBytes;
    return !this.#toldToWait;
  }

  whenWritable(): Promise<void> {
    if (this.error !== undefined) return Promise.reject(this.error);
    if (!this.#toldToWait) return Promise.resolve();
    return new Promise((resolve, reject) => this.#writable.subscribe({ next: resolve, error: reject }));
  }

  consume(size: number): void {
    if (size > this.unconsumedBytes) throw new Error(`consumed ${size} of ${this.unconsumedBytes}`);
    this.unconsumedBytes -= size;
    this.#environment.turns.post(() => this.peer.#grant(size));
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const waiting: Uint8Array[] = [];
    let ended = false;
    let wake: (() => void) | undefined;
    const stir = (): void => wake?.();
    this.data$.subscribe({
      next: (chunk) => {
        waiting.push(chunk);
        stir();
      },
      complete: () => {
        ended = true;
        stir();
      },
      error: stir,
    });
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        yield chunk;
        this.consume(chunk.length);
      } else if (this.error !== undefined) throw this.error;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  closeWrite(): void {
    if (this.#writeClosed) return;
    this.#writeClosed = true;
    this.#pump();
  }

  close(): Promise<void> {
    this.#dropping = true;
    if (this.unconsumedBytes > 0) this.consume(this.unconsumedBytes);
    this.closeWrite();
    return this.closed;
  }

  reset(): void {
    if (this.isClosed) return;
    this.wasReset = true;
    this.#fail(new EngineError('ERR_STREAM_RESET', 'local', 'reset by us'));
    this.#environment.turns.post(() =>
      this.peer.#fail(new EngineError('ERR_STREAM_RESET', 'remote', 'reset by the peer')),
    );
  }

  #fail(error: EngineError): void {
    if (this.isClosed) return;
    this.error = error;
    this.#writable.error(error);
    this.#reader?.error(error);
    this.#settle.reject(error);
  }

  #grant(size: number): void {
    this.#credit += size;
    this.#pump();
  }

  #pump(): void {
    if (this.error !== undefined) return;
    for (let head = this.#queue.shift(); head !== undefined; head = this.#queue.shift()) {
      const size = Math.min(head.length, this.#credit, this.#options.chunkBytes);
      if (size < head.length) this.#queue.unshift(head.subarray(size));
      if (size === 0 && head.length > 0) break;
      const piece = head.subarray(0, size);
      this.#credit -= size;
      this.queuedBytes -= size;
      this.#environment.turns.post(() => this.peer.#deliver(piece));
    }
    if (this.#toldToWait && this.queuedBytes <= this.#options.queueBytes) {
      this.#toldToWait = false;
      this.#environment.turns.post(() => this.#writable.next());
    }
    if (!this.#writeClosed || this.#finSent || this.#queue.length > 0) return;
    this.#finSent = true;
    this.#environment.turns.post(() => this.peer.#hearClose());
    this.#finish();
  }

  #deliver(piece: Uint8Array): void {
    if (this.error !== undefined) return;
    this.unconsumedBytes += piece.length;
    this.maxUnconsumedBytes = Math.max(this.maxUnconsumedBytes, this.unconsumedBytes);
    if (this.#dropping) {
      this.consume(piece.length);
      return;
    }
    this.#inbox.push(piece);
    this.#read();
  }

  /** Hands over what waits. A reader's `consume` may bring more while this runs: it waits for its turn. */
  #read(): void {
    if (this.#reader === undefined || this.#isReading) return;
    this.#isReading = true;
    for (let chunk = this.#inbox.shift(); chunk !== undefined; chunk = this.#inbox.shift()) this.#reader.next(chunk);
    this.#isReading = false;
    this.#endReading();
  }

  #hearClose(): void {
    this.#remoteClosed = true;
    this.#read();
    this.#finish();
  }

  #endReading(): void {
    if (this.error !== undefined) this.#reader?.error(this.error);
    else if (this.#remoteClosed && !this.#isReading) this.#reader?.complete();
  }

  #finish(): void {
    if (!this.#finSent || !this.#remoteClosed || this.error !== undefined) return;
    this.#writable.complete();
    this.#settle.resolve();
  }
}
