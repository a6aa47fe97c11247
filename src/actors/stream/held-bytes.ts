/**
 * Tells the node's accounts of a queue that fills and empties, at edges: past what is free, all that the queue may hold is
 * counted at once, or what a first step of it may hold and then four times as much; when it is empty all is given back. So
 * nothing is counted for each frame.
 */
import type { EngineError } from '../../errors.js';

/** Where bytes are counted. */
export interface StreamMemory {
  /** Counts bytes, negative ones back; the refusal, if there is no room. */
  hold(bytes: number): EngineError | undefined;
  /** There was no room: the stream has to end. */
  refused(error: EngineError): void;
}

/** A queue of megabytes seldom fills: counting it whole would refuse what never waits. */
const STEP_FACTOR = 4;

/** One queue of a stream. */
export class HeldBytes {
  readonly #memory: StreamMemory;
  readonly #freeBytes: number;
  readonly #bytes: number;
  readonly #firstBytes: number;
  #held = 0;
  /** What may wait before more is counted. */
  #coveredBytes: number;

  /** Up to `freeBytes` cost nothing, beyond it the queue costs `firstBytes` (default all), in steps up to `bytes`. */
  constructor(memory: StreamMemory, freeBytes: number, bytes: number, firstBytes = bytes) {
    this.#memory = memory;
    this.#freeBytes = freeBytes;
    this.#bytes = bytes;
    this.#firstBytes = Math.min(firstBytes, bytes);
    this.#coveredBytes = freeBytes;
  }

  /** The queue holds `length` bytes now, after it was filled. */
  filled(length: number): void {
    if (length > this.#coveredBytes) this.#cover(length);
  }

  /** The queue holds `length` bytes now, after something was taken. */
  taken(length: number): void {
    if (this.#held === 0 || length > 0) return;
    const held = this.#held;
    this.#held = 0;
    this.#coveredBytes = this.#freeBytes;
    this.#memory.hold(-held);
  }

  #cover(length: number): void {
    let bytes = Math.max(this.#held, this.#firstBytes);
    while (bytes < length && bytes < this.#bytes) bytes = Math.min(STEP_FACTOR * bytes, this.#bytes);
    const refused = this.#memory.hold(bytes - this.#held);
    if (refused !== undefined) {
      this.#memory.refused(refused);
      return;
    }
    this.#held = bytes;
    // The last step covers what goes beyond it: a window that grew is counted as it grows.
    this.#coveredBytes = bytes === this.#bytes ? Infinity : bytes;
  }
}
