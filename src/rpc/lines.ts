/** Cuts a stream of bytes into lines, with a bound on one line. */
import { EngineError } from '../errors.js';

const NEWLINE = 0x0a;

/** Keeps what has come of a line that is not whole. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** `maxBytes` of one line, its newline not counted. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` makes whole. Throws `ERR_RPC_TOO_LARGE` at the first byte too many. */
  *push(chunk: Uint8Array): Iterable<Uint8Array> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#bytes + part.length > this.#maxBytes) {
        throw new EngineError('ERR_RPC_TOO_LARGE', 'remote', `a line has at most ${this.#maxBytes} bytes`);
      }
      if (end === -1) {
        if (part.length > 0) this.#parts.push(part);
        this.#bytes += part.length;
        return;
      }
      yield this.#take(part);
      start = end + 1;
    }
  }

  #take(last: Uint8Array): Uint8Array {
    const line = new Uint8Array(this.#bytes + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
