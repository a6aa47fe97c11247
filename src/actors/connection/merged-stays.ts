/** The stays of a connection's handlers in one list, for reports: in order of time, each stay once. */
import type { StateStay } from '../../errors.js';

type Stays = readonly StateStay[];

/**
 * Merges, and remembers what came of it: streams of one connection may fail by the thousand while it does not change. Only
 * until memory is collected: who asks of an idle connection asks once.
 */
export class MergedStays {
  #last: WeakRef<{ readonly lists: readonly Stays[]; readonly merged: Stays }> | undefined;

  /** All of `lists`. */
  of(lists: readonly Stays[]): Stays {
    const last = this.#last?.deref();
    if (last?.lists.length === lists.length && lists.every((list, at) => list === last.lists[at])) return last.merged;
    const merged = mergeStays(lists);
    this.#last = new WeakRef({ lists, merged });
    return merged;
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
