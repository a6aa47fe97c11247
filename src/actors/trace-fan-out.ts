/**
 * Several takers of one node's trace records. Each numbers what it takes by itself, and none need want all: causes are
 * told to each in its own numbers.
 */
import { isObservation, type PassedBytes, type TraceDetail, type TraceDraft, type TraceSink } from '../ports.js';

const DETAILS: readonly TraceDetail[] = ['states', 'frames', 'digests'];

/**
 * Causes told to a further taker lie at most this many records back; one that lies further is left out. They lie within
 * one turn, whose records are far fewer.
 */
const CAUSES_KEPT = 16_384;

/** What is answered for a record that no other follows from. */
const UNNUMBERED = -1;

/**
 * The sink that an environment writes to while there are several. A first sink, which was there from the beginning,
 * gives the numbers, and the others hear at most what it wants.
 */
export class TraceFanOut implements TraceSink {
  readonly #first: TraceSink | undefined;
  readonly #others = new Map<TraceSink, Numbers>();
  /** The others once more, for what is asked of them for every record. */
  #sinks: readonly TraceSink[] = [];
  #next = 0;
  #detail: TraceDetail = 'states';
  #plaintext = false;
  #lengthsOnly = true;
  #observations = false;

  constructor(first?: TraceSink) {
    this.#first = first;
  }

  get detail(): TraceDetail {
    return this.#detail;
  }

  get plaintext(): boolean {
    return this.#plaintext;
  }

  get lengthsOnly(): boolean {
    return this.#lengthsOnly;
  }

  /** Each decides for itself, whatever the first one wants. */
  get observations(): boolean {
    return this.#observations;
  }

  /** Each decides for itself at any time, so that it is asked anew for every record; a first sink gets them all. */
  get dataRecords(): boolean {
    if (this.#first !== undefined) return true;
    for (const sink of this.#sinks) if (sink.dataRecords !== false) return true;
    return false;
  }

  passed(passed: PassedBytes): void {
    for (const sink of this.#sinks) sink.passed?.(passed);
  }

  /** Whether nobody is there but the first. */
  get isEmpty(): boolean {
    return this.#others.size === 0;
  }

  add(sink: TraceSink): void {
    this.#others.set(sink, new Numbers());
    this.#weigh();
  }

  remove(sink: TraceSink): void {
    this.#others.delete(sink);
    this.#weigh();
  }

  record(draft: TraceDraft): number {
    if (isObservation(draft.name)) return this.#observe(draft);
    const number = this.#first === undefined ? this.#next++ : this.#first.record(draft);
    for (const [sink, numbers] of this.#others) {
      if (!wants(sink, draft.name)) continue;
      if (draft.passed !== undefined && sink.dataRecords === false) {
        sink.passed?.(draft.passed);
        continue;
      }
      const cause = draft.cause === undefined ? undefined : numbers.of(draft.cause);
      numbers.set(number, sink.record(cause === draft.cause ? draft : { ...draft, cause }));
    }
    return number;
  }

  /** Nothing follows from an observation, so that nobody has to know its number. */
  #observe(draft: TraceDraft): number {
    if (this.#first?.observations === true) this.#first.record(draft);
    for (const [sink, numbers] of this.#others) {
      if (sink.observations !== true) continue;
      const cause = draft.cause === undefined ? undefined : numbers.of(draft.cause);
      sink.record(cause === draft.cause ? draft : { ...draft, cause });
    }
    return UNNUMBERED;
  }

  #weigh(): void {
    const all = [...this.#others.keys(), ...(this.#first === undefined ? [] : [this.#first])];
    const most = Math.max(0, ...all.map(({ detail }) => DETAILS.indexOf(detail)));
    this.#detail = this.#first?.detail ?? DETAILS[most] ?? 'states';
    this.#plaintext = (this.#first ?? { plaintext: all.some((sink) => sink.plaintext === true) }).plaintext ?? false;
    this.#sinks = [...this.#others.keys()];
    this.#lengthsOnly = all.every((sink) => sink.lengthsOnly === true);
    this.#observations = all.some((sink) => sink.observations === true);
  }
}

function wants(sink: TraceSink, name: string): boolean {
  if (name.startsWith('frame:')) return sink.detail !== 'states';
  return name !== 'secure:plaintext' || sink.plaintext === true;
}

/** One taker's numbers by ours, for the last {@link CAUSES_KEPT} of ours. */
class Numbers {
  readonly #ours = new Float64Array(CAUSES_KEPT).fill(-1);
  readonly #theirs = new Float64Array(CAUSES_KEPT);

  of(number: number): number | undefined {
    const at = number % CAUSES_KEPT;
    return this.#ours[at] === number ? this.#theirs[at] : undefined;
  }

  set(number: number, theirs: number): void {
    const at = number % CAUSES_KEPT;
    this.#ours[at] = number;
    this.#theirs[at] = theirs;
  }
}
