/** What the inspector's server serves: a running node, a trace file or a simulation, behind one face. */
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import type { InspectAbility, InspectCommand, InspectGauge, InspectNoticeCode, InspectSourceKind } from './contract.js';

/** Who takes what a source tells: one for each page that looks. */
export interface InspectWatcher {
  /** Records of trace `of`, in order. */
  records(of: string, records: readonly TraceRecord[]): void;
  /** A further trace begins. */
  trace(id: string, title: string, header: TraceHeader): void;
  end(of: string, truncated: boolean): void;
  gauges(timeMs: number, gauges: readonly InspectGauge[]): void;
  notice(code: InspectNoticeCode, text: string, dropped?: number): void;
  paused(timeMs: number, why: string): void;
  resumed(): void;
}

/** Something that can be looked at. */
export interface InspectSource {
  readonly kind: InspectSourceKind;
  readonly title: string;
  readonly header: TraceHeader;
  readonly abilities: readonly InspectAbility[];
  /** Records that there are in the end, where it is known. */
  readonly recordsExpected?: number;
  /**
   * Begins to tell `watcher`, what was kept of the past first. `pull` is asked for more: a file is read no faster than
   * the page takes it; a live source cannot wait and leaves out instead. The answer ends it.
   */
  watch(watcher: InspectWatcher): InspectFeed;
  /** Carries out an order; rejects with an EngineError. Absent: read-only. */
  order?(command: InspectCommand): Promise<unknown>;
}

/** One page's hold on a source. */
export interface InspectFeed {
  /** The page can take `records` more in all than it could before. */
  credit(records: number): void;
  stop(): void;
}
