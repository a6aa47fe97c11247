/**
 * The states that an actor went through, for its failure report: the whole life of a handshake, the last steps of a
 * long-lived actor. A chain of small marks, from the last one back: a connection remembers some twenty of them for as long
 * as it lives, and hardly anybody asks.
 */
import type { StateStay } from '../errors.js';

/** Stays that are told. */
const STAYS_KEPT = 32;

interface Mark {
  readonly state: string;
  readonly event: string;
  readonly atMs: number;
  readonly order: number;
  before: Mark | undefined;
}

const NOTHING: readonly (string | number)[] = [];

/** Stays of one actor. */
export class StayLog {
  /** Id of the machine. */
  readonly machine: string;
  #last: Mark | undefined;
  #count = 0;
  /** Instead of the marks: state, event, time and order of each, oldest first. */
  #packed: readonly (string | number)[] | undefined;
  /**
   * What was told since the last change: a peer can make streams of one connection fail by the thousand. Held weakly, for
   * who asks of an idle connection asks once.
   */
  #told: WeakRef<readonly StateStay[]> | undefined;

  constructor(machine: string) {
    this.machine = machine;
  }

  /** `state` was entered by `event`. */
  add(state: string, event: string, atMs: number, order: number): void {
    this.#last = { state, event, atMs, order, before: this.#last ?? this.#unpacked() };
    this.#packed = undefined;
    this.#told = undefined;
    // Forgetting walks the chain, so it is done now and then.
    if (++this.#count === 2 * STAYS_KEPT) this.#forget();
  }

  /** For who keeps the log of an actor that is done: what was added takes half the memory. */
  pack(): void {
    if (this.#last === undefined) return;
    const marks: Mark[] = [];
    for (let mark: Mark | undefined = this.#last; mark !== undefined && marks.length < STAYS_KEPT; mark = mark.before)
      marks.push(mark);
    const packed = new Array<string | number>(4 * marks.length);
    for (const [at, { state, event, atMs, order }] of marks.reverse().entries()) {
      packed[4 * at] = state;
      packed[4 * at + 1] = event;
      packed[4 * at + 2] = atMs;
      packed[4 * at + 3] = order;
    }
    this.#packed = packed;
    this.#last = undefined;
    this.#count = marks.length;
  }

  /** The last {@link STAYS_KEPT} of them, oldest first; the last one is open while the actor lives. */
  get stays(): readonly StateStay[] {
    const known = this.#told?.deref();
    if (known !== undefined) return known;
    const told = this.#tell();
    this.#told = new WeakRef(told);
    return told;
  }

  #tell(): readonly StateStay[] {
    const stays: StateStay[] = [];
    let leftAtMs: number | undefined;
    for (
      let mark = this.#last ?? this.#unpacked();
      mark !== undefined && stays.length < STAYS_KEPT;
      mark = mark.before
    ) {
      stays.push(this.#stayOf(mark, leftAtMs));
      leftAtMs = mark.atMs;
    }
    return stays.reverse();
  }

  #unpacked(): Mark | undefined {
    const packed = this.#packed ?? NOTHING;
    let last: Mark | undefined;
    for (let at = 0; at < packed.length; at += 4) {
      const [state, event, atMs, order] = packed.slice(at, at + 4) as [string, string, number, number];
      last = { state, event, atMs, order, before: last };
    }
    return last;
  }

  #stayOf({ state, event, atMs: enteredAtMs, order }: Mark, leftAtMs: number | undefined): StateStay {
    const { machine } = this;
    if (leftAtMs === undefined) return { machine, state, event, enteredAtMs, order };
    return { machine, state, event, enteredAtMs, order, durationMs: leftAtMs - enteredAtMs };
  }

  #forget(): void {
    let mark = this.#last;
    for (let kept = 1; kept < STAYS_KEPT; kept++) mark = mark?.before;
    if (mark !== undefined) mark.before = undefined;
    this.#count = STAYS_KEPT;
  }
}
