/**
 * Records of TLS 1.3 (RFC 8446, 5): a type, an old version, a length, and a fragment. A protected one says application
 * data outside; its real type stands behind the content, and zeros as padding behind that.
 */
import type { Decoded } from './decoded.js';
import { TLS_CONTENT, TLS_LEGACY_VERSION } from './tls-names.js';

/** Type, version and length. */
export const TLS_RECORD_HEADER_BYTES = 5;
/** The most that the content of a record may be (5.1). */
export const TLS_MAX_CONTENT_BYTES = 2 ** 14;
/** The most that a protected fragment may be (5.2): the content, its type, padding and what the AEAD adds. */
export const TLS_MAX_CIPHERTEXT_BYTES = TLS_MAX_CONTENT_BYTES + 256;

/** The five bytes in front of a fragment. */
export interface TlsRecordHeader {
  readonly type: number;
  readonly version: number;
  readonly length: number;
}

/** Why a header cannot be one. */
export type TlsHeaderFault = 'type' | 'version' | 'length';

/** The header at `offset`, or `undefined` while it is not all here. */
export function decodeTlsRecordHeader(bytes: Uint8Array, offset = 0): Decoded<TlsRecordHeader> | undefined {
  const [type = 0, major = 0, minor = 0, high = 0, low = 0] = bytes.subarray(offset, offset + TLS_RECORD_HEADER_BYTES);
  if (bytes.length - offset < TLS_RECORD_HEADER_BYTES) return undefined;
  return {
    value: { type, version: (major << 8) | minor, length: (high << 8) | low },
    size: TLS_RECORD_HEADER_BYTES,
  };
}

/**
 * What makes a header wrong, if anything: a type that TLS 1.3 does not have, a version that is none of TLS, or a length
 * over the limit of its kind. The minor version says nothing (5.1).
 */
export function judgeTlsRecordHeader({ type, version, length }: TlsRecordHeader): TlsHeaderFault | undefined {
  if (type < TLS_CONTENT.changeCipherSpec || type > TLS_CONTENT.applicationData) return 'type';
  if (version >> 8 !== TLS_LEGACY_VERSION >> 8) return 'version';
  const most = type === TLS_CONTENT.applicationData ? TLS_MAX_CIPHERTEXT_BYTES : TLS_MAX_CONTENT_BYTES;
  return length > most ? 'length' : undefined;
}

/** The header of a fragment of `length` bytes. */
export function encodeTlsRecordHeader(type: number, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > TLS_MAX_CIPHERTEXT_BYTES) {
    throw new RangeError(`length must be 0 to ${TLS_MAX_CIPHERTEXT_BYTES}, got ${length}`);
  }
  return Uint8Array.of(type, TLS_LEGACY_VERSION >> 8, TLS_LEGACY_VERSION & 0xff, length >> 8, length & 0xff);
}

/** TLSInnerPlaintext (5.2): content and its real type; `undefined` where there are zeros alone, hence no type. */
export function decodeTlsInnerPlaintext(
  plaintext: Uint8Array,
): { readonly type: number; readonly content: Uint8Array } | undefined {
  let end = plaintext.length - 1;
  while (end >= 0 && plaintext[end] === 0) end--;
  const type = plaintext[end];
  return type === undefined ? undefined : { type, content: plaintext.subarray(0, end) };
}

/** A change_cipher_spec record, which says nothing and is for boxes in the middle (RFC 8446, D.4). */
export const TLS_CHANGE_CIPHER_SPEC: Uint8Array = Uint8Array.of(
  ...encodeTlsRecordHeader(TLS_CONTENT.changeCipherSpec, 1),
  1,
);

/** `handshake`, `alert` ..., for a failure report. */
export function tlsContentName(type: number): string {
  return Object.entries(TLS_CONTENT).find(([, code]) => code === type)?.[0] ?? `type ${type}`;
}
