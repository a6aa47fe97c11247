/** What bitswap tells people: who was asked for what, who answered what. Built only while somebody listens. */
import type { CID } from 'multiformats/cid';
import { Subject, type Observable } from 'rxjs';
import type { ErrorCode } from '../../errors.js';
import type { Environment } from '../environment.js';
import type { BitswapObservation } from '../observations.js';

/**
 * What happened between us and one peer.
 * - `want-have.sent`, `want-block.sent`, `cancel.sent`: we asked, or took it back.
 * - `have.received`, `dont-have.received`, `block.received`: the peer answered; the block is verified.
 * - `duplicate.received`: a block that had already come, from this peer or another.
 * - `peer.stalled`: the peer let a want wait too long; others are asked.
 * - `peer.fault`: the peer sent what it must not.
 * - `want-have.received`, `want-block.received`, `cancel.received`: the peer asked us, or took it back.
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
  | 'want-have.received'
  | 'want-block.received'
  | 'cancel.received'
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

/** Tells events to whoever listens, and to whoever observes the node. */
export class EventSource {
  readonly #subject = new Subject<BitswapEvent>();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get events$(): Observable<BitswapEvent> {
    return this.#subject;
  }

  /** Ask before building an event. */
  get observed(): boolean {
    return this.#subject.observed || this.#environment.observing;
  }

  tell(type: BitswapEventType, peer: string, details: Omit<BitswapEvent, 'type' | 'timeMs' | 'peer'> = {}): void {
    if (this.#environment.observing) this.#observe(type, peer, details);
    if (this.#subject.observed) {
      this.#subject.next({ type, timeMs: this.#environment.turns.nowMs, peer, ...details });
    }
  }

  #observe(
    type: BitswapEventType,
    peer: string,
    { session, cid, bytes, code }: Omit<BitswapEvent, 'type' | 'timeMs' | 'peer'>,
  ): void {
    const said = { session, ...SAID[type], peer, cid: cid?.toString(), bytes, error: code };
    this.#environment.observe('seen:bitswap', addressOf(session), said);
  }
}

/** Where what is observed of a session is told; of no session, where what we serve is. */
export function addressOf(session: number | undefined): string {
  return session === undefined ? 'bitswap' : `bitswap/session:${session}`;
}

/** Events in the words of observations. */
export const SAID: Readonly<Record<BitswapEventType, Pick<BitswapObservation, 'type' | 'direction'>>> = {
  'want-have.sent': { type: 'want-have', direction: 'sent' },
  'want-block.sent': { type: 'want-block', direction: 'sent' },
  'cancel.sent': { type: 'cancel', direction: 'sent' },
  'have.received': { type: 'have', direction: 'received' },
  'dont-have.received': { type: 'dont-have', direction: 'received' },
  'block.received': { type: 'block', direction: 'received' },
  'duplicate.received': { type: 'duplicate', direction: 'received' },
  'peer.stalled': { type: 'stall' },
  'peer.fault': { type: 'fault' },
  'want-have.received': { type: 'want-have', direction: 'received' },
  'want-block.received': { type: 'want-block', direction: 'received' },
  'cancel.received': { type: 'cancel', direction: 'received' },
  'block.served': { type: 'block', direction: 'sent' },
  'have.served': { type: 'have', direction: 'sent' },
  'dont-have.served': { type: 'dont-have', direction: 'sent' },
};
