/** A key that this node provides, as it is stored: protobuf, its version first, as the records of peers have it. */
import { EngineError } from '../errors.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** What is kept of one key. */
export interface ProvidedRecord {
  /** The multihash, as it travels in ADD_PROVIDER. */
  readonly key: Uint8Array;
  /** Wall time at which it was provided last, in milliseconds since 1970; 0: never yet. */
  readonly providedAtMs: number;
}

/** The version that {@link encodeProvidedRecord} writes. */
export const PROVIDED_RECORD_VERSION = 1;

const VERSION = 1;
const KEY = 2;
const PROVIDED_AT = 3;

/** Encodes a record. */
export function encodeProvidedRecord({ key, providedAtMs }: ProvidedRecord): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(VERSION)).uint32(PROVIDED_RECORD_VERSION);
  writer.uint32(bytesTag(KEY)).bytes(key);
  if (providedAtMs > 0) writer.uint32(varintTag(PROVIDED_AT)).uint64(Math.floor(providedAtMs));
  return finishMessage(writer);
}

/** Decodes a record; the key is a copy. Throws `ERR_PROVIDE_UNREADABLE` for one that is none, or a newer version's. */
export function decodeProvidedRecord(record: Uint8Array): ProvidedRecord {
  let version: number | undefined;
  let key: Uint8Array = new Uint8Array(0);
  let providedAtMs = 0;
  try {
    readFields(record, 'provided key', (field, value) => {
      if (field === VERSION) version = value.number();
      // What follows is read only where its meaning is known.
      if (version !== PROVIDED_RECORD_VERSION) throw new RangeError(`version ${version ?? 'unknown'}`);
      if (field === KEY) key = value.bytes().slice();
      else if (field === PROVIDED_AT) providedAtMs = value.number();
    });
    if (key.length === 0) throw new RangeError('no key');
  } catch (cause) {
    throw new EngineError('ERR_PROVIDE_UNREADABLE', 'local', 'the record of a provided key cannot be read', { cause });
  }
  return { key, providedAtMs };
}
