/** Certificates: those that the specification publishes, those of OpenSSL, our own, and every way in which one is wrong. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { createCertificate, judgeCertificates } from '../../src/crypto/tls-certificate.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { decodeSignedKey, encodeSignedKey, SIGNED_KEY_OID } from '../../src/wire/signed-key.js';
import { decodeCertificate } from '../../src/wire/x509.js';
import { hex, toHex } from '../support/decoding.js';
import { forgeCertificate, type Forgery } from '../support/forged-certificate.js';
import { testIdentity } from '../support/noise-side.js';
import { vectors } from '../support/vectors.js';

interface Published {
  readonly name: string;
  readonly identityKey: 'Ed25519' | 'ECDSA' | 'Secp256k1';
  readonly certificate: string;
  readonly peerId: string | null;
}
const { certificates } = vectors('tls/libp2p-certificates.json') as { readonly certificates: readonly Published[] };
const [ed25519, ecdsa, secp256k1, invalid] = certificates as [Published, Published, Published, Published];
const IN_2024 = 1_704_067_200_000;
const judge = (bytes: Uint8Array, expectedPeer?: string) =>
  judgeCertificates(nodeCiphers, [bytes], IN_2024, expectedPeer);

describe('the certificates that libp2p publishes', () => {
  test.each([ed25519, ecdsa, secp256k1])('$name', ({ certificate, peerId }) => {
    for (const ciphers of [nodeCiphers, portableCiphers]) {
      const finding = judgeCertificates(ciphers, [hex(certificate)], IN_2024, peerId ?? '');
      expect(finding).toMatchObject({ kind: 'accepted', peer: peerId, key: { scheme: 'ecdsa_secp256r1_sha256' } });
    }
  });

  test('the invalid one: its identity key, which is ECDSA, has not signed the key of the certificate', () => {
    for (const ciphers of [nodeCiphers, portableCiphers]) {
      expect(judgeCertificates(ciphers, [hex(invalid.certificate)], IN_2024, undefined)).toMatchObject({
        kind: 'badCertificate',
        alert: 'bad_certificate',
        why: expect.stringMatching(/^the signature by Qm\w{44} over the key of the certificate is wrong$/),
      });
    }
  });

  test('their dates are read: 1975 to 4096', () => {
    const { notBeforeMs, notAfterMs, hasUniqueIds } = decodeCertificate(hex(ed25519.certificate));
    expect(new Date(notBeforeMs).toISOString()).toBe('1975-01-01T13:00:00.000Z');
    expect(new Date(notAfterMs).toISOString()).toBe('4096-01-01T13:00:00.000Z');
    expect(hasUniqueIds).toBe(false);
  });

  test.each([ed25519, ecdsa])('with any one bit changed it is not accepted: $name', ({ certificate }) => {
    const bytes = hex(certificate);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect({ bit, kind: judge(changed).kind }).toEqual({ bit, kind: 'badCertificate' });
    }
  });

  test('cut short at every length it is refused', () => {
    const bytes = hex(ed25519.certificate);
    for (let size = 0; size < bytes.length; size++) expect(judge(bytes.slice(0, size)).kind).toBe('badCertificate');
  });
});

describe('our own certificate', () => {
  const identity = testIdentity('certificate');
  const make = (ciphers = nodeCiphers) =>
    createCertificate(identity, ciphers.certificateSigner(new Uint8Array(48).fill(3)), new Uint8Array(8).fill(0x90));

  test('is the same to the byte for the same key and serial number, by either twin', () => {
    expect(toHex(make().bytes)).toBe(toHex(make().bytes));
    expect(toHex(make(portableCiphers).bytes)).toBe(toHex(make().bytes));
  });

  test('is accepted for who we are, at any time from 1970 to 9999', () => {
    const { bytes } = make();
    for (const nowMs of [0, IN_2024, 253_402_300_799_000]) {
      expect(judgeCertificates(nodeCiphers, [bytes], nowMs, identity.peerId)).toMatchObject({
        kind: 'accepted',
        peer: identity.peerId,
      });
    }
    expect(judgeCertificates(nodeCiphers, [bytes], -1, undefined)).toMatchObject({ alert: 'certificate_expired' });
    expect(judgeCertificates(nodeCiphers, [bytes], 253_402_300_800_000, undefined)).toMatchObject({
      alert: 'certificate_expired',
    });
  });

  test('is a certificate to OpenSSL too, signed by its own key', () => {
    const parsed = new X509Certificate(make().bytes);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.checkIssued(parsed)).toBe(true);
    expect({
      subject: parsed.subject,
      issuer: parsed.issuer,
      serial: parsed.serialNumber,
      from: parsed.validFrom,
      to: parsed.validTo,
      curve: parsed.publicKey.asymmetricKeyDetails?.namedCurve,
    }).toEqual({
      subject: 'O=libp2p.io',
      issuer: 'O=libp2p.io',
      serial: '90'.repeat(8),
      from: 'Jan  1 00:00:00 1970 GMT',
      to: 'Dec 31 23:59:59 9999 GMT',
      curve: 'prime256v1',
    });
  });

  test('has one extension, the first that js-libp2p looks at', () => {
    const { extensions } = decodeCertificate(make().bytes);
    expect(extensions.map(({ oid, critical }) => ({ oid, critical }))).toEqual([
      { oid: SIGNED_KEY_OID, critical: false },
    ]);
    const signed = decodeSignedKey(extensions[0]?.value ?? new Uint8Array(0));
    expect(toHex(signed.publicKey)).toBe(toHex(identity.publicKeyProtobuf));
    expect(toHex(encodeSignedKey(signed))).toBe(toHex(extensions[0]?.value ?? new Uint8Array(0)));
  });
});

describe('keys of other kinds', () => {
  test.each(['ed25519', 'rsa'] as const)('%s signs a certificate that is accepted', (keyType) => {
    const { certificate, peerId } = forgeCertificate({ keyType });
    expect(judge(certificate, peerId)).toMatchObject({ kind: 'accepted', peer: peerId });
  });

  test('a certificate may have other extensions, as long as they are not critical', () => {
    const { certificate } = forgeCertificate({ others: [{ oid: '2.5.29.19', critical: false, value: hex('3000') }] });
    expect(judge(certificate).kind).toBe('accepted');
  });

  test('the libp2p extension may be critical, as js-libp2p has it', () => {
    expect(judge(forgeCertificate({ critical: true }).certificate).kind).toBe('accepted');
  });
});

const wrong: readonly { readonly name: string; readonly forgery: Forgery; readonly alert?: string; why: RegExp }[] = [
  { name: 'no libp2p extension', forgery: { extension: 'none' }, why: /no libp2p extension/ },
  { name: 'two libp2p extensions', forgery: { extension: 'twice' }, why: /more than one libp2p extension/ },
  { name: 'an extension that does not decode', forgery: { extension: 'broken' }, why: /no identity key that we know/ },
  { name: 'an extension of three parts', forgery: { extension: 'three parts' }, why: /no identity key that we know/ },
  { name: 'a signature over another key', forgery: { extension: 'other key' }, why: /signature by .* is wrong/ },
  { name: 'a signature by somebody else', forgery: { extension: 'other signer' }, why: /signature by .* is wrong/ },
  {
    name: 'an unknown critical extension',
    forgery: { others: [{ oid: '1.2.3.4', critical: true, value: hex('0500') }] },
    why: /extension 1\.2\.3\.4 is critical/,
  },
  { name: 'a wrong self-signature', forgery: { selfSignature: 'wrong' }, why: /not signed by its own key/ },
  {
    name: 'a self-signature of an unknown kind',
    forgery: { selfSignature: 'sha384' },
    alert: 'unsupported_certificate',
    why: /signed in a way/,
  },
  { name: 'unique ids', forgery: { uniqueIds: true }, why: /unique ids/ },
  { name: 'version 1', forgery: { version: 1 }, why: /does not decode/ },
  {
    name: 'a key on another curve',
    forgery: { keyType: 'p384' },
    alert: 'unsupported_certificate',
    why: /key is of a kind/,
  },
  {
    name: 'a time that is over',
    forgery: { notAfter: '200101000000Z' },
    alert: 'certificate_expired',
    why: /not valid any more/,
  },
  {
    name: 'a time that is to come',
    forgery: { notBefore: '490101000000Z' },
    alert: 'certificate_expired',
    why: /not valid yet/,
  },
  { name: 'a day that does not exist', forgery: { notBefore: '700132000000Z' }, why: /does not decode/ },
  { name: 'a time without seconds', forgery: { notBefore: '7001010000Z' }, why: /does not decode/ },
  { name: 'a time in a zone', forgery: { notBefore: '700101000000+0100' }, why: /does not decode/ },
];

describe('what is wrong is said', () => {
  test.each(wrong)('$name', ({ forgery, alert = 'bad_certificate', why }) => {
    expect(judge(forgeCertificate(forgery).certificate)).toMatchObject({
      kind: 'badCertificate',
      alert,
      why: expect.stringMatching(why),
    });
  });

  test('no certificate, and two', () => {
    const { certificate } = forgeCertificate({});
    expect(judgeCertificates(nodeCiphers, [], IN_2024, undefined)).toMatchObject({ alert: 'certificate_required' });
    expect(judgeCertificates(nodeCiphers, [certificate, certificate], IN_2024, undefined)).toMatchObject({
      why: '2 certificates came, one is allowed',
    });
  });

  test('another peer than was expected, who has proven to be the other one', () => {
    const { certificate, peerId } = forgeCertificate({});
    expect(judge(certificate, testIdentity('wanted').peerId)).toMatchObject({
      kind: 'peerMismatch',
      why: `${testIdentity('wanted').peerId} was expected, ${peerId} answered`,
    });
  });
});
