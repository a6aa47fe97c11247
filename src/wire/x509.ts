/**
 * X.509 certificates (RFC 5280, 4.1) as libp2p uses them (libp2p/specs tls/tls.md, "Peer Authentication"): version 3, one
 * key that signs its own certificate, and extensions. Names say nothing and are not looked at.
 */
import { EngineError } from '../errors.js';
import type { SignatureScheme } from '../ports.js';
import {
  DER_TAG,
  encodeDer,
  encodeDerBitString,
  encodeDerInteger,
  encodeDerOid,
  expectDerTag,
  readDerBitString,
  readDerBoolean,
  readDerElement,
  readDerElements,
  readDerOid,
  readDerWhole,
  type DerElement,
} from './der.js';
import { EC_PUBLIC_KEY_OID, P256_OID } from './p256-key.js';

/** One extension of a certificate. */
export interface CertificateExtension {
  /** In dots. */
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** The key of a certificate, as the Ciphers port takes it, and the scheme in which it signs a handshake. */
export interface CertificateKey {
  readonly scheme: SignatureScheme;
  readonly bytes: Uint8Array;
}

/** What a certificate says; bytes are views. */
export interface Certificate {
  /** TBSCertificate: what is signed. */
  readonly signedBytes: Uint8Array;
  /** How it is signed; `undefined`: in a way that we do not know. */
  readonly signatureScheme: SignatureScheme | undefined;
  readonly signature: Uint8Array;
  /** Milliseconds since the Unix epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo as it was received: the identity key signs it. */
  readonly publicKeyInfo: Uint8Array;
  /** `undefined`: a key of a kind that we do not know. */
  readonly key: CertificateKey | undefined;
  readonly hasUniqueIds: boolean;
  readonly extensions: readonly CertificateExtension[];
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ed25519: '1.3.101.112',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  organizationName: '2.5.4.10',
} as const;

const SIGNATURES: Readonly<Record<string, SignatureScheme>> = {
  [OID.ecdsaWithSha256]: 'ecdsa_secp256r1_sha256',
  [OID.ed25519]: 'ed25519',
  [OID.sha256WithRsaEncryption]: 'rsa_pkcs1_sha256',
};

/** Version 3, which is written as 2. */
const VERSION = encodeDer(DER_TAG.explicit, encodeDerInteger(Uint8Array.of(2)));

/** Decodes a certificate. Throws `ERR_WIRE_DER` when it is none, or not of version 3. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  const [tbs, algorithm, signature, ...rest] = readDerElements(
    readDerWhole(bytes, DER_TAG.sequence, 'Certificate').content,
  );
  if (rest.length > 0) throw invalid('more than three parts');
  const signed = expectDerTag(tbs, DER_TAG.sequence, 'TBSCertificate');
  const outerAlgorithm = expectDerTag(algorithm, DER_TAG.sequence, 'signatureAlgorithm');
  const [version, serial, innerAlgorithm, issuer, validity, subject, keyInfo, ...optional] = readDerElements(
    signed.content,
  );
  if (version === undefined || !isSame(version.whole, VERSION)) throw invalid('not of version 3');
  expectDerTag(serial, DER_TAG.integer, 'serialNumber');
  expectDerTag(issuer, DER_TAG.sequence, 'issuer');
  expectDerTag(subject, DER_TAG.sequence, 'subject');
  if (!isSame(expectDerTag(innerAlgorithm, DER_TAG.sequence, 'signature').whole, outerAlgorithm.whole)) {
    throw invalid('it names two ways of signing');
  }
  const info = expectDerTag(keyInfo, DER_TAG.sequence, 'subjectPublicKeyInfo');
  const times = readDerElements(expectDerTag(validity, DER_TAG.sequence, 'validity').content);
  if (times.length !== 2) throw invalid('validity: not two times');
  return {
    signedBytes: signed.whole,
    signatureScheme: SIGNATURES[readDerOid(readDerElement(outerAlgorithm.content), 'signatureAlgorithm')],
    signature: readDerBitString(signature, 'signatureValue'),
    notBeforeMs: readTime(times[0]),
    notAfterMs: readTime(times[1]),
    publicKeyInfo: info.whole,
    key: readKey(info),
    ...readOptional(optional),
  };
}

/** What goes into a certificate of our own. */
export interface CertificateDraft {
  /** Big-endian, as drawn. */
  readonly serialNumber: Uint8Array;
  /** Of our key, `encodeP256PublicKey`. */
  readonly publicKeyInfo: Uint8Array;
  readonly extension: CertificateExtension;
}

/** TBSCertificate of a draft, to be signed with ECDSA over SHA-256. It is valid from 1970 to the end of 9999. */
export function encodeTbsCertificate({ serialNumber, publicKeyInfo, extension }: CertificateDraft): Uint8Array {
  return sequence(
    VERSION,
    encodeDerInteger(serialNumber),
    ECDSA_WITH_SHA256,
    NAME,
    VALIDITY,
    NAME,
    publicKeyInfo,
    encodeDer(DER_TAG.explicit + 3, sequence(encodeExtension(extension))),
  );
}

/** The certificate around what was signed. */
export function encodeCertificate(tbsCertificate: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(tbsCertificate, ECDSA_WITH_SHA256, encodeDerBitString(signature));
}

const ECDSA_WITH_SHA256 = sequence(encodeDerOid(OID.ecdsaWithSha256));

/** Issuer and subject, which may not be empty (RFC 5280, 4.1.2.4): `O=libp2p.io`, as the specification's own samples say. */
const NAME = sequence(
  encodeDer(
    DER_TAG.set,
    sequence(encodeDerOid(OID.organizationName), encodeDer(DER_TAG.utf8String, text('libp2p.io'))),
  ),
);

/** No clock is asked, so that a node makes the same certificate every time; 9999 is RFC 5280's "no end". */
const VALIDITY = sequence(
  encodeDer(DER_TAG.utcTime, text('700101000000Z')),
  encodeDer(DER_TAG.generalizedTime, text('99991231235959Z')),
);

function encodeExtension({ oid, critical, value }: CertificateExtension): Uint8Array {
  const flag = critical ? [encodeDer(DER_TAG.boolean, Uint8Array.of(0xff))] : [];
  return sequence(encodeDerOid(oid), ...flag, encodeDer(DER_TAG.octetString, value));
}

function readKey(info: DerElement): CertificateKey | undefined {
  const [algorithm, bits] = readDerElements(info.content);
  const [id, parameters] = readDerElements(expectDerTag(algorithm, DER_TAG.sequence, 'algorithm').content);
  const bytes = readDerBitString(bits, 'subjectPublicKey');
  switch (readDerOid(id, 'algorithm')) {
    case EC_PUBLIC_KEY_OID: {
      const isP256 = parameters?.tag === DER_TAG.objectIdentifier && readDerOid(parameters, 'curve') === P256_OID;
      return isP256 ? { scheme: 'ecdsa_secp256r1_sha256', bytes } : undefined;
    }
    case OID.ed25519:
      return { scheme: 'ed25519', bytes };
    case OID.rsaEncryption:
      return { scheme: 'rsa_pss_rsae_sha256', bytes: info.whole };
    default:
      return undefined;
  }
}

/** What may follow the key: two unique ids, which libp2p forbids, and extensions. */
function readOptional(elements: readonly DerElement[]): Pick<Certificate, 'hasUniqueIds' | 'extensions'> {
  const last = elements.at(-1);
  const hasExtensions = last?.tag === DER_TAG.explicit + 3;
  const others = hasExtensions ? elements.slice(0, -1) : elements;
  const unknown = others.find(({ tag }) => tag !== DER_TAG.implicit + 1 && tag !== DER_TAG.implicit + 2);
  if (unknown !== undefined) throw invalid(`an element of tag ${unknown.tag} behind the key`);
  if (!hasExtensions) return { hasUniqueIds: others.length > 0, extensions: [] };
  const list = readDerElements(readDerWhole(last.content, DER_TAG.sequence, 'extensions').content);
  return { hasUniqueIds: others.length > 0, extensions: list.map(readExtension) };
}

function readExtension(element: DerElement): CertificateExtension {
  const parts = readDerElements(expectDerTag(element, DER_TAG.sequence, 'Extension').content);
  const hasFlag = parts[1]?.tag === DER_TAG.boolean;
  if (parts.length !== (hasFlag ? 3 : 2)) throw invalid(`an extension of ${parts.length} parts`);
  return {
    oid: readDerOid(parts[0], 'extnID'),
    critical: hasFlag && readDerBoolean(parts[1], 'critical'),
    value: expectDerTag(parts.at(-1), DER_TAG.octetString, 'extnValue').content,
  };
}

const DAY_MS = 86_400_000;

/** RFC 5280, 4.1.2.5: UTCTime `YYMMDDHHMMSSZ` for the years 1950 to 2049, GeneralizedTime `YYYYMMDDHHMMSSZ`. */
function readTime(element: DerElement | undefined): number {
  const isShort = element?.tag === DER_TAG.utcTime;
  const { content } = expectDerTag(element, isShort ? DER_TAG.utcTime : DER_TAG.generalizedTime, 'time');
  const digits = String.fromCharCode(...content.subarray(0, 20));
  const found = (isShort ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    digits,
  );
  if (found === null) throw invalid('a time that is not in the form of RFC 5280');
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map(Number);
  const fits = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hours < 24 && minutes < 60 && seconds < 60;
  if (!fits) throw invalid('a time that does not exist');
  const days = daysFromEpoch(isShort ? year + (year < 50 ? 2000 : 1900) : year, month, day);
  return days * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; years are taken to begin in March, so that leap days end them. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + dayOfYear - 719_468;
}

function sequence(...pieces: readonly Uint8Array[]): Uint8Array {
  return encodeDer(DER_TAG.sequence, ...pieces);
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function invalid(why: string): EngineError {
  return new EngineError('ERR_WIRE_DER', 'remote', `certificate: ${why}`);
}
