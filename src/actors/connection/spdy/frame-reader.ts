/**
 * Cuts a session's bytes into SPDY frames. Headers and the bodies of control frames are gathered whole, within a bound;
 * the body of a data frame never is: it is passed on in the pieces it comes in. Frames of unknown types are skipped.
 */
import {
  decodeSpdyControl,
  isKnown,
  readSpdyHeader,
  SPDY_HEADER_BYTES,
  SPDY_TYPE,
  type SpdyControl,
  type SpdyHeader,
} from '../../../wire/spdy.js';

/** Takes what a reader reads. */
export interface SpdyFrameSink {
  /** More is read: nothing is over, and there is time. */
  readonly readsOn: boolean;
  /** A control frame came, whole. Views in it are valid during the call. May throw: the bytes after it are not read. */
  onControl(control: SpdyControl, header: Readonly<SpdyHeader>): void;
  /** The header of a data frame came; valid during the call. May throw. */
  onData(header: Readonly<SpdyHeader>): void;
  /** A piece of the body of the last data frame. */
  onBody(piece: Uint8Array): void;
  /** The last data frame is complete; called for empty ones too. */
  onBodyEnd(): void;
}

/** What the bytes after a header are for. */
type Reading = 'header' | 'control' | 'data' | 'skipped';

/** Reads the frames of one session. */
export class SpdyFrameReader {
  readonly #sink: SpdyFrameSink;
  readonly #maxControlBytes: number;
  readonly #header: SpdyHeader = { type: 0, flags: 0, streamId: 0, length: 0 };
  #reading: Reading = 'header';
  /** Bytes still to come of what is read. */
  #left = SPDY_HEADER_BYTES;
  /** A header or control body that spans chunks is gathered here. */
  #partial: Uint8Array = new Uint8Array(64);
  #partialLength = 0;

  constructor(sink: SpdyFrameSink, maxControlBytes: number) {
    this.#sink = sink;
    this.#maxControlBytes = maxControlBytes;
  }

  /** Whether everything read so far makes whole frames. */
  get isBetweenFrames(): boolean {
    return this.#reading === 'header' && this.#partialLength === 0;
  }

  /** The last header read. */
  get lastHeader(): Readonly<SpdyHeader> {
    return this.#header;
  }

  /** Reads a chunk; answers how much of it was read. Throws what the decoders or the sink throw. */
  read(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.#sink.readsOn) {
      const size = Math.min(this.#left, chunk.length - at);
      const piece = size === chunk.length ? chunk : chunk.subarray(at, at + size);
      this.#left -= size;
      at += size;
      if (this.#reading === 'data') this.#sink.onBody(piece);
      else if (this.#reading !== 'skipped') this.#gather(piece);
      else if (this.#left === 0) this.#expectHeader();
      if (this.#reading === 'data' && this.#left === 0) this.#endBody();
    }
    return at;
  }

  /** A piece of a header or a control body: read at once when it is whole, else kept until it is. */
  #gather(piece: Uint8Array): void {
    if (this.#left > 0 || this.#partialLength > 0) {
      const length = this.#partialLength + piece.length;
      if (length > this.#partial.length) {
        const larger = new Uint8Array(Math.max(length + this.#left, 2 * this.#partial.length));
        larger.set(this.#partial.subarray(0, this.#partialLength));
        this.#partial = larger;
      }
      this.#partial.set(piece, this.#partialLength);
      this.#partialLength = length;
      if (this.#left > 0) return;
    }
    const whole = this.#partialLength > 0 ? this.#partial.subarray(0, this.#partialLength) : piece;
    this.#partialLength = 0;
    if (this.#reading === 'header') this.#readHeader(whole);
    else this.#readControl(whole);
  }

  #readHeader(bytes: Uint8Array): void {
    const header = this.#header;
    readSpdyHeader(bytes, 0, this.#maxControlBytes, header);
    this.#left = header.length;
    if (header.type === SPDY_TYPE.data) {
      this.#reading = 'data';
      this.#sink.onData(header);
      if (header.length === 0) this.#endBody();
    } else if (isKnown(header.type)) {
      this.#reading = 'control';
      if (header.length === 0) this.#readControl(bytes.subarray(0, 0));
    } else {
      this.#reading = 'skipped';
      if (header.length === 0) this.#expectHeader();
    }
  }

  #readControl(body: Uint8Array): void {
    this.#expectHeader();
    this.#sink.onControl(decodeSpdyControl(this.#header, body), this.#header);
  }

  #endBody(): void {
    this.#expectHeader();
    this.#sink.onBodyEnd();
  }

  #expectHeader(): void {
    this.#reading = 'header';
    this.#left = SPDY_HEADER_BYTES;
  }
}
