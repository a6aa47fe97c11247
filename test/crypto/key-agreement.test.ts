/** Diffie-Hellman of both twins against published vectors; every invalid point is no secret and no error. */
import { describe, expect, test } from '@jest/globals';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type Ciphers } from '../../src/ports.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { seedOf, twins } from '../support/twins.js';
import { vectors } from '../support/vectors.js';

/** RFC 5903, section 8: the initiator's private key, the responder's, the x coordinate they agree on. */
const rfc5903 = [
  {
    curve: 'P-256',
    initiator: 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433',
    responder: 'c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53',
    shared: 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
  },
  {
    curve: 'P-384',
    initiator: '099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194',
    responder: '41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc',
    shared: '11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746',
  },
  {
    curve: 'P-521',
    initiator:
      '0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52',
    responder:
      '0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9',
    shared:
      '01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea',
  },
] as const;

interface AgreementCase {
  readonly id: number;
  readonly comment: string;
  readonly private: string;
  readonly public: string;
  readonly shared: string | null;
}
interface LeadingZeros {
  readonly zeroBytes: number;
  readonly private: string;
  readonly otherPrivate: string;
  readonly shared: string;
}
type ByCurve<Case> = Readonly<Record<'P-256' | 'P-384' | 'P-521', readonly Case[]>>;

function secretOf(ciphers: Ciphers, curve: AgreementCurve, privateKey: string, remote: string): string | null {
  const secret = ciphers.keyAgreement(curve, seedOf(curve, privateKey)).sharedSecret(hex(remote));
  return secret === undefined ? null : toHex(secret);
}

describe.each(twins)('$name ciphers', ({ name, ciphers }) => {
  test.each((vectors('ciphers/x25519.json') as { tests: AgreementCase[] }).tests)(
    'X25519 $id $comment',
    ({ private: privateKey, public: remote, shared }) => {
      expect(secretOf(ciphers, 'x25519', privateKey, remote)).toBe(shared);
    },
  );

  test('X25519 iterated, RFC 7748 section 5.2', () => {
    // A thousand rounds take the portable twin seconds; its formulas are the same in every round.
    const rounds = name === 'node' ? 1000 : 1;
    let key = `09${'00'.repeat(31)}`;
    let point = key;
    for (let round = 0; round < rounds; round++) {
      const secret = secretOf(ciphers, 'x25519', key, point) ?? '';
      point = key;
      key = secret;
    }
    expect(key).toBe(
      rounds === 1
        ? '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079'
        : '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51',
    );
  });

  test.each([0, 31, 33])('X25519 with a remote key of %d bytes is no secret', (size) => {
    expect(
      ciphers.keyAgreement('x25519', new Uint8Array(32)).sharedSecret(new Uint8Array(size).fill(9)),
    ).toBeUndefined();
  });

  test.each(rfc5903)('$curve, RFC 5903, both sides', ({ curve, initiator, responder, shared }) => {
    const one = ciphers.keyAgreement(curve, seedOf(curve, initiator));
    const other = ciphers.keyAgreement(curve, seedOf(curve, responder));
    expect(toHex(one.sharedSecret(other.publicKey) ?? utf8(''))).toBe(shared);
    expect(toHex(other.sharedSecret(one.publicKey) ?? utf8(''))).toBe(shared);
  });

  const ecdh = vectors('ciphers/ecdh.json') as ByCurve<AgreementCase>;
  const leadingZeros = vectors('ciphers/ecdh-leading-zeros.json') as ByCurve<LeadingZeros>;
  describe.each(['P-256', 'P-384', 'P-521'] as const)('%s', (curve) => {
    test.each(ecdh[curve])('$id $comment', ({ private: privateKey, public: remote, shared }) => {
      expect(secretOf(ciphers, curve, privateKey, remote)).toBe(shared);
    });

    test.each(leadingZeros[curve])(
      'a secret that begins with $zeroBytes zero bytes keeps its width',
      ({ private: privateKey, otherPrivate, shared }) => {
        const one = ciphers.keyAgreement(curve, seedOf(curve, privateKey));
        const other = ciphers.keyAgreement(curve, seedOf(curve, otherPrivate));
        expect(toHex(one.sharedSecret(other.publicKey) ?? utf8(''))).toBe(shared);
        expect(toHex(other.sharedSecret(one.publicKey) ?? utf8(''))).toBe(shared);
      },
    );

    test('only the uncompressed form of a point on the curve is taken', () => {
      const seed = new Uint8Array(AGREEMENT_SEED_BYTES[curve]).fill(7);
      const agreement = ciphers.keyAgreement(curve, seed);
      const point = agreement.publicKey;
      const width = (point.length - 1) / 2;
      expect(point[0]).toBe(4);
      expect(agreement.sharedSecret(point)).toHaveLength(width);
      const odd = 6 + ((point.at(-1) ?? 0) & 1);
      const offCurve = point.slice();
      offCurve[point.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;
      const refused = {
        'off the curve': offCurve,
        compressed: concat(Uint8Array.of(odd - 4), point.slice(1, 1 + width)),
        hybrid: concat(Uint8Array.of(odd), point.slice(1)),
        'at infinity': Uint8Array.of(0),
        'zero, zero': concat(Uint8Array.of(4), new Uint8Array(2 * width)),
        'above the field': concat(Uint8Array.of(4), new Uint8Array(2 * width).fill(0xff)),
        'a byte short': point.slice(0, -1),
        'a byte long': concat(point, Uint8Array.of(0)),
        empty: new Uint8Array(0),
      };
      for (const [name, bytes] of Object.entries(refused)) {
        expect({ name, secret: agreement.sharedSecret(bytes) }).toEqual({ name, secret: undefined });
      }
    });
  });

  test.each([
    { curve: 'x25519', size: 31 },
    { curve: 'P-256', size: 32 },
    { curve: 'P-384', size: 71 },
    { curve: 'P-521', size: 100 },
  ] as const)('a seed of $size bytes for $curve is our own mistake', ({ curve, size }) => {
    expect(thrownCode(() => ciphers.keyAgreement(curve, new Uint8Array(size)))).toBe('ERR_INVALID_ARGUMENT');
  });
});
