/** Both ways to import an octet key pair give the same key, so that a Node that refuses the fast one changes nothing. */
import { describe, expect, test } from '@jest/globals';
import type { KeyObject } from 'node:crypto';
import {
  importOkpPrivateKey,
  importOkpPublicKey,
  okpPublicBytes,
  privateKeyByDer,
  privateKeyByJwk,
} from '../../src/platform/node-okp.js';
import { hex, toHex } from '../support/decoding.js';

const keys = [
  {
    curve: 'Ed25519',
    source: 'RFC 8032, 7.1, test 1',
    privateKey: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  },
  {
    curve: 'X25519',
    source: 'RFC 7748, 5.2, after one round: the key 9 times the base point',
    privateKey: `09${'00'.repeat(31)}`,
    publicKey: '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079',
  },
] as const;

describe.each(keys)('$curve, $source', ({ curve, privateKey, publicKey }) => {
  const publicOf = (key: KeyObject): string => toHex(okpPublicBytes(key));

  test('imported in the way that this Node allows', () => {
    const key = importOkpPrivateKey(curve, hex(privateKey));
    expect([key.type, key.asymmetricKeyType, publicOf(key)]).toEqual(['private', curve.toLowerCase(), publicKey]);
  });

  test('imported as DER', () => {
    expect(publicOf(privateKeyByDer(curve, hex(privateKey)))).toBe(publicKey);
  });

  test('imported as JWK without its public half: the same, or refused by this Node', () => {
    let imported: string;
    try {
      imported = publicOf(privateKeyByJwk(curve, hex(privateKey)));
    } catch (thrown) {
      imported = (thrown as { code?: string }).code ?? String(thrown);
    }
    expect([publicKey, 'ERR_CRYPTO_INVALID_JWK']).toContain(imported);
  });

  test('the public key goes in and comes out', () => {
    const key = importOkpPublicKey(curve, hex(publicKey));
    expect([key.type, key.asymmetricKeyType, publicOf(key)]).toEqual(['public', curve.toLowerCase(), publicKey]);
  });

  test.each([0, 31, 33])('a public key of %d bytes is refused', (size) => {
    expect(() => importOkpPublicKey(curve, new Uint8Array(size))).toThrow();
  });
});
