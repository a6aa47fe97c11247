/** A SPDY session with a peer made of bare frames: what no honest peer sends can be sent too. */
import { SpdyMuxer, spdyProtocol } from '../../src/actors/connection/spdy/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import type { Limits } from '../../src/limits.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { concat } from './decoding.js';
import { MuxerEnd } from './muxer-pair.js';
import { describeFrames, SpdyFrameMaker } from './spdy-frames.js';

export * from './spdy-frames.js';

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
