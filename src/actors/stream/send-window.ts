/**
 * The send window of one stream: what the peer lets us send. A counter; it speaks only at its edges.
 */
import { assert } from '../../errors.js';

/** Credit granted by the peer and not yet spent. */
export class SendWindow {
  #available: number;
  readonly #maxBytes: number;

  /** `maxBytes` is the largest credit that the protocol can express; a grant beyond it is refused. */
  constructor(initialBytes: number, maxBytes: number) {
    this.#available = initialBytes;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that may be sent now. */
  get available(): number {
    return this.#available;
  }

  /** Takes `size` bytes, which must be there; answers whether that was the last of it (the edge `window.exhausted`). */
  spend(size: number): boolean {
    assert(size <= this.#available, `spent ${size} of ${this.#available} bytes of window`);
    this.#available -= size;
    return this.#available === 0 && size > 0;
  }

  /** Whether a grant of `delta` bytes would still be expressible. */
  holds(delta: number): boolean {
    return this.#available + delta <= this.#maxBytes;
  }

  /** Adds `delta` bytes; answers whether it was empty before and is not now (the edge `window.opened`). */
  grant(delta: number): boolean {
    assert(this.holds(delta), `granted ${delta} bytes on top of ${this.#available}`);
    const wasEmpty = this.#available === 0;
    this.#available += delta;
    return wasEmpty && delta > 0;
  }
}
