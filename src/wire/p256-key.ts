/**
 * Keys on P-256 in DER: SubjectPublicKeyInfo (RFC 5480) for public ones, ECPrivateKey (RFC 5915) for private ones. It is
 * how libp2p carries ECDSA keys (libp2p/specs peer-ids/peer-ids.md, "ECDSA"), and how certificates carry theirs.
 *
 * The curve is named and points are not compressed, as others write and demand: one key has one encoding, or it would have
 * several peer ids. Whether a point is on the curve is for whoever computes with it.
 */
import { EngineError } from '../errors.js';
import {
  DER_TAG,
  encodeDer,
  encodeDerBitString,
  encodeDerInteger,
  encodeDerOid,
  expectDerTag,
  readDerBitString,
  readDerElement,
  readDerElements,
  readDerOid,
  readDerWhole,
  type DerElement,
} from './der.js';

/** id-ecPublicKey: a key on a curve that the parameters name. */
export const EC_PUBLIC_KEY_OID = '1.2.840.10045.2.1';
/** P-256 by its oldest name. */
export const P256_OID = '1.2.840.10045.3.1.7';

/** A private key on P-256. */
export interface P256PrivateKey {
  /** 32 bytes, big-endian. */
  readonly scalar: Uint8Array;
  /** The uncompressed point that was stored beside it. */
  readonly point?: Uint8Array | undefined;
}

const SCALAR_BYTES = 32;
const POINT_BYTES = 65;
const UNCOMPRESSED = 4;
const EXPLICIT_CURVE = DER_TAG.explicit;
const EXPLICIT_POINT = DER_TAG.explicit + 1;
const VERSION = encodeDerInteger(Uint8Array.of(1));

/** SubjectPublicKeyInfo of an uncompressed point. */
export function encodeP256PublicKey(point: Uint8Array): Uint8Array {
  const algorithm = encodeDer(DER_TAG.sequence, encodeDerOid(EC_PUBLIC_KEY_OID), encodeDerOid(P256_OID));
  return encodeDer(DER_TAG.sequence, algorithm, encodeDerBitString(point));
}

/**
 * The uncompressed point (a view) of a SubjectPublicKeyInfo; `undefined` for a key on another curve. Throws `ERR_WIRE_DER`
 * when it is no such key.
 */
export function decodeP256PublicKey(bytes: Uint8Array): Uint8Array | undefined {
  const parts = readDerElements(readDerWhole(bytes, DER_TAG.sequence, 'SubjectPublicKeyInfo').content);
  const algorithm = readDerElements(expectDerTag(parts[0], DER_TAG.sequence, 'algorithm').content);
  if (parts.length !== 2 || algorithm.length !== 2) throw invalid('not an algorithm of two parts and a key');
  if (readDerOid(algorithm[0], 'algorithm') !== EC_PUBLIC_KEY_OID) throw invalid('not a key on a curve');
  if (readDerOid(algorithm[1], 'curve') !== P256_OID) return undefined;
  return uncompressed(parts[1]);
}

/** ECPrivateKey. It never travels: this is the form of key files. */
export function encodeP256PrivateKey({ scalar, point }: P256PrivateKey): Uint8Array {
  const stored = point === undefined ? [] : [encodeDer(EXPLICIT_POINT, encodeDerBitString(point))];
  return encodeDer(
    DER_TAG.sequence,
    VERSION,
    encodeDer(DER_TAG.octetString, scalar),
    encodeDer(EXPLICIT_CURVE, encodeDerOid(P256_OID)),
    ...stored,
  );
}

/** The parts (views) of an ECPrivateKey; `undefined` for a key on another curve. Throws `ERR_WIRE_DER`. */
export function decodeP256PrivateKey(bytes: Uint8Array): P256PrivateKey | undefined {
  const [version, secret, curve, point, ...rest] = readDerElements(
    readDerWhole(bytes, DER_TAG.sequence, 'ECPrivateKey').content,
  );
  const { content } = expectDerTag(version, DER_TAG.integer, 'version');
  if (content.length !== 1 || content[0] !== 1) throw invalid('not of version 1');
  if (rest.length > 0) throw invalid('more than four parts');
  const scalar = expectDerTag(secret, DER_TAG.octetString, 'privateKey').content;
  if (readDerOid(inside(curve, EXPLICIT_CURVE, 'parameters'), 'curve') !== P256_OID) return undefined;
  if (scalar.length !== SCALAR_BYTES) throw invalid(`a private key of ${scalar.length} bytes`);
  return { scalar, point: point && uncompressed(inside(point, EXPLICIT_POINT, 'publicKey')) };
}

/** The one element that an explicit tag holds. */
function inside(element: DerElement | undefined, tag: number, what: string): DerElement {
  const { content } = expectDerTag(element, tag, what);
  const held = readDerElement(content);
  if (held.whole.length !== content.length) throw invalid(`${what}: bytes behind its end`);
  return held;
}

function uncompressed(element: DerElement | undefined): Uint8Array {
  const point = readDerBitString(element, 'public key');
  if (point.length === POINT_BYTES && point[0] === UNCOMPRESSED) return point;
  throw invalid(`a public key of ${point.length} bytes that is no uncompressed point`);
}

function invalid(why: string): EngineError {
  return new EngineError('ERR_WIRE_DER', 'remote', `EC key: ${why}`);
}
