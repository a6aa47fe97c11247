/** What an embedder hands to a view: whoever tells it of a trace, in one process. */
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { INSPECT_CONTRACT, type InspectCommand, type InspectMessage } from './contract.js';
import { openFileSource } from './file-source.js';
import type { InspectFeed, InspectSource, InspectWatcher } from './source.js';

/** Something that can be mounted. An embedder may write one; {@link sourceOfText} and `sourceOfSocket` are others. */
export interface EmbeddedSource {
  /**
   * Begins to tell `take`: `hello` first, then `records` of it in order, then `end` where there is one. `take` may be
   * called before `connect` returns, and keeps what it is given until the next frame.
   */
  connect(take: (message: InspectMessage) => void): EmbeddedHold;
}

/** The hold of one view on its source. */
export interface EmbeddedHold {
  /** Carries out an order; rejects with an Error whose message is shown. Absent: nothing can be ordered. */
  order?(command: InspectCommand): Promise<unknown>;
  /** So many records have been taken in: a source that must not run ahead can wait for it. */
  taken?(records: number): void;
  /** Nothing is told any more. */
  close(): void;
}

/** How a text is shown. */
export interface TextSourceOptions {
  /** Default: what the trace's header says. */
  readonly title?: string;
  /** Records shown at most, the first ones; the rest is told in a notice. Default: as many as a page keeps. */
  readonly recordsMax?: number;
}

/** Characters handed over at once. */
const PIECE_CHARACTERS = 1024 * 1024;

/**
 * A trace at hand as text. A damaged or cut one is shown up to the damage, which a notice names; what is no trace, or is
 * one of a newer format, is a notice alone.
 */
export function sourceOfText(text: string, options: TextSourceOptions = {}): EmbeddedSource {
  const { title, recordsMax = LIMITS.inspectPageRecords } = options;
  // eslint-disable-next-line @typescript-eslint/require-await -- read as a file is, though all of it is at hand
  const open = async function* (): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS) yield text.slice(at, at + PIECE_CHARACTERS);
  };
  const file = { id: 'main', open, ...(title === undefined ? {} : { title }) };
  return sourceOf(
    () => openFileSource([file], { kind: 'embedded', limits: { inspectPageRecords: recordsMax } }),
    recordsMax,
  );
}

/** Whatever the inspector's server could serve, told without one. `recordsMax` is what the view keeps. */
export function sourceOf(
  open: () => InspectSource | Promise<InspectSource>,
  recordsMax: number = LIMITS.inspectPageRecords,
): EmbeddedSource {
  return {
    connect: (take) => {
      const hold = new SourceHold(take, recordsMax);
      void hold.begin(open);
      return hold;
    },
  };
}

class SourceHold implements EmbeddedHold {
  readonly #take: (message: InspectMessage) => void;
  readonly #recordsMax: number;
  #source: InspectSource | undefined;
  #feed: InspectFeed | undefined;
  #isClosed = false;

  constructor(take: (message: InspectMessage) => void, recordsMax: number) {
    this.#take = take;
    this.#recordsMax = recordsMax;
  }

  /** Opens the source and hears it. Never rejects: what goes wrong is a notice. */
  async begin(open: () => InspectSource | Promise<InspectSource>): Promise<void> {
    try {
      const source = await open();
      if (this.#isClosed) return;
      this.#source = source;
      const { kind, title, header, abilities, recordsExpected } = source;
      this.#take({
        type: 'hello',
        contract: INSPECT_CONTRACT,
        kind,
        trace: { id: 'main', title, header },
        abilities,
        recordsMax: this.#recordsMax,
        ...(recordsExpected === undefined ? {} : { recordsExpected }),
      });
      this.#feed = source.watch(watcherOf((message) => this.#say(message)));
      this.#feed.credit(this.#recordsMax);
    } catch (thrown) {
      const text = thrown instanceof EngineError ? thrown.message : `it cannot be read: ${String(thrown)}`;
      this.#say({ type: 'notice', code: 'damaged', text });
    }
  }

  order(command: InspectCommand): Promise<unknown> {
    return this.#source?.order?.(command) ?? Promise.reject(new Error('this trace stands alone: nobody can run it'));
  }

  taken(records: number): void {
    this.#feed?.credit(records);
  }

  close(): void {
    this.#isClosed = true;
    this.#feed?.stop();
  }

  #say(message: InspectMessage): void {
    if (!this.#isClosed) this.#take(message);
  }
}

function watcherOf(say: (message: InspectMessage) => void): InspectWatcher {
  return {
    records: (of, records) => say({ type: 'records', of, records }),
    trace: (id, title, header) => say({ type: 'trace', trace: { id, title, header } }),
    end: (of, truncated) => say({ type: 'end', of, truncated }),
    gauges: (timeMs, gauges) => say({ type: 'gauges', timeMs, gauges }),
    notice: (code, text, dropped) => say({ type: 'notice', code, text, ...(dropped === undefined ? {} : { dropped }) }),
    paused: (timeMs, why) => say({ type: 'paused', timeMs, why }),
    resumed: () => say({ type: 'resumed' }),
  };
}
