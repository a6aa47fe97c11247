/**
 * The clock of a fork: up to the fork, timers fire when the trace says; from there on by themselves. A timer that is set
 * as it was in the recording fires when it did there, so that a fork in which nothing changes is the recording.
 */
import type { Clock } from '../../ports.js';
import type { Trace } from '../../trace/format.js';
import { LeftTheTrace } from '../replay-ports.js';

/** A timer that is due. */
export interface DueTimer {
  /** Number of the timer, from 1. */
  readonly timer: number;
  readonly dueMs: number;
  /** Number of the record that told of its firing; infinite where none did. */
  readonly seq: number;
}

interface Told {
  readonly setMs: number;
  readonly delayMs: number;
  endMs: number;
  firedSeq: number;
}

/** A clock whose timers fire themselves, one by one, when they are asked for. */
export class ForkClock implements Clock {
  nowMs: number;
  readonly #told = new Map<number, Told>();
  readonly #timers: ((...args: unknown[]) => void)[] = [];
  readonly #pending = new Map<number, DueTimer>();

  constructor({ records }: Trace) {
    this.nowMs = records[0]?.time ?? 0;
    const lastMs = records.at(-1)?.time ?? 0;
    for (const { seq, time, name, data } of records) {
      const timer = Number(data['timer']);
      if (name === 'timer:set') {
        const told = { setMs: time, delayMs: Number(data['delay_ms']), endMs: lastMs, firedSeq: Infinity };
        this.#told.set(timer, told);
      } else if (name === 'timer:fired' || name === 'timer:cleared') {
        const told = this.#told.get(timer);
        if (told === undefined) continue;
        told.endMs = time;
        if (name === 'timer:fired') told.firedSeq = seq;
      }
    }
  }

  now(): number {
    return this.nowMs;
  }

  /** Never asked: the recorder, which stands before this clock, tells wall time from the trace. */
  wallTime(): number {
    return this.nowMs;
  }

  setTimeout(fire: (...args: unknown[]) => void, delayMs: number): unknown {
    const timer = this.#timers.push(fire);
    const dueMs = this.nowMs + Math.max(0, delayMs);
    const told = this.#told.get(timer);
    if (told?.setMs !== this.nowMs || told.delayMs !== delayMs)
      this.#pending.set(timer, { timer, dueMs, seq: Infinity });
    else {
      // A real clock is late now and then: what had not fired yet when it was cleared does not fire before.
      const isFired = told.firedSeq !== Infinity;
      this.#pending.set(timer, {
        timer,
        dueMs: isFired ? told.endMs : Math.max(dueMs, told.endMs),
        seq: told.firedSeq,
      });
    }
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#pending.delete(timer as number);
  }

  /** Fires timer `timer`, whenever it is due. */
  fire(timer: number): void {
    const fire = this.#timers[timer - 1];
    if (fire === undefined) throw new LeftTheTrace(`timer ${timer} fires, which was never set`);
    this.#pending.delete(timer);
    fire();
  }

  /** The timer that is due first. */
  get next(): DueTimer | undefined {
    let first: DueTimer | undefined;
    for (const due of this.#pending.values()) {
      if (first === undefined || due.dueMs < first.dueMs || (due.dueMs === first.dueMs && due.seq < first.seq)) {
        first = due;
      }
    }
    return first;
  }

  /** Lets a timer fire later, or with `undefined` never. */
  postpone(timer: number, byMs: number | undefined): void {
    const due = this.#pending.get(timer);
    if (due === undefined) return;
    if (byMs === undefined) this.#pending.delete(timer);
    else this.#pending.set(timer, { ...due, dueMs: due.dueMs + byMs, seq: byMs === 0 ? due.seq : Infinity });
  }
}
