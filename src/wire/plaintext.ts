/**
 * The Exchange message of plaintext 2.0 (libp2p/specs plaintext/README.md, "Messages"): `{ id = 1, pubkey = 2 }`, sent
 * once by each side with its length as a varint in front.
 */
import { EngineError } from '../errors.js';
import { bytesTag, finishMessage, messageWriter, readFields } from './protobuf.js';

/** Multistream id. */
export const PLAINTEXT_ID = '/plaintext/2.0.0';

/** Multistream id of plaintext 1.0, as js-libp2p to 0.26 and go-libp2p to 0.3 had it: no bytes of its own at all. */
export const PLAINTEXT_1_ID = '/plaintext/1.0.0';

/** Who the sender says it is. Nothing proves it. */
export interface PlaintextExchange {
  /** Peer id as a multihash. */
  readonly id: Uint8Array;
  /** Public key in the libp2p keys protobuf, as it was received. */
  readonly publicKey: Uint8Array;
}

/** Encodes an Exchange, without its length. */
export function encodePlaintextExchange({ id, publicKey }: PlaintextExchange): Uint8Array {
  const writer = messageWriter();
  writer.uint32(bytesTag(1)).bytes(id);
  writer.uint32(bytesTag(2)).bytes(publicKey);
  return finishMessage(writer);
}

/**
 * Decodes an Exchange to views of its bytes. The spec marks both fields optional and demands that they be compared, so
 * both have to be there. Throws `ERR_WIRE_PROTOBUF`.
 */
export function decodePlaintextExchange(bytes: Uint8Array): PlaintextExchange {
  let id: Uint8Array | undefined;
  let publicKey: Uint8Array | undefined;
  readFields(bytes, 'Exchange', (field, value) => {
    if (field === 1) id = value.bytes();
    else if (field === 2) publicKey = value.bytes();
  });
  return { id: required(id, 'id'), publicKey: required(publicKey, 'pubkey') };
}

function required(value: Uint8Array | undefined, name: string): Uint8Array {
  if (value === undefined || value.length === 0) {
    throw new EngineError('ERR_WIRE_PROTOBUF', 'remote', `Exchange: ${name} is missing`);
  }
  return value;
}
