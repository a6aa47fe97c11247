/**
 * The receiving half of a SPDY stream: what the peer may send, what waits for a reader, and the credit that goes back to
 * the stream and to the session as it is consumed. Counters only; the machine hears of it when FIN comes.
 */
import { EngineError } from '../../../errors.js';
import type { ConnectionMessage } from '../../../messages.js';
import type { Environment } from '../../environment.js';
import { HeldBytes, type StreamMemory } from '../held-bytes.js';
import { ReceiveWindow } from '../receive-window.js';
import { StreamInbox } from '../stream-inbox.js';

/** What the receiving half asks of its stream. */
export interface SpdyReceivingOwner {
  /** Somebody subscribed. */
  listened(): void;
  /** Widens the stream's window. */
  grant(delta: number): void;
  /** Bytes were used, or will never be: they go back to the session's window. */
  release(size: number): void;
  message(chunks: readonly Uint8Array[]): ConnectionMessage;
  readonly memory: StreamMemory;
}

/** Window and inbox of one stream's incoming data. */
export class SpdyReceiving {
  readonly inbox: StreamInbox;
  readonly #environment: Environment;
  readonly #owner: SpdyReceivingOwner;
  readonly #window: ReceiveWindow;
  readonly #held: HeldBytes;
  #unconsumedBytes = 0;
  /** Nobody reads any more. */
  #dropping = false;
  /** The peer sends no more: the stream's credit has no meaning. */
  #finished = false;
  /** The stream is over: the session has its bytes back. */
  #released = false;

  constructor(environment: Environment, owner: SpdyReceivingOwner) {
    const { limits, turns } = environment;
    this.#environment = environment;
    this.#owner = owner;
    this.inbox = new StreamInbox(
      turns,
      (chunks) => owner.message(chunks),
      () => owner.listened(),
    );
    const windowBytes = limits.spdyInitialWindowBytes;
    const free = limits.resourceFreeBytesPerStream;
    this.#held = new HeldBytes(owner.memory, free, windowBytes, 4 * free);
    this.#window = new ReceiveWindow(
      { initialBytes: windowBytes, maxBytes: windowBytes, roundTripMs: () => undefined, reserve: () => false },
      turns.nowMs,
    );
  }

  get unconsumedBytes(): number {
    return this.#unconsumedBytes;
  }

  get isDropping(): boolean {
    return this.#dropping;
  }

  /** Charges a frame; `false`: it is more than the peer was granted. */
  charge(size: number): boolean {
    return this.#window.charge(size);
  }

  /** Takes one piece of a charged frame. */
  deliver(piece: Uint8Array): void {
    this.#unconsumedBytes += piece.length;
    if (this.#dropping) this.consume(piece.length);
    else this.inbox.deliver(piece);
    this.#held.filled(this.#unconsumedBytes);
  }

  /** Gives bytes back to the peer's credit. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  consume(size: number): void {
    if (!(size >= 0 && size <= this.#unconsumedBytes)) {
      const what = `size must be 0 to ${this.#unconsumedBytes}, got ${size}`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
    this.#unconsumedBytes -= size;
    this.#held.taken(this.#unconsumedBytes);
    if (!this.#released) this.#owner.release(size);
    if (this.#finished) return;
    const delta = this.#window.consume(size, this.#environment.turns.nowMs);
    if (delta > 0) this.#owner.grant(delta);
  }

  /** From now on what comes is dropped, and consumed. */
  drop(): void {
    this.#dropping = true;
    this.inbox.clear();
    this.consume(this.#unconsumedBytes);
  }

  /** The peer sends no more; what waits can still be read. */
  finish(): void {
    this.#finished = true;
  }

  /**
   * The stream is over. What waits no longer holds the session's window: a reader that never comes back for it would hold
   * it for good. It can still be read after a good end, or when the peer had finished before a reset.
   */
  end(isReset: boolean): void {
    if (!this.#released) this.#owner.release(this.#unconsumedBytes);
    this.#released = true;
    if (!isReset || this.#finished) return;
    this.#finished = true;
    this.#unconsumedBytes = 0;
    this.inbox.clear();
  }
}
