/** Records made by hand, and a store of them, for the tests of what views read. */
import { readFileSync } from 'node:fs';
import type { BitswapGrid } from '../../src/inspect/bitswap-grid.js';
import type { SeenQuery } from '../../src/inspect/queries.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import type { TraceDraft } from '../../src/ports.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

/** Later than every record. */
export const END = Number.MAX_SAFE_INTEGER;

const { header } = parseTrace(readFileSync('test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl', 'utf8'));

/** A record: its name, its actor and its data. */
export type Made = readonly [name: string, actor: string, data: Readonly<Record<string, unknown>>];

/** A store of these, ten milliseconds apart, numbered from `firstSeq`. */
export function storeOf(made: readonly Made[], firstSeq = 0): TraceStore {
  const store = new TraceStore(header);
  store.append(
    made.map(([name, actor, data], index): TraceRecord => {
      const seq = firstSeq + index;
      return { seq, time: seq * 10, name, actor, cause: undefined, data };
    }),
  );
  return store;
}

/** A store of what a sink took, as a trace would hold it. */
export function storeOfTaken(taken: readonly TraceDraft[]): TraceStore {
  const store = new TraceStore(header);
  const told = JSON.parse(JSON.stringify(taken)) as readonly TraceDraft[];
  store.append(
    told.map(({ name, actor, timeMs: time, data }, seq): TraceRecord => {
      return { seq, time, name, actor: `/node/${actor}`, cause: undefined, data };
    }),
  );
  return store;
}

/** What a grid says of the wants that are open: of each, by peer, what passed last. Of what we serve: of all of it. */
export function openIn({ id, open, cells }: BitswapGrid): Readonly<Record<string, string>> {
  const isOpen = new Set(open.map(({ cid }) => cid));
  const isServing = id.endsWith(' ');
  const all = [...cells].filter(([key]) => isServing || isOpen.has(key.split(' ')[0] ?? ''));
  return Object.fromEntries(all.map(([key, { last }]) => [key, `${last.isSent ? 'sent' : 'received'} ${last.word}`]));
}

/** Peers of which not all is known to who came late. */
export interface HalfKnown {
  /** Asked when they had answered: which answer came when. */
  readonly again: ReadonlySet<string>;
  /** Heard of more than once, on several paths: on which one first, and from whom. */
  readonly shared: ReadonlySet<string>;
}

/** What a query is taken for, whoever looked from when on: without what only who was there can tell. */
export function takenFor({ peers, progress, ...query }: SeenQuery, but: HalfKnown) {
  const { actor, query: number, asks, key, target, startedMs, outcome, tookMs: lastedMs, messages, closest } = query;
  const known = peers.map(({ peer, distanceBits, from, hops, path, state, error, isClosest, ...times }) => {
    const { askedAfterMs, doneAfterMs, tookMs } = times;
    const way = but.shared.has(peer) ? {} : { from, hops, path };
    const end = but.again.has(peer) ? {} : { doneAfterMs, tookMs };
    return { peer, distanceBits, ...way, state, error, isClosest, askedAfterMs, ...end };
  });
  return {
    ...{ actor, number, asks, key, target, startedMs, outcome, lastedMs, messages, closest },
    peers: known.sort((left, right) => (left.peer < right.peer ? -1 : 1)),
    progress: progress.map(({ afterMs, distanceBits }) => ({ afterMs, distanceBits })),
  };
}
