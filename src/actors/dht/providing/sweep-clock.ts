/**
 * Time as provider records age: it never goes back, and goes on while the machine sleeps. The clock's own time stands still
 * in a sleep, and wall time may be set; whichever says that more has passed is believed, for a record that is provided too
 * early costs messages, and one that is too late is lost.
 */
import type { Clock } from '../../../ports.js';

/** Wall time and the clock drift apart by less without a sleep, or somebody who sets it. */
const JUMP_MS = 60_000;

/** Milliseconds that begin as wall time and never go back. */
export class SweepClock {
  readonly #clock: Clock;
  /** Wall time without the clock's, when the two were compared last. */
  #differenceMs: number;
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#differenceMs = clock.wallTime() - clock.now();
    this.#aheadMs = this.#differenceMs;
  }

  get nowMs(): number {
    const differenceMs = this.#clock.wallTime() - this.#clock.now();
    const jumpMs = differenceMs - this.#differenceMs;
    if (Math.abs(jumpMs) > JUMP_MS) {
      this.#differenceMs = differenceMs;
      if (jumpMs > 0) this.#aheadMs += jumpMs;
    }
    return this.#clock.now() + this.#aheadMs;
  }

  /**
   * When something happened that was written down by wall time. What lies in the future was written by a clock that was
   * wrong: nobody knows when, and it may be as long ago as can be.
   */
  fromWallMs(wallMs: number): number {
    const ageMs = this.#clock.wallTime() - wallMs;
    return ageMs < -JUMP_MS ? -Infinity : this.nowMs - Math.max(0, ageMs);
  }
}
