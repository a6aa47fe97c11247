/**
 * Readers of the bodies of delegated routing: lines as they come, a list when it is whole, a value when it is whole. Each
 * counts bytes and records, and throws an `EngineError` (blame `remote`) at the first that is too many or that it cannot read.
 */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import {
  decodeRecord,
  decodeRecordLine,
  decodeRecordList,
  type PeerRecord,
  type RecordList,
  type RecordLimits,
} from '../../wire/http-routing.js';

/** Reads one body. */
export interface AnswerReader {
  push(chunk: Uint8Array): void;
  /** Nothing more comes. */
  end(): void;
}

/** The bounds of the readers. */
export type ReaderLimits = RecordLimits &
  Pick<Limits, 'httpRoutingLineBytes' | 'httpRoutingAnswerBytes' | 'httpRoutingRecords' | 'httpRoutingValueBytes'>;

const NEWLINE = 0x0a;

/** NDJSON: hands each record on as its line ends. The work is linear in the bytes, however they are cut. */
export class LinesReader implements AnswerReader {
  readonly #limits: ReaderLimits;
  readonly #records: RecordCounter;
  readonly #line = new GrowingBytes();
  #bytes = 0;

  constructor(limits: ReaderLimits, onRecord: (record: PeerRecord) => void) {
    this.#limits = limits;
    this.#records = new RecordCounter(limits, onRecord);
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#append(chunk.subarray(from, at));
      this.#decode();
      from = at + 1;
    }
    this.#append(chunk.subarray(from));
    // What came whole before the bound is handed on all the same.
    const { httpRoutingAnswerBytes: bound } = this.#limits;
    if (this.#bytes > bound) throw tooLarge(`a stream of more than ${bound} bytes`);
  }

  end(): void {
    // The last line may lack its end.
    this.#decode();
  }

  #append(part: Uint8Array): void {
    const { httpRoutingLineBytes: bound } = this.#limits;
    if (this.#line.length + part.length > bound) throw tooLarge(`a line of more than ${bound} bytes`);
    this.#line.append(part);
  }

  #decode(): void {
    const record = decodeRecordLine(this.#line.bytes, this.#limits);
    this.#line.clear();
    if (record !== undefined) this.#records.take(record);
  }
}

/** One JSON object with a list of records. */
export class ListReader implements AnswerReader {
  readonly #limits: ReaderLimits;
  readonly #list: RecordList;
  readonly #records: RecordCounter;
  readonly #body = new GrowingBytes();

  constructor(limits: ReaderLimits, list: RecordList, onRecord: (record: PeerRecord) => void) {
    this.#limits = limits;
    this.#list = list;
    this.#records = new RecordCounter(limits, onRecord);
  }

  push(chunk: Uint8Array): void {
    append(this.#body, chunk, this.#limits.httpRoutingAnswerBytes, 'an answer');
  }

  end(): void {
    for (const record of decodeRecordList(this.#body.bytes, this.#list)) {
      this.#records.take(decodeRecord(record, this.#limits));
    }
  }
}

/** A value: bytes that somebody else judges. */
export class ValueReader implements AnswerReader {
  readonly #limits: ReaderLimits;
  readonly #onValue: (value: Uint8Array) => void;
  readonly #body = new GrowingBytes();

  /** `onValue` may throw an `EngineError`, which refuses the value. */
  constructor(limits: ReaderLimits, onValue: (value: Uint8Array) => void) {
    this.#limits = limits;
    this.#onValue = onValue;
  }

  push(chunk: Uint8Array): void {
    append(this.#body, chunk, this.#limits.httpRoutingValueBytes, 'a value');
  }

  end(): void {
    this.#onValue(this.#body.bytes.slice());
  }
}

/** Counts all records, those that nobody here reads included, and hands on those that tell of peers. */
class RecordCounter {
  readonly #bound: number;
  readonly #onRecord: (record: PeerRecord) => void;
  #count = 0;

  constructor({ httpRoutingRecords }: ReaderLimits, onRecord: (record: PeerRecord) => void) {
    this.#bound = httpRoutingRecords;
    this.#onRecord = onRecord;
  }

  take(record: ReturnType<typeof decodeRecord>): void {
    if (++this.#count > this.#bound) throw tooLarge(`more than ${this.#bound} records`);
    if (record.kind === 'peer') this.#onRecord(record);
  }
}

/** Bytes at the front of an array that doubles. */
class GrowingBytes {
  #array = new Uint8Array(256);
  length = 0;

  get bytes(): Uint8Array {
    return this.#array.subarray(0, this.length);
  }

  append(part: Uint8Array): void {
    const needed = this.length + part.length;
    if (needed > this.#array.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#array.length));
      larger.set(this.bytes);
      this.#array = larger;
    }
    this.#array.set(part, this.length);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
  }
}

function append(body: GrowingBytes, chunk: Uint8Array, bound: number, what: string): void {
  if (body.length + chunk.length > bound) throw tooLarge(`${what} of more than ${bound} bytes`);
  body.append(chunk);
}

function tooLarge(what: string): EngineError {
  return new EngineError('ERR_HTTP_ROUTING_TOO_LARGE', 'remote', `delegated routing: ${what}`);
}
