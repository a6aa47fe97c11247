/**
 * Whether a node's records of mere bytes come too fast to be told one by one, and their sums while they do. A page cannot
 * read ten thousand records a second, and making them would take from the node what it is looked at for.
 */
import type { Limits } from '../limits.js';
import type { Clock, PassedBytes } from '../ports.js';

/** Bounds of a {@link FloodGate}. */
export type FloodLimits = Pick<
  Limits,
  'inspectFloodRecords' | 'inspectFloodWindowMs' | 'inspectFloodQuietMs' | 'inspectFloodSums'
>;

/** What passed of one connection or stream since it was told last. */
export interface PassedSum {
  /** `conn:1`, or `conn:1/yamux` for a stream. */
  readonly actor: string;
  readonly stream: number | undefined;
  readonly sent: number;
  readonly received: number;
  readonly sentRecords: number;
  readonly receivedRecords: number;
}

/** Who is told. */
export interface FloodListener {
  /** From now on sums alone. */
  flooded(): void;
  sum(sum: PassedSum): void;
  /** Every record again; called after the last sums. */
  calm(): void;
}

type GrowingSum = { -readonly [Field in keyof PassedSum]: PassedSum[Field] };

/** Layers whose bytes another layer's records count as well. */
const COUNTED_ELSEWHERE: ReadonlySet<string> = new Set(['protocol', 'multistream']);

/** Counts what passes, and tells when it is too much. */
export class FloodGate {
  readonly #clock: Clock;
  readonly #limits: FloodLimits;
  readonly #listener: FloodListener;
  readonly #sums = new Map<string, GrowingSum>();
  #windowMs = -Infinity;
  #inWindow = 0;
  /** When a window was last full. */
  #fullMs = -Infinity;
  #ticking: unknown;
  #isFlooded = false;
  #leftOut = 0;

  constructor(clock: Clock, limits: FloodLimits, listener: FloodListener) {
    this.#clock = clock;
    this.#limits = limits;
    this.#listener = listener;
  }

  get isFlooded(): boolean {
    return this.#isFlooded;
  }

  /** Records left out since the beginning. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** One record of mere bytes was told, at `timeMs` of the node's clock. */
  told(timeMs: number): void {
    if (!this.#fills(timeMs) || this.#isFlooded) return;
    this.#isFlooded = true;
    this.#tickLater();
    this.#listener.flooded();
  }

  /** One was left out. */
  passed({ timeMs, direction, layer, connection, stream, length }: PassedBytes): void {
    this.#leftOut++;
    this.#fills(timeMs);
    const isSocket = layer === 'transport';
    if (length === 0 || (!isSocket && (stream === undefined || COUNTED_ELSEWHERE.has(layer)))) return;
    const sum = this.#sumOf(isSocket ? connection : `${connection}/${layer}`, stream);
    if (direction === 'inbound') {
      sum.received += length;
      sum.receivedRecords++;
    } else {
      sum.sent += length;
      sum.sentRecords++;
    }
  }

  /** Tells what passed of one stream: something else is about to be told of it. */
  tellStream(actor: string, stream: number): void {
    const key = keyOf(actor, stream);
    const sum = this.#sums.get(key);
    if (sum === undefined) return;
    this.#sums.delete(key);
    this.#listener.sum(sum);
  }

  /** Nothing more will pass: tells the last sums, and is calm. */
  end(): void {
    this.#clock.clearTimeout(this.#ticking);
    if (!this.#isFlooded) return;
    this.#tellSums();
    this.#isFlooded = false;
    this.#listener.calm();
  }

  /** Counts one; whether the window is full. */
  #fills(timeMs: number): boolean {
    if (timeMs - this.#windowMs >= this.#limits.inspectFloodWindowMs) {
      this.#windowMs = timeMs;
      this.#inWindow = 0;
    }
    if (++this.#inWindow < this.#limits.inspectFloodRecords) return false;
    this.#fullMs = timeMs;
    return true;
  }

  #sumOf(actor: string, stream: number | undefined): GrowingSum {
    const key = keyOf(actor, stream);
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      if (this.#sums.size >= this.#limits.inspectFloodSums) this.#tellSums();
      sum = { actor, stream, sent: 0, received: 0, sentRecords: 0, receivedRecords: 0 };
      this.#sums.set(key, sum);
    }
    return sum;
  }

  #tellSums(): void {
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    for (const sum of sums) this.#listener.sum(sum);
  }

  #tickLater(): void {
    this.#ticking = this.#clock.setTimeout(() => {
      if (this.#clock.now() - this.#fullMs >= this.#limits.inspectFloodQuietMs) this.end();
      else {
        this.#tellSums();
        this.#tickLater();
      }
    }, this.#limits.inspectFloodQuietMs);
  }
}

function keyOf(actor: string, stream: number | undefined): string {
  return stream === undefined ? actor : `${actor}/${stream}`;
}
