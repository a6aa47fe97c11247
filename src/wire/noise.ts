/**
 * noise-libp2p on the wire (libp2p/specs noise/README.md, "Wire Format" and "The libp2p Handshake Payload"): a 16-bit
 * big-endian length before every Noise message, and the protobuf payload inside the second and third one.
 *
 *   message 1  dialer -> listener  e (32)
 *   message 2  listener -> dialer  e (32), s (32 + tag), payload (n + tag)
 *   message 3  dialer -> listener  s (32 + tag), payload (n + tag)
 *   then       both ways           ciphertext (n + tag)
 */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';
import { bytesTag, finishMessage, messageWriter, readFields } from './protobuf.js';

/** Bytes of the length in front of every Noise message. */
export const NOISE_LENGTH_BYTES = 2;
/** What 16 bits can say, and the Noise specification's own bound on a message. */
export const NOISE_MAX_MESSAGE_BYTES = 65_535;
/** Poly1305's tag, at the end of every ciphertext. */
export const NOISE_TAG_BYTES = 16;
/** An X25519 public key. */
export const NOISE_KEY_BYTES = 32;

/** Handshake messages by their place in the pattern. */
export type NoiseMessageNumber = 1 | 2 | 3;

/** The XX pattern as the Noise specification writes it, one line of tokens a message. */
export const NOISE_XX_TOKENS: { readonly [Message in NoiseMessageNumber]: readonly NoiseToken[] } = {
  1: ['e'],
  2: ['e', 'ee', 's', 'es'],
  3: ['s', 'se'],
};

/** One token of a handshake pattern. */
export type NoiseToken = 'e' | 's' | 'ee' | 'es' | 'se';

/** The shortest that each message can be: its keys and tags with an empty payload. */
export const NOISE_MIN_MESSAGE_BYTES: { readonly [Message in NoiseMessageNumber]: number } = {
  1: NOISE_KEY_BYTES,
  2: NOISE_KEY_BYTES + (NOISE_KEY_BYTES + NOISE_TAG_BYTES) + NOISE_TAG_BYTES,
  3: NOISE_KEY_BYTES + NOISE_TAG_BYTES + NOISE_TAG_BYTES,
};

/** NoiseExtensions: what libp2p settles inside the handshake. Lists are empty where a field is absent. */
export interface NoiseExtensions {
  readonly webtransportCerthashes: readonly Uint8Array[];
  /** Muxer protocol ids, best first. */
  readonly streamMuxers: readonly string[];
}

/** NoiseHandshakePayload: who the sender is and the proof that the Noise static key is its own. */
export interface NoiseHandshakePayload {
  /** Public key in the libp2p keys protobuf, as it was received. */
  readonly identityKey: Uint8Array;
  /** Signature by that key over {@link NOISE_SIGNATURE_PREFIX} and the sender's Noise static key. */
  readonly identitySignature: Uint8Array;
  readonly extensions?: NoiseExtensions | undefined;
}

/** What is signed in front of the static key, so that the signature fits nothing else. */
export const NOISE_SIGNATURE_PREFIX = 'noise-libp2p-static-key:';

/** Decodes the frame at `offset` to a view of its Noise message; `undefined` means the bytes are not all here yet. */
export function decodeNoiseFrame(bytes: Uint8Array, offset = 0): Decoded<Uint8Array> | undefined {
  const length = decodeNoiseLength(bytes, offset);
  if (length === undefined) return undefined;
  const start = offset + NOISE_LENGTH_BYTES;
  if (bytes.length - start < length) return undefined;
  return { value: bytes.subarray(start, start + length), size: NOISE_LENGTH_BYTES + length };
}

/** The length that stands at `offset`, or `undefined` while it is not all here. */
export function decodeNoiseLength(bytes: Uint8Array, offset = 0): number | undefined {
  const high = bytes[offset];
  const low = bytes[offset + 1];
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}

/** The two bytes for a message of `length` bytes, at most {@link NOISE_MAX_MESSAGE_BYTES}. */
export function encodeNoiseLength(length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > NOISE_MAX_MESSAGE_BYTES) {
    throw new RangeError(`length must be 0 to ${NOISE_MAX_MESSAGE_BYTES}, got ${length}`);
  }
  return Uint8Array.of(length >> 8, length & 0xff);
}

/** Encodes a payload; extensions that say nothing are left out. */
export function encodeNoisePayload(payload: NoiseHandshakePayload): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(payload.identityKey);
  writer.uint32(bytesTag(2)).bytes(payload.identitySignature);
  const { webtransportCerthashes = [], streamMuxers = [] } = payload.extensions ?? {};
  if (webtransportCerthashes.length > 0 || streamMuxers.length > 0) {
    writer.uint32(bytesTag(4)).fork();
    for (const hash of webtransportCerthashes) writer.uint32(bytesTag(1)).bytes(hash);
    for (const muxer of streamMuxers) writer.uint32(bytesTag(2)).string(muxer);
    writer.ldelim();
  }
  return finishMessage(writer);
}

/**
 * Decodes a payload; unknown fields (such as the early drafts' field 3) are skipped.
 * Throws `ERR_WIRE_PROTOBUF` when it is no such message, or lacks the key or the signature.
 */
export function decodeNoisePayload(bytes: Uint8Array): NoiseHandshakePayload {
  let identityKey: Uint8Array | undefined;
  let identitySignature: Uint8Array | undefined;
  let extensions: { webtransportCerthashes: Uint8Array[]; streamMuxers: string[] } | undefined;
  readFields(bytes, 'NoiseHandshakePayload', (field, value) => {
    if (field === 1) identityKey = value.bytes();
    else if (field === 2) identitySignature = value.bytes();
    else if (field === 4) {
      const { webtransportCerthashes, streamMuxers } = (extensions ??= {
        webtransportCerthashes: [],
        streamMuxers: [],
      });
      readFields(value.bytes(), 'NoiseExtensions', (inner, item) => {
        if (inner === 1) webtransportCerthashes.push(item.bytes());
        else if (inner === 2) streamMuxers.push(item.text());
      });
    }
  });
  return {
    identityKey: required(identityKey, 'identity_key'),
    identitySignature: required(identitySignature, 'identity_sig'),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** A handshake message in words, for a failure report: `message 2 (e, ee, s, es), 95 bytes where 96 are the least`. */
export function describeNoiseMessage(message: NoiseMessageNumber, length: number | undefined): string {
  const name = `message ${message} (${NOISE_XX_TOKENS[message].join(', ')})`;
  if (length === undefined) return name;
  const least = NOISE_MIN_MESSAGE_BYTES[message];
  return `${name}, ${length} bytes${length < least ? ` where ${least} are the least` : ''}`;
}

function required(value: Uint8Array | undefined, name: string): Uint8Array {
  if (value === undefined || value.length === 0) {
    throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', `NoiseHandshakePayload: ${name} is missing`);
  }
  return value;
}
