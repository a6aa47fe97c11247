/** The receiving half of an mplex stream: what waits for its reader, without a window that would hold the peer back. */
import type { Environment } from '../../environment.js';
import { StreamReceiving, type StreamReceivingOwner } from '../stream-receiving.js';

/** What the receiving half asks of its stream. */
export interface MplexReceivingOwner extends StreamReceivingOwner {
  /** What waits for the reader became more, or less. */
  waiting(change: number): void;
}

/** Inbox of one stream's incoming data. */
export class MplexReceiving extends StreamReceiving {
  readonly #owner: MplexReceivingOwner;
  readonly #maxBytes: number;
  /** The session counts it no more: it has ended. */
  #isReleased = false;

  constructor(environment: Environment, owner: MplexReceivingOwner) {
    const { mplexStreamQueueBytes, resourceFreeBytesPerStream } = environment.limits;
    super(environment, owner, mplexStreamQueueBytes, 4 * resourceFreeBytesPerStream);
    this.#owner = owner;
    this.#maxBytes = mplexStreamQueueBytes;
  }

  /** Whether `size` more bytes may wait. */
  hasRoomFor(size: number): boolean {
    return this.dropping || this.unconsumed + size <= this.#maxBytes;
  }

  /** Takes one piece of a message. */
  deliver(piece: Uint8Array): void {
    if (this.dropping) return;
    this.unconsumed += piece.length;
    this.#owner.waiting(piece.length);
    this.inbox.deliver(piece);
    this.held.filled(this.unconsumed);
  }

  /** Bytes were used. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  consume(size: number): void {
    this.checkConsumed(size);
    this.unconsumed -= size;
    this.held.taken(this.unconsumed);
    if (!this.#isReleased) this.#owner.waiting(-size);
  }

  /** What its reader may still read is its own, and no longer the session's. */
  end(isReset: boolean): void {
    if (isReset && !this.finished) {
      this.inbox.clear();
      this.consume(this.unconsumed);
    }
    this.#owner.waiting(-this.unconsumed);
    this.#isReleased = true;
  }
}
