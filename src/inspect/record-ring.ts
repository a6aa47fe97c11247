/** The last records of a running node, in bounded memory: what a page that comes later sees of the past. */
import type { TraceRecord } from '../trace/format.js';

/** Bounds of a {@link RecordRing}. */
export interface RingBounds {
  readonly records: number;
  /** Characters, as {@link weightOf} counts them. */
  readonly bytes: number;
}

/** Numbered records, the oldest of which are let go. */
export class RecordRing {
  readonly #bounds: RingBounds;
  readonly #slots: (TraceRecord | undefined)[];
  readonly #weights: Uint32Array;
  #first = 0;
  #next = 0;
  #bytes = 0;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
    this.#slots = new Array<TraceRecord | undefined>(bounds.records).fill(undefined);
    this.#weights = new Uint32Array(bounds.records);
  }

  /** Number of the oldest record that is kept. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next record. */
  get next(): number {
    return this.#next;
  }

  /** Characters kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes record {@link next}. The last one is kept whatever it weighs. */
  add(record: TraceRecord): void {
    if (this.#next - this.#first === this.#bounds.records) this.#dropFirst();
    const slot = this.#next++ % this.#bounds.records;
    const weight = weightOf(record);
    this.#slots[slot] = record;
    this.#weights[slot] = weight;
    this.#bytes += weight;
    while (this.#bytes > this.#bounds.bytes && this.#next - this.#first > 1) this.#dropFirst();
  }

  /** Record `number`, or `undefined` where it was let go. */
  at(number: number): TraceRecord | undefined {
    if (number < this.#first || number >= this.#next) return undefined;
    return this.#slots[number % this.#bounds.records];
  }

  /** Lets all go, and begins to number anew. */
  clear(): void {
    this.#slots.fill(undefined);
    this.#first = 0;
    this.#next = 0;
    this.#bytes = 0;
  }

  #dropFirst(): void {
    const slot = this.#first++ % this.#bounds.records;
    this.#slots[slot] = undefined;
    this.#bytes -= this.#weights[slot] ?? 0;
  }
}

/** What an entry costs besides its text. */
const ENTRY_BYTES = 16;

/** About the characters that a record has as JSON. */
export function weightOf({ name, actor, data }: TraceRecord): number {
  return 4 * ENTRY_BYTES + name.length + actor.length + weightOfValue(data);
}

function weightOfValue(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let weight = 0;
  for (const item of Object.values(value)) weight += ENTRY_BYTES + weightOfValue(item);
  return weight;
}
