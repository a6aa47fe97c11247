/** A connection of a fork: carries what the recording had come in on it, and ends by itself once the node has dropped it. */
import { FullMarks } from '../full-marks.js';
import type { TransportConnection, TransportEvents } from '../../ports.js';

/** One socket, under the number that the recording gave it. */
export class ForkSocket implements TransportConnection {
  events: TransportEvents | undefined;
  /** The node reads no further for now. */
  isPaused = false;
  /** The node has dropped it. */
  isDropped = false;
  /** The node was told that it is gone. */
  isClosed = false;
  /** The node was told to wait with writing. */
  isFull = false;
  readonly #marks: FullMarks;

  /** `fullAt`: after how many bytes in all the transport said that it was full. */
  constructor(
    readonly remoteAddress: string,
    readonly localAddress: string,
    fullAt: readonly number[],
  ) {
    this.#marks = new FullMarks(fullAt);
  }

  open(events: TransportEvents): void {
    this.events = events;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const isFull = this.#marks.isFullAfter(chunks);
    if (isFull) this.isFull = true;
    return !isFull;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    // Whether and when the peer answers it, the recording says, or a time-out of the node.
  }

  destroy(): void {
    this.isDropped = true;
  }

  reset(): void {
    this.isDropped = true;
  }
}
