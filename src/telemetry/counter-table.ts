/** Numbers by labels, bounded: what comes beyond the bound is counted under `other`. */
import { OTHER } from './labels.js';

/** Label names and values. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a family. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** The numbers of one family. */
export class CounterTable {
  readonly #samples = new Map<string, { readonly labels: Labels; value: number }>();
  readonly #maxSeries: number;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  add(labels: Labels, amount = 1): void {
    const known = this.#samples.get(keyOf(labels));
    if (known !== undefined) known.value += amount;
    else if (this.#samples.size < this.#maxSeries) this.#samples.set(keyOf(labels), { labels, value: amount });
    else this.#addOther(labels, amount);
  }

  get samples(): readonly Sample[] {
    return [...this.#samples.values()].map(({ labels, value }) => ({ labels, value }));
  }

  /** The one series beyond the bound. */
  #addOther(labels: Labels, amount: number): void {
    const other = Object.fromEntries(Object.keys(labels).map((name) => [name, OTHER]));
    const key = keyOf(other);
    const known = this.#samples.get(key);
    if (known === undefined) this.#samples.set(key, { labels: other, value: amount });
    else known.value += amount;
  }
}

function keyOf(labels: Labels): string {
  return Object.values(labels).join('\0');
}
