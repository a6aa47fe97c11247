/**
 * The receiving half of a yamux stream: what the peer may send, what waits for a reader, and the credit that goes back as
 * it is consumed. Counters only; the machine hears of it when FIN comes.
 */
import { EngineError } from '../../../errors.js';
import type { ConnectionMessage } from '../../../messages.js';
import type { Environment } from '../../environment.js';
import { HeldBytes, type StreamMemory } from '../held-bytes.js';
import { ReceiveWindow } from '../receive-window.js';
import { StreamInbox } from '../stream-inbox.js';

/** What the receiving half asks of its stream. */
export interface YamuxReceivingOwner {
  /** Somebody subscribed. */
  listened(): void;
  /** Sends a window update. */
  grant(delta: number): void;
  message(chunks: readonly Uint8Array[]): ConnectionMessage;
  roundTripMs(): number | undefined;
  reserveGrowth(size: number): boolean;
  readonly memory: StreamMemory;
}

/** Window and inbox of one stream's incoming data. */
export class YamuxReceiving {
  readonly inbox: StreamInbox;
  readonly #environment: Environment;
  readonly #owner: YamuxReceivingOwner;
  readonly #window: ReceiveWindow;
  readonly #held: HeldBytes;
  #unconsumedBytes = 0;
  /** Nobody reads any more. */
  #dropping = false;
  /** The peer sends no more: credit has no meaning. */
  #finished = false;

  constructor(environment: Environment, owner: YamuxReceivingOwner) {
    const { limits, turns } = environment;
    this.#environment = environment;
    this.#owner = owner;
    this.#held = new HeldBytes(owner.memory, limits.resourceFreeBytesPerStream, limits.yamuxInitialWindowBytes);
    this.inbox = new StreamInbox(
      turns,
      (chunks) => owner.message(chunks),
      () => owner.listened(),
    );
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

  get unconsumedBytes(): number {
    return this.#unconsumedBytes;
  }

  get isDropping(): boolean {
    return this.#dropping;
  }

  /** By how much the window has grown. */
  get growthBytes(): number {
    return this.#window.size - this.#environment.limits.yamuxInitialWindowBytes;
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

  /** A reset: forgets what waits and was not consumed, unless the peer had finished and the reader may still read. */
  clear(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#unconsumedBytes = 0;
    this.inbox.clear();
  }
}
