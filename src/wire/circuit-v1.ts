/**
 * Circuit relay 0.1.0 messages (libp2p/specs relay/circuit-v1.md), as much of them as a node reads that is no relay: which
 * kind one is, and a status to answer with. A message stands behind its varint length.
 */
import { encodeVarintPrefixed } from './length-prefixed.js';
import { finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';

/** What a message is. */
export type RelayV1Type = 'hop' | 'stop' | 'status' | 'canHop';

/** Status codes that a node answers with that is no relay. */
export const RELAY_V1_STATUS = {
  /** HOP_CANT_SPEAK_RELAY: it relays for nobody. */
  cannotRelay: 270,
  /** STOP_RELAY_REFUSED: it takes no relayed connection. */
  relayRefused: 390,
  /** MALFORMED_MESSAGE. */
  malformed: 400,
} as const;

const TYPES: readonly (RelayV1Type | undefined)[] = [undefined, 'hop', 'stop', 'status', 'canHop'];
const TYPE = 1;
const CODE = 4;

/** The type of a message without its length; `undefined` where it has none that is known. Throws `ERR_WIRE_PROTOBUF`. */
export function decodeRelayV1Type(message: Uint8Array): RelayV1Type | undefined {
  let type: RelayV1Type | undefined;
  readFields(message, 'circuit relay', (field, value) => {
    if (field === TYPE) type = TYPES[value.number()];
  });
  return type;
}

/** A status, its length in front. */
export function encodeRelayV1Status(code: number): Uint8Array {
  const writer = messageWriter();
  writer.uint32(varintTag(TYPE)).uint32(TYPES.indexOf('status'));
  writer.uint32(varintTag(CODE)).uint32(code);
  return encodeVarintPrefixed(finishMessage(writer));
}
