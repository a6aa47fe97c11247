/**
 * When a replay gives an input that found the node half done. What an embedder does follows from what it was told: so the
 * input comes as many steps of promises after the node told it as in the recording, and in the same place among all that
 * goes on in that step. A step too late is as wrong as one too early.
 */
import { INPUT_NAMES, type TraceRecord } from '../trace/format.js';

/** Steps that an input may come later than it was recorded, where the node has not told all that it had told before. */
const MORE_HOPS = 3;
/** Steps that an input from inside a callback is waited for: far more than the node takes to call back. */
const HOPS_TO_CALLBACK = 64;

interface Input {
  readonly record: TraceRecord;
  /** How often the node had told its embedder something. */
  readonly toldBefore: number;
  /** Made from inside a callback: the node asks for it. */
  readonly isInside: boolean;
  /** Steps of promises from the input before; `undefined` where it found the node at rest. */
  readonly hops: number | undefined;
}

/** The pace of one trace's embedder. */
export class EmbedderPace {
  readonly #inputs: readonly Input[];
  #next = 0;
  #told = 0;
  /** The input that is waited for, and what hears that it is due. */
  #awaited: { readonly input: Input; readonly resolve: (isDue: boolean) => void } | undefined;
  /** Steps of promises since the last input that was given from outside. */
  #step = 0;
  /** Of them, those before the last input. */
  #base = 0;
  #waits = 0;

  constructor(records: readonly TraceRecord[]) {
    this.#inputs = inputsOf(records);
  }

  /** The input of this record is given. */
  given({ seq }: Pick<TraceRecord, 'seq'>): void {
    while (this.#next < this.#inputs.length && (this.#inputs[this.#next]?.record.seq ?? 0) <= seq) this.#next++;
    this.#base = this.#step;
    if (this.#awaited === undefined) this.#base = this.#step = 0;
    this.#look();
  }

  /** Takes what the replay did. */
  take(record: TraceRecord): void {
    if (!tellsEmbedder(record)) return;
    this.#told++;
    this.#look();
  }

  /**
   * The moment of the next input: `undefined` for now, else a promise; it resolves to false where the node has to come to
   * rest first.
   */
  due(): Promise<boolean> | undefined {
    const next = this.#inputs[this.#next];
    // Of two inputs in one breath the second comes before any step of promises.
    if (next?.isInside === false && next.hops === 0) return undefined;
    let at = this.#next;
    while (this.#inputs[at]?.isInside === true) at++;
    const input = this.#inputs[at];
    const wait = ++this.#waits;
    return new Promise((resolve) => {
      if (next?.hops === undefined || input === undefined) {
        resolve(false);
        return;
      }
      this.#awaited = { input, resolve };
      this.#look();
      this.#step = 1;
      this.#count(wait);
    });
  }

  /** Counts the steps; the place of who counts is the last in each. */
  #count(wait: number): void {
    afterHops(1, () => {
      if (this.#awaited === undefined || this.#waits !== wait) return;
      const { input } = this.#awaited;
      const isNext = this.#inputs[this.#next] === input;
      const mostHops = isNext && input.hops !== undefined ? input.hops + MORE_HOPS : HOPS_TO_CALLBACK;
      if (this.#step - this.#base >= mostHops) this.#end(isNext && input.hops !== undefined, 0);
      else {
        this.#step++;
        this.#count(wait);
      }
    });
  }

  /** Whether all has happened that the input goes by. */
  #look(): void {
    if (this.#awaited === undefined) return;
    const { input } = this.#awaited;
    if (this.#inputs[this.#next] !== input || this.#told < input.toldBefore) return;
    if (input.hops === undefined) this.#end(false, 0);
    // Who waits for the promise goes on in the step after the one that resolves it.
    else this.#end(true, input.hops - (this.#step - this.#base) - 1);
  }

  #end(isDue: boolean, hops: number): void {
    const resolve = this.#awaited?.resolve;
    this.#awaited = undefined;
    afterHops(hops, () => resolve?.(isDue));
  }
}

function inputsOf(records: readonly TraceRecord[]): readonly Input[] {
  const lefts = new Map<string, number>();
  for (const { name, data, seq } of records) if (name === 'api:left') lefts.set(String(data['from']), seq);
  const inputs: Input[] = [];
  let [insideUntil, toldBefore] = [-1, 0];
  for (const record of records) {
    const { name, data, seq } = record;
    if (tellsEmbedder(record)) toldBefore++;
    if (name === 'api:invoked') insideUntil = Math.max(insideUntil, lefts.get(String(data['id'])) ?? -1);
    if (!INPUT_NAMES.has(name)) continue;
    const before = inputs.at(-1);
    // The end of a subscription is told after what ended it, and the steps were counted from there.
    const more = before?.isInside === true && before.record.name === 'api:unsubscribed' ? 1 : 0;
    const hops = typeof data['hops'] === 'number' ? data['hops'] : undefined;
    const isInside = seq < insideUntil;
    inputs.push({ record, toldBefore, isInside, hops: hops === undefined || isInside ? hops : hops + more });
  }
  return inputs;
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
