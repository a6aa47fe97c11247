/**
 * What a stream publishes inward. While nobody is subscribed, data and events wait, in order; a subscriber gets them in a
 * turn of its own after it subscribed, so handlers may leave a stream's byte path and others take their place.
 */
import type { ConnectionMessage } from '../../messages.js';
import { ChainSubject } from '../chain-subject.js';
import type { TurnQueue } from '../turn-queue.js';
import { ChunkQueue } from './chunk-queue.js';

/** Publishes data and events in order, or keeps them until somebody listens. */
export class StreamInbox extends ChainSubject<ConnectionMessage> {
  readonly #turns: TurnQueue;
  readonly #makeMessage: (chunks: readonly Uint8Array[]) => ConnectionMessage;
  readonly #onListened: () => void;
  readonly #waiting = new ChunkQueue();
  readonly #waitingEvents: ConnectionMessage[] = [];
  #releasing = false;

  /** `makeMessage` makes the message for chunks that are published now; `onListened` hears of each subscription. */
  constructor(
    turns: TurnQueue,
    makeMessage: (chunks: readonly Uint8Array[]) => ConnectionMessage,
    onListened: () => void,
  ) {
    super();
    this.#turns = turns;
    this.#makeMessage = makeMessage;
    this.#onListened = onListened;
  }

  /** Bytes that wait for a subscriber. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Publishes a piece of data. */
  deliver(piece: Uint8Array): void {
    if (this.#isOpen) this.next(this.#makeMessage([piece]));
    else this.#waiting.keep(piece);
  }

  /** Publishes an event, after the data before it. */
  tell(message: ConnectionMessage): void {
    if (this.#isOpen) this.next(message);
    else this.#waitingEvents.push(message);
  }

  /** Publishes an event that means nothing to those who come later. */
  hint(message: ConnectionMessage): void {
    if (this.#isOpen) this.next(message);
  }

  /** Drops the data that waits. */
  clear(): void {
    this.#waiting.clear();
  }

  protected override listened(): void {
    if (this.#holds && !this.#releasing) {
      this.#releasing = true;
      this.#turns.post(() => this.#release());
    }
    this.#onListened();
  }

  get #isOpen(): boolean {
    return this.observed && !this.#releasing && !this.#holds;
  }

  get #holds(): boolean {
    return this.#waiting.length > 0 || this.#waitingEvents.length > 0;
  }

  #release(): void {
    this.#releasing = false;
    if (this.#waiting.length > 0 && this.observed) {
      const chunks: Uint8Array[] = [];
      this.#waiting.take(this.#waiting.length, chunks);
      this.next(this.#makeMessage(chunks));
    }
    while (this.observed) {
      const event = this.#waitingEvents.shift();
      if (event === undefined) return;
      this.next(event);
    }
  }
}
