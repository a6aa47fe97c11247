/**
 * What a node keeps of a peer, as it is stored: protobuf, its version first, so that a later engine can tell an earlier
 * one to leave a record alone.
 */
import { EngineError } from '../errors.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** Where an address comes from. */
export type AddressSource =
  /** A person or program that embeds the node said so. */
  | 'manual'
  /** It was dialed, and the peer answered there. */
  | 'dialed'
  /** The peer said so in a record that it signed. */
  | 'signed'
  /** The peer said so in identify. */
  | 'identify'
  /** Somebody else said so. */
  | 'routing';

/** One address of a peer. */
export interface KnownAddress {
  /** Multiaddr text without `/p2p/`. */
  readonly address: string;
  readonly source: AddressSource;
  /** Wall time at which it is forgotten, in milliseconds since 1970; absent: never. */
  readonly expiresAtMs?: number;
}

/** What is known of one peer. */
export interface PeerEntry {
  /** In the libp2p keys protobuf. */
  readonly publicKey?: Uint8Array;
  /** Best first. */
  readonly addresses: readonly KnownAddress[];
  readonly protocols: readonly string[];
  readonly agentVersion?: string;
  readonly protocolVersion?: string;
  /** Free values by key. */
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  /** Round-trip time, as it was measured last. */
  readonly latencyMs?: number;
  /** Number of the last signed record: an older one is not taken. */
  readonly recordSequence?: bigint;
  /** Wall time at which it was used last. */
  readonly usedAtMs: number;
}

/**
 * The entry to keep, used at `usedAtMs`. Written out: of spreads of many kinds V8 gives each a hidden class of its own,
 * which is larger than the entry.
 */
export function usedEntry(entry: PeerEntry, usedAtMs: number): PeerEntry {
  const { addresses, protocols, metadata, publicKey, agentVersion, protocolVersion, latencyMs, recordSequence } = entry;
  const used: { -readonly [Key in keyof PeerEntry]: PeerEntry[Key] } = { addresses, protocols, metadata, usedAtMs };
  if (publicKey !== undefined) used.publicKey = publicKey;
  if (agentVersion !== undefined) used.agentVersion = agentVersion;
  if (protocolVersion !== undefined) used.protocolVersion = protocolVersion;
  if (latencyMs !== undefined) used.latencyMs = latencyMs;
  if (recordSequence !== undefined) used.recordSequence = recordSequence;
  return used;
}

/** The version that {@link encodePeerEntry} writes. */
export const PEER_ENTRY_VERSION = 1;

/** By their numbers in a record. */
const SOURCES: readonly AddressSource[] = ['manual', 'dialed', 'signed', 'identify', 'routing'];

const VERSION = 1;
const PUBLIC_KEY = 2;
const ADDRESS = 3;
const PROTOCOL = 4;
const AGENT_VERSION = 5;
const PROTOCOL_VERSION = 6;
const METADATA = 7;
const LATENCY_MICROSECONDS = 8;
const RECORD_SEQUENCE = 9;
const USED_AT = 10;

const encoder = new TextEncoder();

/** Encodes an entry. */
export function encodePeerEntry(entry: PeerEntry): Uint8Array {
  const writer = messageWriter();
  const number = (field: number, value: number): void => void writer.uint32(varintTag(field)).uint64(value);
  const bytes = (field: number, value: Uint8Array): void => void writer.uint32(bytesTag(field)).bytes(value);
  const text = (field: number, value: string): void => bytes(field, encoder.encode(value));
  number(VERSION, PEER_ENTRY_VERSION);
  if (entry.publicKey !== undefined) bytes(PUBLIC_KEY, entry.publicKey);
  for (const known of entry.addresses) bytes(ADDRESS, encodeAddress(known));
  for (const protocol of entry.protocols) text(PROTOCOL, protocol);
  if (entry.agentVersion !== undefined) text(AGENT_VERSION, entry.agentVersion);
  if (entry.protocolVersion !== undefined) text(PROTOCOL_VERSION, entry.protocolVersion);
  for (const [key, value] of Object.entries(entry.metadata)) {
    const pair = messageWriter();
    pair.uint32(bytesTag(1)).bytes(encoder.encode(key)).uint32(bytesTag(2)).bytes(value);
    bytes(METADATA, finishMessage(pair));
  }
  if (entry.latencyMs !== undefined) number(LATENCY_MICROSECONDS, Math.round(entry.latencyMs * 1000));
  // In decimals: others count in nanoseconds since 1970, which a number does not hold.
  if (entry.recordSequence !== undefined) text(RECORD_SEQUENCE, entry.recordSequence.toString());
  number(USED_AT, Math.max(0, Math.floor(entry.usedAtMs)));
  return finishMessage(writer);
}

/**
 * Decodes an entry; byte fields are copies.
 * Throws `ERR_PEERSTORE_VERSION` for the record of a newer version, and `ERR_PEERSTORE_DAMAGED` for one that is none.
 */
export function decodePeerEntry(record: Uint8Array): PeerEntry {
  const addresses: KnownAddress[] = [];
  const protocols: string[] = [];
  const metadata: Record<string, Uint8Array> = {};
  const entry: { -readonly [Key in keyof PeerEntry]: PeerEntry[Key] } = { addresses, protocols, metadata, usedAtMs: 0 };
  let version: number | undefined;
  try {
    readFields(record, 'peer', (field, value) => {
      if (field === VERSION) version = value.number();
      // What follows is read only where its meaning is known.
      if (version === undefined) throw new RangeError('no version');
      if (version > PEER_ENTRY_VERSION) throw newer(version);
      switch (field) {
        case PUBLIC_KEY:
          entry.publicKey = value.bytes().slice();
          return;
        case ADDRESS:
          addresses.push(decodeAddress(value.bytes()));
          return;
        case PROTOCOL:
          protocols.push(value.text());
          return;
        case AGENT_VERSION:
          entry.agentVersion = value.text();
          return;
        case PROTOCOL_VERSION:
          entry.protocolVersion = value.text();
          return;
        case METADATA: {
          const [key, bytes] = decodePair(value.bytes());
          Object.defineProperty(metadata, key, { value: bytes, enumerable: true, configurable: true, writable: true });
          return;
        }
        case LATENCY_MICROSECONDS:
          entry.latencyMs = value.number() / 1000;
          return;
        case RECORD_SEQUENCE:
          entry.recordSequence = sequenceOf(value.text());
          return;
        case USED_AT:
          entry.usedAtMs = value.number();
      }
    });
    if (version === undefined || version < 1) throw new RangeError('no version');
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.code === 'ERR_PEERSTORE_VERSION') throw thrown;
    throw new EngineError('ERR_PEERSTORE_DAMAGED', 'local', 'the record of a peer does not decode', { cause: thrown });
  }
  return entry;
}

function encodeAddress({ address, source, expiresAtMs }: KnownAddress): Uint8Array {
  const writer = messageWriter();
  // As text: ten thousand peers are read at a start, and binary addresses would cost most of the time.
  writer.uint32(bytesTag(1)).bytes(encoder.encode(address));
  writer.uint32(varintTag(2)).uint32(SOURCES.indexOf(source));
  if (expiresAtMs !== undefined) writer.uint32(varintTag(3)).uint64(Math.max(0, Math.floor(expiresAtMs)));
  return finishMessage(writer);
}

function decodeAddress(bytes: Uint8Array): KnownAddress {
  let address: string | undefined;
  let source: AddressSource | undefined;
  let expiresAtMs: number | undefined;
  readFields(bytes, 'address of a peer', (field, value) => {
    if (field === 1) address = value.text();
    else if (field === 2) source = SOURCES[value.number()];
    else if (field === 3) expiresAtMs = value.number();
  });
  if (address?.startsWith('/') !== true || source === undefined) throw new RangeError('an address without its parts');
  return { address, source, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

function decodePair(bytes: Uint8Array): readonly [string, Uint8Array] {
  let key = '';
  let value: Uint8Array = new Uint8Array(0);
  readFields(bytes, 'metadata of a peer', (field, read) => {
    if (field === 1) key = read.text();
    else if (field === 2) value = read.bytes().slice();
  });
  return [key, value];
}

function sequenceOf(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new RangeError('a sequence that is no number');
  return BigInt(text);
}

function newer(version: number): EngineError {
  const what = `the record of a peer has version ${version}, this engine reads ${PEER_ENTRY_VERSION}`;
  return new EngineError('ERR_PEERSTORE_VERSION', 'local', what);
}
