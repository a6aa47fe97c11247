/**
 * Name/value header blocks of SPDY/3 before compression (draft-mbelshe-httpbis-spdy-00, 2.6.10): a count, then names and
 * values, each behind its 32-bit length. A stream of ours needs no header at all; what libp2p-spdy sends and asks for is
 * the least that HTTP would.
 */
import { EngineError } from '../errors.js';

/** Headers in the order they came; a value may hold several, parted by NUL. */
export type SpdyHeaders = readonly (readonly [name: string, value: string])[];

/** What opens a stream: the headers that libp2p-spdy sends, and refuses to be without. */
export const SPDY_REQUEST_HEADERS: SpdyHeaders = [
  [':method', 'POST'],
  [':version', 'HTTP/1.1'],
  [':path', '/'],
  [':scheme', 'https'],
  [':host', 'localhost'],
];

/** What accepts a stream. */
export const SPDY_REPLY_HEADERS: SpdyHeaders = [
  [':status', '200 OK'],
  [':version', 'HTTP/1.1'],
];

/** The bytes of a header block. Names and values are Latin-1. */
export function encodeSpdyHeaders(headers: SpdyHeaders): Uint8Array {
  const size = headers.reduce((sum, [name, value]) => sum + 8 + name.length + value.length, 4);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, headers.length);
  let at = 4;
  for (const text of headers.flat()) {
    view.setUint32(at, text.length);
    at += 4;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  }
  return bytes;
}

/**
 * Reads a header block, which must fill `bytes` to the end. Throws `ERR_SPDY_BAD_HEADERS` for lengths that lead out of
 * it, for bytes behind it, and for names that are empty, in upper case or there twice.
 */
export function decodeSpdyHeaders(bytes: Uint8Array): SpdyHeaders {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const uint32 = (): number => {
    if (bytes.length - at < 4) throw bad(`it ends after ${bytes.length} bytes, in a length`);
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (): string => {
    const length = uint32();
    if (length > bytes.length - at) throw bad(`a text of ${length} bytes, ${bytes.length - at} are left`);
    let value = '';
    for (const end = at + length; at < end; at++) value += String.fromCharCode(bytes[at] ?? 0);
    return value;
  };
  const count = uint32();
  const headers: [string, string][] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const name = text();
    if (name === '' || name !== name.toLowerCase() || names.has(name)) throw bad(`the name ${JSON.stringify(name)}`);
    names.add(name);
    headers.push([name, text()]);
  }
  if (at < bytes.length) throw bad(`${bytes.length - at} bytes behind its end`);
  return headers;
}

function bad(what: string): EngineError {
  return new EngineError('ERR_SPDY_BAD_HEADERS', 'remote', `spdy: no header block: ${what}`);
}
