/**
 * A trace as a sequence diagram: one lifeline for each node whose records are there and each peer that was only heard,
 * one arrow a message. Where both ends of a connection are in the trace, an arrow begins when the bytes were sent and
 * ends when they were read.
 */
import { connectionOf } from '../trace/tools/addresses.js';
import type { TraceRecord } from '../trace/format.js';
import { rawBytesOf } from '../trace/tools/raw-bytes.js';
import { linksOf, type LinkEnd } from './links.js';
import type { TraceStore } from './trace-store.js';

/** What arrows are drawn of. */
export const SEQUENCE_LAYERS = ['socket', 'multistream', 'security', 'muxer', 'protocol', 'steps'] as const;
export type SequenceLayer = (typeof SEQUENCE_LAYERS)[number];

/** One vertical line. */
export interface Lifeline {
  readonly id: string;
  readonly label: string;
  /** Whether the trace sees inside it. */
  readonly isOurs: boolean;
}

/** One row: an arrow, or a note on one lifeline. */
export interface SequenceRow {
  readonly seq: number;
  readonly timeMs: number;
  readonly layer: SequenceLayer;
  /** Indexes of lifelines; the same for a note. */
  readonly from: number;
  readonly to: number;
  /** When the bytes left the other end, where the trace has it. */
  readonly sentMs: number | undefined;
  /** Sent, and never read by the other end though the trace sees it. */
  readonly isLost: boolean;
  readonly record: TraceRecord;
}

export interface Sequence {
  readonly lifelines: readonly Lifeline[];
  readonly rows: readonly SequenceRow[];
}

/** The diagram of the records at `indexes` up to `upTo`, of some layers. */
export function sequenceOf(
  store: TraceStore,
  indexes: readonly number[],
  upTo: number,
  layers: ReadonlySet<SequenceLayer>,
): Sequence {
  const links = linksOf(store, upTo);
  const lifelines = new Lifelines();
  const flights = flightsOf(store, links, upTo);
  const rows: SequenceRow[] = [];
  const end = store.positionAt(upTo);
  for (const index of indexes) {
    if (index > end) break;
    const record = store.records[index];
    if (record === undefined) continue;
    const layer = layerOf(record);
    if (layer === undefined || !layers.has(layer)) continue;
    const link = links.get(connectionOf(record.actor)?.address ?? '');
    if (link === undefined) {
      if (layer !== 'steps') continue;
      const own = lifelines.ofNode(record.actor.split('/')[1] ?? '');
      rows.push(row(record, layer, own, own));
      continue;
    }
    const own = lifelines.ofNode(link.node);
    if (layer === 'steps') {
      rows.push(row(record, layer, own, own));
      continue;
    }
    const other = lifelines.ofOther(link, links);
    const isOutbound = record.name === 'frame:encoded' || record.name === 'io:bytes_sent';
    // Of a message that both ends told, the arrow is drawn where it arrives: that row knows both times.
    if (isOutbound && link.twin !== undefined) {
      if (layer === 'socket' && flights.isLost(record.seq))
        rows.push({ ...row(record, layer, own, other), isLost: true });
      continue;
    }
    if (isOutbound) rows.push(row(record, layer, own, other));
    else rows.push({ ...row(record, layer, other, own), sentMs: flights.sentMsOf(store, record) });
  }
  return { lifelines: lifelines.all, rows };
}

function row(record: TraceRecord, layer: SequenceLayer, from: number, to: number): SequenceRow {
  return { seq: record.seq, timeMs: record.time, layer, from, to, sentMs: undefined, isLost: false, record };
}

function layerOf({ name, data }: TraceRecord): SequenceLayer | undefined {
  if (name === 'actor:transition') return 'steps';
  if (name === 'io:bytes_received' || name === 'io:bytes_sent') return 'socket';
  if (name !== 'frame:decoded' && name !== 'frame:encoded') return undefined;
  return LAYERS[String(data['layer'])] ?? 'protocol';
}

const LAYERS: Readonly<Partial<Record<string, SequenceLayer>>> = {
  transport: 'socket',
  multistream: 'multistream',
  noise: 'security',
  tls: 'security',
  secio: 'security',
  plaintext: 'security',
  yamux: 'muxer',
  mplex: 'muxer',
  spdy: 'muxer',
  stream: 'muxer',
};

/** The lifelines in the order in which they are first needed. */
class Lifelines {
  readonly all: Lifeline[] = [];
  readonly #indexes = new Map<string, number>();

  ofNode(node: string): number {
    return this.#of(`node ${node}`, node, true);
  }

  ofOther(link: LinkEnd, links: ReadonlyMap<string, LinkEnd>): number {
    const twin = link.twin === undefined ? undefined : links.get(link.twin);
    if (twin !== undefined) return this.ofNode(twin.node);
    const name = link.peer ?? link.remote;
    return this.#of(`peer ${name}`, name === '' ? link.connection : name, false);
  }

  #of(id: string, label: string, isOurs: boolean): number {
    let index = this.#indexes.get(id);
    if (index === undefined) {
      this.#indexes.set(id, (index = this.all.length));
      this.all.push({ id, label, isOurs });
    }
    return index;
  }
}

/** The bytes that were under way between two ends that are both told, by their place in the stream of bytes. */
interface Flights {
  sentMsOf(store: TraceStore, record: TraceRecord): number | undefined;
  isLost(sentSeq: number): boolean;
}

interface Written {
  readonly seq: number;
  readonly time: number;
  readonly endByte: number;
}

function flightsOf(store: TraceStore, links: ReadonlyMap<string, LinkEnd>, upTo: number): Flights {
  const written = new Map<string, Written[]>();
  const read = new Map<string, number>();
  /** Number of a read to the time at which its first byte was sent. */
  const sentMs = new Map<number, number>();
  const end = store.positionAt(upTo);
  if ([...links.values()].some(({ twin }) => twin !== undefined)) {
    for (let index = 0; index <= end; index += 1) {
      const record = store.records[index];
      if (record === undefined) continue;
      const isWrite = record.name === 'io:bytes_sent';
      if (!isWrite && record.name !== 'io:bytes_received') continue;
      const { length } = rawBytesOf(record.data);
      const twin = links.get(record.actor)?.twin;
      if (twin === undefined) continue;
      if (isWrite) {
        const writes = written.get(record.actor) ?? [];
        written.set(record.actor, writes);
        writes.push({ seq: record.seq, time: record.time, endByte: (writes.at(-1)?.endByte ?? 0) + length });
      } else {
        const before = read.get(record.actor) ?? 0;
        const from = written.get(twin)?.find(({ endByte }) => endByte > before);
        if (from !== undefined) sentMs.set(record.seq, from.time);
        read.set(record.actor, before + length);
      }
    }
  }
  const lost = new Set<number>();
  for (const [connection, writes] of written) {
    const twin = links.get(connection)?.twin ?? '';
    const arrived = read.get(twin) ?? 0;
    if (links.get(twin)?.closedMs === undefined && links.get(connection)?.closedMs === undefined) continue;
    for (const { seq, endByte } of writes) if (endByte > arrived) lost.add(seq);
  }
  return {
    isLost: (seq) => lost.has(seq),
    sentMsOf: (from, record) => {
      if (sentMs.size === 0) return undefined;
      let at: TraceRecord | undefined = record;
      while (at !== undefined && at.name !== 'io:bytes_received')
        at = at.cause === undefined ? undefined : from.at(at.cause);
      return at === undefined ? undefined : sentMs.get(at.seq);
    },
  };
}
