/**
 * Messages of the Kademlia DHT (libp2p/specs kad-dht/README.md, "RPC messages"): a protobuf behind a varint length. Requests
 * and answers have the same shape; which fields count is the type's affair.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { addressFromBytes, addressToBytes } from './address-memo.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';
import { varintSize } from './varint.js';

/** What a message asks, or answers. */
export type KadType = 'PUT_VALUE' | 'GET_VALUE' | 'ADD_PROVIDER' | 'GET_PROVIDERS' | 'FIND_NODE' | 'PING';

/** What the sender knows of its connection with a peer. */
export type KadConnection = 'notConnected' | 'connected' | 'canConnect' | 'cannotConnect';

/** A peer in a message. */
export interface KadPeer {
  /** The multihash of the peer id, as it travelled: nobody has checked it. */
  readonly id: Uint8Array;
  /** Multiaddr texts, without `/p2p/` at their end where the sender left it out. */
  readonly addresses: readonly string[];
  readonly connection: KadConnection;
}

/** A value under its key. */
export interface KadRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** When the node that sends it received it, RFC 3339; answers alone have it. */
  readonly timeReceived?: string;
}

/** One message. */
export interface KadMessage {
  readonly type: KadType;
  /** FIND_NODE: a peer id. GET_PROVIDERS, ADD_PROVIDER: a multihash, or a whole CID of old. Values: the record's key. */
  readonly key: Uint8Array;
  readonly record?: KadRecord;
  readonly closerPeers: readonly KadPeer[];
  readonly providerPeers: readonly KadPeer[];
}

/** Bounds of {@link decodeKad}. */
export type KadLimits = Pick<Limits, 'kadKeyBytes' | 'kadPeersPerMessage' | 'kadAddressesPerPeer'>;

const TYPES: readonly KadType[] = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING'];
const CONNECTIONS: readonly KadConnection[] = ['notConnected', 'connected', 'canConnect', 'cannotConnect'];

const TYPE = 1;
const KEY = 2;
const RECORD = 3;
const CLOSER_PEERS = 8;
const PROVIDER_PEERS = 9;
/** A counter of coral clusters that nobody uses; a reader of 2018 asks for it. */
const CLUSTER_LEVEL = 10;
const CLUSTER_LEVEL_BYTES = 2;
const PROVIDERS_SHARE = 3 / 4;

/**
 * Decodes a message without its length; byte fields are copies. Peers and addresses beyond the bounds are left out, and so
 * are an address that is no multiaddr and a peer whose id is longer than any: the rest is still of use.
 * Throws `ERR_WIRE_PROTOBUF` for bytes that are no such message, an unknown type, and a key over its bound.
 */
export function decodeKad(bytes: Uint8Array, limits: KadLimits = LIMITS): KadMessage {
  // Absent, it is the first of its kind: proto3 leaves zeros out.
  let type: KadType | undefined = 'PUT_VALUE';
  let key: Uint8Array = new Uint8Array(0);
  let record: KadRecord | undefined;
  const closerPeers: KadPeer[] = [];
  const providerPeers: KadPeer[] = [];
  readFields(bytes, 'kad message', (field, value) => {
    if (field === TYPE) type = TYPES[value.number()];
    else if (field === KEY) key = boundedKey(value.bytes(), limits);
    else if (field === RECORD) record = decodeKadRecord(value.bytes(), limits);
    else if (field === CLOSER_PEERS || field === PROVIDER_PEERS) {
      const peers = field === CLOSER_PEERS ? closerPeers : providerPeers;
      const bytes = value.bytes();
      const peer = peers.length < limits.kadPeersPerMessage ? decodePeer(bytes, limits) : undefined;
      if (peer !== undefined) peers.push(peer);
    }
    if (type === undefined) throw new RangeError('a type that no version has');
  });
  return { type, key, ...(record === undefined ? {} : { record }), closerPeers, providerPeers };
}

/**
 * Encodes a message, without its length. One that would be longer than `maxBytes` loses peers, from the end of each list:
 * providers may take three quarters of the room, so that who asks is also told whom to ask next.
 * Throws `ERR_INVALID_ARGUMENT` for an address that is no multiaddr, and for a message that is too long without peers.
 */
export function encodeKad(message: KadMessage, maxBytes = Infinity): Uint8Array {
  const { type, key, record, closerPeers, providerPeers } = message;
  const writer = messageWriter();
  writer.uint32(varintTag(TYPE)).uint32(TYPES.indexOf(type));
  if (key.length > 0) writer.uint32(bytesTag(KEY)).bytes(key);
  if (record !== undefined) writer.uint32(bytesTag(RECORD)).bytes(encodeKadRecord(record));
  const room = maxBytes - writer.pos - CLUSTER_LEVEL_BYTES;
  if (room < 0) {
    const what = `a message of ${maxBytes - room} bytes without peers, the limit is ${maxBytes}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
  }
  // The closer ones stand first on the wire, and get what the providers leave them.
  const providers = fitting(providerPeers, closerPeers.length > 0 ? room * PROVIDERS_SHARE : room);
  const closer = fitting(closerPeers, room - providers.bytes);
  for (const peer of closer.peers) writer.uint32(bytesTag(CLOSER_PEERS)).bytes(peer);
  for (const peer of providers.peers) writer.uint32(bytesTag(PROVIDER_PEERS)).bytes(peer);
  writer.uint32(varintTag(CLUSTER_LEVEL)).uint32(0);
  return finishMessage(writer);
}

/** Encodes a record, as it stands in a message and in a store. */
export function encodeKadRecord({ key, value, timeReceived }: KadRecord): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(key);
  writer.uint32(bytesTag(2)).bytes(value);
  if (timeReceived !== undefined) writer.uint32(bytesTag(5)).string(timeReceived);
  return finishMessage(writer);
}

/** Decodes a record; byte fields are copies. Throws `ERR_WIRE_PROTOBUF`. */
export function decodeKadRecord(bytes: Uint8Array, limits: Pick<Limits, 'kadKeyBytes'> = LIMITS): KadRecord {
  let key: Uint8Array = new Uint8Array(0);
  let value: Uint8Array = new Uint8Array(0);
  let timeReceived: string | undefined;
  readFields(bytes, 'kad record', (field, read) => {
    if (field === 1) key = boundedKey(read.bytes(), limits);
    else if (field === 2) value = read.bytes().slice();
    else if (field === 5) timeReceived = read.text();
  });
  return { key, value, ...(timeReceived === undefined ? {} : { timeReceived }) };
}

function boundedKey(bytes: Uint8Array, { kadKeyBytes }: Pick<Limits, 'kadKeyBytes'>): Uint8Array {
  if (bytes.length > kadKeyBytes) throw new RangeError(`a key of ${bytes.length} bytes, the limit is ${kadKeyBytes}`);
  return bytes.slice();
}

/** Peers from the front of a list, encoded, that fit into so many bytes with their tags and lengths. */
function fitting(peers: readonly KadPeer[], room: number): { readonly peers: Uint8Array[]; readonly bytes: number } {
  const encoded: Uint8Array[] = [];
  let bytes = 0;
  for (const peer of peers) {
    const body = encodePeer(peer);
    const size = 1 + varintSize(body.length) + body.length;
    if (bytes + size > room) break;
    bytes += size;
    encoded.push(body);
  }
  return { peers: encoded, bytes };
}

function encodePeer({ id, addresses, connection }: KadPeer): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(id);
  for (const address of addresses) writer.uint32(bytesTag(2)).bytes(addressToBytes(address));
  writer.uint32(varintTag(3)).uint32(CONNECTIONS.indexOf(connection));
  return finishMessage(writer);
}

/** `undefined` for one whose id is no peer's: longer than a key may be. */
function decodePeer(bytes: Uint8Array, { kadAddressesPerPeer, kadKeyBytes }: KadLimits): KadPeer | undefined {
  let id: Uint8Array | undefined = new Uint8Array(0);
  let connection: KadConnection = 'notConnected';
  const addresses: string[] = [];
  readFields(bytes, 'peer of a kad message', (field, value) => {
    if (field === 1) id = idWithin(value.bytes(), kadKeyBytes);
    else if (field === 2) {
      const address = value.bytes();
      const text = addresses.length < kadAddressesPerPeer ? addressFromBytes(address) : undefined;
      if (text !== undefined) addresses.push(text);
    } else if (field === 3) connection = CONNECTIONS[value.number()] ?? 'notConnected';
  });
  return id === undefined ? undefined : { id, addresses, connection };
}

function idWithin(bytes: Uint8Array, maxBytes: number): Uint8Array | undefined {
  return bytes.length > maxBytes ? undefined : bytes.slice();
}
