/**
 * IPNS records: ours sealed, those of others opened (specs.ipfs.tech ipns-record, "Record Creation" and "Record
 * Verification"). The signature of version 2 alone counts; one of version 1 is written for readers of old, and never read.
 * The wall clock comes in as an argument.
 */
import { EngineError, toEngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import type { Ciphers } from '../ports.js';
import {
  decodeIpnsData,
  decodeIpnsEntry,
  encodeIpnsData,
  encodeIpnsEntry,
  VALID_UNTIL,
  type IpnsData,
  type IpnsEntry,
} from '../wire/ipns.js';
import { formatRfc3339, millisecondsOf, nanosOf, parseRfc3339 } from '../wire/rfc3339.js';
import type { Identity } from './identity.js';
import { ipnsNameText } from './ipns-name.js';
import { verifyWith } from './keys.js';
import { peerIdFromPublicKey, publicKeyOfPeerId } from './peer-id.js';
import { sameBytes } from './private-keys.js';

/** What is to be sealed. */
export interface IpnsDraft {
  /** A content path: `/ipfs/CID`, `/ipns/NAME`, with a path behind it or not. Nobody checks it here. */
  readonly value: string;
  /** Counts up with each change of the value. */
  readonly sequence: bigint;
  /** Wall time at which it ends, in milliseconds since 1970. */
  readonly validUntilMs: number;
  /** How long readers may take it from a cache. */
  readonly ttlMs: number;
  /** Without the fields and the signature of version 1: smaller, and nothing to readers from before 2021. */
  readonly v2Only?: boolean;
}

/** What a record says, whether it was verified or not. */
export interface IpnsRecord {
  readonly value: string;
  readonly sequence: bigint;
  /** The moment at which it ends, in nanoseconds since 1970. */
  readonly validUntilNanos: bigint;
  /** The same in milliseconds, rounded down. */
  readonly validUntilMs: number;
  /** Absent where its writer left it out. */
  readonly ttlMs?: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SIGNATURE_PREFIX = encoder.encode('ipns-signature:');
/** How the signature of version 1 calls {@link VALID_UNTIL}. */
const VALIDITY_NAME_V1 = encoder.encode('EOL');
const NANOS_PER_MILLISECOND = 1_000_000n;

/**
 * A record, signed. Throws `ERR_INVALID_ARGUMENT` for a sequence or a TTL in nanoseconds that does not fit 63
 * bits, which is what go reads, and for an end beyond the year 9999, and `ERR_IPNS_TOO_LARGE` (blame local) for what nobody would take.
 */
export function sealIpnsRecord(
  { peerId, signer, publicKeyProtobuf }: Identity,
  { value, sequence, validUntilMs, ttlMs, v2Only = false }: IpnsDraft,
  limits: Pick<Limits, 'ipnsRecordBytes'> = LIMITS,
): Uint8Array {
  const end = Number.isFinite(validUntilMs) ? formatRfc3339(nanosOf(validUntilMs)) : undefined;
  if (end === undefined) throw argument(`an end at ${validUntilMs} ms is outside of the years 0 to 9999`);
  if (sequence < 0n || sequence >= 1n << 63n) throw argument(`the sequence ${sequence} does not fit 63 bits`);
  const ttlNanos = ttlMs >= 0 && Number.isFinite(ttlMs) ? BigInt(Math.floor(ttlMs)) * NANOS_PER_MILLISECOND : -1n;
  if (ttlNanos < 0n || ttlNanos >= 1n << 63n) throw argument(`a TTL of ${ttlMs} ms`);
  const fields = {
    value: encoder.encode(value),
    validity: encoder.encode(end),
    sequence,
    ttlNanos,
  };
  const data = encodeIpnsData({ ...fields, validityType: BigInt(VALID_UNTIL) });
  const signature = (): Uint8Array => signer.sign(joined([fields.value, fields.validity, VALIDITY_NAME_V1]));
  const bytes = encodeIpnsEntry({
    data,
    signatureV2: signer.sign(joined([SIGNATURE_PREFIX, data])),
    ...(publicKeyOfPeerId(peerId) === undefined ? { publicKey: publicKeyProtobuf } : {}),
    ...(v2Only ? {} : { v1: { ...fields, validityType: VALID_UNTIL, signature: signature() } }),
  });
  if (bytes.length > limits.ipnsRecordBytes) {
    const what = `the record has ${bytes.length} bytes, the limit is ${limits.ipnsRecordBytes}`;
    throw new EngineError('ERR_IPNS_TOO_LARGE', 'local', what);
  }
  return bytes;
}

/**
 * What a record of the name `peer` says, once it is known to be by the key of that name and valid at `wallTimeMs`. The steps
 * are those of the specification; the first that fails is thrown, with remote blame: `ERR_IPNS_TOO_LARGE`,
 * `ERR_IPNS_BAD_RECORD`, `ERR_IPNS_BAD_KEY`, `ERR_IPNS_BAD_SIGNATURE`, `ERR_IPNS_EXPIRED`.
 */
export function openIpnsRecord(
  ciphers: Ciphers,
  peer: string,
  bytes: Uint8Array,
  wallTimeMs: number,
  limits: Pick<Limits, 'ipnsRecordBytes'> = LIMITS,
): IpnsRecord {
  const entry = entryOf(bytes, limits);
  if (entry.signatureV2.length === 0) throw bad('it has no signature of version 2');
  if (entry.data.length === 0) throw bad('it has no data');
  const publicKey = publicKeyOf(entry, peer);
  const data = decodeIpnsData(entry.data);
  if (!verifyWith(ciphers, publicKey, joined([SIGNATURE_PREFIX, entry.data]), entry.signatureV2)) {
    throw new EngineError(
      'ERR_IPNS_BAD_SIGNATURE',
      'remote',
      `the signature of the record of ${nameOf(peer)} is wrong`,
    );
  }
  const different = differenceOf(entry, data);
  if (different !== undefined) throw bad(`${different} of version 1 is not what was signed`);
  const record = recordOf(data);
  if (record.validUntilNanos <= nanosOf(wallTimeMs)) {
    const end = decoder.decode(data.validity);
    throw new EngineError('ERR_IPNS_EXPIRED', 'remote', `the record of ${nameOf(peer)} was valid until ${end}`);
  }
  return record;
}

/**
 * What a record says, for one that was verified before: nothing is checked but its form.
 * Throws `ERR_IPNS_TOO_LARGE` and `ERR_IPNS_BAD_RECORD`.
 */
export function readIpnsRecord(bytes: Uint8Array, limits: Pick<Limits, 'ipnsRecordBytes'> = LIMITS): IpnsRecord {
  return recordOf(decodeIpnsData(entryOf(bytes, limits).data));
}

/**
 * Which of two records counts: above 0, the left one; below 0, the right one; 0, they are the same. A higher sequence wins,
 * then a later end, then, as boxo has it so that all choose alike, the larger bytes.
 */
export function compareIpnsRecords(
  left: { readonly record: IpnsRecord; readonly bytes: Uint8Array },
  right: { readonly record: IpnsRecord; readonly bytes: Uint8Array },
): number {
  return (
    order(left.record.sequence, right.record.sequence) ||
    order(left.record.validUntilNanos, right.record.validUntilNanos) ||
    compareBytes(left.bytes, right.bytes)
  );
}

/** The entry; what is no protobuf is no record. */
function entryOf(bytes: Uint8Array, limits: Pick<Limits, 'ipnsRecordBytes'>): IpnsEntry {
  try {
    return decodeIpnsEntry(bytes, limits);
  } catch (thrown) {
    const error = toEngineError(thrown, 'ERR_IPNS_BAD_RECORD', 'remote', 'it does not decode');
    throw error.code === 'ERR_IPNS_TOO_LARGE' ? error : bad('it is no protobuf', error);
  }
}

/** The key in the record, where there is one, else the one in the name; either has to be the name's. */
function publicKeyOf({ publicKey }: IpnsEntry, peer: string): Uint8Array {
  const wrong = (why: string, cause?: unknown): EngineError =>
    new EngineError('ERR_IPNS_BAD_KEY', 'remote', `the record of ${nameOf(peer)} ${why}`, { cause });
  if (publicKey === undefined || publicKey.length === 0) {
    const inlined = publicKeyOfPeerId(peer);
    if (inlined === undefined) throw wrong('holds no public key, and neither does the name');
    return inlined;
  }
  let owner: string;
  try {
    owner = peerIdFromPublicKey(publicKey);
  } catch (cause) {
    throw wrong('holds a public key that is none', cause);
  }
  if (owner !== peer) throw wrong(`holds the public key of ${nameOf(owner)}`);
  return publicKey;
}

/** The first field of version 1 that says something else than what was signed. */
function differenceOf({ v1 }: IpnsEntry, data: IpnsData): string | undefined {
  if (v1 === undefined) return undefined;
  if (!sameBytes(v1.value, data.value)) return 'the value';
  if (!sameBytes(v1.validity, data.validity)) return 'the validity';
  if (BigInt(v1.validityType) !== data.validityType) return 'the validity type';
  if (v1.sequence !== data.sequence) return 'the sequence';
  return v1.ttlNanos === data.ttlNanos ? undefined : 'the TTL';
}

function recordOf({ value, validity, validityType, sequence, ttlNanos }: IpnsData): IpnsRecord {
  if (validityType !== BigInt(VALID_UNTIL)) throw bad(`its validity is of type ${validityType}, which nobody knows`);
  const validUntilNanos = parseRfc3339(decoder.decode(validity));
  if (validUntilNanos === undefined) throw bad('its validity is no time of RFC 3339');
  return {
    value: decoder.decode(value),
    sequence,
    validUntilNanos,
    validUntilMs: millisecondsOf(validUntilNanos),
    ...(ttlNanos === undefined ? {} : { ttlMs: Number(ttlNanos / NANOS_PER_MILLISECOND) }),
  };
}

function order(left: bigint, right: bigint): number {
  return left > right ? 1 : left < right ? -1 : 0;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function nameOf(peer: string): string {
  return `/ipns/${ipnsNameText(peer)}`;
}

function bad(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_IPNS_BAD_RECORD', 'remote', `IPNS record: ${why}`, { cause });
}

function argument(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `IPNS record: ${what}`);
}
