/**
 * What is going to happen in a world: one heap of virtual time for all nodes. What is *under way* (bytes on a link,
 * answers of stores) is counted apart from timers, for a world whose nodes only wait is quiet, though time-outs and
 * keep-alives are always set.
 */
import { VirtualClock } from '../virtual-clock.js';

/** Cancels what was asked for; what has happened stays so. */
export type CancelWork = () => void;

/** The world's clock, and what is under way on it. */
export class Agenda {
  readonly clock = new VirtualClock();
  #underWay = 0;

  /** World time, in milliseconds from its beginning. */
  get nowMs(): number {
    return this.clock.now();
  }

  /** Bytes on links, answers of stores: what happens by itself before the world is quiet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Runs `work` at a time, as something that is under way until then. Times are whole microseconds. */
  at(dueMs: number, work: () => void): CancelWork {
    this.#underWay++;
    const timer = this.clock.setTimer(() => {
      this.#underWay--;
      timerIsSet = false;
      work();
    }, roundMs(dueMs));
    let timerIsSet = true;
    return () => {
      if (!timerIsSet) return;
      timerIsSet = false;
      this.#underWay--;
      this.clock.clearTimeout(timer);
    };
  }

  /** As {@link at}, after a while. */
  after(delayMs: number, work: () => void): CancelWork {
    return this.at(this.nowMs + delayMs, work);
  }
}

/** A time in whole microseconds, so that times read well and are the same text everywhere. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
