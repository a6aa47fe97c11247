/** The Exchange of plaintext 2.0 against messages that @libp2p/plaintext encoded. */
import { describe, expect, test } from '@jest/globals';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import { decodePlaintextExchange, encodePlaintextExchange } from '../../src/wire/plaintext.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Exchanges {
  readonly exchanges: readonly { readonly type: string; readonly peerId: string; readonly exchange: string }[];
}
interface Keys {
  readonly keys: readonly { readonly type: string; readonly publicKey: string }[];
}
const { exchanges } = vectors('plaintext/exchanges.json') as Exchanges;
const { keys } = vectors('keys/libp2p-specs.json') as Keys;

test.each(exchanges)('$type: both ways', ({ type, peerId, exchange }) => {
  const publicKey = hex(keys.find((key) => key.type === type)?.publicKey ?? '');
  const id = peerIdToBytes(peerId);
  expect(decodePlaintextExchange(hex(exchange))).toEqual({ id, publicKey });
  expect(toHex(encodePlaintextExchange({ id, publicKey }))).toBe(exchange);
});

describe('refused', () => {
  test.each([
    { name: 'no bytes', bytes: '' },
    { name: 'no id', bytes: '1202 0801' },
    { name: 'an empty id', bytes: '0a00 1202 0801' },
    { name: 'no key', bytes: '0a01 00' },
    { name: 'an empty key', bytes: '0a01 00 1200' },
    { name: 'a number for an id', bytes: '0801 1202 0801' },
    { name: 'a key that ends too soon', bytes: '0a01 00 1203 0801' },
    { name: 'a group', bytes: '0a01 00 1202 0801 1b1c' },
  ])('$name', ({ bytes }) => {
    expect(thrownCode(() => decodePlaintextExchange(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });
});

test('fields in any order, unknown ones skipped', () => {
  expect(decodePlaintextExchange(hex('1202 0801 1a01ff 0a01 07'))).toEqual({ id: hex('07'), publicKey: hex('0801') });
});
