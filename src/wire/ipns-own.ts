/** What a node keeps of a name of its own: the last record, when it goes out again, and how it is to be renewed. */
import { bytesTag, finishMessage, messageWriter, readFields, varintTag, writeUint64 } from './protobuf.js';

/** One name, as it is stored. */
export interface OwnIpnsEntry {
  /** The record, whole. */
  readonly record: Uint8Array;
  /** Wall time at which it is due to go out again, in milliseconds since 1970. */
  readonly dueMs: number;
  /** How long each renewal lives. */
  readonly lifeMs: number;
  readonly ttlMs: number;
  readonly v2Only: boolean;
  /** Somebody else who holds the key published this one: it is theirs to keep alive. */
  readonly superseded: boolean;
}

/** Encodes an entry. */
export function encodeOwnIpns({ record, dueMs, lifeMs, ttlMs, v2Only, superseded }: OwnIpnsEntry): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(record);
  for (const [field, value] of [dueMs, lifeMs, ttlMs].entries()) {
    writeUint64(writer.uint32(varintTag(field + 2)), BigInt(Math.max(0, Math.floor(value))));
  }
  writer.uint32(varintTag(5)).bool(v2Only);
  writer.uint32(varintTag(6)).bool(superseded);
  return finishMessage(writer);
}

/** Decodes an entry; the record is a copy. Throws `ERR_WIRE_PROTOBUF` for bytes that are none. */
export function decodeOwnIpns(bytes: Uint8Array): OwnIpnsEntry {
  let record: Uint8Array = new Uint8Array(0);
  const times = [0, 0, 0];
  let v2Only = false;
  let superseded = false;
  readFields(bytes, 'own IPNS record', (field, value) => {
    if (field === 1) record = value.bytes().slice();
    else if (field >= 2 && field <= 4) times[field - 2] = value.number();
    else if (field === 5) v2Only = value.bool();
    else if (field === 6) superseded = value.bool();
  });
  const [dueMs = 0, lifeMs = 0, ttlMs = 0] = times;
  return { record, dueMs, lifeMs, ttlMs, v2Only, superseded };
}
