/** When connections with one peer were there, and which of them is meant by what names the peer alone. */
import type { TraceRecord } from '../../format.js';
import { connectionOf } from '../addresses.js';

/** From the first step of a connection to its last. */
interface Life {
  readonly first: number;
  last: number;
}

/** The lives of a trace's connections. */
export class Meetings {
  readonly #lives = new Map<string, Life>();
  /** Connections of which something was told after an input, by its number. */
  readonly #told = new Map<number, Set<string>>();
  readonly #inputs: readonly number[];

  constructor(records: readonly TraceRecord[], inputs: readonly number[]) {
    this.#inputs = inputs;
    for (const { seq, name, actor } of records) {
      const connection = connectionOf(actor)?.address;
      if (connection === undefined || name !== 'actor:transition') continue;
      const life = this.#lives.get(connection);
      if (life === undefined) this.#lives.set(connection, { first: seq, last: seq });
      else life.last = seq;
      const input = inputs[seq] ?? -1;
      const told = this.#told.get(input) ?? new Set<string>();
      this.#told.set(input, told.add(connection));
    }
  }

  /**
   * Those of a peer's connections that a record is about, a call for the peer or a step of what is kept of it: those that
   * move after the same input; else those that are there; else the next one, which a call dials; else, since nothing
   * comes of it that could be seen, all of them.
   */
  meant(seq: number, connections: ReadonlySet<string>): ReadonlySet<string> {
    const input = this.#inputs[seq] ?? -1;
    const told = this.#told.get(input);
    const all = [...connections];
    const moved = all.filter((each) => told?.has(each) === true);
    if (moved.length > 0) return new Set(moved);
    const lives = all.flatMap((connection) => {
      const life = this.#lives.get(connection);
      return life === undefined ? [] : [{ connection, ...life }];
    });
    const there = lives.filter(({ first, last }) => first < input && input < last);
    if (there.length > 0) return new Set(there.map(({ connection }) => connection));
    const [next] = lives.filter(({ first }) => first > input).sort((one, other) => one.first - other.first);
    return next === undefined ? connections : new Set([next.connection]);
  }
}
