/**
 * What a rendezvous point stores: each registration, and, once, what its cookies are made with. Protobuf, its version first,
 * so that a later engine can tell an earlier one to leave a record alone. Whose it is and where stands in the key.
 */
import { EngineError } from '../errors.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** A registration. Times are wall time, in whole milliseconds since 1970. */
export interface RegistrationRecord {
  /** Its place among all registrations of the point. */
  readonly number: number;
  readonly registeredAtMs: number;
  readonly expiresAtMs: number;
  /** As it travelled. */
  readonly signedPeerRecord: Uint8Array;
}

/** What cookies are made with. */
export interface PointRecord {
  readonly cookieKey: Uint8Array;
  /** No registration and no cookie has a higher number. */
  readonly highestNumber: number;
}

const VERSION = 1;
const NUMBER = 2;
const REGISTERED_AT = 3;
const EXPIRES_AT = 4;
const SIGNED_PEER_RECORD = 5;
const COOKIE_KEY = 3;

/** Encodes a registration. */
export function encodeRegistrationRecord(record: RegistrationRecord): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(VERSION)).uint32(1);
  writer.uint32(varintTag(NUMBER)).uint64(record.number);
  writer.uint32(varintTag(REGISTERED_AT)).uint64(Math.max(0, Math.floor(record.registeredAtMs)));
  writer.uint32(varintTag(EXPIRES_AT)).uint64(Math.max(0, Math.floor(record.expiresAtMs)));
  writer.uint32(bytesTag(SIGNED_PEER_RECORD)).bytes(record.signedPeerRecord);
  return finishMessage(writer);
}

/** Decodes a registration. Throws `ERR_RENDEZVOUS_RECORD_DAMAGED` for bytes that are none, or one of a newer version. */
export function decodeRegistrationRecord(bytes: Uint8Array): RegistrationRecord {
  return whole('a registration', () => {
    const { numbers, texts } = fieldsOf(bytes, SIGNED_PEER_RECORD);
    const number = needed(numbers.get(NUMBER));
    const registeredAtMs = needed(numbers.get(REGISTERED_AT));
    const expiresAtMs = needed(numbers.get(EXPIRES_AT));
    if (expiresAtMs < registeredAtMs) throw new RangeError('it ended before it began');
    return { number, registeredAtMs, expiresAtMs, signedPeerRecord: needed(texts.get(SIGNED_PEER_RECORD)) };
  });
}

/** Encodes what cookies are made with. */
export function encodePointRecord({ cookieKey, highestNumber }: PointRecord): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(VERSION)).uint32(1);
  writer.uint32(varintTag(NUMBER)).uint64(highestNumber);
  writer.uint32(bytesTag(COOKIE_KEY)).bytes(cookieKey);
  return finishMessage(writer);
}

/** Decodes what cookies are made with. Throws `ERR_RENDEZVOUS_RECORD_DAMAGED` as {@link decodeRegistrationRecord}. */
export function decodePointRecord(bytes: Uint8Array): PointRecord {
  return whole('the record of the point', () => {
    const { numbers, texts } = fieldsOf(bytes, COOKIE_KEY);
    return { cookieKey: needed(texts.get(COOKIE_KEY)), highestNumber: needed(numbers.get(NUMBER)) };
  });
}

/** The known fields: bytes in one of them, numbers in those below it. */
function fieldsOf(bytes: Uint8Array, bytesField: number) {
  const numbers = new Map<number, number>();
  const texts = new Map<number, Uint8Array>();
  readFields(bytes, 'stored registration', (field, value) => {
    if (field === bytesField) texts.set(field, value.bytes().slice());
    else if (field >= VERSION && field < bytesField) numbers.set(field, value.number());
  });
  if (numbers.get(VERSION) !== 1) throw new RangeError(`version ${numbers.get(VERSION)}`);
  return { numbers, texts };
}

function needed<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('a field is missing');
  return value;
}

function whole<Decoded>(what: string, decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (cause) {
    throw new EngineError('ERR_RENDEZVOUS_RECORD_DAMAGED', 'local', `${what} that is stored does not decode`, {
      cause,
    });
  }
}
