/** A SPDY session with a peer made of bare frames: what no honest peer sends can be sent too. */
import { SpdyMuxer, spdyProtocol } from '../../src/actors/connection/spdy/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import type { Limits } from '../../src/limits.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
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
import { concat } from './decoding.js';
import { MuxerEnd } from './muxer-pair.js';

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
  concat(encodeSpdyData(streamId, flags, body.length), body);
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

/** One of our sessions, and the wire to it. */
export class SpdyWithPeer {
  readonly clock = new VirtualClock();
  readonly end: MuxerEnd;
  readonly make = new SpdyFrameMaker();
  /** What the session said at its start, in words. */
  readonly greeting: readonly string[];

  /** `role` is ours. */
  constructor(
    role: Role = 'listener',
    options: { readonly limits?: Partial<Limits>; readonly accept?: boolean; readonly trace?: TraceSink } = {},
  ) {
    this.end = new MuxerEnd(spdyProtocol, this.clock, role, { ...options, pipeBytes: Number.MAX_SAFE_INTEGER });
    this.end.environment.turns.post(() => this.end.muxer.start());
    this.greeting = this.sent();
  }

  get muxer(): SpdyMuxer {
    const { muxer } = this.end;
    if (!(muxer instanceof SpdyMuxer)) throw new Error('not a spdy session');
    return muxer;
  }

  /** Gives the bytes to the session, in one turn, and answers what it sent, in words. */
  hear(...frames: readonly Uint8Array[]): string[] {
    this.end.receive([concat(...frames)]);
    return this.sent();
  }

  /** What was sent since last asked, in words. */
  sent(): string[] {
    return describeFrames(this.end.takeSent());
  }

  /** How the session ended: `well`, the code of its error, or nothing yet. */
  get ended(): string | undefined {
    const [ended] = this.end.ended;
    return ended === undefined || ended === 'well' ? ended : ended.code;
  }

  /** Live actors, streams and timers after dispose. */
  close(): { readonly actors: number; readonly streams: number; readonly timers: number } {
    this.end.environment.turns.post(() => this.muxer.dispose());
    const { liveActors: actors } = this.end.environment;
    return { actors, streams: this.muxer.streams.size, timers: this.clock.pendingTimers };
  }
}
