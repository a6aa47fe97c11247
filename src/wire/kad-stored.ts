/**
 * What a server of the DHT stores of a provider: when it was heard, and, in a record of its own, where it is. Protobuf, its
 * version first, so that a later engine can tell an earlier one to leave a record alone.
 */
import { EngineError } from '../errors.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** A record. */
export interface StoredProvider {
  /** Wall time at which it was heard, in whole milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Multiaddr texts. */
  readonly addresses: readonly string[];
}

const VERSION = 1;
const RECEIVED_AT = 2;
const ADDRESS = 3;

const encoder = new TextEncoder();

/** Encodes a record. */
export function encodeStoredProvider({ receivedAtMs, addresses }: StoredProvider): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(VERSION)).uint32(1);
  writer.uint32(varintTag(RECEIVED_AT)).uint64(Math.max(0, Math.floor(receivedAtMs)));
  for (const address of addresses) writer.uint32(bytesTag(ADDRESS)).bytes(encoder.encode(address));
  return finishMessage(writer);
}

/** Decodes a record. Throws `ERR_KAD_RECORD_DAMAGED` for bytes that are none, or one of a newer version. */
export function decodeStoredProvider(bytes: Uint8Array): StoredProvider {
  let version = 0;
  let receivedAtMs: number | undefined;
  const addresses: string[] = [];
  try {
    readFields(bytes, 'provider', (field, value) => {
      if (field === VERSION) version = value.number();
      else if (field === RECEIVED_AT) receivedAtMs = value.number();
      else if (field === ADDRESS) addresses.push(value.text());
    });
    if (version !== 1 || receivedAtMs === undefined) throw new RangeError(`version ${version}`);
    return { receivedAtMs, addresses };
  } catch (cause) {
    throw new EngineError('ERR_KAD_RECORD_DAMAGED', 'local', 'the record of a provider does not decode', { cause });
  }
}
