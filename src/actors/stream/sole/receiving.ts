/**
 * The receiving half of a sole stream: what waits for its reader. Too much of it holds back the transport itself, since no
 * other stream is behind it.
 */
import type { Environment } from '../../environment.js';
import { StreamReceiving, type StreamReceivingOwner } from '../stream-receiving.js';

/** What the receiving half asks of its stream. */
export interface SoleReceivingOwner extends StreamReceivingOwner {
  /** Holds the transport back, or lets it go on. */
  holdTransport(isHeld: boolean): void;
}

/** Inbox of the stream's incoming data. */
export class SoleReceiving extends StreamReceiving {
  readonly #owner: SoleReceivingOwner;
  readonly #highWaterBytes: number;
  #isHeld = false;
  #hasEnded = false;

  constructor(environment: Environment, owner: SoleReceivingOwner) {
    const { soleStreamHighWaterBytes } = environment.limits;
    super(environment, owner, soleStreamHighWaterBytes);
    this.#owner = owner;
    this.#highWaterBytes = soleStreamHighWaterBytes;
  }

  /** Takes one piece of data. */
  deliver(piece: Uint8Array): void {
    if (this.dropping) return;
    this.#count(piece.length);
    this.inbox.deliver(piece);
    this.held.filled(this.unconsumed);
  }

  /** Bytes were used. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  consume(size: number): void {
    this.checkConsumed(size);
    this.#count(-size);
    this.held.taken(this.unconsumed);
  }

  end(isReset: boolean): void {
    if (this.#isHeld) this.#owner.holdTransport(false);
    this.#hasEnded = true;
    if (!isReset || this.finished) return;
    this.inbox.clear();
    this.unconsumed = 0;
  }

  #count(change: number): void {
    this.unconsumed += change;
    const highWaterBytes = this.#highWaterBytes;
    const isHeld = this.unconsumed > (this.#isHeld ? highWaterBytes / 2 : highWaterBytes);
    if (isHeld === this.#isHeld || this.#hasEnded) return;
    this.#isHeld = isHeld;
    this.#owner.holdTransport(isHeld);
  }
}
