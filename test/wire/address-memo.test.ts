import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { addressFromBytes, addressToBytes } from '../../src/wire/address-memo.js';
import { multiaddrFromBytes, multiaddrToBytes } from '../../src/wire/multiaddr.js';
import { concat, hex, thrownCode } from '../support/decoding.js';

/** By the table of multiaddr: ip4 is 4, tcp 6, dns 53; a name has its length in front. */
const nameOf = (length: number): readonly [text: string, bytes: Uint8Array] => [
  `/dns/${'a'.repeat(length)}`,
  concat(hex('35'), Uint8Array.of(length), new Uint8Array(length).fill(0x61)),
];

const ADDRESSES: readonly (readonly [text: string, bytes: Uint8Array])[] = [
  ['/ip4/192.0.2.9/tcp/4001', hex('04c0000209060fa1')],
  // At the limit of bytes, of characters, and one past both.
  nameOf(LIMITS.kadAddressCachedBytes - 2),
  nameOf(LIMITS.kadAddressCachedBytes - 5),
  nameOf(LIMITS.kadAddressCachedBytes - 1),
];

/** Others, as many as make it forget. */
function flood(): void {
  for (let port = 1; port <= 2 * LIMITS.kadAddressesCached; port++) {
    addressToBytes(`/ip4/192.0.2.1/tcp/${port}`);
    addressFromBytes(concat(hex('04c000020106'), Uint8Array.of(port >> 8, port & 0xff)));
  }
}

describe.each(ADDRESSES)('%s', (text, bytes) => {
  test('is the same the first time, the second time, and when it was forgotten', () => {
    for (const prepare of [() => undefined, () => undefined, flood]) {
      prepare();
      expect(addressFromBytes(bytes)).toBe(text);
      expect(addressToBytes(text)).toEqual(bytes);
      expect(addressFromBytes(bytes)).toBe(multiaddrFromBytes(bytes));
      expect(addressToBytes(text)).toEqual(multiaddrToBytes(text));
    }
  });
});

test('what is remembered is the same object, up to the limits', () => {
  const [[text = '']] = [ADDRESSES[0] ?? []] as const;
  expect(addressToBytes(text)).toBe(addressToBytes(text));
  const [longText] = nameOf(LIMITS.kadAddressCachedBytes - 4);
  expect(longText.length).toBe(LIMITS.kadAddressCachedBytes + 1);
  expect(addressToBytes(longText)).not.toBe(addressToBytes(longText));
});

test('an address is remembered while fewer than the limit came since, and forgotten after that', () => {
  const text = '/ip4/198.51.100.1/tcp/1';
  const first = addressToBytes(text);
  for (let port = 1; port < LIMITS.kadAddressesCached / 2; port++) addressToBytes(`/ip4/198.51.100.2/tcp/${port}`);
  expect(addressToBytes(text)).toBe(first);
  for (let port = 1; port <= LIMITS.kadAddressesCached; port++) addressToBytes(`/ip4/198.51.100.3/tcp/${port}`);
  expect(addressToBytes(text)).not.toBe(first);
});

test.each(['', 'ff', '04c00002', '8103'])('bytes %s are no address, however often they come', (bytes) => {
  for (let count = 0; count < 3; count++) expect(addressFromBytes(hex(bytes))).toBeUndefined();
});

test('text that is no address throws, however often it comes', () => {
  for (let count = 0; count < 3; count++) {
    expect(thrownCode(() => addressToBytes('/ip4/nowhere'))).toBe('ERR_INVALID_ARGUMENT');
  }
});
