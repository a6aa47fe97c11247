/**
 * Virtual time: a heap of timers ordered by due time, then by insertion. Time moves only when it is told to, from one
 * timer to the next, so a timer set inside a callback is dated right and ties fire in the order they were set.
 */
import type { Clock } from '../ports.js';

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  fire: (() => void) | undefined;
}

/** A heap this small is not worth tidying. */
const KEPT_TIMERS = 1024;

/** A clock that stands still until `advance`. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  /** Binary heap by (dueMs, sequence); cancelled timers stay in it without `fire` until they come up. */
  readonly #heap: Timer[] = [];
  #pending = 0;

  /** `startMs` is both the first `now` and the wall time it stands for. */
  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return this.#nowMs;
  }

  setTimeout(fire: (...args: unknown[]) => void, delayMs: number): unknown {
    return this.setTimer(fire, this.#nowMs + Math.max(0, delayMs));
  }

  /** A timer at a time of this clock; one that has passed is due at once. Cleared as any other. */
  setTimer(fire: () => void, dueMs: number): unknown {
    const timer: Timer = { dueMs: Math.max(this.#nowMs, dueMs), sequence: this.#sequence++, fire };
    this.#push(timer);
    this.#pending++;
    return timer;
  }

  clearTimeout(handle: unknown): void {
    const timer = handle as Timer | undefined;
    if (timer?.fire === undefined) return;
    timer.fire = undefined;
    this.#pending--;
    if (this.#heap.length > KEPT_TIMERS && this.#heap.length > 2 * this.#pending) this.#compact();
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** When the next timer is due, in milliseconds of this clock, or `undefined` when none is set. */
  get nextDueMs(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.dueMs;
  }

  /** Moves time by `durationMs`, firing what falls due on the way, each at its own time. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (let dueMs = this.nextDueMs; dueMs !== undefined && dueMs <= endMs; dueMs = this.nextDueMs) this.fireNext();
    this.#nowMs = endMs;
  }

  /** Jumps to the next timer and fires it; answers whether there was one. */
  fireNext(): boolean {
    this.#dropCancelled();
    const timer = this.#pop();
    if (timer === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    const fire = timer.fire;
    timer.fire = undefined;
    this.#pending--;
    fire?.();
    return true;
  }

  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#pop();
  }

  /** Takes the cancelled timers out: most time-outs are cancelled long before they are due, and would pile up. */
  #compact(): void {
    const live = this.#heap.filter(({ fire }) => fire !== undefined);
    // An array in order is a heap.
    live.sort((left, right) => (isBefore(left, right) ? -1 : 1));
    this.#heap.length = 0;
    for (const timer of live) this.#heap.push(timer);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent])) break;
      heap[index] = heap[parent] as Timer;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || top === last) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child])) child++;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(timer: Timer, other: Timer | undefined): boolean {
  if (other === undefined) return true;
  return timer.dueMs < other.dueMs || (timer.dueMs === other.dueMs && timer.sequence < other.sequence);
}
