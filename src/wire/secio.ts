/**
 * secio on the wire (libp2p/specs secio/README.md): every message has its length in front as 32 bits, big-endian (the
 * spec's text says varint; every implementation writes 32 bits). Propose and Exchange are protobuf; what follows them
 * is ciphertext with its MAC at the end.
 *
 *   Propose   both ways at once   nonce, identity key, three lists of names, best first
 *   Exchange  both ways           ephemeral public key, signature over both Proposes and that key
 *   sealed    both ways           the other side's nonce first, then data
 *
 * Propose and Exchange keep the bytes they travelled as: the signature is over those and not over a new encoding.
 */
import type { Decoded } from './decoded.js';
import { decodeUint32Prefixed, encodeUint32Prefixed } from './length-prefixed.js';
import { bytesTag, finishMessage, messageWriter, readFields } from './protobuf.js';

/** Bytes of the length in front of every message. */
export const SECIO_LENGTH_BYTES = 4;
/** Bytes of a nonce: the spec's and every implementation's. */
export const SECIO_NONCE_BYTES = 16;

/** What a Propose says. Lists are empty, and bytes too, where a field is absent. */
export interface ProposeFields {
  /** The sender's nonce, which the other side has to echo inside the channel. */
  readonly rand: Uint8Array;
  /** The sender's identity key in the libp2p keys protobuf. */
  readonly publicKey: Uint8Array;
  /** Names of curves, best first. */
  readonly exchanges: readonly string[];
  readonly ciphers: readonly string[];
  readonly hashes: readonly string[];
}

/** What an Exchange says. Both are empty where a field is absent. */
export interface ExchangeFields {
  /** The sender's ephemeral public key: an uncompressed point of the agreed curve. */
  readonly ephemeralKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** A Propose and the bytes it travels as. */
export interface Propose extends ProposeFields {
  readonly bytes: Uint8Array;
}

/** An Exchange and the bytes it travels as. */
export interface Exchange extends ExchangeFields {
  readonly bytes: Uint8Array;
}

/**
 * Decodes the frame at `offset` to a view of what it holds; `undefined` means the bytes are not all here yet.
 * Throws `ERR_WIRE_TOO_LARGE` as soon as the length is known to be above `maxBytes`.
 */
export function decodeSecioFrame(bytes: Uint8Array, maxBytes: number, offset = 0): Decoded<Uint8Array> | undefined {
  return decodeUint32Prefixed(bytes, maxBytes, offset);
}

/** A message with its length in front. */
export function encodeSecioFrame(message: Uint8Array): Uint8Array {
  return encodeUint32Prefixed(message);
}

/** The length that stands at `offset`, or `undefined` while it is not all here. It is judged by the caller. */
export function decodeSecioLength(bytes: Uint8Array, offset = 0): number | undefined {
  if (bytes.length - offset < SECIO_LENGTH_BYTES) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + offset, SECIO_LENGTH_BYTES).getUint32(0);
}

/** The four bytes for a message of `length` bytes. */
export function encodeSecioLength(length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > 0xffffffff) {
    throw new RangeError(`length must be a 32-bit number, got ${length}`);
  }
  const bytes = new Uint8Array(SECIO_LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** A Propose of ours, encoded. */
export function makePropose(fields: ProposeFields): Propose {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(fields.rand);
  writer.uint32(bytesTag(2)).bytes(fields.publicKey);
  writer.uint32(bytesTag(3)).string(fields.exchanges.join(','));
  writer.uint32(bytesTag(4)).string(fields.ciphers.join(','));
  writer.uint32(bytesTag(5)).string(fields.hashes.join(','));
  return { ...fields, bytes: finishMessage(writer) };
}

/** Decodes a Propose, as views; unknown fields are skipped. Throws `ERR_WIRE_PROTOBUF`. */
export function decodePropose(bytes: Uint8Array): Propose {
  const propose = { rand: NONE, publicKey: NONE, exchanges: NO_NAMES, ciphers: NO_NAMES, hashes: NO_NAMES, bytes };
  readFields(bytes, 'Propose', (field, value) => {
    if (field === 1) propose.rand = value.bytes();
    else if (field === 2) propose.publicKey = value.bytes();
    else if (field === 3) propose.exchanges = namesOf(value.text());
    else if (field === 4) propose.ciphers = namesOf(value.text());
    else if (field === 5) propose.hashes = namesOf(value.text());
  });
  return propose;
}

/** An Exchange of ours, encoded. */
export function makeExchange(fields: ExchangeFields): Exchange {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(fields.ephemeralKey);
  writer.uint32(bytesTag(2)).bytes(fields.signature);
  return { ...fields, bytes: finishMessage(writer) };
}

/** Decodes an Exchange, as views; unknown fields are skipped. Throws `ERR_WIRE_PROTOBUF`. */
export function decodeExchange(bytes: Uint8Array): Exchange {
  const exchange = { ephemeralKey: NONE, signature: NONE, bytes };
  readFields(bytes, 'Exchange', (field, value) => {
    if (field === 1) exchange.ephemeralKey = value.bytes();
    else if (field === 2) exchange.signature = value.bytes();
  });
  return exchange;
}

/** A Propose in words, for a failure report. */
export function describePropose(propose: ProposeFields): string {
  const { rand, publicKey, exchanges, ciphers, hashes } = propose;
  const lists = [exchanges, ciphers, hashes].map((names) => `"${shortened(names.join(','))}"`).join(' ');
  return `Propose: nonce of ${rand.length} bytes, key of ${publicKey.length} bytes, ${lists}`;
}

/** An Exchange in words, for a failure report. */
export function describeExchange(exchange: ExchangeFields): string {
  const { ephemeralKey, signature } = exchange;
  return `Exchange: ephemeral key of ${ephemeralKey.length} bytes, signature of ${signature.length} bytes`;
}

const NONE: Uint8Array = new Uint8Array(0);
const NO_NAMES: readonly string[] = [];
/** A peer's list can fill a whole message; a report needs its beginning. */
const TEXT_SHOWN = 80;

function namesOf(text: string): readonly string[] {
  return text === '' ? NO_NAMES : text.split(',');
}

/** At most {@link TEXT_SHOWN} characters, and none that a terminal would obey. */
function shortened(text: string): string {
  const printable = text.slice(0, TEXT_SHOWN).replaceAll(/[^\x20-\x7e]/g, '?');
  return text.length > TEXT_SHOWN ? `${printable}...` : printable;
}
