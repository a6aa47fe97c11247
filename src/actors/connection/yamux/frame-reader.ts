/**
 * Cuts a session's bytes into frames. A header is gathered whole, a body never: it is passed on in the pieces it comes in,
 * so a frame of 16 MiB needs no 16 MiB here.
 */
import { readYamuxHeader, YAMUX_HEADER_BYTES, YAMUX_TYPE, type YamuxHeader } from '../../../wire/yamux.js';

/** Takes what a reader reads. */
export interface YamuxFrameSink {
  /** More is read: nothing is over, and there is time. */
  readonly readsOn: boolean;
  /** A header came. It is valid during the call: the reader uses it again. May throw: the bytes after it are not read. */
  onHeader(header: YamuxHeader): void;
  /** A piece of the body of the last data frame. */
  onBody(piece: Uint8Array): void;
  /** The last data frame is complete; called for empty ones too. */
  onBodyEnd(): void;
}

/** Reads the frames of one session. */
export class YamuxFrameReader {
  readonly #sink: YamuxFrameSink;
  readonly #maxDataBytes: number;
  readonly #header: YamuxHeader = { type: 0, flags: 0, streamId: 0, length: 0 };
  /** A header that spans chunks is gathered here; made for it, because hardly any does. */
  #partial: Uint8Array | undefined;
  #partialLength = 0;
  #bodyLeft = 0;

  constructor(sink: YamuxFrameSink, maxDataBytes: number) {
    this.#sink = sink;
    this.#maxDataBytes = maxDataBytes;
  }

  /** Whether everything read so far makes whole frames. */
  get isBetweenFrames(): boolean {
    return this.#partialLength === 0 && this.#bodyLeft === 0;
  }

  /** The last header read. */
  get lastHeader(): Readonly<YamuxHeader> {
    return this.#header;
  }

  /** Reads a chunk; answers how much of it was read. Throws what the header's decoder or the sink throws. */
  read(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.#sink.readsOn) {
      if (this.#bodyLeft > 0) {
        const size = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= size;
        this.#sink.onBody(size === chunk.length ? chunk : chunk.subarray(at, at + size));
        at += size;
        if (this.#bodyLeft === 0) this.#sink.onBodyEnd();
      } else if (this.#partialLength === 0 && chunk.length - at >= YAMUX_HEADER_BYTES) {
        this.#readHeader(chunk, at);
        at += YAMUX_HEADER_BYTES;
      } else {
        const size = Math.min(YAMUX_HEADER_BYTES - this.#partialLength, chunk.length - at);
        const partial = (this.#partial ??= new Uint8Array(YAMUX_HEADER_BYTES));
        partial.set(chunk.subarray(at, at + size), this.#partialLength);
        this.#partialLength += size;
        at += size;
        if (this.#partialLength < YAMUX_HEADER_BYTES) break;
        this.#partialLength = 0;
        this.#partial = undefined;
        this.#readHeader(partial, 0);
      }
    }
    return at;
  }

  #readHeader(bytes: Uint8Array, offset: number): void {
    readYamuxHeader(bytes, offset, this.#maxDataBytes, this.#header);
    const isData = this.#header.type === YAMUX_TYPE.data;
    if (isData) this.#bodyLeft = this.#header.length;
    this.#sink.onHeader(this.#header);
    if (isData && this.#bodyLeft === 0) this.#sink.onBodyEnd();
  }
}
