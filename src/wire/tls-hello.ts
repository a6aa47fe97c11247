/** ClientHello, ServerHello and HelloRetryRequest (RFC 8446, 4.1): the messages that agree on keys, in the clear. */
import { joinBytes, tlsNumber, TlsReader, tlsVector, badTlsMessage } from './tls-bytes.js';
import { decodeTlsExtensions, encodeTlsExtensions, type TlsExtensions } from './tls-extensions.js';
import { TLS_LEGACY_VERSION } from './tls-names.js';

/** Bytes of `random` in both hellos. */
export const TLS_RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;

/** ClientHello. */
export interface TlsClientHello {
  readonly random: Uint8Array;
  /** legacy_session_id: the server echoes it. */
  readonly sessionId: Uint8Array;
  readonly suites: readonly number[];
  /** legacy_compression_methods: one zero. */
  readonly compressionMethods: Uint8Array;
  readonly extensions: TlsExtensions;
}

/** ServerHello, or a HelloRetryRequest by its random. */
export interface TlsServerHello {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compressionMethod: number;
  readonly extensions: TlsExtensions;
}

/** What stands in `random` of a HelloRetryRequest (4.1.3): SHA-256 of its name. */
export const TLS_RETRY_RANDOM: Uint8Array = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

const NO_COMPRESSION = Uint8Array.of(0);

/** Decodes the body of a ClientHello. Throws `ERR_TLS_BAD_MESSAGE`. */
export function decodeTlsClientHello(body: Uint8Array): TlsClientHello {
  const reader = new TlsReader(body, 'ClientHello');
  reader.number(2);
  const random = reader.bytes(TLS_RANDOM_BYTES);
  const sessionId = readSessionId(reader);
  const suites = reader.numbers(2);
  const compressionMethods = reader.vector(1);
  if (suites.length === 0 || compressionMethods.length === 0) throw badTlsMessage('ClientHello offers nothing');
  // Before TLS 1.2 hellos could end here.
  const extensions: TlsExtensions = reader.atEnd ? new Map() : decodeTlsExtensions(reader, 'ClientHello');
  reader.end();
  return { random, sessionId, suites, compressionMethods, extensions };
}

/** Encodes the body of a ClientHello. */
export function encodeTlsClientHello(hello: Omit<TlsClientHello, 'compressionMethods'>): Uint8Array {
  return joinBytes(
    tlsNumber(TLS_LEGACY_VERSION, 2),
    hello.random,
    tlsVector(1, hello.sessionId),
    tlsVector(2, ...hello.suites.map((suite) => tlsNumber(suite, 2))),
    tlsVector(1, NO_COMPRESSION),
    encodeTlsExtensions(hello.extensions),
  );
}

/** Decodes the body of a ServerHello or HelloRetryRequest. Throws `ERR_TLS_BAD_MESSAGE`. */
export function decodeTlsServerHello(body: Uint8Array): TlsServerHello {
  const reader = new TlsReader(body, 'ServerHello');
  reader.number(2);
  const random = reader.bytes(TLS_RANDOM_BYTES);
  const sessionId = readSessionId(reader);
  const suite = reader.number(2);
  const compressionMethod = reader.number(1);
  const extensions: TlsExtensions = reader.atEnd ? new Map() : decodeTlsExtensions(reader, 'ServerHello');
  reader.end();
  return { random, sessionId, suite, compressionMethod, extensions };
}

/** Encodes the body of a ServerHello or HelloRetryRequest. */
export function encodeTlsServerHello(hello: Omit<TlsServerHello, 'compressionMethod'>): Uint8Array {
  return joinBytes(
    tlsNumber(TLS_LEGACY_VERSION, 2),
    hello.random,
    tlsVector(1, hello.sessionId),
    tlsNumber(hello.suite, 2),
    NO_COMPRESSION,
    encodeTlsExtensions(hello.extensions),
  );
}

/** Whether the body of a ServerHello is that of a HelloRetryRequest. */
export function isTlsRetry(body: Uint8Array): boolean {
  return TLS_RETRY_RANDOM.every((byte, index) => body[2 + index] === byte);
}

function readSessionId(reader: TlsReader): Uint8Array {
  const id = reader.vector(1);
  if (id.length > MAX_SESSION_ID_BYTES) throw badTlsMessage(`a session id of ${id.length} bytes`);
  return id;
}
