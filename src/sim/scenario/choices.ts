/** Choices of a scenario: draws from its seed, each under a label of its own, so that one more changes none of the others. */
import { Dice } from '../world/dice.js';

/** Seeded choices. */
export class Choices {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(label: string, least: number, most: number): number {
    return this.#dice(label).whole(least, most);
  }

  /** A whole number drawn evenly by its logarithm: as often from 10 to 100 as from 100 to 1000. */
  size(label: string, least: number, most: number): number {
    const low = Math.log2(least + 1);
    const power = low + this.#dice(label).fraction() * (Math.log2(most + 1) - low);
    return Math.min(Math.floor(most), Math.max(least, Math.round(2 ** power - 1)));
  }

  chance(label: string, probability: number): boolean {
    return this.#dice(label).chance(probability);
  }

  pick<Value>(label: string, values: readonly [Value, ...Value[]]): Value {
    return values[this.whole(label, 0, values.length - 1)] ?? values[0];
  }

  /** Some of the values in their order, at least one and, where there are more, not all. */
  some<Value>(label: string, values: readonly Value[]): Value[] {
    const dice = this.#dice(label);
    const left = values.map((_, index) => index);
    const count = dice.whole(1, Math.max(1, values.length - 1));
    const taken = Array.from({ length: count }, () => left.splice(dice.whole(0, left.length - 1), 1)).flat();
    return values.filter((_, index) => taken.includes(index));
  }

  #dice(label: string): Dice {
    return new Dice(this.#seed, label);
  }
}

/** Bytes that differ by seed and label: contents of files and streams, which are checked where they arrive. */
export function patternBytes(seed: string, label: string, sizeBytes: number): Uint8Array {
  const dice = new Dice(seed, label);
  const bytes = new Uint8Array(Math.ceil(sizeBytes / 4) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, dice.whole(0, 0xffff_ffff));
  return bytes.subarray(0, sizeBytes);
}
