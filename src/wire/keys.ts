/**
 * Identity keys on the wire and on disk (libp2p/specs peer-ids/peer-ids.md, "Keys"): one protobuf for public and for
 * private keys, `{ Type = 1, Data = 2 }`.
 *
 * The encoding is deterministic (shortest varints, fields in order, none left out), because the bytes are hashed into
 * peer ids: encoding what was decoded gives the canonical bytes of a key, however its sender wrote them.
 */
import { EngineError, type Blame } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { KeyType } from '../ports.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** A key as the protobuf carries it. */
export interface KeyMessage {
  readonly type: KeyType;
  /**
   * Public: RSA SPKI DER, Ed25519 32 bytes, secp256k1 33 bytes (compressed point).
   * Private: RSA PKCS#1 DER, Ed25519 64 bytes (seed, public key) or an older form, secp256k1 32 bytes.
   */
  readonly data: Uint8Array;
}

const TYPE_NUMBERS: { readonly [Type in KeyType]: number } = { RSA: 0, Ed25519: 1, Secp256k1: 2 };
const TYPES: readonly KeyType[] = ['RSA', 'Ed25519', 'Secp256k1'];

/** Lengths of `Data` where the type fixes them; RSA's DER is judged by whoever parses it. */
const PUBLIC_SIZES: { readonly [Type in KeyType]: readonly number[] } = { RSA: [], Ed25519: [32], Secp256k1: [33] };
/** An Ed25519 private key is the seed; the seed and the public key; or, from old nodes, the public key twice. */
const PRIVATE_SIZES: { readonly [Type in KeyType]: readonly number[] } = {
  RSA: [],
  Ed25519: [32, 64, 96],
  Secp256k1: [32],
};

/** Encodes a public key. */
export function encodePublicKey(key: KeyMessage): Uint8Array {
  return encodeKey(key);
}

/**
 * Decodes a public key; `data` is a view. Throws `ERR_KEY_INVALID` when it is no such message, over
 * {@link LIMITS.keyProtobufBytes}, or of a wrong length, and `ERR_KEY_UNSUPPORTED` for ECDSA and unknown types.
 */
export function decodePublicKey(bytes: Uint8Array): KeyMessage {
  return decodeKey(bytes, 'PublicKey', 'remote', PUBLIC_SIZES);
}

/** Encodes a private key. It never travels: this is the form of key files. */
export function encodePrivateKey(key: KeyMessage): Uint8Array {
  return encodeKey(key);
}

/** Decodes a private key; `data` is a view. Throws as {@link decodePublicKey}, with local blame. */
export function decodePrivateKey(bytes: Uint8Array): KeyMessage {
  return decodeKey(bytes, 'PrivateKey', 'local', PRIVATE_SIZES);
}

function encodeKey({ type, data }: KeyMessage): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(1)).uint32(TYPE_NUMBERS[type]);
  writer.uint32(bytesTag(2)).bytes(data);
  return finishMessage(writer);
}

function decodeKey(
  bytes: Uint8Array,
  what: string,
  blame: Blame,
  sizes: { readonly [Type in KeyType]: readonly number[] },
): KeyMessage {
  const invalid = (why: string, cause?: unknown): EngineError =>
    new EngineError('ERR_KEY_INVALID', blame, `${what}: ${why}`, { cause });
  if (bytes.length > LIMITS.keyProtobufBytes) {
    throw invalid(`${bytes.length} bytes, the limit is ${LIMITS.keyProtobufBytes}`);
  }
  let number: number | undefined;
  let data: Uint8Array | undefined;
  try {
    readFields(bytes, what, (field, value) => {
      if (field === 1) number = value.number();
      else if (field === 2) data = value.bytes();
    });
  } catch (cause) {
    throw invalid('not a valid message', cause);
  }
  if (number === undefined) throw invalid('Type is missing');
  if (data === undefined) throw invalid('Data is missing');
  const type = TYPES[number];
  if (type === undefined) {
    throw new EngineError(
      'ERR_KEY_UNSUPPORTED',
      blame,
      `${what}: keys of type ${describeType(number)} are not supported`,
    );
  }
  const allowed = sizes[type];
  if (data.length === 0 || (allowed.length > 0 && !allowed.includes(data.length))) {
    throw invalid(`${type} key of ${data.length} bytes`);
  }
  return { type, data };
}

function describeType(number: number): string {
  return number === 3 ? '3 (ECDSA)' : String(number);
}
