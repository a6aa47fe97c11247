/** Extensions of TLS 1.3 (RFC 8446, 4.2), of those that libp2p needs, and the application protocols of RFC 7301. */
import { joinBytes, badTlsMessage, tlsNumber, TlsReader, tlsVector } from './tls-bytes.js';
import { TLS_EXTENSION } from './tls-names.js';

/** Extensions of one message by type; each may stand there once. */
export type TlsExtensions = ReadonlyMap<number, Uint8Array>;

/** A public key for one group. */
export interface TlsKeyShare {
  readonly group: number;
  readonly key: Uint8Array;
}

/** Reads a list of extensions. */
export function decodeTlsExtensions(reader: TlsReader, what: string): TlsExtensions {
  const list = reader.nested(2);
  const extensions = new Map<number, Uint8Array>();
  while (!list.atEnd) {
    const type = list.number(2);
    if (extensions.has(type)) throw badTlsMessage(`${what} has extension ${type} twice`);
    extensions.set(type, list.vector(2));
  }
  return extensions;
}

/** A list of extensions, in the order of the map. */
export function encodeTlsExtensions(extensions: TlsExtensions): Uint8Array {
  return tlsVector(2, ...[...extensions].map(([type, data]) => joinBytes(tlsNumber(type, 2), tlsVector(2, data))));
}

/** What a list of extensions says in the fields that we know; absent where the extension is. */
export interface TlsExtensionReader {
  /** supported_groups, signature_algorithms: a list of codes. */
  codes(type: number): readonly number[] | undefined;
  /** A single code, as a ServerHello has it. */
  code(type: number): number | undefined;
  /** supported_versions of a ClientHello. */
  versions(): readonly number[] | undefined;
  /** key_share of a ClientHello. */
  keyShares(): readonly TlsKeyShare[] | undefined;
  /** key_share of a ServerHello. */
  keyShare(): TlsKeyShare | undefined;
  /** application_layer_protocol_negotiation. */
  protocols(): readonly string[] | undefined;
  /** cookie. */
  cookie(): Uint8Array | undefined;
}

/** Reads single extensions. Each call throws `ERR_TLS_BAD_MESSAGE` for one that does not decode. */
export function readTlsExtensions(extensions: TlsExtensions): TlsExtensionReader {
  const read = <Value>(type: number, what: string, decode: (reader: TlsReader) => Value): Value | undefined => {
    const data = extensions.get(type);
    if (data === undefined) return undefined;
    const reader = new TlsReader(data, what);
    const value = decode(reader);
    reader.end();
    return value;
  };
  return {
    codes: (type) => read(type, `extension ${type}`, (reader) => someOf(reader.numbers(2), `extension ${type}`)),
    code: (type) => read(type, `extension ${type}`, (reader) => reader.number(2)),
    versions: () =>
      read(TLS_EXTENSION.supportedVersions, 'supported_versions', (reader) =>
        someOf(reader.numbers(1), 'supported_versions'),
      ),
    keyShares: () => read(TLS_EXTENSION.keyShare, 'key_share', (reader) => readKeyShares(reader.nested(2))),
    keyShare: () => read(TLS_EXTENSION.keyShare, 'key_share', readKeyShare),
    protocols: () =>
      read(TLS_EXTENSION.applicationLayerProtocolNegotiation, 'application_layer_protocol_negotiation', (reader) =>
        readProtocols(reader.nested(2)),
      ),
    cookie: () =>
      read(TLS_EXTENSION.cookie, 'cookie', (reader) => {
        const cookie = reader.vector(2);
        if (cookie.length === 0) throw badTlsMessage('cookie is empty');
        return cookie;
      }),
  };
}

/** supported_groups or signature_algorithms. */
export function encodeTlsCodes(codes: readonly number[]): Uint8Array {
  return tlsVector(2, ...codes.map((code) => tlsNumber(code, 2)));
}

/** One key share, as a ServerHello has it. */
export function encodeTlsKeyShare({ group, key }: TlsKeyShare): Uint8Array {
  return joinBytes(tlsNumber(group, 2), tlsVector(2, key));
}

/** Key shares, as a ClientHello has them. */
export function encodeTlsKeyShares(shares: readonly TlsKeyShare[]): Uint8Array {
  return tlsVector(2, ...shares.map(encodeTlsKeyShare));
}

/** Application protocols, best first; a server's answer is a list of one. */
export function encodeTlsProtocols(protocols: readonly string[]): Uint8Array {
  return tlsVector(2, ...protocols.map((protocol) => tlsVector(1, new TextEncoder().encode(protocol))));
}

function readKeyShares(list: TlsReader): TlsKeyShare[] {
  const shares: TlsKeyShare[] = [];
  while (!list.atEnd) shares.push(readKeyShare(list));
  return shares;
}

function readKeyShare(reader: TlsReader): TlsKeyShare {
  return { group: reader.number(2), key: reader.vector(2) };
}

function readProtocols(list: TlsReader): string[] {
  const protocols: string[] = [];
  while (!list.atEnd) {
    const name = list.vector(1);
    if (name.length === 0) throw badTlsMessage('an application protocol without a name');
    protocols.push(new TextDecoder('latin1').decode(name));
  }
  return someOf(protocols, 'application_layer_protocol_negotiation');
}

function someOf<Item>(items: Item[], what: string): Item[] {
  if (items.length === 0) throw badTlsMessage(`${what} is empty`);
  return items;
}
