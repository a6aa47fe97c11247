/** The stays of a connection's handlers in one list, for reports: in order of time, each stay once. */
import type { StateStay } from '../../errors.js';

type Stays = readonly StateStay[];

/** Merges, and remembers what came of it: streams of one connection may fail by the thousand while it does not change. */
export class MergedStays {
  #lists: readonly Stays[] = [];
  #merged: Stays = [];

  /** All of `lists`; the same answer for the same lists. */
  of(lists: readonly Stays[]): Stays {
    if (lists.length !== this.#lists.length || lists.some((list, at) => list !== this.#lists[at])) {
      this.#lists = lists;
      this.#merged = mergeStays(lists);
    }
    return this.#merged;
  }
}

/** All lists in order of time, each stay once. */
export function mergeStays(lists: readonly (readonly StateStay[])[]): readonly StateStay[] {
  const merged = new Map<string | number, StateStay>();
  for (const stay of lists.flat()) merged.set(stay.order ?? `${stay.machine} ${stay.state} ${stay.enteredAtMs}`, stay);
  return [...merged.values()].sort(
    (first, second) => first.enteredAtMs - second.enteredAtMs || (first.order ?? 0) - (second.order ?? 0),
  );
}
