/**
 * Identify messages (libp2p/specs identify/README.md): a protobuf with a varint length. A peer may spread what it says
 * over several messages on one stream; they are merged as protobuf merges: single fields by the last one, lists joined.
 */
import { LIMITS, type Limits } from '../limits.js';
import { encodeVarintPrefixed } from './length-prefixed.js';
import { multiaddrFromBytes, multiaddrToBytes } from './multiaddr.js';
import { bytesTag, finishMessage, messageWriter, readFields } from './protobuf.js';

/** What identify says of a node. A field that was not sent is absent; a push sends only what changed. */
export interface IdentifyMessage {
  /** In the libp2p keys protobuf, as it was received. */
  readonly publicKey?: Uint8Array;
  /** Multiaddr texts, in the sender's order. */
  readonly listenAddresses: readonly string[];
  /** Multiaddr text of the address that the sender saw us come from. */
  readonly observedAddress?: string;
  readonly protocols: readonly string[];
  /** The family of protocols, e.g. `ipfs/0.1.0`. */
  readonly protocolVersion?: string;
  /** The implementation, e.g. `kubo/0.43.1`. */
  readonly agentVersion?: string;
  /** A signed envelope with a peer record, as it was received: whoever uses it verifies it. */
  readonly signedPeerRecord?: Uint8Array;
}

/** What we say of ourselves. */
export type OwnIdentify = IdentifyMessage;

/** Bounds of {@link decodeIdentify}. */
export type IdentifyLimits = Pick<Limits, 'identifyProtocols' | 'identifyAddresses' | 'identifyTextBytes'>;

const PUBLIC_KEY = 1;
const LISTEN_ADDRESSES = 2;
const PROTOCOLS = 3;
const OBSERVED_ADDRESS = 4;
const PROTOCOL_VERSION = 5;
const AGENT_VERSION = 6;
const SIGNED_PEER_RECORD = 8;

const encoder = new TextEncoder();

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Decodes messages (without their length prefixes) to one answer; byte fields are copies.
 *
 * An address that is no multiaddr is left out, and so is what goes beyond a bound (the addresses after the 500th, a
 * text of more than 1024 bytes): it is of no use, and the rest still is.
 * Throws `ERR_WIRE_PROTOBUF` for bytes that are no protobuf message.
 */
export function decodeIdentify(messages: readonly Uint8Array[], limits: IdentifyLimits = LIMITS): IdentifyMessage {
  const listenAddresses: string[] = [];
  const protocols: string[] = [];
  const merged: Mutable<IdentifyMessage> = { listenAddresses, protocols };
  const isShort = (text: string): boolean => encoder.encode(text).length <= limits.identifyTextBytes;
  for (const message of messages) {
    readFields(message, 'identify', (field, value) => {
      switch (field) {
        case PUBLIC_KEY:
          merged.publicKey = value.bytes().slice();
          return;
        case LISTEN_ADDRESSES: {
          const address = addressOf(value.bytes());
          if (address !== undefined && listenAddresses.length < limits.identifyAddresses) listenAddresses.push(address);
          return;
        }
        case PROTOCOLS: {
          const protocol = value.text();
          if (isShort(protocol) && protocols.length < limits.identifyProtocols) protocols.push(protocol);
          return;
        }
        case OBSERVED_ADDRESS: {
          const address = addressOf(value.bytes());
          if (address !== undefined) merged.observedAddress = address;
          return;
        }
        case PROTOCOL_VERSION: {
          const version = value.text();
          if (isShort(version)) merged.protocolVersion = version;
          return;
        }
        case AGENT_VERSION: {
          const version = value.text();
          if (isShort(version)) merged.agentVersion = version;
          return;
        }
        case SIGNED_PEER_RECORD:
          merged.signedPeerRecord = value.bytes().slice();
      }
    });
  }
  return merged;
}

/**
 * What we say of ourselves, as one message with its length prefix, and a second one for a signed record that would make
 * the first longer than `withRecordBytes`: old readers read the first alone. Addresses at the end, and then protocols at
 * the end, are left out when the message would pass `maxBytes`, because some peers (rust) refuse more than 4 KiB.
 * Throws `ERR_INVALID_ARGUMENT` for an address that is no multiaddr.
 */
export function encodeIdentify(
  own: OwnIdentify,
  maxBytes: number = LIMITS.identifySendBytes,
  withRecordBytes: number = LIMITS.identifyWithRecordBytes,
): Uint8Array {
  const writer = messageWriter();
  const bytes = (field: number, value: Uint8Array): void => void writer.uint32(bytesTag(field)).bytes(value);
  const text = (field: number, value: string): void => bytes(field, encoder.encode(value));
  const fits = (size: number): boolean => writer.pos + size + LIST_ENTRY_OVERHEAD <= maxBytes;
  if (own.publicKey !== undefined) bytes(PUBLIC_KEY, own.publicKey);
  if (own.observedAddress !== undefined) bytes(OBSERVED_ADDRESS, multiaddrToBytes(own.observedAddress));
  if (own.protocolVersion !== undefined) text(PROTOCOL_VERSION, own.protocolVersion);
  if (own.agentVersion !== undefined) text(AGENT_VERSION, own.agentVersion);
  for (const protocol of own.protocols) {
    const value = encoder.encode(protocol);
    if (!fits(value.length)) break;
    bytes(PROTOCOLS, value);
  }
  for (const address of own.listenAddresses) {
    const value = multiaddrToBytes(address);
    if (!fits(value.length)) break;
    bytes(LISTEN_ADDRESSES, value);
  }
  const record = own.signedPeerRecord;
  if (record === undefined) return encodeVarintPrefixed(finishMessage(writer));
  if (writer.pos + record.length + LIST_ENTRY_OVERHEAD <= Math.min(maxBytes, withRecordBytes)) {
    bytes(SIGNED_PEER_RECORD, record);
    return encodeVarintPrefixed(finishMessage(writer));
  }
  const second = messageWriter();
  second.uint32(bytesTag(SIGNED_PEER_RECORD)).bytes(record);
  const parts = [encodeVarintPrefixed(finishMessage(writer)), encodeVarintPrefixed(finishMessage(second))] as const;
  const both = new Uint8Array(parts[0].length + parts[1].length);
  both.set(parts[0]);
  both.set(parts[1], parts[0].length);
  return both;
}

/** Text of a multiaddr; no bytes are no address, though the library reads them as one of no parts. */
function addressOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : multiaddrFromBytes(bytes);
}

/** Tag and the longest length of a list's entry below 16 KiB. */
const LIST_ENTRY_OVERHEAD = 3;
