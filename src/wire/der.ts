/**
 * DER (ITU-T X.690) as far as certificates need it: elements with a tag of one byte and a definite length in its shortest
 * form. Reading goes down one level a call, so that nothing a peer sends can make it deep; what is not DER is refused with
 * `ERR_WIRE_DER`.
 */
import { EngineError } from '../errors.js';

/** Tags by their ASN.1 names, the constructed bit included where it belongs. */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]`, `[1]` ...: `explicit + n` holds an element, `implicit + n` is one. */
  implicit: 0x80,
  explicit: 0xa0,
} as const;

/** One element; both parts are views. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly whole: Uint8Array;
}

/** Length bytes that may follow the first: 2^24 is more than any message holds. */
const MAX_LENGTH_BYTES = 3;
const LONG_FORM = 0x80;
/** A tag number that does not fit into the first byte. */
const HIGH_TAG = 0x1f;

/** The element at `offset`. */
export function readDerElement(bytes: Uint8Array, offset = 0): DerElement {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw invalid('an element is cut short');
  if ((tag & HIGH_TAG) === HIGH_TAG) throw invalid('a tag of several bytes');
  let start = offset + 2;
  let length = first;
  if (first >= LONG_FORM) {
    const count = first - LONG_FORM;
    if (count === 0 || count > MAX_LENGTH_BYTES) throw invalid(`a length of ${count} bytes`);
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
    const least = count === 1 ? LONG_FORM : 256 ** (count - 1);
    if (length < least) throw invalid('a length that is not in its shortest form');
  }
  if (start + length > bytes.length) throw invalid('an element is cut short');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(offset, start + length) };
}

/** The one element that `bytes` are, with nothing behind it. */
export function readDerWhole(bytes: Uint8Array, tag: number, what: string): DerElement {
  const element = readDerElement(bytes);
  if (element.whole.length !== bytes.length) throw invalid(`${what}: bytes behind its end`);
  return expectDerTag(element, tag, what);
}

/** The elements that stand one after another in `content`. */
export function readDerElements(content: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < content.length;) {
    const element = readDerElement(content, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** `element`, if it is there and has the tag. */
export function expectDerTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag === tag) return element;
  throw invalid(`${what}: ${element === undefined ? 'missing' : `tag ${element.tag} where ${tag} is due`}`);
}

/** The bytes of a BIT STRING of whole bytes. */
export function readDerBitString(element: DerElement | undefined, what: string): Uint8Array {
  const { content } = expectDerTag(element, DER_TAG.bitString, what);
  if (content[0] !== 0) throw invalid(`${what}: not a number of whole bytes`);
  return content.subarray(1);
}

/** An OBJECT IDENTIFIER in dots: `1.2.840.10045.2.1`. */
export function readDerOid(element: DerElement | undefined, what: string): string {
  const { content } = expectDerTag(element, DER_TAG.objectIdentifier, what);
  const arcs: number[] = [];
  let arc = 0;
  let begins = true;
  for (const byte of content) {
    if (begins && byte === LONG_FORM) throw invalid(`${what}: an arc that is not in its shortest form`);
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw invalid(`${what}: an arc that is too large`);
    begins = byte < LONG_FORM;
    if (!begins) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first] = arcs;
  if (first === undefined || !begins) throw invalid(`${what}: cut short`);
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...arcs.slice(1)].join('.');
}

/** A BOOLEAN, which DER writes as 0 or 255. */
export function readDerBoolean(element: DerElement | undefined, what: string): boolean {
  const { content } = expectDerTag(element, DER_TAG.boolean, what);
  const [value] = content;
  if (content.length !== 1 || (value !== 0 && value !== 0xff)) throw invalid(`${what}: not a boolean`);
  return value === 0xff;
}

/** The element of `tag` around the pieces. */
export function encodeDer(tag: number, ...pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const header = [tag, ...encodeLength(length)];
  const element = new Uint8Array(header.length + length);
  element.set(header);
  let at = header.length;
  for (const piece of pieces) {
    element.set(piece, at);
    at += piece.length;
  }
  return element;
}

/** An INTEGER that is not negative, from its big-endian bytes. */
export function encodeDerInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  const isHigh = (digits[0] ?? 0) >= 0x80;
  return encodeDer(DER_TAG.integer, isHigh || digits.length === 0 ? Uint8Array.of(0) : NONE, digits);
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function encodeDerOid(dotted: string): Uint8Array {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [top * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    return digits;
  });
  return encodeDer(DER_TAG.objectIdentifier, Uint8Array.from(bytes));
}

/** A BIT STRING of whole bytes. */
export function encodeDerBitString(bytes: Uint8Array): Uint8Array {
  return encodeDer(DER_TAG.bitString, Uint8Array.of(0), bytes);
}

const NONE = new Uint8Array(0);

function encodeLength(length: number): number[] {
  if (length < LONG_FORM) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [LONG_FORM | bytes.length, ...bytes];
}

function invalid(why: string): EngineError {
  return new EngineError('ERR_WIRE_DER', 'remote', `DER: ${why}`);
}
