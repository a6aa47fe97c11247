/**
 * The reading end of a protocol stream: one reader, either an observable with explicit consumption or an iterator that
 * consumes a chunk when it asks for the next one. What comes before there is a reader waits; what comes after the reader
 * has left is dropped.
 */
import type { Observable, Subscriber } from 'rxjs';
import { EngineError } from '../../errors.js';
import type { TurnQueue } from '../turn-queue.js';
import { ChunkQueue } from './chunk-queue.js';
import { QuietObservable } from './quiet-observable.js';

/** What a reader asks of its stream. Both are called inside a turn. */
export interface StreamReaderOwner {
  consume(size: number): void;
  /** The reader has left before the end. */
  abandoned(): void;
}

interface PendingRead {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: EngineError) => void;
}

const DONE: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** Hands the peer's bytes to one reader. */
export class StreamReader {
  /** The bytes; one subscriber. */
  readonly data$: Observable<Uint8Array>;
  readonly #turns: TurnQueue;
  readonly #owner: StreamReaderOwner;
  readonly #waiting = new ChunkQueue();
  #hasReader = false;
  #subscriber: Subscriber<Uint8Array> | undefined;
  #releasing = false;
  #pendingReads: PendingRead[] = [];
  /** Bytes of the chunk that the iterator has handed out. */
  #handedOut = 0;
  #toConsume = 0;
  #isOver = false;
  #error: EngineError | undefined;

  constructor(turns: TurnQueue, owner: StreamReaderOwner) {
    this.#turns = turns;
    this.#owner = owner;
    this.data$ = new QuietObservable((subscriber) => this.#subscribe(subscriber));
  }

  /** Bytes that wait for the reader. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  // ------------------------------------------------------------ for the stream

  /** Takes what the peer sent. */
  deliver(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const read = this.#pendingReads.shift();
    if (read !== undefined) this.#handOut(read, chunk);
    else if (this.#subscriber !== undefined && !this.#releasing) this.#subscriber.next(chunk);
    else this.#waiting.keep(chunk);
  }

  /** The peer sends no more: the reader hears it when it has read what waits. */
  complete(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#waiting.length > 0 || this.#releasing) return;
    this.#subscriber?.complete();
    this.#settleReads();
  }

  /** The stream failed: what waits is dropped, the reader hears why. Means nothing when the peer had sent everything. */
  fail(error: EngineError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#waiting.clear();
    this.#subscriber?.error(error);
    this.#settleReads();
  }

  /** Whoever reads hears no more: the stream's owner closed it. */
  leave(): void {
    this.#hasReader = true;
    this.#isOver = true;
    this.#waiting.clear();
    this.#subscriber?.complete();
    this.#settleReads();
  }

  // ------------------------------------------------------------ for the reader

  /** Notes that `size` bytes were used; they go back to the peer in a turn. */
  consume(size: number): void {
    this.#toConsume += size;
    if (this.#toConsume === size && size > 0) this.#turns.post(this.#giveBack);
  }

  /** Bytes noted and not given back yet. */
  get toConsume(): number {
    return this.#toConsume;
  }

  /** The iterator. Throws when there is a reader already. */
  iterate(): AsyncIterator<Uint8Array, undefined> {
    this.#claim();
    return { next: this.#next, return: this.#return };
  }

  readonly #next = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (this.#handedOut > 0) {
      this.consume(this.#handedOut);
      this.#handedOut = 0;
    }
    return new Promise((resolve, reject) => {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) this.#handOut({ resolve, reject }, chunk);
      else if (!this.#isOver) this.#pendingReads.push({ resolve, reject });
      else if (this.#error === undefined) resolve(DONE);
      else reject(this.#error);
    });
  };

  readonly #return = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    this.#turns.post(() => {
      const wasOver = this.#isOver;
      this.leave();
      if (!wasOver) this.#owner.abandoned();
    });
    return Promise.resolve(DONE);
  };

  #claim(): void {
    if (this.#hasReader)
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'the stream has, or had, a reader already');
    this.#hasReader = true;
  }

  #subscribe(subscriber: Subscriber<Uint8Array>): (() => void) | undefined {
    try {
      this.#claim();
    } catch (thrown) {
      subscriber.error(thrown);
      return undefined;
    }
    this.#subscriber = subscriber;
    // In a turn of its own: whoever subscribes has its fields in place before the first chunk comes.
    this.#releasing = true;
    this.#turns.post(this.#release);
    return () => {
      this.#subscriber = undefined;
      if (this.#isOver) return;
      this.leave();
      this.#turns.post(() => this.#owner.abandoned());
    };
  }

  readonly #release = (): void => {
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      this.#subscriber?.next(chunk);
    }
    this.#releasing = false;
    if (!this.#isOver) return;
    if (this.#error === undefined) this.#subscriber?.complete();
    else this.#subscriber?.error(this.#error);
  };

  readonly #giveBack = (): void => {
    const size = this.#toConsume;
    this.#toConsume = 0;
    this.#owner.consume(size);
  };

  #handOut(read: PendingRead, chunk: Uint8Array): void {
    this.#handedOut += chunk.length;
    read.resolve({ done: false, value: chunk });
  }

  #settleReads(): void {
    const reads = this.#pendingReads;
    this.#pendingReads = [];
    for (const read of reads) {
      if (this.#error === undefined) read.resolve(DONE);
      else read.reject(this.#error);
    }
  }
}
