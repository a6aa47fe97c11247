/** Bare frames of SPDY, and what frames say in words; for suites, and for recordings, which know no jest. */
import { SpdyDeflater } from '../../src/wire/spdy-compression.js';
import { encodeSpdyHeaders, SPDY_REPLY_HEADERS, SPDY_REQUEST_HEADERS } from '../../src/wire/spdy-headers.js';
import {
  decodeSpdyControl,
  encodeSpdyData,
  encodeSpdyPair,
  encodeSpdyPing,
  encodeSpdySynReply,
  encodeSpdySynStream,
  isKnown,
  readSpdyHeader,
  SPDY_FLAG,
  SPDY_HEADER_BYTES,
  SPDY_TYPE,
  type SpdyControl,
} from '../../src/wire/spdy.js';

/** What a peer that follows the rules sends; its header blocks are one compressed stream. */
export class SpdyFrameMaker {
  readonly #deflater = new SpdyDeflater();

  syn(streamId: number, flags = 0): Uint8Array {
    return encodeSpdySynStream(streamId, flags, this.#deflater.deflate(encodeSpdyHeaders(SPDY_REQUEST_HEADERS)));
  }

  reply(streamId: number): Uint8Array {
    return encodeSpdySynReply(streamId, this.#deflater.deflate(encodeSpdyHeaders(SPDY_REPLY_HEADERS)));
  }

  /** A HEADERS frame: a SYN_REPLY of another type, and perhaps with FIN. */
  headers(streamId: number, flags = 0): Uint8Array {
    const frame = this.reply(streamId);
    frame[3] = SPDY_TYPE.headers;
    frame[4] = flags;
    return frame;
  }
}

export const data = (streamId: number, body: Uint8Array, flags = 0): Uint8Array =>
  new Uint8Array(Buffer.concat([encodeSpdyData(streamId, flags, body.length), body]));
export const fin = (streamId: number): Uint8Array => data(streamId, new Uint8Array(0), SPDY_FLAG.FIN);
export const rst = (streamId: number, status: number): Uint8Array =>
  encodeSpdyPair(SPDY_TYPE.rstStream, streamId, status);
export const widen = (streamId: number, delta: number): Uint8Array =>
  encodeSpdyPair(SPDY_TYPE.windowUpdate, streamId, delta);
export const goAway = (lastStreamId: number, status: number): Uint8Array =>
  encodeSpdyPair(SPDY_TYPE.goAway, lastStreamId, status);
export const ping = encodeSpdyPing;

/** Frames in words, e.g. `rstStream 1 5`, `data 3 FIN 0`; header blocks and bodies left out. */
export function describeFrames(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = { type: 0, flags: 0, streamId: 0, length: 0 };
    readSpdyHeader(bytes, at, Number.MAX_SAFE_INTEGER, header);
    const body = bytes.subarray(at + SPDY_HEADER_BYTES, at + SPDY_HEADER_BYTES + header.length);
    if (body.length < header.length) throw new Error('half a frame');
    const finFlag = (header.flags & SPDY_FLAG.FIN) !== 0 ? ' FIN' : '';
    if (header.type === SPDY_TYPE.data) words.push(`data ${header.streamId}${finFlag} ${header.length}`);
    else words.push(isKnown(header.type) ? describeControl(decodeSpdyControl(header, body)) + finFlag : 'unknown');
    at += SPDY_HEADER_BYTES + header.length;
  }
  return words;
}

function describeControl(control: SpdyControl): string {
  switch (control.type) {
    case 'settings':
      return `settings ${[...control.entries].map(([id, value]) => `${id}=${value}`).join(' ')}`;
    case 'ping':
      return `ping ${control.id}`;
    case 'goAway':
      return `goAway ${control.lastStreamId} ${control.status}`;
    case 'rstStream':
      return `rstStream ${control.streamId} ${control.status}`;
    case 'windowUpdate':
      return `windowUpdate ${control.streamId} ${control.delta}`;
    default:
      return `${control.type} ${control.streamId}`;
  }
}
