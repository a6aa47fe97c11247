/**
 * Cuts a session's bytes into messages. A header is gathered whole, data never: it is passed on in the pieces it comes in,
 * so a message of 1 MiB needs no 1 MiB here.
 */
import {
  decodeMplexHeader,
  MPLEX_HEADER_MAX_BYTES,
  type MplexHeader,
  type MplexHeaderLimits,
} from '../../../wire/mplex.js';

/** Takes what a reader reads. */
export interface MplexMessageSink {
  /** More is read: nothing is over, and there is time. */
  readonly readsOn: boolean;
  /** A header came. May throw: the bytes after it are not read. */
  onHeader(header: MplexHeader): void;
  /** A piece of the data of the last message. */
  onData(piece: Uint8Array): void;
  /** The last message is complete; called for empty ones too. */
  onMessageEnd(): void;
}

/** Reads the messages of one session. */
export class MplexMessageReader {
  readonly #sink: MplexMessageSink;
  readonly #limits: MplexHeaderLimits;
  /** A header that spans chunks is gathered here. */
  readonly #partial = new Uint8Array(MPLEX_HEADER_MAX_BYTES);
  #partialLength = 0;
  #dataLeft = 0;
  #lastHeader: MplexHeader | undefined;

  constructor(sink: MplexMessageSink, limits: MplexHeaderLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether everything read so far makes whole messages. */
  get isBetweenMessages(): boolean {
    return this.#partialLength === 0 && this.#dataLeft === 0;
  }

  /** The last header read; `undefined` before the first. */
  get lastHeader(): MplexHeader | undefined {
    return this.#lastHeader;
  }

  /** Reads a chunk; answers how much of it was read. Throws what the header's decoder or the sink throws. */
  read(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.#sink.readsOn) {
      if (this.#dataLeft > 0) at += this.#readData(chunk, at);
      else if (this.#partialLength > 0) at += this.#readOn(chunk[at] ?? 0);
      else {
        const header = decodeMplexHeader(chunk, this.#limits, at);
        if (header === undefined) {
          this.#partial.set(chunk.subarray(at));
          this.#partialLength = chunk.length - at;
          return chunk.length;
        }
        at += header.size;
        this.#begin(header.value);
      }
    }
    return at;
  }

  /** One more byte of a header that was not all there. */
  #readOn(byte: number): number {
    this.#partial[this.#partialLength++] = byte;
    const header = decodeMplexHeader(this.#partial.subarray(0, this.#partialLength), this.#limits);
    if (header !== undefined) {
      this.#partialLength = 0;
      this.#begin(header.value);
    }
    return 1;
  }

  #readData(chunk: Uint8Array, at: number): number {
    const size = Math.min(this.#dataLeft, chunk.length - at);
    this.#dataLeft -= size;
    this.#sink.onData(size === chunk.length ? chunk : chunk.subarray(at, at + size));
    if (this.#dataLeft === 0) this.#sink.onMessageEnd();
    return size;
  }

  #begin(header: MplexHeader): void {
    this.#lastHeader = header;
    this.#dataLeft = header.length;
    this.#sink.onHeader(header);
    if (this.#dataLeft === 0) this.#sink.onMessageEnd();
  }
}
