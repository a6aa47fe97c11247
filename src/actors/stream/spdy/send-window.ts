/**
 * What the peer lets one SPDY stream, or the whole session, send. Unlike yamux's it may fall below nothing: a peer that
 * lowers the start window in its settings takes back from streams that live. It speaks only at its edges.
 */
import { assert } from '../../../errors.js';
import { SPDY_MAX_UINT31 } from '../../../wire/spdy.js';
import type { WindowEdge } from '../stream-sending.js';

/** Credit granted by the peer and not yet spent. */
export class SpdySendWindow {
  #credit: number;

  constructor(initialBytes: number) {
    this.#credit = initialBytes;
  }

  /** Bytes that may be sent now. */
  get available(): number {
    return Math.max(0, this.#credit);
  }

  /** Takes `size` bytes, which must be there. */
  spend(size: number): WindowEdge {
    assert(size <= this.available, `spent ${size} of ${this.available} bytes of window`);
    return this.#change(-size);
  }

  /** Whether a grant of `delta` bytes would still be expressible. */
  holds(delta: number): boolean {
    return this.#credit + delta <= SPDY_MAX_UINT31;
  }

  /** Adds `delta` bytes, or takes them back. */
  grant(delta: number): WindowEdge {
    assert(this.holds(delta), `granted ${delta} bytes on top of ${this.#credit}`);
    return this.#change(delta);
  }

  #change(delta: number): WindowEdge {
    const wasOpen = this.#credit > 0;
    this.#credit += delta;
    const isOpen = this.#credit > 0;
    if (wasOpen === isOpen) return undefined;
    return isOpen ? 'opened' : 'exhausted';
  }
}
