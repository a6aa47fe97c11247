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
import { decodeP256PrivateKey, decodeP256PublicKey } from './p256-key.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** A key as the protobuf carries it. */
export interface KeyMessage {
  readonly type: KeyType;
  /**
   * Public: RSA SPKI DER, Ed25519 32 bytes, secp256k1 33 bytes (compressed point), ECDSA SPKI DER of P-256.
   * Private: RSA PKCS#1 DER, Ed25519 64 bytes (seed, public key) or an older form, secp256k1 32 bytes, ECDSA ECPrivateKey DER
   * of P-256.
   */
  readonly data: Uint8Array;
}

const TYPE_NUMBERS: { readonly [Type in KeyType]: number } = { RSA: 0, Ed25519: 1, Secp256k1: 2, ECDSA: 3 };
const TYPES: readonly KeyType[] = ['RSA', 'Ed25519', 'Secp256k1', 'ECDSA'];

/** How `Data` is judged. */
interface KeyForm {
  readonly what: string;
  readonly blame: Blame;
  /** Lengths where the type fixes them; RSA's DER is judged by whoever parses it. */
  readonly sizes: { readonly [Type in KeyType]: readonly number[] };
  /** `undefined` for another curve than P-256, throws for what is no key: the DER names the curve. */
  decodeEcdsa(data: Uint8Array): unknown;
}

const PUBLIC: KeyForm = {
  what: 'PublicKey',
  blame: 'remote',
  sizes: { RSA: [], Ed25519: [32], Secp256k1: [33], ECDSA: [] },
  decodeEcdsa: decodeP256PublicKey,
};
const PRIVATE: KeyForm = {
  what: 'PrivateKey',
  blame: 'local',
  // An Ed25519 key is the seed; the seed and the public key; or, from old nodes, the public key twice.
  sizes: { RSA: [], Ed25519: [32, 64, 96], Secp256k1: [32], ECDSA: [] },
  decodeEcdsa: decodeP256PrivateKey,
};

/** Encodes a public key. */
export function encodePublicKey(key: KeyMessage): Uint8Array {
  return encodeKey(key);
}

/**
 * Decodes a public key; `data` is a view. Throws `ERR_KEY_INVALID` when it is no such message, over
 * {@link LIMITS.keyProtobufBytes}, or of a wrong form, and `ERR_KEY_UNSUPPORTED` for unknown types and for ECDSA on another
 * curve than P-256.
 */
export function decodePublicKey(bytes: Uint8Array): KeyMessage {
  return decodeKey(bytes, PUBLIC);
}

/** Encodes a private key. It never travels: this is the form of key files. */
export function encodePrivateKey(key: KeyMessage): Uint8Array {
  return encodeKey(key);
}

/** Decodes a private key; `data` is a view. Throws as {@link decodePublicKey}, with local blame. */
export function decodePrivateKey(bytes: Uint8Array): KeyMessage {
  return decodeKey(bytes, PRIVATE);
}

function encodeKey({ type, data }: KeyMessage): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(1)).uint32(TYPE_NUMBERS[type]);
  writer.uint32(bytesTag(2)).bytes(data);
  return finishMessage(writer);
}

function decodeKey(bytes: Uint8Array, form: KeyForm): KeyMessage {
  const { what, blame, sizes } = form;
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
  if (type === undefined) throw unsupported(form, `keys of type ${number}`);
  const allowed = sizes[type];
  if (data.length === 0 || (allowed.length > 0 && !allowed.includes(data.length))) {
    throw invalid(`${type} key of ${data.length} bytes`);
  }
  if (type === 'ECDSA') requireP256(data, form, invalid);
  return { type, data };
}

function requireP256(data: Uint8Array, form: KeyForm, invalid: (why: string, cause: unknown) => EngineError): void {
  let key: unknown;
  try {
    key = form.decodeEcdsa(data);
  } catch (cause) {
    throw invalid(`ECDSA key of ${data.length} bytes that does not decode`, cause);
  }
  if (key === undefined) throw unsupported(form, 'ECDSA keys on another curve than P-256');
}

function unsupported({ what, blame }: KeyForm, which: string): EngineError {
  return new EngineError('ERR_KEY_UNSUPPORTED', blame, `${what}: ${which} are not supported`);
}
