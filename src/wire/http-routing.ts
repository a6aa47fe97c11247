/**
 * Bodies of delegated routing (specs.ipfs.tech http-routing-v1, "Known Schemas", "Streaming"): records as JSON, one a line or
 * in a list. Fields that nobody knows are ignored, as the spec asks; records of unknown schemas are kept apart.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { multiaddrToBytes, splitPeerAddress } from './multiaddr.js';

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const IPNS_RECORD_TYPE = 'application/vnd.ipfs.ipns-record';

/** Names of the lists that hold records in an answer that is not streamed. */
export type RecordList = 'Providers' | 'Peers';

/** A record that tells of a peer: of the schema `peer`, or of one of those before it. */
export interface PeerRecord {
  readonly kind: 'peer';
  readonly schema: string;
  /** A peer id in any text form, as it came: nobody has checked it. */
  readonly id: string;
  /** Multiaddrs in canonical text, each valid, at their end without the `/p2p/` of a peer. */
  readonly addresses: readonly PeerRecordAddress[];
  /** Absent where the server does not know, or sent an empty list, which means the same. */
  readonly protocols?: readonly string[];
}

/** An address of a record. */
export interface PeerRecordAddress {
  readonly address: string;
  /** The peer that the address named at its end, as written. */
  readonly peer: string | undefined;
}

/** A record that is not read: of a schema of others, or without what its schema asks for. */
export interface OtherRecord {
  readonly kind: 'unknown' | 'malformed';
  /** Empty where it names none. */
  readonly schema: string;
}

export type RoutingRecord = PeerRecord | OtherRecord;

/** Bounds of {@link decodeRecord}. */
export type RecordLimits = Pick<
  Limits,
  'httpRoutingAddresses' | 'httpRoutingProtocols' | 'peerstoreAddressChars' | 'httpRoutingKeyChars'
>;

/** `peer` and those that it replaced: they have the same fields but for the protocol, of which they name one. */
const PEER_SCHEMAS = new Set(['peer', 'bitswap', 'graphsync-filecoinv1']);
/** Fixed by the spec. */
const PROTOCOL_CHARS = 63;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** One line of a stream; an empty one is none (`undefined`). Throws `ERR_HTTP_ROUTING_BAD_JSON`. */
export function decodeRecordLine(line: Uint8Array, limits: RecordLimits = LIMITS): RoutingRecord | undefined {
  const text = textOf(line);
  return text.trim() === '' ? undefined : decodeRecord(parse(text), limits);
}

/**
 * The records of an answer that is not streamed, undecoded: one after another goes to {@link decodeRecord}. A list that is
 * absent or `null` is empty, as some servers write it. Throws `ERR_HTTP_ROUTING_BAD_JSON`.
 */
export function decodeRecordList(body: Uint8Array, list: RecordList): readonly unknown[] {
  const value = parse(textOf(body));
  if (!isObject(value)) throw badJson('it is no object');
  const records = value[list] ?? [];
  if (!Array.isArray(records)) throw badJson(`${list} is no list`);
  return records;
}

/**
 * Reads one record. Addresses and protocols over their bounds are left out, and so is an address that is no multiaddr: the
 * rest is still of use. Throws `ERR_HTTP_ROUTING_BAD_JSON` for what is no object.
 */
export function decodeRecord(value: unknown, limits: RecordLimits = LIMITS): RoutingRecord {
  if (!isObject(value)) throw badJson('a record is no object');
  const { Schema: schema, ID: id, Addrs: addrs, Protocols: list, Protocol: single } = value;
  if (typeof schema !== 'string') return { kind: 'malformed', schema: '' };
  if (!PEER_SCHEMAS.has(schema)) return { kind: 'unknown', schema };
  if (typeof id !== 'string' || id.length > limits.httpRoutingKeyChars) return { kind: 'malformed', schema };
  if (!isAbsentOrList(addrs) || !isAbsentOrList(list)) return { kind: 'malformed', schema };
  const names = [...(list ?? []), ...(single === undefined ? [] : [single])];
  const protocols = names.filter(isProtocol).slice(0, limits.httpRoutingProtocols);
  const addresses: PeerRecordAddress[] = [];
  for (const text of addrs ?? []) {
    if (addresses.length === limits.httpRoutingAddresses) break;
    const address = addressOf(text, limits);
    if (address !== undefined) addresses.push(address);
  }
  return { kind: 'peer', schema, id, addresses, ...(protocols.length === 0 ? {} : { protocols }) };
}

/** A peer as one line of a stream. */
export function encodeRecordLine(peer: EncodedPeer): Uint8Array {
  return encoder.encode(`${JSON.stringify(recordOf(peer))}\n`);
}

/** Peers as an answer that is not streamed. */
export function encodeRecordList(peers: readonly EncodedPeer[], list: RecordList): Uint8Array {
  return encoder.encode(JSON.stringify({ [list]: peers.map(recordOf) }));
}

/** What is told of a peer. */
export interface EncodedPeer {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly protocols?: readonly string[];
}

/** The media type of a `content-type`, without its parameters and in lower case; empty where there is none. */
export function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether `accept` names the media type itself, no wildcard, and not with a weight of zero. */
export function acceptsExactly(accept: string | undefined, type: string): boolean {
  return (accept ?? '')
    .split(',')
    .some((part) => mediaTypeOf(part) === type && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/i.test(part));
}

function recordOf({ id, addresses, protocols }: EncodedPeer) {
  return { Schema: 'peer', ID: id, Addrs: addresses, ...(protocols === undefined ? {} : { Protocols: protocols }) };
}

function addressOf(text: unknown, { peerstoreAddressChars }: RecordLimits): PeerRecordAddress | undefined {
  if (typeof text !== 'string' || text.length > peerstoreAddressChars) return undefined;
  try {
    const { transport: address, peer } = splitPeerAddress(text);
    if (address === '' || address === '/') return undefined;
    multiaddrToBytes(address);
    return { address, peer };
  } catch {
    return undefined;
  }
}

function isProtocol(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= PROTOCOL_CHARS;
}

function isAbsentOrList(value: unknown): value is readonly unknown[] | null | undefined {
  return value === undefined || value === null || Array.isArray(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw badJson('it is no UTF-8', cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badJson(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function badJson(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_HTTP_ROUTING_BAD_JSON', 'remote', `delegated routing: not the agreed JSON: ${why}`, {
    cause,
  });
}
