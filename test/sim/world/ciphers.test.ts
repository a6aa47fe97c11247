/** The ciphers of worlds: toys as long as the real ones that catch every change, and results that two nodes share. */
import { describe, expect, test } from '@jest/globals';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type Ciphers, type KeyType } from '../../../src/ports.js';
import { insecureToyCiphers as toy, withSharedResults } from '../../../src/sim/index.js';
import { encodeP256PrivateKey } from '../../../src/wire/p256-key.js';
import { counting } from './links.js';

const TYPES = ['Ed25519', 'Secp256k1', 'ECDSA'] as const;
/** A private key as its type stores it. */
const stored = (type: KeyType, secret: Uint8Array): Uint8Array =>
  type === 'ECDSA' ? encodeP256PrivateKey({ scalar: secret }) : secret;

const CURVES = Object.keys(AGREEMENT_SEED_BYTES) as AgreementCurve[];
const key = counting(32, 9);
const nonce = counting(12, 5);
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

describe('toy ciphers', () => {
  test('lengths are those of the real ones', () => {
    const lengths = (ciphers: Ciphers): unknown => ({
      hash: (['sha256', 'sha384', 'sha512'] as const).map((name) => ciphers.hash(name, [key]).length),
      mac: (['sha256', 'sha384', 'sha512'] as const).map((name) => {
        const mac = ciphers.hmac(name, key);
        return [mac.sizeBytes, mac.digest([key, nonce]).length];
      }),
      ctr: [0, 1, 17].map((size) => ciphers.aesCtr(key, counting(16)).update(counting(size)).length),
      sealed: [0, 1, 100].map((size) =>
        ciphers
          .chacha20Poly1305(key)
          .seal(nonce, [counting(size)], key)
          .map(({ length }) => length),
      ),
      gcm: [16, 32].map((size) =>
        ciphers
          .aesGcm(counting(size))
          .seal(nonce, [counting(100)], key)
          .map(({ length }) => length),
      ),
      certificate: ciphers.certificateSigner(counting(48)).publicKey.length,
      agreement: CURVES.map((curve) => {
        const [one, two] = [1, 2].map((from) =>
          ciphers.keyAgreement(curve, counting(AGREEMENT_SEED_BYTES[curve], from)),
        );
        return [one?.publicKey.length, one?.sharedSecret(two?.publicKey ?? key)?.length];
      }),
      signer: TYPES.map((type) => ciphers.signer(type, stored(type, key)).publicKey.length),
      signature: ciphers.signer('Ed25519', key).sign(nonce).length,
    });
    expect(lengths(toy)).toEqual(lengths(nodeCiphers));
  });

  test('a certificate’s key signs, and no other one nor other data', () => {
    const signer = toy.certificateSigner(counting(48));
    const { publicKey } = signer;
    const signature = signer.sign(nonce);
    const verify = (point: Uint8Array, data: Uint8Array, given: Uint8Array): boolean =>
      toy.verifyScheme('ecdsa_secp256r1_sha256', point, data, given);
    expect(verify(publicKey, nonce, signature)).toBe(true);
    expect(verify(toy.certificateSigner(counting(48, 1)).publicKey, nonce, signature)).toBe(false);
    expect(verify(flipped(publicKey, 9), nonce, signature)).toBe(false);
    expect(verify(publicKey, key, signature)).toBe(false);
    expect(verify(publicKey, nonce, flipped(signature, 3))).toBe(false);
    expect(toy.verifyScheme('ed25519', publicKey, nonce, signature)).toBe(false);
  });

  test.each(['chacha20Poly1305', 'aesGcm'] as const)(
    '%s: a sealed text opens, in pieces or whole, and with any one bit changed it does not',
    (name) => {
      const aead = toy[name](key);
      const pieces = aead.seal(nonce, [counting(30), counting(21, 30)], nonce);
      const sealed = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      expect(text(aead.open(nonce, sealed, nonce))).toBe(text(counting(51)));
      expect(text(sealed)).not.toContain(text(counting(8)));
      for (let bit = 0; bit < sealed.length * 8; bit++)
        expect(aead.open(nonce, flipped(sealed, bit), nonce)).toBeUndefined();
      for (let bit = 0; bit < nonce.length * 8; bit++)
        expect(aead.open(flipped(nonce, bit), sealed, nonce)).toBeUndefined();
      for (let bit = 0; bit < nonce.length * 8; bit++)
        expect(aead.open(nonce, sealed, flipped(nonce, bit))).toBeUndefined();
      for (let size = 0; size < sealed.length; size++)
        expect(aead.open(nonce, sealed.subarray(0, size), nonce)).toBeUndefined();
      expect(toy[name](flipped(key, 0)).open(nonce, sealed, nonce)).toBeUndefined();
    },
  );

  test('a key stream goes on over calls, and differs by key and counter block', () => {
    const iv = counting(16);
    const whole = toy.aesCtr(key, iv).update(counting(100));
    const stream = toy.aesCtr(key, iv);
    expect(text(stream.update(counting(37))) + text(stream.update(counting(63, 37)))).toBe(text(whole));
    expect(text(toy.aesCtr(key, iv).update(whole))).toBe(text(counting(100)));
    expect(text(toy.aesCtr(flipped(key, 3), iv).update(counting(100)))).not.toBe(text(whole));
    expect(text(toy.aesCtr(key, flipped(iv, 3)).update(counting(100)))).not.toBe(text(whole));
  });

  test.each(CURVES)(
    '%s: both sides agree, a third one does not, and a changed point is refused or leads elsewhere',
    (curve) => {
      const pair = (from: number) => toy.keyAgreement(curve, counting(AGREEMENT_SEED_BYTES[curve], from));
      const [one, two, three] = [pair(1), pair(2), pair(3)];
      const secret = text(one.sharedSecret(two.publicKey));
      expect(text(two.sharedSecret(one.publicKey))).toBe(secret);
      expect(text(three.sharedSecret(one.publicKey))).not.toBe(secret);
      for (let bit = 0; bit < two.publicKey.length * 8; bit++) {
        const other = one.sharedSecret(flipped(two.publicKey, bit));
        if (curve === 'x25519') expect(text(other)).not.toBe(secret);
        else expect(other).toBeUndefined();
      }
      expect(one.sharedSecret(new Uint8Array(two.publicKey.length))).toBeUndefined();
      expect(one.sharedSecret(two.publicKey.subarray(1))).toBeUndefined();
    },
  );

  test.each(TYPES)('%s: signatures hold for their key and text alone', (type) => {
    const signer = toy.signer(type, stored(type, key));
    const signature = signer.sign(nonce);
    expect(toy.verify(type, signer.publicKey, nonce, signature)).toBe(true);
    for (let bit = 0; bit < signature.length * 8; bit++) {
      expect(toy.verify(type, signer.publicKey, nonce, flipped(signature, bit))).toBe(false);
    }
    for (let bit = 0; bit < nonce.length * 8; bit++) {
      expect(toy.verify(type, signer.publicKey, flipped(nonce, bit), signature)).toBe(false);
    }
    expect(toy.verify(type, toy.signer(type, stored(type, flipped(key, 1))).publicKey, nonce, signature)).toBe(false);
    expect(toy.verify(type, signer.publicKey.subarray(1), nonce, signature)).toBe(false);
  });

  test('there is no toy RSA', () => {
    expect(() => toy.signer('RSA', key)).toThrow('no RSA');
    expect(toy.verify('RSA', key, nonce, nonce)).toBe(false);
  });
});

describe('shared results', () => {
  function counted(): { readonly ciphers: Ciphers; readonly calls: { secrets: number; verdicts: number } } {
    const calls = { secrets: 0, verdicts: 0 };
    const ciphers: Ciphers = {
      ...nodeCiphers,
      keyAgreement: (curve, seed) => {
        const own = nodeCiphers.keyAgreement(curve, seed);
        const sharedSecret = (remote: Uint8Array): Uint8Array | undefined => {
          calls.secrets++;
          return own.sharedSecret(remote);
        };
        return { publicKey: own.publicKey, sharedSecret };
      },
      verify: (...given) => {
        calls.verdicts++;
        return nodeCiphers.verify(...given);
      },
    };
    return { ciphers: withSharedResults(ciphers), calls };
  }

  test.each(CURVES)('%s: both ends get the secret, in memory of their own, for one operation', (curve) => {
    const { ciphers, calls } = counted();
    const pair = (from: number) => ciphers.keyAgreement(curve, counting(AGREEMENT_SEED_BYTES[curve], from));
    const [one, two, three] = [pair(1), pair(2), pair(3)];
    const secret = one.sharedSecret(two.publicKey);
    const expected = nodeCiphers
      .keyAgreement(curve, counting(AGREEMENT_SEED_BYTES[curve], 1))
      .sharedSecret(two.publicKey);
    expect(text(secret)).toBe(text(expected));
    secret?.fill(0);
    expect(text(two.sharedSecret(one.publicKey))).toBe(text(expected));
    expect(calls.secrets).toBe(1);
    expect(text(three.sharedSecret(one.publicKey))).not.toBe(text(expected));
    expect([one.sharedSecret(key.subarray(1)), one.sharedSecret(new Uint8Array(one.publicKey.length))]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('a signature is checked once, a wrong one is as wrong the second time, and long texts are checked each time', () => {
    const { ciphers, calls } = counted();
    const signer = ciphers.signer('Ed25519', key);
    const signature = signer.sign(nonce);
    const verify = (data: Uint8Array, given: Uint8Array): boolean =>
      ciphers.verify('Ed25519', signer.publicKey, data, given);
    expect([verify(nonce, signature), verify(nonce, signature), calls.verdicts]).toEqual([true, true, 1]);
    const wrong = flipped(signature, 5);
    expect([verify(nonce, wrong), verify(nonce, wrong), calls.verdicts]).toEqual([false, false, 2]);
    const long = counting(200_000);
    const over = signer.sign(long);
    expect([verify(long, over), verify(long, over), calls.verdicts]).toEqual([true, true, 4]);
  });
});
