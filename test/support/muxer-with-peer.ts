/** A session of ours with a peer made of bare frames: what no honest peer sends can be sent too. The same for every muxer. */
import type { Muxer, MuxerProtocol } from '../../src/actors/connection/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import type { Limits } from '../../src/limits.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { concat } from './decoding.js';
import { MuxerEnd } from './muxer-pair.js';

/** Which muxer it is, and how its frames are told. */
export interface MuxerKind<TMuxer extends Muxer> {
  readonly protocol: MuxerProtocol;
  readonly Session: abstract new (...args: never[]) => TMuxer;
  /** Frames in words, bodies left out. */
  readonly describe: (bytes: Uint8Array) => string[];
}

/** What a test may want otherwise. */
export interface WithPeerOptions {
  readonly limits?: Partial<Limits>;
  readonly accept?: boolean;
  readonly trace?: TraceSink;
}

/** One of our sessions, and the wire to it. */
export abstract class MuxerWithPeer<TMuxer extends Muxer> {
  readonly clock = new VirtualClock();
  readonly end: MuxerEnd;
  /** What the session said at its start, in words. */
  readonly greeting: readonly string[];
  readonly #kind: MuxerKind<TMuxer>;

  /** `role` is ours. */
  constructor(kind: MuxerKind<TMuxer>, role: Role, options: WithPeerOptions) {
    this.#kind = kind;
    this.end = new MuxerEnd(kind.protocol, this.clock, role, { ...options, pipeBytes: Number.MAX_SAFE_INTEGER });
    this.end.environment.turns.post(() => this.end.muxer.start());
    this.greeting = this.sent();
  }

  get muxer(): TMuxer {
    const { muxer } = this.end;
    if (!(muxer instanceof this.#kind.Session)) throw new Error(`not a session of ${this.#kind.protocol.id}`);
    return muxer;
  }

  /** Gives the bytes to the session, in one turn, and answers what it sent, in words. */
  hear(...frames: readonly Uint8Array[]): string[] {
    this.end.receive([concat(...frames)]);
    return this.sent();
  }

  /** What was sent since last asked, in words. */
  sent(): string[] {
    return this.#kind.describe(this.end.takeSent());
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
