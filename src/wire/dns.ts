/**
 * DNS messages as far as multicast DNS of libp2p needs them (RFC 1035 section 4, RFC 6762 section 18): questions, and PTR and
 * TXT records; records of other types are stepped over. Names are texts without the last dot; their case is kept, and
 * comparing them is the reader's affair.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';

/** Types of records (RFC 1035, 3.2.2). */
export const DNS_PTR = 12;
export const DNS_TXT = 16;
/** Asks for all types (RFC 1035, 3.2.3). */
export const DNS_ANY = 255;

/** A question. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
}

/** A record that points to a name. */
export interface DnsPointer {
  readonly type: 'PTR';
  readonly name: string;
  readonly ttlSeconds: number;
  readonly target: string;
}

/** A record of texts: each of at most 255 bytes. */
export interface DnsTexts {
  readonly type: 'TXT';
  readonly name: string;
  readonly ttlSeconds: number;
  readonly texts: readonly string[];
}

export type DnsRecord = DnsPointer | DnsTexts;

/** One message. */
export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  /** Records of the authority section are not kept. */
  readonly additionals: readonly DnsRecord[];
}

/** Bounds of {@link decodeDns}. */
export type DnsLimits = Pick<Limits, 'dnsMessageBytes' | 'dnsRecords'>;

const HEADER_BYTES = 12;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
/** Opcode and response code: multicast DNS ignores messages where they are not zero (RFC 6762, 18.3 and 18.11). */
const OPCODE_AND_CODE = 0x780f;
const CLASS_IN = 1;
/** The top bit of a class says "unicast, please" in questions, and "this is all of it" in records (RFC 6762, 18.12 and 18.13). */
const CLASS_MASK = 0x7fff;
/** RFC 1035, 2.3.4: labels, and whole names as they are encoded. */
const LABEL_BYTES = 63;
const NAME_BYTES = 255;
const TEXT_BYTES = 255;
const POINTER = 0xc0;

/**
 * Decodes a message. Throws `ERR_WIRE_DNS` for bytes that are none, that are longer than a message may be, or that hold more
 * records than the bound; records of a class other than IN are left out.
 */
export function decodeDns(bytes: Uint8Array, limits: DnsLimits = LIMITS): DnsMessage {
  if (bytes.length > limits.dnsMessageBytes) throw notDns(`${bytes.length} bytes`);
  const reader = new Reader(bytes);
  const id = reader.number16();
  const flags = reader.number16();
  if ((flags & OPCODE_AND_CODE) !== 0) throw notDns('it is no plain query or response');
  const counts = [reader.number16(), reader.number16(), reader.number16(), reader.number16()] as const;
  const [questionCount, answerCount, authorityCount, additionalCount] = counts;
  if (counts.reduce((sum, count) => sum + count) > limits.dnsRecords) throw notDns('it holds too many records');
  const questions: DnsQuestion[] = [];
  for (let at = 0; at < questionCount; at++) {
    const question = { name: reader.name(), type: reader.number16() };
    if ((reader.number16() & CLASS_MASK) === CLASS_IN) questions.push(question);
  }
  const answers = readRecords(reader, answerCount);
  readRecords(reader, authorityCount);
  const additionals = readRecords(reader, additionalCount);
  return { id, isResponse: (flags & RESPONSE) !== 0, questions, answers, additionals };
}

/** Encodes a message; names share their ends. Throws `ERR_INVALID_ARGUMENT` for a name or text over its bounds. */
export function encodeDns(message: DnsMessage): Uint8Array {
  const { id, isResponse, questions, answers, additionals } = message;
  const writer = new Writer();
  writer.number16(id);
  // An answer of multicast DNS is always an authoritative one (RFC 6762, 18.4).
  writer.number16(isResponse ? RESPONSE | AUTHORITATIVE : 0);
  for (const count of [questions.length, answers.length, 0, additionals.length]) writer.number16(count);
  for (const { name, type } of questions) {
    writer.name(name);
    writer.number16(type);
    writer.number16(CLASS_IN);
  }
  for (const record of [...answers, ...additionals]) writeRecord(writer, record);
  return writer.finish();
}

function readRecords(reader: Reader, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let at = 0; at < count; at++) {
    const name = reader.name();
    const type = reader.number16();
    const isInternet = (reader.number16() & CLASS_MASK) === CLASS_IN;
    const ttlSeconds = reader.number16() * 0x10000 + reader.number16();
    const end = reader.endOf(reader.number16());
    if (isInternet && type === DNS_PTR) {
      records.push({ type: 'PTR', name, ttlSeconds, target: reader.name() });
      if (reader.at !== end) throw notDns('a record is not as long as it says');
    } else if (isInternet && type === DNS_TXT) {
      records.push({ type: 'TXT', name, ttlSeconds, texts: reader.texts(end) });
    }
    reader.at = end;
  }
  return records;
}

function writeRecord(writer: Writer, record: DnsRecord): void {
  const { name, type, ttlSeconds } = record;
  writer.name(name);
  writer.number16(type === 'PTR' ? DNS_PTR : DNS_TXT);
  writer.number16(CLASS_IN);
  writer.number16(Math.floor(ttlSeconds / 0x10000));
  writer.number16(ttlSeconds % 0x10000);
  writer.sized(() => {
    if (record.type === 'PTR') writer.name(record.target);
    // No strings is said by one that is empty (RFC 6763, 6.1).
    else for (const text of record.texts.length === 0 ? [''] : record.texts) writer.text(text);
  });
}

class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw notDns('it ends in the middle');
    return byte;
  }

  number16(): number {
    return this.byte() * 256 + this.byte();
  }

  /** Where a part of `size` bytes ends. */
  endOf(size: number): number {
    const end = this.at + size;
    if (end > this.#bytes.length) throw notDns('it ends in the middle');
    return end;
  }

  /** A name, its shared end followed: always backwards, so that it cannot go on for ever, and no further than a name is long. */
  name(): string {
    const labels: string[] = [];
    let left = NAME_BYTES;
    let after: number | undefined;
    let bound = this.at;
    for (let size = this.byte(); size !== 0; size = this.byte()) {
      if ((size & POINTER) === POINTER) {
        const target = (size & ~POINTER) * 256 + this.byte();
        if (target >= bound || target < HEADER_BYTES) throw notDns('a name points forwards');
        // A hop counts as a byte: a chain of thousands would cost more than the message is worth.
        if (--left < 1) throw notDns('a name is too long');
        after ??= this.at;
        bound = this.at = target;
        continue;
      }
      if (size > LABEL_BYTES || (left -= size + 1) < 1) throw notDns('a name is too long');
      labels.push(this.#text(size));
    }
    if (after !== undefined) this.at = after;
    return labels.join('.');
  }

  texts(end: number): string[] {
    const texts: string[] = [];
    while (this.at < end) {
      const size = this.byte();
      if (this.at + size > end) throw notDns('a text is longer than its record');
      texts.push(this.#text(size));
    }
    return texts;
  }

  #text(size: number): string {
    const end = this.endOf(size);
    const text = new TextDecoder().decode(this.#bytes.subarray(this.at, end));
    this.at = end;
    return text;
  }
}

class Writer {
  readonly #bytes: number[] = [];
  /** Where a name, or the end of one, stands. */
  readonly #known = new Map<string, number>();

  number16(value: number): void {
    this.#bytes.push(value >> 8, value & 0xff);
  }

  text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    if (encoded.length > TEXT_BYTES) throw tooLong(text);
    this.#bytes.push(encoded.length, ...encoded);
  }

  name(name: string): void {
    const labels = name.split('.');
    if (new TextEncoder().encode(name).length + 2 > NAME_BYTES) throw tooLong(name);
    for (let at = 0; at < labels.length; at++) {
      const rest = labels.slice(at).join('.');
      const known = this.#known.get(rest);
      if (known !== undefined) {
        this.number16(POINTER * 256 + known);
        return;
      }
      // What stands further back cannot be pointed to.
      if (this.#bytes.length < 0x4000) this.#known.set(rest, this.#bytes.length);
      const label = new TextEncoder().encode(labels[at]);
      if (label.length === 0 || label.length > LABEL_BYTES) throw tooLong(name);
      this.#bytes.push(label.length, ...label);
    }
    this.#bytes.push(0);
  }

  /** What `write` writes, with its length before it. */
  sized(write: () => void): void {
    const at = this.#bytes.length;
    this.number16(0);
    write();
    const size = this.#bytes.length - at - 2;
    this.#bytes[at] = size >> 8;
    this.#bytes[at + 1] = size & 0xff;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

function notDns(what: string): EngineError {
  return new EngineError('ERR_WIRE_DNS', 'remote', `dns: not a message: ${what}`);
}

function tooLong(text: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `dns: "${text}" has an empty part, or one that is too long`);
}
