/** The body of a streamed answer: what is found waits here until its reader takes it. One reader. */

const NOTHING: Promise<IteratorResult<Uint8Array, undefined>> = Promise.resolve({ done: true, value: undefined });

interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: unknown): void;
}

/** Pieces of bytes in order. */
export class AnswerBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #onOver: () => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #waiting: Waiting | undefined;
  #end: { readonly error?: unknown } | undefined;
  #over = false;

  /** `onOver` is called once: the reader has had everything, or has left. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.#over || this.#end !== undefined) return;
    const waiting = this.#taken();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: bytes });
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /** Nothing more comes; what waits is still read. */
  end(): void {
    this.#finish({});
  }

  /** The reader hears of `error` at once; what waits is dropped. */
  fail(error: unknown): void {
    this.#queue = [];
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#over) return NOTHING;
    const bytes = this.#queue.shift();
    if (bytes !== undefined) {
      this.#queuedBytes -= bytes.length;
      return Promise.resolve({ done: false, value: bytes });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#end !== undefined) this.#tellEnd(this.#end);
    });
  }

  /** The reader leaves. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#queue = [];
    this.#taken()?.resolve({ done: true, value: undefined });
    this.#close();
    return NOTHING;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#over || this.#end !== undefined) return;
    this.#end = end;
    this.#tellEnd(end);
  }

  #tellEnd(end: { readonly error?: unknown }): void {
    const waiting = this.#taken();
    if (waiting === undefined) return;
    if ('error' in end) waiting.reject(end.error);
    else waiting.resolve({ done: true, value: undefined });
    this.#close();
  }

  #taken(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver();
  }
}
