/** The presentation language of TLS (RFC 8446, 3): big-endian numbers, and vectors with their length in front. */
import { EngineError } from '../errors.js';

/** Reads the fields of one structure, one after another. Throws `ERR_TLS_BAD_MESSAGE` where they are cut short. */
export class TlsReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** Whether everything is read. */
  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** An unsigned number of `size` bytes. */
  number(size: 1 | 2 | 3 | 4): number {
    let value = 0;
    for (const byte of this.bytes(size)) value = value * 256 + byte;
    return value;
  }

  /** The next `size` bytes, as a view. */
  bytes(size: number): Uint8Array {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw badTlsMessage(`${this.#what} is cut short`);
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** A vector whose length takes `lengthBytes`, as a view. */
  vector(lengthBytes: 1 | 2 | 3): Uint8Array {
    return this.bytes(this.number(lengthBytes));
  }

  /** A vector of numbers of two bytes, such as a list of suites. */
  numbers(lengthBytes: 1 | 2): number[] {
    const list = this.nested(lengthBytes);
    const numbers: number[] = [];
    while (!list.atEnd) numbers.push(list.number(2));
    return numbers;
  }

  /** A reader of the vector that stands here. */
  nested(lengthBytes: 1 | 2 | 3): TlsReader {
    return new TlsReader(this.vector(lengthBytes), this.#what);
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.atEnd) throw badTlsMessage(`${this.#what} has bytes behind its end`);
  }
}

/** A number of `size` bytes. */
export function tlsNumber(value: number, size: 1 | 2 | 3 | 4): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = size - 1, left = value; index >= 0; index--, left = Math.floor(left / 256))
    bytes[index] = left % 256;
  return bytes;
}

/** The pieces as one vector whose length takes `lengthBytes`. */
export function tlsVector(lengthBytes: 1 | 2 | 3, ...pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length >= 256 ** lengthBytes) throw new RangeError(`${length} bytes do not fit ${lengthBytes} bytes of length`);
  return joinBytes(tlsNumber(length, lengthBytes), ...pieces);
}

/** The pieces, one after another. */
export function joinBytes(...pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** A message that does not decode. */
export function badTlsMessage(why: string): EngineError {
  return new EngineError('ERR_TLS_BAD_MESSAGE', 'remote', why);
}
