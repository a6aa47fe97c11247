/**
 * IPNS records on the wire (specs.ipfs.tech ipns-record, "Record Serialization Format"): a protobuf `IpnsEntry`, and in its
 * field `data` a DAG-CBOR map, which is what signatures are over. The protobuf's own copies of the map's fields are
 * of version 1: written so that readers of old find them, and worth nothing by themselves.
 *
 * The map is written with its keys in canonical order. It is read in any order, as everybody reads it: it is verified as the
 * bytes that came, and never written again.
 */
import { decode, encode } from '@ipld/dag-cbor';
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag, writeUint64 } from './protobuf.js';

/** The only kind of validity that there is: until a time. */
export const VALID_UNTIL = 0;

/** The fields of version 1; a number that was left out is 0, as proto2 has it. */
export interface IpnsEntryV1 {
  readonly value: Uint8Array;
  readonly signature: Uint8Array;
  readonly validityType: number;
  readonly validity: Uint8Array;
  readonly sequence: bigint;
  readonly ttlNanos: bigint;
}

/** An entry, in its parts. */
export interface IpnsEntry {
  /** DAG-CBOR, see {@link decodeIpnsData}; empty where it is absent. */
  readonly data: Uint8Array;
  /** Over `ipns-signature:` and `data`; empty where it is absent. */
  readonly signatureV2: Uint8Array;
  /** The libp2p keys protobuf, where the name does not hold the key. */
  readonly publicKey?: Uint8Array;
  /** Present when `value` or `signatureV1` is. */
  readonly v1?: IpnsEntryV1;
}

/** What `data` says. */
export interface IpnsData {
  readonly value: Uint8Array;
  /** Text in ASCII: a time by RFC 3339 for {@link VALID_UNTIL}. */
  readonly validity: Uint8Array;
  readonly validityType: bigint;
  readonly sequence: bigint;
  /** How long it may be taken from a cache, in nanoseconds; some writers of version 2 alone left it out. */
  readonly ttlNanos?: bigint;
}

const MAX_UINT64 = (1n << 64n) - 1n;
const EMPTY = new Uint8Array(0);

/**
 * Decodes an entry; byte fields are copies. Throws `ERR_IPNS_TOO_LARGE` before it looks at one that is over the limit, and
 * `ERR_WIRE_PROTOBUF` for bytes that are none.
 */
export function decodeIpnsEntry(bytes: Uint8Array, limits: Pick<Limits, 'ipnsRecordBytes'> = LIMITS): IpnsEntry {
  if (bytes.length > limits.ipnsRecordBytes) {
    const what = `IPNS record: ${bytes.length} bytes, the limit is ${limits.ipnsRecordBytes}`;
    throw new EngineError('ERR_IPNS_TOO_LARGE', 'remote', what);
  }
  let data: Uint8Array = EMPTY;
  let signatureV2: Uint8Array = EMPTY;
  let publicKey: Uint8Array | undefined;
  const v1 = { value: EMPTY, signature: EMPTY, validityType: 0, validity: EMPTY, sequence: 0n, ttlNanos: 0n };
  readFields(bytes, 'IPNS record', (field, value) => {
    if (field === 1) v1.value = value.bytes().slice();
    else if (field === 2) v1.signature = value.bytes().slice();
    else if (field === 3) v1.validityType = value.number();
    else if (field === 4) v1.validity = value.bytes().slice();
    else if (field === 5) v1.sequence = value.uint64();
    else if (field === 6) v1.ttlNanos = value.uint64();
    else if (field === 7) publicKey = value.bytes().slice();
    else if (field === 8) signatureV2 = value.bytes().slice();
    else if (field === 9) data = value.bytes().slice();
  });
  const isV1 = v1.value.length > 0 || v1.signature.length > 0;
  return {
    data,
    signatureV2,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(isV1 ? { v1 } : {}),
  };
}

/** Encodes an entry: fields in the order of their numbers, zeros of version 1 written out, as go and js write them. */
export function encodeIpnsEntry({ data, signatureV2, publicKey, v1 }: IpnsEntry): Uint8Array {
  const writer = messageWriter();
  if (v1 !== undefined) {
    writer.uint32(bytesTag(1)).bytes(v1.value);
    writer.uint32(bytesTag(2)).bytes(v1.signature);
    writer.uint32(varintTag(3)).uint32(v1.validityType);
    writer.uint32(bytesTag(4)).bytes(v1.validity);
    writeUint64(writer.uint32(varintTag(5)), v1.sequence);
    writeUint64(writer.uint32(varintTag(6)), v1.ttlNanos);
  }
  if (publicKey !== undefined) writer.uint32(bytesTag(7)).bytes(publicKey);
  writer.uint32(bytesTag(8)).bytes(signatureV2);
  writer.uint32(bytesTag(9)).bytes(data);
  return finishMessage(writer);
}

/**
 * Decodes the map in `data`; what it holds besides is ignored. Throws `ERR_IPNS_BAD_RECORD` for bytes that are no DAG-CBOR
 * map, and where a field is missing, of another kind, negative or over 64 bits.
 */
export function decodeIpnsData(bytes: Uint8Array): IpnsData {
  let map: unknown;
  try {
    map = decode<unknown>(bytes);
  } catch (cause) {
    throw malformed('its data are not DAG-CBOR', cause);
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw malformed('its data are no map');
  const fields = new Map<string, unknown>(Object.entries(map));
  const ttlNanos = fields.has('TTL') ? numberIn(fields, 'TTL') : undefined;
  return {
    value: bytesIn(fields, 'Value'),
    validity: bytesIn(fields, 'Validity'),
    validityType: numberIn(fields, 'ValidityType'),
    sequence: numberIn(fields, 'Sequence'),
    ...(ttlNanos === undefined ? {} : { ttlNanos }),
  };
}

/** Encodes the map, its keys in canonical order: shorter ones first, equally long ones by their bytes. */
export function encodeIpnsData({ value, validity, validityType, sequence, ttlNanos }: IpnsData): Uint8Array {
  return encode({
    ...(ttlNanos === undefined ? {} : { TTL: ttlNanos }),
    Value: value,
    Sequence: sequence,
    Validity: validity,
    ValidityType: validityType,
  });
}

function bytesIn(fields: ReadonlyMap<string, unknown>, name: string): Uint8Array {
  const field = fields.get(name);
  if (field instanceof Uint8Array) return field.slice();
  throw malformed(field === undefined ? `its data have no ${name}` : `${name} of its data is not of bytes`);
}

function numberIn(fields: ReadonlyMap<string, unknown>, name: string): bigint {
  const field = fields.get(name);
  if (field === undefined) throw malformed(`its data have no ${name}`);
  if (typeof field !== 'bigint' && !Number.isSafeInteger(field)) throw malformed(`${name} of its data is no number`);
  const number = BigInt(field as bigint | number);
  if (number < 0n || number > MAX_UINT64) throw malformed(`${name} of its data is ${number}`);
  return number;
}

function malformed(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_IPNS_BAD_RECORD', 'remote', `IPNS record: ${why}`, { cause });
}
