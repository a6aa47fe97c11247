/** The keys protobuf against the spec's own vectors, and against keys written in other ways. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import type { KeyType } from '../../src/ports.js';
import { decodePrivateKey, decodePublicKey, encodePrivateKey, encodePublicKey } from '../../src/wire/keys.js';
import { decodeP256PrivateKey } from '../../src/wire/p256-key.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface SpecKeys {
  readonly keys: readonly { readonly type: KeyType; readonly privateKey: string; readonly publicKey: string }[];
}
const { keys } = vectors('keys/libp2p-specs.json') as SpecKeys;

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

  test('ECDSA on another curve is refused by name', () => {
    const elsewhere = hex(ecdsa({ curve: '06052b81040022', bits: `0004${'11'.repeat(96)}` }));
    expect(() => decodePublicKey(elsewhere)).toThrow(
      'PublicKey: ECDSA keys on another curve than P-256 are not supported',
    );
    expect(thrownCode(() => decodePublicKey(elsewhere))).toBe('ERR_KEY_UNSUPPORTED');
    const secret = ecdsaSecret({ secret: `0430${'11'.repeat(48)}`, curve: 'a00706052b81040022', stored: '' });
    expect(thrownCode(() => decodePrivateKey(hex(secret)))).toBe('ERR_KEY_UNSUPPORTED');
  });
});

/** Up to 127 bytes DER and protobuf write lengths alike. */
const tlv = (tag: string, content: string): string =>
  `${tag}${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
const ofType3 = (data: string): string => `0803${tlv('12', data)}`;
const EC = '06072a8648ce3d0201';
const P256 = '06082a8648ce3d030107';
const POINT = `04${'11'.repeat(64)}`;
/** An ECDSA public key, and a private one, part by part. */
const ecdsa = ({ algorithm = EC, curve = P256, bits = `00${POINT}`, more = '' }): string =>
  ofType3(tlv('30', `${tlv('30', algorithm + curve)}${tlv('03', bits)}${more}`));
const ecdsaSecret = ({
  version = '020101',
  secret = `0420${'11'.repeat(32)}`,
  curve = `a00a${P256}`,
  stored = `a144034200${POINT}`,
}): string => ofType3(tlv('30', version + secret + curve + stored));

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
    { name: 'an ECDSA key that is a bare point', bytes: ofType3(POINT), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key that is compressed', bytes: ecdsa({ bits: `00${point}` }), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key in hybrid form', bytes: ecdsa({ bits: `0006${'11'.repeat(64)}` }), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key of a byte too many', bytes: ecdsa({ bits: `00${POINT}11` }), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key with bits to spare', bytes: ecdsa({ bits: `01${POINT}` }), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key without its curve', bytes: ecdsa({ curve: '' }), code: 'ERR_KEY_INVALID' },
    { name: 'an ECDSA key with NULL for its curve', bytes: ecdsa({ curve: '0500' }), code: 'ERR_KEY_INVALID' },
    {
      name: 'an ECDSA key with more behind its curve',
      bytes: ecdsa({ curve: `${P256}0500` }),
      code: 'ERR_KEY_INVALID',
    },
    { name: 'an ECDSA key with more behind its point', bytes: ecdsa({ more: '0500' }), code: 'ERR_KEY_INVALID' },
    {
      name: 'an ECDSA key with bytes behind its end',
      bytes: ofType3(`${ecdsa({}).slice(8)}00`),
      code: 'ERR_KEY_INVALID',
    },
    {
      name: 'an ECDSA key that is an RSA key',
      bytes: ecdsa({ algorithm: '06092a864886f70d010101', curve: '0500' }),
      code: 'ERR_KEY_INVALID',
    },
    {
      name: 'an ECDSA key whose length is not in its shortest form',
      bytes: ofType3(`3081${ecdsa({}).slice(10)}`),
      code: 'ERR_KEY_INVALID',
    },
  ])('public: $name', ({ bytes, code }) => {
    expect(thrownCode(() => decodePublicKey(hex(bytes)))).toBe(code);
  });

  test.each([
    { name: 'an Ed25519 key of 63 bytes', bytes: `0801123f${'01'.repeat(63)}` },
    { name: 'a secp256k1 key of 33 bytes', bytes: `08021221${point}` },
    { name: 'no data', bytes: '0802' },
    { name: 'an ECDSA key that is a bare number', bytes: ofType3('11'.repeat(32)) },
    { name: 'an ECDSA key of another version', bytes: ecdsaSecret({ version: '020102' }) },
    { name: 'an ECDSA key of 31 bytes', bytes: ecdsaSecret({ secret: `041f${'11'.repeat(31)}` }) },
    { name: 'an ECDSA key without its curve', bytes: ecdsaSecret({ curve: '' }) },
    { name: 'an ECDSA key with two curves', bytes: ecdsaSecret({ curve: `a014${P256}${P256}` }) },
    { name: 'an ECDSA key with a compressed public key', bytes: ecdsaSecret({ stored: `a124032200${point}` }) },
    { name: 'an ECDSA key of five parts', bytes: ecdsaSecret({ stored: `a144034200${POINT}0500` }) },
  ])('private: $name', ({ bytes }) => {
    expect(thrownCode(() => decodePrivateKey(hex(bytes)))).toBe('ERR_KEY_INVALID');
  });

  test('the peer is to blame for a public key, the caller for a private one', () => {
    expect(() => decodePublicKey(hex('0801'))).toThrow(expect.objectContaining({ blame: 'remote' }));
    expect(() => decodePrivateKey(hex('0801'))).toThrow(expect.objectContaining({ blame: 'local' }));
  });
});

test('an ECDSA private key decodes with and without its public key', () => {
  for (const stored of [undefined, '']) {
    const bytes = ecdsaSecret(stored === undefined ? {} : { stored });
    const key = decodePrivateKey(hex(bytes));
    expect(toHex(encodePrivateKey(key))).toBe(bytes);
    expect(decodeP256PrivateKey(key.data)).toEqual({
      scalar: hex('11'.repeat(32)),
      point: stored === undefined ? hex(POINT) : undefined,
    });
  }
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
