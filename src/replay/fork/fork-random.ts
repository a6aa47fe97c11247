/** Randomness of a fork: what the trace would give next under each label, and where that ends, what a seed gives. */
import type { RandomSource } from '../../ports.js';
import { SeededRandom } from '../../sim/seeded-random.js';
import type { Trace } from '../../trace/format.js';
import { fromHex } from '../../trace/values.js';
import { toHex } from '../../wire/hex.js';

/** A source whose draws are kept, for a trace that has to hold them. */
export class ForkRandom implements RandomSource {
  readonly #told = new Map<string, string>();
  readonly #drawn = new Map<string, string>();
  readonly #seeded: RandomSource;
  readonly #isTold: boolean;

  constructor({ header, records }: Trace) {
    const { seed, class: traceClass, draws } = header.engine;
    this.#isTold = draws !== undefined;
    this.#seeded = new SeededRandom(
      traceClass === 'replayable' && !this.#isTold ? (seed ?? '') : `fork of ${seed ?? ''}`,
    );
    for (const [label, hex] of Object.entries(draws ?? {})) this.#told.set(label, hex);
    if (traceClass !== 'full' || this.#isTold) return;
    for (const { name, data } of records) {
      if (name !== 'random:drawn') continue;
      const label = String(data['label']);
      this.#told.set(label, (this.#told.get(label) ?? '') + String(data['data']));
    }
  }

  bytes(label: string, size: number): Uint8Array {
    const told = this.#told.get(label) ?? '';
    const bytes = told.length >= 2 * size ? fromHex(told.slice(0, 2 * size)) : this.#seeded.bytes(label, size);
    if (told !== '') this.#told.set(label, told.slice(2 * size));
    if (this.#isTold) this.#drawn.set(label, (this.#drawn.get(label) ?? '') + toHex(bytes));
    return bytes;
  }

  /** What each label gave, for the header of a trace that tells it there; `undefined` for one that does not. */
  get draws(): Readonly<Record<string, string>> | undefined {
    return this.#isTold ? Object.fromEntries(this.#drawn) : undefined;
  }
}
