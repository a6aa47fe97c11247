/**
 * When a replay gives an input that found the node half done. A step of promises too late is as wrong as one too early:
 * what the node does in that step then comes before the input. So it comes with the step in which it was recorded, and
 * later only where the node has not yet told its embedder what the embedder went by.
 */
import { INPUT_NAMES, type TraceRecord } from '../trace/format.js';

/** Steps that an input may come later than it was recorded. */
const MORE_HOPS = 3;
/** Steps that an input from inside a callback is waited for: far more than the node takes to call back. */
const HOPS_TO_CALLBACK = 64;

/** The pace of one trace's embedder. */
export class EmbedderPace {
  /** How often the node has told its embedder something before each input, by the input's `seq`. */
  readonly #toldBefore = new Map<number, number>();
  /** Inputs that an embedder made from inside a callback: the node asks for them. */
  readonly #inside = new Set<number>();
  #told = 0;

  constructor(records: readonly TraceRecord[]) {
    const lefts = new Map<string, number>();
    for (const { name, data, seq } of records) if (name === 'api:left') lefts.set(String(data['from']), seq);
    let insideUntil = -1;
    let told = 0;
    for (const record of records) {
      const { name, data, seq } = record;
      if (tellsEmbedder(record)) told++;
      if (name === 'api:invoked') insideUntil = Math.max(insideUntil, lefts.get(String(data['id'])) ?? -1);
      if (!INPUT_NAMES.has(name)) continue;
      this.#toldBefore.set(seq, told);
      if (seq < insideUntil) this.#inside.add(seq);
    }
  }

  /** Takes what the replay did. */
  take(record: TraceRecord): void {
    if (tellsEmbedder(record)) this.#told++;
  }

  /**
   * The moment of the next input, which `next` answers as long as it was not given: `undefined` for now, else a promise;
   * it resolves to false where the node has to come to rest first.
   */
  due(next: () => TraceRecord | undefined): Promise<boolean> | undefined {
    const record = next();
    // Of two inputs in one breath the second comes before any step of promises.
    if (record?.data['hops'] === 0 && !this.#inside.has(record.seq)) return undefined;
    return new Promise((resolve) => this.#wait(next, resolve));
  }

  #wait(next: () => TraceRecord | undefined, resolve: (isDue: boolean) => void): void {
    const record = next();
    const hops = record?.data['hops'];
    if (record === undefined || typeof hops !== 'number') resolve(false);
    else if (this.#inside.has(record.seq)) {
      const look = (left: number): void => {
        if (next() !== record) this.#wait(next, resolve);
        else if (left === 0) resolve(false);
        else afterHops(1, () => look(left - 1));
      };
      look(HOPS_TO_CALLBACK);
    } else {
      const told = this.#toldBefore.get(record.seq) ?? 0;
      const look = (left: number): void => {
        if (this.#told >= told || left === 0) resolve(true);
        else afterHops(1, () => look(left - 1));
      };
      // Who waits for a promise goes on in the step after the one that resolves it.
      afterHops(hops - 1, () => look(MORE_HOPS));
    }
  }
}

/** Answers, and calls into the embedder. */
function tellsEmbedder({ name }: TraceRecord): boolean {
  return name.startsWith('api:') && !INPUT_NAMES.has(name);
}

/** Calls `then` after so many steps of promises; an `async` function would take one more. */
function afterHops(hops: number, then: () => void): void {
  if (hops <= 0) then();
  else void Promise.resolve().then(() => afterHops(hops - 1, then));
}
