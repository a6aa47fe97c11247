/**
 * Tells the node's accounts of a queue that fills and empties, at two edges: past what is free, all that the queue may
 * hold is counted at once; when it is empty it is given back. So nothing is counted for each frame.
 */
import type { EngineError } from '../../errors.js';

/** Where bytes are counted. */
export interface StreamMemory {
  /** Counts bytes, negative ones back; the refusal, if there is no room. */
  hold(bytes: number): EngineError | undefined;
  /** There was no room: the stream has to end. */
  refused(error: EngineError): void;
}

/** One queue of a stream. */
export class HeldBytes {
  readonly #memory: StreamMemory;
  readonly #freeBytes: number;
  readonly #bytes: number;
  #held = false;

  /** Up to `freeBytes` cost nothing, beyond it the queue costs `bytes`. */
  constructor(memory: StreamMemory, freeBytes: number, bytes: number) {
    this.#memory = memory;
    this.#freeBytes = freeBytes;
    this.#bytes = bytes;
  }

  /** The queue holds `length` bytes now, after it was filled. */
  filled(length: number): void {
    if (this.#held || length <= this.#freeBytes) return;
    const refused = this.#memory.hold(this.#bytes);
    if (refused === undefined) this.#held = true;
    else this.#memory.refused(refused);
  }

  /** The queue holds `length` bytes now, after something was taken. */
  taken(length: number): void {
    if (!this.#held || length > 0) return;
    this.#held = false;
    this.#memory.hold(-this.#bytes);
  }
}
