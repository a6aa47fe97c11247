/**
 * Numbers of the recording for what a fork does: the second dial of an address is the second there, however many others
 * came between.
 */

/** Numbers by what they were given for, in the order of the recording. */
export class Occurrences {
  readonly #numbers = new Map<string, number[]>();
  readonly #taken = new Map<string, number>();

  /** The recording gave `number` for `key`. */
  tell(key: string, number: number): void {
    const numbers = this.#numbers.get(key);
    if (numbers === undefined) this.#numbers.set(key, [number]);
    else numbers.push(number);
  }

  /** The number that the recording gave at this occurrence of `key`; `undefined` where it had no more. */
  take(key: string): number | undefined {
    const taken = this.#taken.get(key) ?? 0;
    this.#taken.set(key, taken + 1);
    return this.#numbers.get(key)?.[taken];
  }
}
