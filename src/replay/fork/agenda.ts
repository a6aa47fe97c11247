/** What of a recording is still to come in a fork: its inputs from the fork on, in lanes that each keep their order. */
import { INPUT_NAMES, type Trace, type TraceRecord } from '../../trace/format.js';
import type { ForkChange } from './index.js';

/** One recorded input that is to be fed. */
export interface Item {
  readonly record: TraceRecord;
  readonly dueMs: number;
  /** Inputs of one lane come in order: those of a socket, of a dial, of one thing of the embedder's. */
  readonly lane: string;
  /** Place among all inputs of the recording. */
  readonly place: number;
  /** How many calls of the embedder had answered before it; 0 for what is no call. */
  readonly answersBefore: number;
}

/** The items of a fork. */
export interface ItemsOfFork {
  /** By due time. */
  readonly items: readonly Item[];
  /** What the embedder does inside a callback that has not begun: fed by that callback alone. */
  readonly nested: readonly Item[];
  /** Calls in the order in which they answered. */
  readonly answers: readonly number[];
  /** Place of each timer's firing, by its record's number. */
  readonly firings: ReadonlyMap<number, number>;
}

/** The inputs of `trace` from `record` on, that one changed. Timers are not among them: they fire by themselves. */
export function itemsOf(trace: Trace, at: TraceRecord, change: ForkChange): ItemsOfFork {
  const callbacks = callbacksFrom(trace, at.seq);
  const answers: number[] = [];
  const items: Item[] = [];
  const nested: Item[] = [];
  const firings = new Map<number, number>();
  const lastDueMs = new Map<string, number>();
  let place = -1;
  let callbackEnd = -1;
  for (const record of trace.records) {
    const { seq, name } = record;
    if (name === 'api:returned') answers.push(Number(record.data['call']));
    if (name === 'api:invoked') callbackEnd = Math.max(callbackEnd, callbacks.get(String(record.data['id'])) ?? -1);
    if (!INPUT_NAMES.has(name)) continue;
    place++;
    if (name === 'timer:fired') firings.set(seq, place);
    if (seq < at.seq || name === 'timer:fired') continue;
    const lane = laneOf(record);
    const answersBefore = name.startsWith('api:') ? answers.length : 0;
    const delayMs = seq === at.seq && change.kind === 'delay' ? change.byMs : 0;
    const dueMs = Math.max(record.time + delayMs, lastDueMs.get(lane) ?? 0);
    const changed = seq === at.seq ? changedRecords(record, change) : [record];
    for (const one of changed) {
      (seq < callbackEnd ? nested : items).push({ record: one, dueMs, lane, place, answersBefore });
    }
    if (changed.length > 0) lastDueMs.set(lane, dueMs);
  }
  // Ties stay in the order of the log.
  items.sort((left, right) => left.dueMs - right.dueMs);
  return { items, nested, answers, firings };
}

/** Where each callback ends that begins at or after `from`, by its id. */
function callbacksFrom({ records }: Trace, from: number): ReadonlyMap<string, number> {
  const begun = new Set<string>();
  const ends = new Map<string, number>();
  for (const { seq, name, data } of records) {
    if (name === 'api:invoked' && seq >= from) begun.add(String(data['id']));
    if (name !== 'api:left' && name !== 'api:threw') continue;
    const id = String(data['from']);
    if (begun.has(id)) ends.set(id, seq);
  }
  return ends;
}

function changedRecords(record: TraceRecord, change: ForkChange): readonly TraceRecord[] {
  const { hex } = { hex: (record.data['raw'] as { readonly data?: string } | undefined)?.data ?? '' };
  const withBytes = (bytes: string): TraceRecord => ({
    ...record,
    data: { ...record.data, raw: { length: bytes.length / 2, data: bytes } },
  });
  switch (change.kind) {
    case 'drop':
      return [];
    case 'delay':
      return [record];
    case 'bytes':
      return [withBytes(change.hex)];
    case 'duplicate':
      return [record, record];
    case 'split':
      return [withBytes(hex.slice(0, 2 * change.atByte)), withBytes(hex.slice(2 * change.atByte))];
  }
}

function laneOf({ name, data }: TraceRecord): string {
  const space = name.slice(0, name.indexOf(':'));
  switch (space) {
    case 'io':
      return `socket ${String(data['socket'])}`;
    case 'transport':
      return 'dial' in data ? `dial ${String(data['dial'])}` : `listen ${String(data['listen'])}`;
    case 'async':
      return `operation ${String(data['operation'])}`;
    default:
      return `api ${String(data['target'] ?? data['to'] ?? data['subscription'] ?? data['signal'])}`;
  }
}
