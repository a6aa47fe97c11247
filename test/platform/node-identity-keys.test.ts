/** Sizes and encodings of RSA keys that are taken and refused. */
import { describe, expect, test } from '@jest/globals';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface SizedKey {
  readonly bits: number;
  readonly allowed: boolean;
  readonly publicKey: string;
  readonly signature: string;
  readonly privateKey?: string;
}
const { keys } = vectors('keys/rsa-sizes.json') as { readonly keys: readonly SizedKey[] };
const signed = utf8('libp2p identity');
const of2048 = keys.find(({ bits }) => bits === 2048);
const publicKey = hex(of2048?.publicKey ?? '');
const signature = hex(of2048?.signature ?? '');

test.each(keys)('a public key of $bits bits: $allowed', ({ allowed, publicKey: spki, signature: bytes }) => {
  expect(nodeCiphers.verify('RSA', hex(spki), signed, hex(bytes))).toBe(allowed);
});

test.each(keys.filter((key) => key.privateKey !== undefined))(
  'a private key of $bits bits is refused',
  ({ bits, privateKey }) => {
    expect(thrownCode(() => nodeCiphers.signer('RSA', hex(privateKey ?? '')))).toBe('ERR_KEY_INVALID');
    expect(() => nodeCiphers.signer('RSA', hex(privateKey ?? ''))).toThrow(`RSA key of ${bits} bits`);
  },
);

describe('one key has one encoding', () => {
  /** The same key in the same structure, with the length of the outer sequence in one byte more than it needs. */
  const longer = hex(`30830001${toHex(publicKey).slice(6)}`);
  /** RFC 8017's rsaEncryption demands NULL parameters; here they are left out, and the lengths are right. */
  const withoutNull = hex(
    toHex(publicKey).replace('30820122300d06092a864886f70d0101010500', '30820120300b06092a864886f70d010101'),
  );
  /** The bare RSAPublicKey of PKCS#1, which is what the bit string of an SPKI holds. */
  const pkcs1 = publicKey.slice(24);

  test.each([
    { name: 'as it is', bytes: publicKey, verified: true },
    { name: 'bytes behind it', bytes: concat(publicKey, hex('00')), verified: false },
    { name: 'a longer length', bytes: longer, verified: false },
    { name: 'no parameters', bytes: withoutNull, verified: false },
    { name: 'PKCS#1', bytes: pkcs1, verified: false },
    { name: 'cut', bytes: publicKey.slice(0, -1), verified: false },
    { name: 'nothing', bytes: hex(''), verified: false },
  ])('$name: $verified', ({ bytes, verified }) => {
    expect(nodeCiphers.verify('RSA', bytes, signed, signature)).toBe(verified);
  });

  test('a key of another kind under the name of RSA verifies nothing', () => {
    const ed25519 = `302a300506032b65700321008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c`;
    expect(nodeCiphers.verify('RSA', hex(ed25519), signed, signature)).toBe(false);
    expect(nodeCiphers.verify('RSA', hex(ed25519), signed, new Uint8Array(64))).toBe(false);
  });
});
