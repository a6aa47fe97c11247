/** What bitswap tells people: who was asked for what, who answered what. Built only while somebody listens. */
import type { CID } from 'multiformats/cid';
import type { Observable, Subject } from 'rxjs';
import type { ErrorCode } from '../../errors.js';

/**
 * What happened between us and one peer.
 * - `want-have.sent`, `want-block.sent`, `cancel.sent`: we asked, or took it back.
 * - `have.received`, `dont-have.received`, `block.received`: the peer answered; the block is verified.
 * - `duplicate.received`: a block that had already come, from this peer or another.
 * - `peer.stalled`: the peer let a want wait too long; others are asked.
 * - `peer.fault`: the peer sent what it must not.
 * - `block.served`, `have.served`, `dont-have.served`: we answered the peer.
 */
export type BitswapEventType =
  | 'want-have.sent'
  | 'want-block.sent'
  | 'cancel.sent'
  | 'have.received'
  | 'dont-have.received'
  | 'block.received'
  | 'duplicate.received'
  | 'peer.stalled'
  | 'peer.fault'
  | 'block.served'
  | 'have.served'
  | 'dont-have.served';

/** One event of an exchange. */
export interface BitswapEvent {
  readonly type: BitswapEventType;
  readonly timeMs: number;
  readonly peer: string;
  /** Number of the session it belongs to; absent for what we serve, and for what belongs to none. */
  readonly session?: number | undefined;
  readonly cid?: CID | undefined;
  /** Size of a block, in bytes. */
  readonly bytes?: number | undefined;
  readonly code?: ErrorCode | undefined;
}

/** Tells events to whoever listens. */
export class EventSource {
  readonly #subject: Subject<BitswapEvent>;
  readonly #nowMs: () => number;

  constructor(subject: Subject<BitswapEvent>, nowMs: () => number) {
    this.#subject = subject;
    this.#nowMs = nowMs;
  }

  get events$(): Observable<BitswapEvent> {
    return this.#subject;
  }

  /** Ask before building an event. */
  get observed(): boolean {
    return this.#subject.observed;
  }

  tell(type: BitswapEventType, peer: string, details: Omit<BitswapEvent, 'type' | 'timeMs' | 'peer'> = {}): void {
    if (this.#subject.observed) this.#subject.next({ type, timeMs: this.#nowMs(), peer, ...details });
  }
}
