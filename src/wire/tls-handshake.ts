/**
 * Handshake messages of TLS 1.3 behind the hellos (RFC 8446, 4.3 to 4.6), and the frame that all of them have: a type and
 * a length of three bytes. They follow each other through records without regard to where one ends.
 */
import type { Decoded } from './decoded.js';
import { badTlsMessage, joinBytes, tlsNumber, TlsReader, tlsVector } from './tls-bytes.js';
import { decodeTlsExtensions, encodeTlsExtensions, type TlsExtensions } from './tls-extensions.js';
import { TLS_MESSAGE, type TlsMessageName } from './tls-names.js';

/** Type and length. */
export const TLS_MESSAGE_HEADER_BYTES = 4;

/** Type and length of a message. */
export interface TlsMessageHeader {
  readonly type: number;
  readonly length: number;
}

/** The header at `offset`, or `undefined` while it is not all here. */
export function decodeTlsMessageHeader(bytes: Uint8Array, offset = 0): Decoded<TlsMessageHeader> | undefined {
  if (bytes.length - offset < TLS_MESSAGE_HEADER_BYTES) return undefined;
  const [type = 0, high = 0, middle = 0, low = 0] = bytes.subarray(offset, offset + TLS_MESSAGE_HEADER_BYTES);
  return { value: { type, length: (high << 16) | (middle << 8) | low }, size: TLS_MESSAGE_HEADER_BYTES };
}

/** A whole message around its body. */
export function encodeTlsMessage(name: TlsMessageName, body: Uint8Array): Uint8Array {
  return joinBytes(Uint8Array.of(TLS_MESSAGE[name]), tlsVector(3, body));
}

/** `ServerHello` as RFC 8446 writes it; `message 99` for a type that TLS 1.3 does not have. */
export function tlsMessageName(type: number): string {
  const name = Object.entries(TLS_MESSAGE).find(([, code]) => code === type)?.[0];
  return name === undefined ? `message ${type}` : name.charAt(0).toUpperCase() + name.slice(1);
}

/** Certificate. */
export interface TlsCertificateMessage {
  /** certificate_request_context: empty in a handshake. */
  readonly context: Uint8Array;
  /** cert_data of each entry, the sender's own first. */
  readonly certificates: readonly Uint8Array[];
}

/** CertificateRequest. */
export interface TlsCertificateRequest {
  readonly context: Uint8Array;
  readonly extensions: TlsExtensions;
}

/** CertificateVerify. */
export interface TlsCertificateVerify {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** Decodes the body of EncryptedExtensions. Like all decoders here it throws `ERR_TLS_BAD_MESSAGE`. */
export function decodeTlsEncryptedExtensions(body: Uint8Array): TlsExtensions {
  const reader = new TlsReader(body, 'EncryptedExtensions');
  const extensions = decodeTlsExtensions(reader, 'EncryptedExtensions');
  reader.end();
  return extensions;
}

export { encodeTlsExtensions as encodeTlsEncryptedExtensions } from './tls-extensions.js';

export function decodeTlsCertificateRequest(body: Uint8Array): TlsCertificateRequest {
  const reader = new TlsReader(body, 'CertificateRequest');
  const context = reader.vector(1);
  const extensions = decodeTlsExtensions(reader, 'CertificateRequest');
  reader.end();
  return { context, extensions };
}

export function encodeTlsCertificateRequest({ context, extensions }: TlsCertificateRequest): Uint8Array {
  return joinBytes(tlsVector(1, context), encodeTlsExtensions(extensions));
}

/** Extensions of single certificates are answers to questions that we do not ask: there may be none. */
export function decodeTlsCertificate(body: Uint8Array): TlsCertificateMessage {
  const reader = new TlsReader(body, 'Certificate');
  const context = reader.vector(1);
  const list = reader.nested(3);
  reader.end();
  const certificates: Uint8Array[] = [];
  while (!list.atEnd) {
    const data = list.vector(3);
    if (data.length === 0) throw badTlsMessage('Certificate has an entry without bytes');
    if (decodeTlsExtensions(list, 'Certificate').size > 0) {
      throw badTlsMessage('Certificate has an entry with extensions that nobody asked for');
    }
    certificates.push(data);
  }
  return { context, certificates };
}

export function encodeTlsCertificate({ context, certificates }: TlsCertificateMessage): Uint8Array {
  const none = tlsVector(2);
  return joinBytes(
    tlsVector(1, context),
    tlsVector(3, ...certificates.map((data) => joinBytes(tlsVector(3, data), none))),
  );
}

export function decodeTlsCertificateVerify(body: Uint8Array): TlsCertificateVerify {
  const reader = new TlsReader(body, 'CertificateVerify');
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  reader.end();
  return { scheme, signature };
}

export function encodeTlsCertificateVerify({ scheme, signature }: TlsCertificateVerify): Uint8Array {
  return joinBytes(tlsNumber(scheme, 2), tlsVector(2, signature));
}

/** Whether a KeyUpdate asks for one in return. */
export function decodeTlsKeyUpdate(body: Uint8Array): boolean {
  const [request] = body;
  if (body.length !== 1 || (request !== 0 && request !== 1)) throw badTlsMessage('KeyUpdate is not 0 or 1');
  return request === 1;
}

export function encodeTlsKeyUpdate(asksForOne: boolean): Uint8Array {
  return Uint8Array.of(asksForOne ? 1 : 0);
}

/** What CertificateVerify signs (4.4.3): 64 spaces, who signs, a zero, and the hash of what was said before it. */
export function tlsSignedContent(signer: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  const words = new TextEncoder().encode(`${' '.repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`);
  return joinBytes(words, transcriptHash);
}
