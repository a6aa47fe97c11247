/** An mplex session with a peer made of bare messages: what no honest peer sends can be sent too. */
import { MplexMuxer, mplexProtocol } from '../../src/actors/connection/mplex/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import type { Limits } from '../../src/limits.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { decodeMplexHeader, describeMplexHeader, encodeMplexHeader, MPLEX_FLAG } from '../../src/wire/mplex.js';
import { concat, utf8 } from './decoding.js';
import { MuxerEnd } from './muxer-pair.js';

const NO_LIMITS = { messageBytes: 1 << 30, nameBytes: 1 << 30 };

/** A message from its parts; `length` says otherwise than the data where a test wants it to. */
export function message(
  flag: keyof typeof MPLEX_FLAG,
  streamId: number,
  body: Uint8Array = new Uint8Array(0),
  length: number = body.length,
): Uint8Array {
  return concat(encodeMplexHeader(MPLEX_FLAG[flag], streamId, length), body);
}

export const newStream = (streamId: number, name = String(streamId)): Uint8Array =>
  message('newStream', streamId, utf8(name));

/** Messages in words, data left out. */
export function describeMessages(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = decodeMplexHeader(bytes, NO_LIMITS, at);
    if (header === undefined) throw new Error('half a header');
    words.push(describeMplexHeader(header.value));
    at += header.size + header.value.length;
  }
  return words;
}

/** One of our sessions, and the wire to it. */
export class MplexWithPeer {
  readonly clock = new VirtualClock();
  readonly end: MuxerEnd;

  /** `role` is ours. */
  constructor(
    role: Role = 'listener',
    options: { readonly limits?: Partial<Limits>; readonly accept?: boolean; readonly trace?: TraceSink } = {},
  ) {
    this.end = new MuxerEnd(mplexProtocol, this.clock, role, { ...options, pipeBytes: Number.MAX_SAFE_INTEGER });
    this.end.environment.turns.post(() => this.end.muxer.start());
  }

  get muxer(): MplexMuxer {
    const { muxer } = this.end;
    if (!(muxer instanceof MplexMuxer)) throw new Error('not an mplex session');
    return muxer;
  }

  /** Gives the bytes to the session, in one turn, and answers what it sent, in words. */
  hear(...messages: readonly Uint8Array[]): string[] {
    this.end.receive([concat(...messages)]);
    return this.sent();
  }

  /** What was sent since last asked, in words. */
  sent(): string[] {
    return describeMessages(this.end.takeSent());
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
