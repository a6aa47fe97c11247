/**
 * The receiving half of a SPDY stream: what the peer may send, and the credit that goes back to the stream and to the
 * session as what came is consumed.
 */
import type { Environment } from '../../environment.js';
import { ReceiveWindow } from '../receive-window.js';
import { StreamReceiving, type StreamReceivingOwner } from '../stream-receiving.js';

/** What the receiving half asks of its stream. */
export interface SpdyReceivingOwner extends StreamReceivingOwner {
  /** Widens the stream's window. */
  grant(delta: number): void;
  /** Bytes were used, or will never be: they go back to the session's window. */
  release(size: number): void;
}

/** Window and inbox of one stream's incoming data. */
export class SpdyReceiving extends StreamReceiving {
  readonly #owner: SpdyReceivingOwner;
  readonly #window: ReceiveWindow;
  /** The stream is over: the session has its bytes back. */
  #released = false;

  constructor(environment: Environment, owner: SpdyReceivingOwner) {
    const { spdyInitialWindowBytes: windowBytes, resourceFreeBytesPerStream } = environment.limits;
    super(environment, owner, windowBytes, 4 * resourceFreeBytesPerStream);
    this.#owner = owner;
    this.#window = new ReceiveWindow(
      { initialBytes: windowBytes, maxBytes: windowBytes, roundTripMs: () => undefined, reserve: () => false },
      environment.turns.nowMs,
    );
  }

  /** Bytes the peer may still send. */
  get credit(): number {
    return this.#window.credit;
  }

  /** Charges a frame; `false`: it is more than the peer was granted. */
  charge(size: number): boolean {
    return this.#window.charge(size);
  }

  /** Takes one piece of a charged frame. */
  deliver(piece: Uint8Array): void {
    this.unconsumed += piece.length;
    if (this.dropping) this.consume(piece.length);
    else this.inbox.deliver(piece);
    this.held.filled(this.unconsumed);
  }

  /** Gives bytes back to the peer's credit. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  consume(size: number): void {
    this.checkConsumed(size);
    this.unconsumed -= size;
    this.held.taken(this.unconsumed);
    if (!this.#released) this.#owner.release(size);
    if (this.finished) return;
    const delta = this.#window.consume(size, this.environment.turns.nowMs);
    if (delta > 0) this.#owner.grant(delta);
  }

  /**
   * What waits no longer holds the session's window: a reader that never comes back for it would hold it for good. It can
   * still be read after a good end, or when the peer had finished before a reset.
   */
  end(isReset: boolean): void {
    if (!this.#released) this.#owner.release(this.unconsumed);
    this.#released = true;
    if (!isReset || this.finished) return;
    this.finished = true;
    this.unconsumed = 0;
    this.inbox.clear();
  }
}
