/** Ed25519, secp256k1 and ECDSA of both twins, and RSA of node:crypto, against published vectors. */
import { describe, expect, test } from '@jest/globals';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { encodeP256PrivateKey } from '../../src/wire/p256-key.js';
import { hex, toHex, utf8 } from '../support/decoding.js';
import { twins } from '../support/twins.js';
import { vectors } from '../support/vectors.js';

/** RFC 8032, section 7.1, tests 1 to 3. */
const rfc8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    data: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    data: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    data: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
] as const;

/** The vectors that Bitcoin's libraries share for RFC 6979 on secp256k1 with SHA-256: private key 1. */
const rfc6979 = [
  {
    text: 'Satoshi Nakamoto',
    r: '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8',
    s: '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  },
  {
    text: 'All those moments will be lost in time, like tears in rain. Time to die...',
    r: '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b',
    s: '547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
  },
] as const;

/** RFC 6979, A.2.5: P-256 with SHA-256. */
const onP256 = {
  scalar: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
  y: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  signatures: [
    {
      text: 'sample',
      r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
      s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    },
    {
      text: 'test',
      r: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367',
      s: '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
    },
  ],
} as const;

/** A signature in DER. */
function inDer({ r, s }: { readonly r: string; readonly s: string }): string {
  const integer = (digits: string): string => (digits >= '8' ? `022100${digits}` : `0220${digits}`);
  const body = integer(r) + integer(s);
  return `30${(body.length / 2).toString(16)}${body}`;
}

interface SignatureCase {
  readonly id: number;
  readonly comment: string;
  readonly key: string;
  readonly data: string;
  readonly signature: string;
  readonly valid: boolean;
}

describe.each(twins)('$name ciphers', ({ ciphers }) => {
  test.each(rfc8032)('Ed25519, RFC 8032, data "$data"', ({ seed, publicKey, data, signature }) => {
    const signer = ciphers.signer('Ed25519', hex(seed));
    expect(toHex(signer.publicKey)).toBe(publicKey);
    expect(toHex(signer.sign(hex(data)))).toBe(signature);
    expect(ciphers.verify('Ed25519', hex(publicKey), hex(data), hex(signature))).toBe(true);
  });

  test.each((vectors('ciphers/ed25519.json') as { tests: SignatureCase[] }).tests)(
    'Ed25519 $id $comment: $valid',
    ({ key, data, signature, valid }) => {
      expect(ciphers.verify('Ed25519', hex(key), hex(data), hex(signature))).toBe(valid);
    },
  );

  test.each(rfc6979)('secp256k1 signs "$text" as RFC 6979 says, in DER', ({ text, r, s }) => {
    const signer = ciphers.signer('Secp256k1', hex('01'.padStart(64, '0')));
    expect(toHex(signer.publicKey)).toBe('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
    expect(toHex(signer.sign(utf8(text)))).toBe(inDer({ r, s }));
  });

  test.each(onP256.signatures)('ECDSA signs "$text" on P-256 as RFC 6979 says, in DER', ({ text, r, s }) => {
    const signer = ciphers.signer('ECDSA', encodeP256PrivateKey({ scalar: hex(onP256.scalar) }));
    expect(toHex(signer.publicKey)).toBe(
      `3059301306072a8648ce3d020106082a8648ce3d03010703420004${onP256.x}${onP256.y}`,
    );
    expect(toHex(signer.sign(utf8(text)))).toBe(inDer({ r, s }));
    expect(ciphers.verify('ECDSA', signer.publicKey, utf8(text), hex(inDer({ r, s })))).toBe(true);
    // A point of another key, off the curve, or bare: it verifies nothing.
    expect(
      ciphers.verify(
        'ECDSA',
        signer.publicKey.map((byte, at) => (at === 90 ? byte ^ 1 : byte)),
        utf8(text),
        hex(inDer({ r, s })),
      ),
    ).toBe(false);
    expect(ciphers.verify('ECDSA', signer.publicKey.slice(-65), utf8(text), hex(inDer({ r, s })))).toBe(false);
  });

  test.each((vectors('ciphers/ecdsa-secp256k1.json') as { tests: SignatureCase[] }).tests)(
    'secp256k1 $id $comment: $valid',
    ({ key, data, signature, valid }) => {
      expect(ciphers.verify('Secp256k1', hex(key), hex(data), hex(signature))).toBe(valid);
    },
  );
});

describe('RSA on node:crypto', () => {
  const rsa = vectors('ciphers/rsa.json') as {
    keys: string[];
    tests: (Omit<SignatureCase, 'key'> & { key: number })[];
  };
  test.each(rsa.tests)('$id $comment: $valid', ({ key, data, signature, valid }) => {
    expect(nodeCiphers.verify('RSA', hex(rsa.keys[key] ?? ''), hex(data), hex(signature))).toBe(valid);
  });
});
