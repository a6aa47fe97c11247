/** Bencoding (BEP 3), the reading half: what trackers answer in. */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';

/** An integer, bytes, a list, or a dictionary whose keys are bytes as Latin-1 text. */
export type Bencoded = number | Uint8Array | readonly Bencoded[] | ReadonlyMap<string, Bencoded>;

const COLON = 0x3a;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const END = 0x65;
const INTEGER = 0x69;
const LIST = 0x6c;
const DICTIONARY = 0x64;
const MINUS = 0x2d;

/**
 * Decodes one value that is all of `bytes`; byte strings are views. Throws `ERR_WIRE_BENCODE` for anything else: values
 * nested deeper than the bound, integers that no number holds, lengths over the end.
 */
export function decodeBencode(bytes: Uint8Array, limits: Pick<Limits, 'bencodeDepth'> = LIMITS): Bencoded {
  const reader = new Reader(bytes, limits.bencodeDepth);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw notBencoded('more bytes follow');
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #maxDepth: number;
  at = 0;

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
  }

  value(depth: number): Bencoded {
    if (depth > this.#maxDepth) throw notBencoded('it is nested too deep');
    const first = this.#bytes[this.at];
    if (first === INTEGER) {
      this.at++;
      return this.#number(END);
    }
    if (first === LIST) {
      this.at++;
      const list: Bencoded[] = [];
      while (!this.#takesEnd()) list.push(this.value(depth + 1));
      return list;
    }
    if (first === DICTIONARY) {
      this.at++;
      const dictionary = new Map<string, Bencoded>();
      while (!this.#takesEnd()) dictionary.set(latin1(this.#string()), this.value(depth + 1));
      return dictionary;
    }
    return this.#string();
  }

  #takesEnd(): boolean {
    if (this.#bytes[this.at] !== END) return false;
    this.at++;
    return true;
  }

  #string(): Uint8Array {
    const size = this.#bytes[this.at] === MINUS ? -1 : this.#number(COLON);
    const end = this.at + size;
    if (size < 0 || end > this.#bytes.length) throw notBencoded('a string is longer than what is there');
    const string = this.#bytes.subarray(this.at, end);
    this.at = end;
    return string;
  }

  /** Decimal digits up to `end`, which is taken too. */
  #number(end: number): number {
    const isNegative = this.#bytes[this.at] === MINUS;
    if (isNegative) this.at++;
    const begin = this.at;
    let value = 0;
    for (let byte = this.#bytes[this.at]; byte !== end; byte = this.#bytes[this.at]) {
      if (byte === undefined || byte < DIGIT_0 || byte > DIGIT_9) throw notBencoded('a number is none');
      value = value * 10 + (byte - DIGIT_0);
      if (value > Number.MAX_SAFE_INTEGER) throw notBencoded('a number is too large');
      this.at++;
    }
    if (this.at === begin) throw notBencoded('a number is none');
    this.at++;
    return isNegative ? -value : value;
  }
}

/** Bytes as text of one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function notBencoded(what: string): EngineError {
  return new EngineError('ERR_WIRE_BENCODE', 'remote', `bencode: not a value: ${what}`);
}
