/**
 * The receiving half of a stream, as far as it is the same for every muxer: what waits for its reader. Counters only; the
 * machine hears of it when the peer has said its last.
 */
import { EngineError } from '../../errors.js';
import type { ConnectionMessage } from '../../messages.js';
import type { Environment } from '../environment.js';
import { HeldBytes, type StreamMemory } from './held-bytes.js';
import { StreamInbox } from './stream-inbox.js';

/** What the receiving half asks of its stream. */
export interface StreamReceivingOwner {
  /** Somebody subscribed. */
  listened(): void;
  message(chunks: readonly Uint8Array[]): ConnectionMessage;
  readonly memory: StreamMemory;
}

/** Inbox of one stream's incoming data. */
export abstract class StreamReceiving {
  readonly inbox: StreamInbox;
  protected readonly environment: Environment;
  protected readonly held: HeldBytes;
  protected unconsumed = 0;
  /** Nobody reads any more. */
  protected dropping = false;
  /** The peer sends no more: credit has no meaning. */
  protected finished = false;

  /** At the most `maxBytes` wait here; `firstBytes` of them are counted first (default all). */
  constructor(environment: Environment, owner: StreamReceivingOwner, maxBytes: number, firstBytes?: number) {
    this.environment = environment;
    this.held = new HeldBytes(owner.memory, environment.limits.resourceFreeBytesPerStream, maxBytes, firstBytes);
    this.inbox = new StreamInbox(
      environment.turns,
      (chunks) => owner.message(chunks),
      () => owner.listened(),
    );
  }

  get unconsumedBytes(): number {
    return this.unconsumed;
  }

  get isDropping(): boolean {
    return this.dropping;
  }

  /** Whether the peer sends no more. */
  get isFinished(): boolean {
    return this.finished;
  }

  /** Takes one piece of data. */
  abstract deliver(piece: Uint8Array): void;

  /** Bytes were used. Throws `ERR_INVALID_ARGUMENT` for more than came. */
  abstract consume(size: number): void;

  /** From now on what comes is dropped, and consumed. */
  drop(): void {
    this.dropping = true;
    this.inbox.clear();
    this.consume(this.unconsumed);
  }

  /** The peer sends no more; what waits can still be read. */
  finish(): void {
    this.finished = true;
  }

  /** The stream is over. A reset forgets what waits, unless the peer had finished and the reader may still read. */
  abstract end(isReset: boolean): void;

  /** Checks what a reader says it used. */
  protected checkConsumed(size: number): void {
    if (size >= 0 && size <= this.unconsumed) return;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `size must be 0 to ${this.unconsumed}, got ${size}`);
  }
}
