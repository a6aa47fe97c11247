/** The two twins of the Ciphers port against each other: any input, the same answer. A failure prints its seed. */
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CURVE_ORDERS, privateKeyFromSeed } from '../../src/crypto/curve-orders.js';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type SignatureScheme } from '../../src/ports.js';
import { encodeP256PrivateKey } from '../../src/wire/p256-key.js';
import { concat, hex, toHex } from '../support/decoding.js';

const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
const pieces = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 6 });
const anyBytes = fc.uint8Array({ maxLength: 200 });
const hashName = fc.constantFrom('sha256', 'sha384', 'sha512');

/** Runs both and demands the same, as plain arrays. */
function expectSame(run: (ciphers: typeof nodeCiphers) => unknown): void {
  expect(run(nodeCiphers)).toStrictEqual(run(portableCiphers));
}

describe('symmetric', () => {
  test('hash', () => {
    fc.assert(fc.property(hashName, pieces, (name, parts) => expectSame((ciphers) => ciphers.hash(name, parts))));
  });

  test('hmac, with keys of any length', () => {
    fc.assert(
      fc.property(hashName, anyBytes, pieces, (name, key, parts) =>
        expectSame((ciphers) => ciphers.hmac(name, key).digest(parts)),
      ),
    );
  });

  test('counter mode, piece by piece', () => {
    fc.assert(
      fc.property(fc.constantFrom(16, 32).chain(bytes), bytes(16), pieces, (key, counterBlock, parts) =>
        expectSame((ciphers) => {
          const cipher = ciphers.aesCtr(key, counterBlock);
          return parts.map((part) => cipher.update(part));
        }),
      ),
    );
  });

  test.each([
    { name: 'in 32 bits', counterBlock: `${'00'.repeat(12)}ffffffff` },
    { name: 'in 64 bits', counterBlock: `${'00'.repeat(8)}${'ff'.repeat(8)}` },
    { name: 'altogether', counterBlock: 'ff'.repeat(16) },
  ])('counter mode, where the counter overflows $name', ({ counterBlock }) => {
    expectSame((ciphers) => {
      const cipher = ciphers.aesCtr(new Uint8Array(16), hex(counterBlock));
      return [5, 30, 16, 13].map((size) => cipher.update(new Uint8Array(size)));
    });
  });

  test.each([
    { name: 'chacha20Poly1305', size: 32 },
    { name: 'aesGcm', size: 16 },
    { name: 'aesGcm', size: 32 },
  ] as const)(
    '$name, key of $size: what one seals the other opens, and nobody opens what was changed',
    ({ name, size }) => {
      const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
      fc.assert(
        fc.property(bytes(size), bytes(12), pieces, anyBytes, change, (key, nonce, parts, data, [place, bits]) => {
          const [one, other] = [nodeCiphers, portableCiphers].map((ciphers) => ciphers[name](key));
          const sealed = concat(...(one?.seal(nonce, parts, data) ?? []));
          expect(concat(...(other?.seal(nonce, parts, data) ?? []))).toStrictEqual(sealed);
          const changed = sealed.slice();
          const at = place % sealed.length;
          changed[at] = (changed[at] ?? 0) ^ bits;
          for (const aead of [one, other]) {
            expect(aead?.open(nonce, sealed, data)).toStrictEqual(concat(...parts));
            expect(aead?.open(nonce, changed, data)).toBeUndefined();
            expect(aead?.open(nonce, sealed, concat(data, hex('00')))).toBeUndefined();
            expect(aead?.open(nonce, sealed.slice(0, -1), data)).toBeUndefined();
          }
        }),
      );
    },
  );

  test('no ciphertext shorter than a tag opens', () => {
    for (const ciphers of [nodeCiphers, portableCiphers]) {
      const aead = ciphers.chacha20Poly1305(new Uint8Array(32));
      for (let size = 0; size < 16; size++) {
        expect(aead.open(new Uint8Array(12), new Uint8Array(size), new Uint8Array(0))).toBeUndefined();
      }
    }
  });

  test('what is sealed is not kept: neither plaintext nor key changes under us', () => {
    for (const ciphers of [nodeCiphers, portableCiphers]) {
      const key = new Uint8Array(32).fill(3);
      const aead = ciphers.chacha20Poly1305(key);
      const mac = ciphers.hmac('sha256', key);
      const plaintext = new Uint8Array(40).fill(5);
      const before = [aead.seal(new Uint8Array(12), [plaintext], key.slice()), mac.digest([plaintext])];
      expect(plaintext).toEqual(new Uint8Array(40).fill(5));
      const associated = key.slice();
      key.fill(9);
      expect([aead.seal(new Uint8Array(12), [plaintext], associated), mac.digest([plaintext])]).toEqual(before);
    }
  });
});

const curves: readonly { readonly curve: AgreementCurve; readonly numRuns: number }[] = [
  { curve: 'x25519', numRuns: 40 },
  { curve: 'P-256', numRuns: 20 },
  { curve: 'P-384', numRuns: 8 },
  { curve: 'P-521', numRuns: 8 },
];

describe.each(curves)('$curve', ({ curve, numRuns }) => {
  const seed = bytes(AGREEMENT_SEED_BYTES[curve]);

  test('the same seed is the same key pair; both ends agree on the same secret', () => {
    fc.assert(
      fc.property(seed, seed, (seedOfOne, seedOfOther) => {
        const one = nodeCiphers.keyAgreement(curve, seedOfOne);
        const twin = portableCiphers.keyAgreement(curve, seedOfOne);
        expect(twin.publicKey).toStrictEqual(one.publicKey);
        const other = portableCiphers.keyAgreement(curve, seedOfOther);
        const secret = one.sharedSecret(other.publicKey);
        expect(secret).toBeDefined();
        expect(other.sharedSecret(one.publicKey)).toStrictEqual(secret);
        expect(twin.sharedSecret(other.publicKey)).toStrictEqual(secret);
      }),
      { numRuns },
    );
  });

  test.each([
    { name: 'zeros', fill: 0 },
    { name: 'ones', fill: 0xff },
  ])('the seed of all $name has a key pair too', ({ fill }) => {
    const extreme = new Uint8Array(AGREEMENT_SEED_BYTES[curve]).fill(fill);
    expectSame((ciphers) => ciphers.keyAgreement(curve, extreme).publicKey);
  });

  test('any bytes as a remote key: the same secret, or none from either', () => {
    const [one, twin] = [nodeCiphers, portableCiphers].map((ciphers) =>
      ciphers.keyAgreement(curve, new Uint8Array(AGREEMENT_SEED_BYTES[curve]).fill(7)),
    );
    const point = one?.publicKey ?? new Uint8Array(0);
    const changed = fc.tuple(fc.nat(point.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const remote = point.slice();
      remote[at] = (remote[at] ?? 0) ^ bits;
      return remote;
    });
    fc.assert(
      fc.property(fc.oneof(changed, bytes(point.length), fc.uint8Array({ maxLength: 140 })), (remote) => {
        expect(one?.sharedSecret(remote)).toStrictEqual(twin?.sharedSecret(remote));
      }),
      { numRuns },
    );
  });
});

test('the orders of the groups are those that noble knows', () => {
  const groups = { 'P-256': p256, 'P-384': p384, 'P-521': p521, secp256k1 };
  for (const curve of ['P-256', 'P-384', 'P-521', 'secp256k1'] as const) {
    expect(CURVE_ORDERS[curve]).toBe(groups[curve].Point.Fn.ORDER);
    const last = (CURVE_ORDERS[curve] - 2n).toString(16);
    const seed = hex(last.padStart(last.length + (last.length % 2), '0'));
    expect(toHex(privateKeyFromSeed(curve, seed))).toMatch(
      new RegExp(`^0*${(CURVE_ORDERS[curve] - 1n).toString(16)}$`),
    );
  }
});

const VALID = {
  Ed25519: () => true,
  Secp256k1: secp256k1.utils.isValidSecretKey,
  ECDSA: p256.utils.isValidSecretKey,
} as const;

describe.each(['Ed25519', 'Secp256k1', 'ECDSA'] as const)('%s', (type) => {
  const stored = (key: Uint8Array): Uint8Array => (type === 'ECDSA' ? encodeP256PrivateKey({ scalar: key }) : key);
  const privateKey = bytes(32)
    .filter((key) => VALID[type](key))
    .map(stored);

  test('the same key signs the same, and either verifies it', () => {
    fc.assert(
      fc.property(privateKey, anyBytes, (key, data) => {
        const one = nodeCiphers.signer(type, key);
        const twin = portableCiphers.signer(type, key);
        expect(twin.publicKey).toStrictEqual(one.publicKey);
        const signature = one.sign(data);
        expect(twin.sign(data)).toStrictEqual(signature);
        for (const ciphers of [nodeCiphers, portableCiphers]) {
          expect(ciphers.verify(type, one.publicKey, data, signature)).toBe(true);
          expect(ciphers.verify(type, one.publicKey, concat(data, hex('00')), signature)).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a changed signature or key, or any bytes instead: the same answer from both, never an error', () => {
    const signer = nodeCiphers.signer(type, stored(new Uint8Array(32).fill(1)));
    const data = hex('010203');
    const signature = signer.sign(data);
    const changed = (original: Uint8Array): fc.Arbitrary<Uint8Array> =>
      fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
        const copy = original.slice();
        copy[at] = byte;
        return copy;
      });
    const keys = fc.oneof(changed(signer.publicKey), bytes(33), bytes(32), fc.uint8Array({ maxLength: 100 }));
    const signatures = fc.oneof(changed(signature), bytes(64), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(keys, signatures, (key, bad) => {
        expectSame((ciphers) => ciphers.verify(type, signer.publicKey, data, bad));
        expectSame((ciphers) => ciphers.verify(type, key, data, signature));
      }),
      { numRuns: 60 },
    );
  });
});

describe('keys of certificates', () => {
  const seed = bytes(AGREEMENT_SEED_BYTES['P-256']);

  test('the same seed is the same key and signs the same bytes, and both twins judge alike', () => {
    fc.assert(
      fc.property(seed, anyBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (keySeed, data, place, bits) => {
        expectSame((ciphers) => ciphers.certificateSigner(keySeed).publicKey);
        expectSame((ciphers) => ciphers.certificateSigner(keySeed).sign(data));
        const signer = nodeCiphers.certificateSigner(keySeed);
        const { publicKey } = signer;
        const signature = signer.sign(data);
        const changed = signature.slice();
        const at = place % changed.length;
        changed[at] = (changed[at] ?? 0) ^ bits;
        for (const ciphers of [nodeCiphers, portableCiphers]) {
          const verify = (one: Uint8Array, key = publicKey): boolean =>
            ciphers.verifyScheme('ecdsa_secp256r1_sha256', key, data, one);
          expect([verify(signature), verify(changed), verify(signature, publicKey.slice(0, 64))]).toEqual([
            true,
            false,
            false,
          ]);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('any bytes as key and signature: false, and no error, of either', () => {
    const schemes = fc.constantFrom(
      'ecdsa_secp256r1_sha256',
      'ed25519',
      'rsa_pss_rsae_sha256',
      'rsa_pkcs1_sha256',
    ) as fc.Arbitrary<SignatureScheme>;
    fc.assert(
      fc.property(schemes, anyBytes, anyBytes, anyBytes, (scheme, key, data, signature) => {
        expectSame((ciphers) => ciphers.verifyScheme(scheme, key, data, signature));
        expect(nodeCiphers.verifyScheme(scheme, key, data, signature)).toBe(false);
      }),
    );
  });

  test('a seed of another length is refused by both', () => {
    for (const ciphers of [nodeCiphers, portableCiphers]) {
      expect(() => ciphers.certificateSigner(new Uint8Array(32))).toThrow('P-256 seed must be 48 bytes');
      expect(() => ciphers.aesGcm(new Uint8Array(24))).toThrow('AES-GCM key must be 16 or 32 bytes');
    }
  });
});

/** NIST SP 800-38D's reference vectors (McGrew and Viega, test cases 2, 4 and 16): the IV of 96 bits. */
test.each([
  {
    key: '00'.repeat(16),
    iv: '00'.repeat(12),
    text: '00'.repeat(16),
    data: '',
    sealed: '0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308',
    iv: 'cafebabefacedbaddecaf888',
    text: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    data: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    sealed:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    iv: 'cafebabefacedbaddecaf888',
    text: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    data: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
])('AES-GCM with a key of $key', ({ key, iv, text, data, sealed }) => {
  for (const ciphers of [nodeCiphers, portableCiphers]) {
    const aead = ciphers.aesGcm(hex(key));
    expect(toHex(concat(...aead.seal(hex(iv), [hex(text)], hex(data))))).toBe(sealed);
    expect(toHex(aead.open(hex(iv), hex(sealed), hex(data)) ?? new Uint8Array(0))).toBe(text);
  }
});
