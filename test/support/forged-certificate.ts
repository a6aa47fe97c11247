/**
 * Certificates made by hand, right but for what a test wants to be wrong. They are put together and signed without the
 * engine's own encoders: by node:crypto and a few lines of DER.
 */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { CertificateExtension } from '../../src/wire/x509.js';
import { testIdentity } from './noise-side.js';

/** What is to be otherwise. */
export interface Forgery {
  /** Key of the certificate; default P-256. */
  readonly keyType?: 'p256' | 'p384' | 'ed25519' | 'rsa';
  readonly extension?: 'none' | 'twice' | 'broken' | 'three parts' | 'other key' | 'other signer';
  readonly critical?: boolean;
  /** Further extensions, behind the libp2p one. */
  readonly others?: readonly CertificateExtension[];
  readonly selfSignature?: 'wrong' | 'sha384';
  readonly uniqueIds?: boolean;
  readonly version?: 1 | 3;
  /** UTCTime. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Seed of the identity. */
  readonly seed?: string;
}

/** A certificate with the key that signs handshakes for it. */
export interface Forged {
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  readonly peerId: string;
}

const LIBP2P = '1.3.6.1.4.1.53594.1.1';
const KEYS = {
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ed25519: () => generateKeyPairSync('ed25519'),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** A certificate of the peer `seed`. */
export function forgeCertificate(forgery: Forgery): Forged {
  const { keyType = 'p256', version = 3, seed = 'mallory', uniqueIds = false } = forgery;
  const { publicKey, privateKey } = KEYS[keyType]();
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const identity = testIdentity(seed);
  const algorithm = algorithmOf(forgery);
  const name = seq(der(0x31, seq(oid('2.5.4.10'), der(0x0c, Buffer.from('forged')))));
  const extensions = [...libp2pExtensions(forgery, spki), ...(forgery.others ?? [])].map(extensionDer);
  const tbs = seq(
    ...(version === 3 ? [der(0xa0, der(2, Buffer.of(2)))] : []),
    der(2, Buffer.of(5)),
    algorithm,
    name,
    seq(
      der(0x17, Buffer.from(forgery.notBefore ?? '700101000000Z')),
      der(0x17, Buffer.from(forgery.notAfter ?? '491231235959Z')),
    ),
    name,
    spki,
    ...(uniqueIds ? [der(0x81, Buffer.of(0, 1))] : []),
    ...(extensions.length > 0 ? [der(0xa3, seq(...extensions))] : []),
  );
  const signature = selfSign(forgery, tbs, privateKey);
  const certificate = new Uint8Array(seq(tbs, algorithm, der(3, Buffer.of(0), signature)));
  return { certificate, privateKey, peerId: identity.peerId };
}

function libp2pExtensions(
  { extension, critical = false, seed = 'mallory' }: Forgery,
  spki: Buffer,
): CertificateExtension[] {
  if (extension === 'none') return [];
  const identity = testIdentity(seed);
  const signer = extension === 'other signer' ? testIdentity('somebody else').signer : identity.signer;
  const signedKey = extension === 'other key' ? Buffer.from(spki).fill(7, 30) : spki;
  const signature = signer.sign(Buffer.concat([Buffer.from('libp2p-tls-handshake:'), signedKey]));
  const parts = [der(4, Buffer.from(identity.publicKeyProtobuf)), der(4, Buffer.from(signature))];
  if (extension === 'three parts') parts.push(der(4, Buffer.from('cookie')));
  const value = extension === 'broken' ? Buffer.from('30053000', 'hex') : seq(...parts);
  const one = { oid: LIBP2P, critical, value: new Uint8Array(value) };
  return extension === 'twice' ? [one, one] : [one];
}

function algorithmOf({ keyType = 'p256', selfSignature }: Forgery): Buffer {
  if (selfSignature === 'sha384' || keyType === 'p384') return seq(oid('1.2.840.10045.4.3.3'));
  if (keyType === 'ed25519') return seq(oid('1.3.101.112'));
  if (keyType === 'rsa') return seq(oid('1.2.840.113549.1.1.11'), der(5));
  return seq(oid('1.2.840.10045.4.3.2'));
}

function selfSign({ keyType, selfSignature }: Forgery, tbs: Buffer, key: KeyObject): Buffer {
  const data = selfSignature === 'wrong' ? createHash('sha256').update(tbs).digest() : tbs;
  const hash = keyType === 'ed25519' ? null : selfSignature === 'sha384' || keyType === 'p384' ? 'sha384' : 'sha256';
  return sign(hash, data, key);
}

function extensionDer({ oid: id, critical, value }: CertificateExtension): Buffer {
  return seq(oid(id), ...(critical ? [der(1, Buffer.of(0xff))] : []), der(4, Buffer.from(value)));
}

function seq(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arc = (value: number): number[] =>
    value < 128 ? [value] : [...arc(value >> 7).map((d) => d | 128), value & 127];
  return der(6, Buffer.from([first * 40 + second, ...rest.flatMap(arc)]));
}
