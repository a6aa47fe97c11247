/** A yamux session with a peer made of bare frames: what no honest peer sends can be sent too. */
import { YamuxMuxer, yamuxProtocol } from '../../src/actors/connection/yamux/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import type { Limits } from '../../src/limits.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import {
  decodeYamuxHeader,
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_FLAG,
  YAMUX_TYPE,
} from '../../src/wire/yamux.js';
import { concat } from './decoding.js';
import { MuxerEnd } from './muxer-pair.js';

type Flag = keyof typeof YAMUX_FLAG;

/** A frame from its parts; `body` only for data. */
export function frame(
  type: keyof typeof YAMUX_TYPE,
  flags: readonly Flag[],
  streamId: number,
  length: number,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bits = flags.reduce((sum, flag) => sum | YAMUX_FLAG[flag], 0);
  return concat(encodeYamuxHeader(YAMUX_TYPE[type], bits, streamId, length), body);
}

export const syn = (streamId: number): Uint8Array => frame('windowUpdate', ['SYN'], streamId, 0);
export const data = (streamId: number, body: Uint8Array, ...flags: Flag[]): Uint8Array =>
  frame('data', flags, streamId, body.length, body);

/** Frames in words, bodies left out. */
export function describeFrames(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = decodeYamuxHeader(bytes, 1 << 30, at);
    if (header === undefined) throw new Error('half a header');
    words.push(describeYamuxHeader(header.value));
    at += header.size + (header.value.type === YAMUX_TYPE.data ? header.value.length : 0);
  }
  return words;
}

/** One of our sessions, and the wire to it. */
export class YamuxWithPeer {
  readonly clock = new VirtualClock();
  readonly end: MuxerEnd;

  /** `role` is ours. The ping at the start is taken from what was sent. */
  constructor(
    role: Role = 'listener',
    options: { readonly limits?: Partial<Limits>; readonly accept?: boolean; readonly trace?: TraceSink } = {},
  ) {
    this.end = new MuxerEnd(yamuxProtocol, this.clock, role, { ...options, pipeBytes: Number.MAX_SAFE_INTEGER });
    this.end.environment.turns.post(() => this.end.muxer.start());
    this.end.takeSent();
  }

  get muxer(): YamuxMuxer {
    const { muxer } = this.end;
    if (!(muxer instanceof YamuxMuxer)) throw new Error('not a yamux session');
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
