/**
 * The receiving half of a yamux stream: what the peer may send, and the credit that goes back as what came is consumed.
 */
import type { Environment } from '../../environment.js';
import { ReceiveWindow } from '../receive-window.js';
import { StreamReceiving, type StreamReceivingOwner } from '../stream-receiving.js';

/** What the receiving half asks of its stream. */
export interface YamuxReceivingOwner extends StreamReceivingOwner {
  /** Sends a window update. */
  grant(delta: number): void;
  roundTripMs(): number | undefined;
  reserveGrowth(size: number): boolean;
}

/** Window and inbox of one stream's incoming data. */
export class YamuxReceiving extends StreamReceiving {
  readonly #owner: YamuxReceivingOwner;
  readonly #window: ReceiveWindow;

  constructor(environment: Environment, owner: YamuxReceivingOwner) {
    const { limits, turns } = environment;
    super(environment, owner, limits.yamuxInitialWindowBytes);
    this.#owner = owner;
    this.#window = new ReceiveWindow(
      {
        initialBytes: limits.yamuxInitialWindowBytes,
        maxBytes: limits.yamuxMaxWindowBytes,
        roundTripMs: () => owner.roundTripMs(),
        reserve: (size) => owner.reserveGrowth(size),
      },
      turns.nowMs,
    );
  }

  /** By how much the window has grown. */
  get growthBytes(): number {
    return this.#window.size - this.environment.limits.yamuxInitialWindowBytes;
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
    if (this.finished) return;
    const delta = this.#window.consume(size, this.environment.turns.nowMs);
    if (delta > 0) this.#owner.grant(delta);
  }

  end(isReset: boolean): void {
    if (!isReset || this.finished) return;
    this.finished = true;
    this.unconsumed = 0;
    this.inbox.clear();
  }
}
