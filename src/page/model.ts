/**
 * What the page shows and what its user has chosen, as signals: the traces, the moment looked at, what is selected, the
 * filter. Every view reads from here and writes here, so that all of them stay linked.
 */
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type {
  InspectAbility,
  InspectCommand,
  InspectGauge,
  InspectMessage,
  InspectSourceKind,
} from '../inspect/contract.js';
import { readFilter, type ReadFilter } from '../inspect/filter/filter.js';
import { TraceStore } from '../inspect/trace-store.js';
import type { TraceRecord } from '../trace/format.js';
import { PageSettings } from './settings.js';

/** What is selected. Every view shows its part of it, and may set any part. */
export interface Selection {
  /** Number of a record. */
  readonly seq?: number | undefined;
  /** Address of an actor. */
  readonly actor?: string | undefined;
  /** Id of a machine, at `actor` where that is given. */
  readonly machine?: string | undefined;
  /** Dotted path of a state, or id of an edge, of `machine`. */
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
}

/** One trace that the page holds. */
export interface ShownTrace {
  readonly id: string;
  readonly title: string;
  readonly store: TraceStore;
}

export interface PageNotice {
  readonly code: string;
  readonly text: string;
}

/** How the page reaches its source; absent parts: nothing to reach. */
export interface PageLink {
  /** Resolves with the answer; rejects with an Error whose message says why not. */
  order(command: InspectCommand): Promise<unknown>;
}

export class PageModel {
  /** By id; `main` is the one that all views but the diff show. */
  readonly traces: Signal<ReadonlyMap<string, ShownTrace>> = signal(new Map());
  /** Id of the trace that views show: a fork can be looked at as well. */
  readonly shown: Signal<string> = signal('main');
  /** Id of the trace that the shown one is compared with. */
  readonly compared: Signal<string | undefined> = signal(undefined);
  /** Changes whenever a trace has grown; at most once a frame. */
  readonly grown: Signal<number> = signal(0);
  readonly kind: Signal<InspectSourceKind | undefined> = signal(undefined);
  readonly abilities: Signal<readonly InspectAbility[]> = signal([]);
  readonly recordsExpected: Signal<number | undefined> = signal(undefined);
  readonly gauges: Signal<readonly InspectGauge[]> = signal([]);
  readonly notices: Signal<readonly PageNotice[]> = signal([]);
  /** Why and when a simulation stands still. */
  readonly paused: Signal<{ readonly timeMs: number; readonly why: string } | undefined> = signal(undefined);
  /** Whether the source can still be heard. */
  readonly isConnected: Signal<boolean> = signal(false);

  /** Number of the record up to which everything is shown; absent: the newest one, followed as it comes. */
  readonly cursor: Signal<number | undefined> = signal(undefined);
  readonly selection: Signal<Selection> = signal({});
  readonly filterText: Signal<string> = signal('');
  readonly filter: ReadonlySignal<ReadFilter> = computed(() => readFilter(this.filterText.value));
  /** Id of the view. */
  readonly view: Signal<string> = signal('overview');
  readonly isHelpOpen: Signal<boolean> = signal(false);
  readonly settings: PageSettings;

  /** The trace that is shown, read again whenever it has grown. */
  readonly store: ReadonlySignal<TraceStore | undefined> = computed(
    () => this.traces.value.get(this.shown.value)?.store,
  );
  /** Number of the last record that counts now: the cursor's, or the newest. -1: there is none. */
  readonly upTo: ReadonlySignal<number> = computed(() => {
    void this.grown.value;
    return this.cursor.value ?? this.store.value?.records.at(-1)?.seq ?? -1;
  });
  /** Indexes in `store.records` that the filter lets through, all of the trace: a view cuts at the cursor itself. */
  readonly passing: ReadonlySignal<readonly number[]>;

  #link: PageLink | undefined;
  #recordsMax: number | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  readonly #passed = new PassedRecords();

  constructor(settings: PageSettings = new PageSettings()) {
    this.settings = settings;
    this.passing = computed(() => {
      void this.grown.value;
      const { value: filter } = this.filter;
      const store = this.store.value;
      return store === undefined ? [] : this.#passed.of(store, filter);
    });
  }

  /** Takes what the source says. */
  take(message: InspectMessage): void {
    batch(() => {
      switch (message.type) {
        case 'hello':
          this.#recordsMax = message.recordsMax;
          this.kind.value = message.kind;
          this.abilities.value = message.abilities;
          this.recordsExpected.value = message.recordsExpected;
          this.isConnected.value = true;
          this.notices.value = [];
          this.traces.value = new Map();
          this.#addTrace(
            message.trace.id,
            message.trace.title,
            new TraceStore(message.trace.header, message.recordsMax),
          );
          this.shown.value = message.trace.id;
          break;
        case 'trace':
          this.#addTrace(message.trace.id, message.trace.title, new TraceStore(message.trace.header, this.#recordsMax));
          break;
        case 'records':
          this.traces.peek().get(message.of)?.store.append(message.records);
          if (this.#isTimeToDraw()) this.grown.value += 1;
          break;
        case 'end':
          this.traces.peek().get(message.of)?.store.end();
          this.grown.value += 1;
          break;
        case 'gauges':
          this.gauges.value = message.gauges;
          break;
        case 'notice':
          this.notices.value = [
            ...this.notices.value.slice(1 - NOTICES_KEPT),
            { code: message.code, text: message.text },
          ];
          if (message.code === 'stopped') this.isConnected.value = false;
          break;
        case 'paused':
          this.paused.value = { timeMs: message.timeMs, why: message.why };
          break;
        case 'resumed':
          this.paused.value = undefined;
          break;
        default:
      }
    });
  }

  /** Connects the page's orders to a source. */
  link(link: PageLink): void {
    this.#link = link;
  }

  /** Orders something of the source. Rejects with an Error whose message can be shown. */
  order(command: InspectCommand): Promise<unknown> {
    if (this.#link === undefined)
      return Promise.reject(new Error('this trace stands alone: nobody is there to run it'));
    return this.#link.order(command);
  }

  /** Selects a record, and with it its actor and, where it is a step, its machine, edge and state. */
  select(record: TraceRecord): void {
    const { machine, to, edges } = record.data;
    const isStep = record.name === 'actor:transition';
    this.selection.value = {
      seq: record.seq,
      actor: record.actor,
      machine: isStep ? String(machine) : undefined,
      state: isStep ? String(to) : undefined,
      edge: isStep && Array.isArray(edges) && typeof edges.at(-1) === 'string' ? String(edges.at(-1)) : undefined,
    };
  }

  /** Opens a view. */
  open(view: string): void {
    this.view.value = view;
  }

  /** Looks at the moment of a record: everything up to it. */
  goTo(seq: number): void {
    this.cursor.value = seq;
  }

  /** A file comes faster than it can be drawn: its growth is shown now and then, and its end at once. */
  #isTimeToDraw(): boolean {
    if (this.kind.peek() !== 'file') return true;
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < FILE_DRAWN_MS) return false;
    this.#drawnMs = nowMs;
    return true;
  }

  #addTrace(id: string, title: string, store: TraceStore): void {
    this.traces.value = new Map([...this.traces.value, [id, { id, title, store }]]);
  }
}

const NOTICES_KEPT = 20;
/** From one drawing of a file that is being read to the next. */
const FILE_DRAWN_MS = 400;

/** The indexes that a filter lets through, counted on as the trace grows. */
class PassedRecords {
  #store: TraceStore | undefined;
  #filter: ReadFilter | undefined;
  #firstSeq = -1;
  #read = 0;
  #passed: number[] = [];

  of(store: TraceStore, filter: ReadFilter): readonly number[] {
    const { records } = store;
    const firstSeq = records[0]?.seq ?? -1;
    if (store !== this.#store || filter !== this.#filter || firstSeq !== this.#firstSeq) {
      this.#store = store;
      this.#filter = filter;
      this.#firstSeq = firstSeq;
      this.#read = 0;
      this.#passed = [];
    }
    if (this.#read === records.length) return this.#passed;
    // A new array each time: who compares it with the one before sees that it has changed.
    const passed = this.#passed.slice();
    for (; this.#read < records.length; this.#read += 1) {
      const record = records[this.#read];
      if (record !== undefined && (!filter.ok || filter.test(record))) passed.push(this.#read);
    }
    this.#passed = passed;
    return passed;
  }
}
