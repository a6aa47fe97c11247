/**
 * The receiving half of an mplex stream: what waits for its reader. Counters only; the machine hears of it when it is too
 * much.
 */
import { EngineError } from '../../../errors.js';
import type { ConnectionMessage } from '../../../messages.js';
import type { Environment } from '../../environment.js';
import { HeldBytes, type StreamMemory } from '../held-bytes.js';
import { StreamInbox } from '../stream-inbox.js';

/** What the receiving half asks of its stream. */
export interface MplexReceivingOwner {
  /** What waits for the reader became more, or less. */
  waiting(change: number): void;
  message(chunks: readonly Uint8Array[]): ConnectionMessage;
  readonly memory: StreamMemory;
}

/** Inbox of one stream's incoming data. */
export class MplexReceiving {
  readonly inbox: StreamInbox;
  readonly #owner: MplexReceivingOwner;
  readonly #maxBytes: number;
  readonly #held: HeldBytes;
  #unconsumedBytes = 0;
  /** Nobody reads any more. */
  #dropping = false;
  /** The session counts it no more: it has ended. */
  #isReleased = false;

  constructor(environment: Environment, owner: MplexReceivingOwner) {
    this.#owner = owner;
    const { mplexStreamQueueBytes, resourceFreeBytesPerStream: free } = environment.limits;
    this.#maxBytes = mplexStreamQueueBytes;
    this.#held = new HeldBytes(owner.memory, free, mplexStreamQueueBytes, 4 * free);
    this.inbox = new StreamInbox(
      environment.turns,
      (chunks) => owner.message(chunks),
      () => undefined,
    );
  }

  get unconsumedBytes(): number {
    return this.#unconsumedBytes;
  }

  get isDropping(): boolean {
    return this.#dropping;
  }

  /** Whether `size` more bytes may wait. */
  hasRoomFor(size: number): boolean {
    return this.#dropping || this.#unconsumedBytes + size <= this.#maxBytes;
  }

  /** Takes one piece of a message. */
  deliver(piece: Uint8Array): void {
    if (this.#dropping) return;
    this.#count(piece.length);
    this.inbox.deliver(piece);
    this.#held.filled(this.#unconsumedBytes);
  }

  /** Bytes were used. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  consume(size: number): void {
    if (!(size >= 0 && size <= this.#unconsumedBytes)) {
      const what = `size must be 0 to ${this.#unconsumedBytes}, got ${size}`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
    this.#count(-size);
  }

  /** From now on what comes is dropped. */
  drop(): void {
    this.#dropping = true;
    this.clear();
  }

  /** Forgets what waits and was not consumed. */
  clear(): void {
    this.inbox.clear();
    this.#count(-this.#unconsumedBytes);
  }

  /** The stream has ended: what its reader may still read is its own. */
  release(): void {
    this.#owner.waiting(-this.#unconsumedBytes);
    this.#isReleased = true;
  }

  #count(change: number): void {
    this.#unconsumedBytes += change;
    if (!this.#isReleased) this.#owner.waiting(change);
    if (change < 0) this.#held.taken(this.#unconsumedBytes);
  }
}
