/**
 * The receive window of one stream: what the peer may still send, and when to let it send more.
 *
 * Credit goes back when half of the window was consumed. When that took less than four round trips, the window was what
 * held the sender back, and it is doubled (go-yamux and js do the same). It grows only on consumption: a reader that
 * stalls holds at most the window it had.
 */
import { assert } from '../../errors.js';

/** What a receive window asks of its session. */
export interface ReceiveWindowOptions {
  readonly initialBytes: number;
  readonly maxBytes: number;
  /** Round-trip time of the session in milliseconds; `undefined` or 0 until it was measured: no growth. */
  roundTripMs(): number | undefined;
  /** Asks for `size` more bytes of the session's memory; `false`: there are none left, the window stays as it is. */
  reserve(size: number): boolean;
}

/** A window is doubled when half of it was consumed within this many round trips. */
const ROUND_TRIPS = 4;

/** Credit given to the peer, and bytes received and not yet consumed. */
export class ReceiveWindow {
  readonly #options: ReceiveWindowOptions;
  #size: number;
  #credit: number;
  #outstanding = 0;
  #grantedAtMs: number;

  constructor(options: ReceiveWindowOptions, nowMs: number) {
    this.#options = options;
    this.#size = options.initialBytes;
    this.#credit = options.initialBytes;
    this.#grantedAtMs = nowMs;
  }

  /** The window's present size: the most bytes that may wait here. */
  get size(): number {
    return this.#size;
  }

  /** Bytes the peer may still send. */
  get credit(): number {
    return this.#credit;
  }

  /** Bytes charged and not yet consumed. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Charges a frame of `size` bytes; `false`: the peer sent more than it was granted, and nothing was charged. */
  charge(size: number): boolean {
    if (size > this.#credit) return false;
    this.#credit -= size;
    this.#outstanding += size;
    return true;
  }

  /** Says that `size` charged bytes were used; answers the credit to grant to the peer now, 0 for "not yet". */
  consume(size: number, nowMs: number): number {
    assert(size <= this.#outstanding, `consumed ${size} of ${this.#outstanding} bytes`);
    this.#outstanding -= size;
    if (this.#missing() < this.#size / 2) return 0;
    const roundTripMs = this.#options.roundTripMs();
    if (roundTripMs !== undefined && nowMs - this.#grantedAtMs < ROUND_TRIPS * roundTripMs) this.#grow();
    this.#grantedAtMs = nowMs;
    const delta = this.#missing();
    this.#credit += delta;
    return delta;
  }

  /** What the window lacks: neither granted nor waiting here. */
  #missing(): number {
    return this.#size - this.#credit - this.#outstanding;
  }

  #grow(): void {
    const size = Math.min(this.#size * 2, this.#options.maxBytes);
    if (size > this.#size && this.#options.reserve(size - this.#size)) this.#size = size;
  }
}
