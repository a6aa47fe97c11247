/** The keys protobuf against the spec's own vectors, and against keys written in other ways. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import type { KeyType } from '../../src/ports.js';
import { decodePrivateKey, decodePublicKey, encodePrivateKey, encodePublicKey } from '../../src/wire/keys.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface SpecKeys {
  readonly keys: readonly { readonly type: KeyType; readonly privateKey: string; readonly publicKey: string }[];
  readonly ecdsa: { readonly privateKey: string; readonly publicKey: string };
}
const { keys, ecdsa } = vectors('keys/libp2p-specs.json') as SpecKeys;

describe('the keys of the spec', () => {
  test.each(keys)('$type decodes and encodes to the same bytes', ({ type, privateKey, publicKey }) => {
    const decodedPublic = decodePublicKey(hex(publicKey));
    expect(decodedPublic.type).toBe(type);
    expect(publicKey.endsWith(toHex(decodedPublic.data))).toBe(true);
    expect(toHex(encodePublicKey(decodedPublic))).toBe(publicKey);
    const decodedPrivate = decodePrivateKey(hex(privateKey));
    expect(decodedPrivate.type).toBe(type);
    expect(privateKey.endsWith(toHex(decodedPrivate.data))).toBe(true);
    expect(toHex(encodePrivateKey(decodedPrivate))).toBe(privateKey);
  });

  test('ECDSA is refused by name', () => {
    expect(() => decodePublicKey(hex(ecdsa.publicKey))).toThrow('PublicKey: keys of type 3 (ECDSA) are not supported');
    expect(thrownCode(() => decodePublicKey(hex(ecdsa.publicKey)))).toBe('ERR_KEY_UNSUPPORTED');
    expect(thrownCode(() => decodePrivateKey(hex(ecdsa.privateKey)))).toBe('ERR_KEY_UNSUPPORTED');
  });
});

const point = `02${'11'.repeat(32)}`;
const seed = '01'.repeat(32);

describe('a key written in another way is the same key', () => {
  const canonical = `08011220${seed}`;
  test.each([
    { name: 'fields the other way round', bytes: `1220${seed}0801` },
    { name: 'a type that is not in its shortest form', bytes: `0881001220${seed}` },
    { name: 'a type said twice, the last one counts', bytes: `080208011220${seed}` },
    { name: 'an unknown field', bytes: `08011220${seed}1a03616263` },
  ])('$name', ({ bytes }) => {
    expect(toHex(encodePublicKey(decodePublicKey(hex(bytes))))).toBe(canonical);
  });
});

describe('refused', () => {
  test.each([
    { name: 'no bytes', bytes: '', code: 'ERR_KEY_INVALID' },
    { name: 'no type', bytes: `1220${seed}`, code: 'ERR_KEY_INVALID' },
    { name: 'no data', bytes: '0801', code: 'ERR_KEY_INVALID' },
    { name: 'empty RSA data', bytes: '08001200', code: 'ERR_KEY_INVALID' },
    { name: 'cut', bytes: `08011220${seed.slice(2)}`, code: 'ERR_KEY_INVALID' },
    { name: 'a type of four', bytes: `08041220${seed}`, code: 'ERR_KEY_UNSUPPORTED' },
    { name: 'a type below zero', bytes: `08ffffffffffffffffff011220${seed}`, code: 'ERR_KEY_INVALID' },
    { name: 'a type that is a text', bytes: `0a01311220${seed}`, code: 'ERR_KEY_INVALID' },
    { name: 'an Ed25519 key of 31 bytes', bytes: `0801121f${seed.slice(2)}`, code: 'ERR_KEY_INVALID' },
    { name: 'an Ed25519 key of 33 bytes', bytes: `08011221${seed}01`, code: 'ERR_KEY_INVALID' },
    { name: 'a secp256k1 key of 32 bytes', bytes: `08021220${seed}`, code: 'ERR_KEY_INVALID' },
    { name: 'an uncompressed secp256k1 key', bytes: `08021241${point}${seed}`, code: 'ERR_KEY_INVALID' },
    { name: 'garbage', bytes: 'ffffffffffffffff', code: 'ERR_KEY_INVALID' },
  ])('public: $name', ({ bytes, code }) => {
    expect(thrownCode(() => decodePublicKey(hex(bytes)))).toBe(code);
  });

  test.each([
    { name: 'an Ed25519 key of 63 bytes', bytes: `0801123f${'01'.repeat(63)}` },
    { name: 'a secp256k1 key of 33 bytes', bytes: `08021221${point}` },
    { name: 'no data', bytes: '0802' },
  ])('private: $name', ({ bytes }) => {
    expect(thrownCode(() => decodePrivateKey(hex(bytes)))).toBe('ERR_KEY_INVALID');
  });

  test('the peer is to blame for a public key, the caller for a private one', () => {
    expect(() => decodePublicKey(hex('0801'))).toThrow(expect.objectContaining({ blame: 'remote' }));
    expect(() => decodePrivateKey(hex('0801'))).toThrow(expect.objectContaining({ blame: 'local' }));
  });
});

test.each([32, 64, 96])('an Ed25519 private key of %d bytes decodes', (size) => {
  const data = new Uint8Array(size).fill(1);
  expect(decodePrivateKey(encodePrivateKey({ type: 'Ed25519', data }))).toEqual({ type: 'Ed25519', data });
});

test('a key as long as the limit decodes, one byte more is refused', () => {
  const frameBytes = 2 + 3; // type; tag and length of data
  const longest = encodePublicKey({ type: 'RSA', data: new Uint8Array(LIMITS.keyProtobufBytes - frameBytes) });
  expect(longest.length).toBe(LIMITS.keyProtobufBytes);
  expect(decodePublicKey(longest).data.length).toBe(LIMITS.keyProtobufBytes - frameBytes);
  const tooLong = encodePublicKey({ type: 'RSA', data: new Uint8Array(LIMITS.keyProtobufBytes - frameBytes + 1) });
  expect(thrownCode(() => decodePublicKey(tooLong))).toBe('ERR_KEY_INVALID');
});
