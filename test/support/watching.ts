/** Watches a source, or reads what a session says, for tests. */
import type { InspectMessage } from '../../src/inspect/contract.js';
import type { InspectChannel } from '../../src/inspect/session.js';
import type { InspectWatcher } from '../../src/inspect/source.js';
import type { TraceHeader, TraceRecord } from '../../src/trace/format.js';

/** A watcher that writes down what it hears. */
export class NotedWatcher implements InspectWatcher {
  readonly heard: unknown[] = [];
  readonly taken: TraceRecord[] = [];
  /** Called after each thing heard. */
  onHeard: () => void = () => undefined;

  records(of: string, records: readonly TraceRecord[]): void {
    for (const record of records) this.taken.push(record);
    this.#note(['records', of, records.length]);
  }

  trace(id: string, title: string): void {
    this.#note(['trace', id, title]);
  }

  end(of: string, truncated: boolean): void {
    this.#note(['end', of, truncated]);
  }

  gauges(timeMs: number, gauges: readonly unknown[]): void {
    this.#note(['gauges', timeMs, gauges.length]);
  }

  notice(code: string, text: string, dropped?: number): void {
    this.#note(['notice', code, text, dropped]);
  }

  paused(timeMs: number, why: string): void {
    this.#note(['paused', timeMs, why]);
  }

  resumed(): void {
    this.#note(['resumed']);
  }

  /** What it heard of one kind. */
  all(kind: string): readonly unknown[] {
    return this.heard.filter((each) => (each as readonly unknown[])[0] === kind);
  }

  /** Resolves when `isSo`. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.onHeard = resolve));
  }

  #note(what: unknown): void {
    this.heard.push(what);
    this.onHeard();
  }
}

/** A channel that writes down what is sent, and sends nothing on unless it is told to. */
export class NotedChannel implements InspectChannel {
  readonly sent: InspectMessage[] = [];
  queuedBytes = 0;
  isClosed = false;
  /** Whether what is sent stays queued. */
  isSlow = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as InspectMessage);
    if (this.isSlow) this.queuedBytes += text.length;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Messages of one type. */
  all<Type extends InspectMessage['type']>(type: Type): readonly Extract<InspectMessage, { type: Type }>[] {
    return this.sent.filter((each): each is Extract<InspectMessage, { type: Type }> => each.type === type);
  }

  get records(): readonly TraceRecord[] {
    return this.all('records').flatMap(({ records }) => records);
  }
}

/** A header as a recording of a running node has it. */
export function someHeader(engine: Partial<TraceHeader['engine']> = {}): TraceHeader {
  return {
    title: 'made for a test',
    vantagePoint: 'nobody',
    engine: {
      format: 1,
      class: 'redacted',
      detail: 'frames',
      seed: undefined,
      clock: 'real',
      versions: {},
      machines: {},
      config: {},
      redaction: [],
      ...engine,
    },
  };
}

/** Record `seq` at so many milliseconds. */
export function someRecord(seq: number, more: Partial<TraceRecord> = {}): TraceRecord {
  return {
    seq,
    time: seq,
    name: 'frame:decoded',
    actor: '/node/swarm/conn:1/yamux',
    cause: undefined,
    data: {},
    ...more,
  };
}
