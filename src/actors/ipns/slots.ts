/** Places for work of which only so much is done at once; who finds none waits for its turn. */

/** Leaves a place, or the queue for one; nothing the second time. */
export type LeaveSlot = () => void;

/** A number of places. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(places: number) {
    this.#free = places;
  }

  /** Calls `onPlace` when there is a place: at once, or when another one leaves. */
  enter(onPlace: () => void): LeaveSlot {
    let holds = this.#free > 0;
    let isOver = false;
    const take = (): void => {
      holds = true;
      onPlace();
    };
    if (holds) this.#free--;
    else this.#waiting.add(take);
    const leave = (): void => {
      if (isOver) return;
      isOver = true;
      if (holds) this.#passOn();
      else this.#waiting.delete(take);
    };
    if (holds) onPlace();
    return leave;
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
