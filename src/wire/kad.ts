/**
 * Messages of the Kademlia DHT (libp2p/specs kad-dht/README.md, "RPC messages"): a protobuf behind a varint length. Requests
 * and answers have the same shape; which fields count is the type's affair.
 */
import { LIMITS, type Limits } from '../limits.js';
import { multiaddrFromBytes, multiaddrToBytes } from './multiaddr.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

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

/**
 * Decodes a message without its length; byte fields are copies. Peers and addresses beyond the bounds are left out, and so is
 * an address that is no multiaddr: the rest is still of use.
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
      const peer = value.bytes();
      if (peers.length < limits.kadPeersPerMessage) peers.push(decodePeer(peer, limits));
    }
    if (type === undefined) throw new RangeError('a type that no version has');
  });
  return { type, key, ...(record === undefined ? {} : { record }), closerPeers, providerPeers };
}

/** Encodes a message, without its length. Throws `ERR_INVALID_ARGUMENT` for an address that is no multiaddr. */
export function encodeKad({ type, key, record, closerPeers, providerPeers }: KadMessage): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(TYPE)).uint32(TYPES.indexOf(type));
  if (key.length > 0) writer.uint32(bytesTag(KEY)).bytes(key);
  if (record !== undefined) writer.uint32(bytesTag(RECORD)).bytes(encodeKadRecord(record));
  for (const peer of closerPeers) writer.uint32(bytesTag(CLOSER_PEERS)).bytes(encodePeer(peer));
  for (const peer of providerPeers) writer.uint32(bytesTag(PROVIDER_PEERS)).bytes(encodePeer(peer));
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

function encodePeer({ id, addresses, connection }: KadPeer): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(id);
  for (const address of addresses) writer.uint32(bytesTag(2)).bytes(multiaddrToBytes(address));
  writer.uint32(varintTag(3)).uint32(CONNECTIONS.indexOf(connection));
  return finishMessage(writer);
}

function decodePeer(bytes: Uint8Array, { kadAddressesPerPeer }: KadLimits): KadPeer {
  let id: Uint8Array = new Uint8Array(0);
  let connection: KadConnection = 'notConnected';
  const addresses: string[] = [];
  readFields(bytes, 'peer of a kad message', (field, value) => {
    if (field === 1) id = value.bytes().slice();
    else if (field === 2) {
      const address = value.bytes();
      const text = addresses.length < kadAddressesPerPeer ? multiaddrFromBytes(address) : undefined;
      if (text !== undefined) addresses.push(text);
    } else if (field === 3) connection = CONNECTIONS[value.number()] ?? 'notConnected';
  });
  return { id, addresses, connection };
}
