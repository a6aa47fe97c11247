/** A flight recorder: the last records of a node, in bounded memory, to be written out when something fails. */
import type { TraceDetail, TraceDraft, TraceSink } from '../../ports.js';
import type { TraceHeader } from '../format.js';
import { headerLine, TraceWriter } from '../writer.js';

/** Lines let go before the front of the list is cut off, so that it is not moved for each one. */
const CUT_AFTER = 4096;

/** A {@link TraceSink} that keeps the last lines and lets the oldest go. */
export class FlightRecorder implements TraceSink {
  readonly detail: TraceDetail;
  readonly plaintext: boolean;
  readonly lengthsOnly: boolean;
  readonly observations: boolean;
  readonly #header: TraceHeader;
  readonly #maxBytes: number;
  readonly #writer: TraceWriter;
  #lines: string[] = [];
  /** Index of the oldest line kept. */
  #first = 0;
  #bytes = 0;
  #dropped = 0;

  /** `maxBytes` bounds the text kept, counted in characters; the last record is kept even if it is longer. */
  constructor(header: TraceHeader, maxBytes: number, nodeName?: string) {
    this.#header = header;
    this.#maxBytes = maxBytes;
    this.#writer = new TraceWriter(header, { write: (line) => this.#keep(line) }, nodeName);
    this.#lines = [];
    this.#bytes = 0;
    const { detail, plaintext, lengthsOnly, observations } = this.#writer;
    this.detail = detail;
    this.plaintext = plaintext;
    this.lengthsOnly = lengthsOnly;
    this.observations = observations;
  }

  /** Characters kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Records kept. */
  get count(): number {
    return this.#lines.length - this.#first;
  }

  /** Records let go. */
  get dropped(): number {
    return this.#dropped;
  }

  record(draft: TraceDraft): number {
    return this.#writer.record(draft);
  }

  /**
   * What is kept at this moment as the lines of a whole trace: records are numbered from 0 again, a cause that is gone
   * is left out, and the header says how many are.
   */
  tape(): Iterable<string> {
    const dropped = this.#dropped;
    const { engine } = this.#header;
    const header: TraceHeader = { ...this.#header, engine: { ...engine, partial: true, dropped } };
    return tapeOf(header, this.#lines.slice(this.#first), dropped);
  }

  #keep(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    while (this.#bytes > this.#maxBytes && this.count > 1) {
      this.#bytes -= this.#lines[this.#first]?.length ?? 0;
      this.#first++;
      this.#dropped++;
    }
    if (this.#first < CUT_AFTER) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

function* tapeOf(header: TraceHeader, lines: readonly string[], dropped: number): Generator<string> {
  yield headerLine(header);
  for (const line of lines) {
    const { seq, cause, ...rest } = JSON.parse(line) as { readonly seq: number; readonly cause?: number };
    const known = cause !== undefined && cause >= dropped ? { cause: cause - dropped } : {};
    yield `${JSON.stringify({ seq: seq - dropped, ...rest, ...known })}\n`;
  }
}
