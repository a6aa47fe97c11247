/**
 * Signed envelopes (libp2p/specs RFC 0002) and the peer records in them (RFC 0003): which addresses a peer has, under a
 * number that grows, in a form that anybody can hand on and nobody can change.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { multiaddrFromBytes, multiaddrToBytes } from './multiaddr.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag, writeUint64 } from './protobuf.js';
import { encodeVarint } from './varint.js';

/** What is signed, by whom, for which purpose. */
export interface Envelope {
  /** In the libp2p keys protobuf. */
  readonly publicKey: Uint8Array;
  readonly payloadType: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Which addresses a peer has. */
export interface PeerRecordMessage {
  /** The multihash of the peer id. */
  readonly peerId: Uint8Array;
  /** Grows with each record of the peer; go counts nanoseconds, js milliseconds since 1970. */
  readonly sequence: bigint;
  /** Multiaddr texts. */
  readonly addresses: readonly string[];
}

/** A way to write peer records: the domain that is signed along, and the type of the payload. */
export interface PeerRecordDialect {
  readonly name: 'standard' | 'rust';
  readonly domain: string;
  readonly payloadType: Uint8Array;
}

const encoder = new TextEncoder();

/** What go and js write, and we do. The type is the multicodec 0x0301. */
export const STANDARD_PEER_RECORD: PeerRecordDialect = {
  name: 'standard',
  domain: 'libp2p-peer-record',
  payloadType: Uint8Array.of(0x03, 0x01),
};

/** What the RFC says, and rust writes unless it is told otherwise. */
export const RUST_PEER_RECORD: PeerRecordDialect = {
  name: 'rust',
  domain: 'libp2p-routing-state',
  payloadType: encoder.encode('/libp2p/routing-state-record'),
};

/** Encodes an envelope. */
export function encodeEnvelope({ publicKey, payloadType, payload, signature }: Envelope): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(publicKey);
  writer.uint32(bytesTag(2)).bytes(payloadType);
  writer.uint32(bytesTag(3)).bytes(payload);
  writer.uint32(bytesTag(5)).bytes(signature);
  return finishMessage(writer);
}

/** Decodes an envelope; the fields are views of `bytes`. Throws `ERR_WIRE_PROTOBUF` for bytes that are none. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  let publicKey: Uint8Array | undefined;
  let payloadType: Uint8Array | undefined;
  let payload: Uint8Array | undefined;
  let signature: Uint8Array | undefined;
  readFields(bytes, 'signed envelope', (field, value) => {
    if (field === 1) publicKey = value.bytes();
    else if (field === 2) payloadType = value.bytes();
    else if (field === 3) payload = value.bytes();
    else if (field === 5) signature = value.bytes();
  });
  if (publicKey === undefined || payloadType === undefined || payload === undefined || signature === undefined) {
    throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', 'signed envelope: a part is missing');
  }
  return { publicKey, payloadType, payload, signature };
}

/** What the signature of an envelope is over: domain, type and payload, each behind its length. */
export function signedBytes(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  const parts = [encoder.encode(domain), payloadType, payload].flatMap((part) => [encodeVarint(part.length), part]);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Encodes a peer record. Throws `ERR_INVALID_ARGUMENT` for an address that is no multiaddr. */
export function encodePeerRecord({ peerId, sequence, addresses }: PeerRecordMessage): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(peerId);
  writer.uint32(varintTag(2));
  writeUint64(writer, sequence);
  for (const address of addresses) {
    const one = messageWriter();
    one.uint32(bytesTag(1)).bytes(multiaddrToBytes(address));
    writer.uint32(bytesTag(3)).bytes(finishMessage(one));
  }
  return finishMessage(writer);
}

/**
 * Decodes a peer record. An address that is no multiaddr is left out, and so are those beyond the limit.
 * Throws `ERR_WIRE_PROTOBUF` for bytes that are none.
 */
export function decodePeerRecord(
  bytes: Uint8Array,
  limits: Pick<Limits, 'identifyAddresses'> = LIMITS,
): PeerRecordMessage {
  let peerId: Uint8Array | undefined;
  let sequence = 0n;
  const addresses: string[] = [];
  readFields(bytes, 'peer record', (field, value) => {
    if (field === 1) peerId = value.bytes().slice();
    else if (field === 2) sequence = value.uint64();
    else if (field === 3 && addresses.length < limits.identifyAddresses) {
      readFields(value.bytes(), 'address of a peer record', (inner, read) => {
        const address = inner === 1 ? multiaddrFromBytes(read.bytes()) : undefined;
        if (address !== undefined) addresses.push(address);
      });
    }
  });
  if (peerId === undefined) throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', 'peer record: no peer id');
  return { peerId, sequence, addresses: addresses.slice(0, limits.identifyAddresses) };
}
