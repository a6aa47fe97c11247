/**
 * What a stream publishes inward. While nobody is subscribed, data and events wait, in order; a subscriber gets them in a
 * turn of its own after it subscribed, so handlers may leave a stream's byte path and others take their place.
 */
import { Observable, Subject } from 'rxjs';
import type { ConnectionMessage } from '../../messages.js';
import type { TurnQueue } from '../turn-queue.js';
import { ChunkQueue } from './chunk-queue.js';

/** Publishes, or keeps until somebody listens. */
export class StreamInbox {
  /** Data and events, in order. */
  readonly inbound$: Observable<ConnectionMessage>;
  readonly #turns: TurnQueue;
  readonly #makeMessage: (chunks: readonly Uint8Array[]) => ConnectionMessage;
  readonly #subject = new Subject<ConnectionMessage>();
  readonly #waiting = new ChunkQueue();
  #waitingEvents: ConnectionMessage[] = [];
  #releasing = false;

  /** `makeMessage` makes the message for chunks that are published now; `onListened` hears of each subscription. */
  constructor(
    turns: TurnQueue,
    makeMessage: (chunks: readonly Uint8Array[]) => ConnectionMessage,
    onListened: () => void,
  ) {
    this.#turns = turns;
    this.#makeMessage = makeMessage;
    this.inbound$ = new Observable((subscriber) => {
      const subscription = this.#subject.subscribe(subscriber);
      this.#releaseLater();
      onListened();
      return subscription;
    });
  }

  /** Bytes that wait for a subscriber. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Publishes a piece of data. */
  deliver(piece: Uint8Array): void {
    if (this.#isOpen) this.#subject.next(this.#makeMessage([piece]));
    else this.#waiting.keep(piece);
  }

  /** Publishes an event, after the data before it. */
  tell(message: ConnectionMessage): void {
    if (this.#isOpen) this.#subject.next(message);
    else this.#waitingEvents.push(message);
  }

  /** Publishes an event that means nothing to those who come later. */
  hint(message: ConnectionMessage): void {
    if (this.#isOpen) this.#subject.next(message);
  }

  /** Drops the data that waits. */
  clear(): void {
    this.#waiting.clear();
  }

  get #isOpen(): boolean {
    return this.#subject.observed && !this.#releasing && this.#waiting.length === 0 && this.#waitingEvents.length === 0;
  }

  #releaseLater(): void {
    if (this.#releasing || (this.#waiting.length === 0 && this.#waitingEvents.length === 0)) return;
    this.#releasing = true;
    this.#turns.post(this.#release);
  }

  readonly #release = (): void => {
    this.#releasing = false;
    if (this.#waiting.length > 0 && this.#subject.observed) {
      const chunks: Uint8Array[] = [];
      this.#waiting.take(this.#waiting.length, chunks);
      this.#subject.next(this.#makeMessage(chunks));
    }
    while (this.#subject.observed) {
      const event = this.#waitingEvents.shift();
      if (event === undefined) return;
      this.#subject.next(event);
    }
  };
}
