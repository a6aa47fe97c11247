/** Which records a cut keeps: those of one connection, and those of no connection, as far as they still hang together. */
import type { Trace, TraceRecord } from '../../format.js';
import { nodeOf } from '../addresses.js';
import { inputsOf } from '../causes.js';
import { ownersOf } from './owners.js';

/** Drawn once for a node, by whichever connection comes first. */
const SHARED_DRAWS: ReadonlySet<unknown> = new Set(['noise.static', 'tls.certificate', 'tls.serial']);

/** What is kept. */
export interface Kept {
  readonly records: readonly TraceRecord[];
  /** Steps and bytes of the connection that follow from what came on another one: they are left out. */
  readonly entangled: readonly TraceRecord[];
}

/** The records for `connection`, an address such as `/node/swarm/conn:1`. */
export function keptRecords(trace: Trace, connection: string): Kept {
  const owners = ownersOf(trace);
  const inputs = inputsOf(trace);
  const api = new ApiThings();
  const kept: TraceRecord[] = [];
  const entangled: TraceRecord[] = [];
  const shared: TraceRecord[] = [];
  const begun = new Set<string>();
  let stopped: TraceRecord | undefined;
  let isInputKept = true;
  let wasInputKept = true;
  for (const record of trace.records) {
    if (nodeOf(record.actor) !== nodeOf(connection)) continue;
    const own = owners[record.seq] ?? new Set();
    const concerns = own.size === 0 || own.has(connection);
    const mayBe = hasBegun(record, begun) && api.mayBe(record);
    if (inputs[record.seq] === record.seq) {
      wasInputKept = isInputKept;
      isInputKept = concerns && mayBe;
    }
    // A call that is kept is answered, also where the answer came after something that is not.
    const isKept = (isInputKept || record.name === 'api:returned') && concerns && mayBe;
    if (isKept) {
      // Where the connection draws for itself, what the node had drawn for all by then has to be drawn first.
      if (record.name === 'random:drawn') kept.push(...shared.splice(0));
      kept.push(wasInputKept ? record : atRest(record));
      api.keep(record);
      const begins = BEGINNINGS[record.name];
      if (begins !== undefined) begun.add(`${begins} ${String(record.data[begins])}`);
      continue;
    }
    if (api.endsTheNode(record)) stopped = record;
    api.drop(record);
    if (record.name === 'random:drawn' && SHARED_DRAWS.has(record.data['label'])) shared.push(record);
    if (!isInputKept && own.size === 1 && own.has(connection) && /^(?:actor|io):/.test(record.name))
      entangled.push(record);
  }
  // The node is stopped when its last connection is gone: in the cut, when this one is.
  if (stopped !== undefined) kept.push(stopped);
  return { records: kept, entangled };
}

/** An input that came soon after one that is gone comes to a node at rest. */
function atRest(record: TraceRecord): TraceRecord {
  if (!('hops' in record.data)) return record;
  return { ...record, data: Object.fromEntries(Object.entries(record.data).filter(([field]) => field !== 'hops')) };
}

/** What begins something that ends later, by the field that names it. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  'timer:set': 'timer',
  'async:called': 'operation',
  'udp:open': 'udp',
  'http:called': 'request',
};
const ENDINGS: Readonly<Record<string, string>> = {
  'timer:cleared': 'timer',
  'timer:fired': 'timer',
  'async:settled': 'operation',
};

/** Whether what a record ends, or goes on with, was kept when it began. */
function hasBegun({ name, data }: TraceRecord, begun: ReadonlySet<string>): boolean {
  if (name in BEGINNINGS) return true;
  const ends = ENDINGS[name] ?? (name.startsWith('udp:') ? 'udp' : name.startsWith('http:') ? 'request' : undefined);
  return ends === undefined || begun.has(`${ends} ${String(data[ends])}`);
}

const REFERENCE = /"\$ref":"([^"]+)"/g;

/** Names in the records of calls. */
type ApiData = Readonly<
  Partial<Record<'target' | 'from' | 'to' | 'id' | 'subscription' | 'signal', string>> & { call?: number }
>;

/** Calls between the embedder and the node: what follows from one that is left out is left out as well. */
class ApiThings {
  readonly #known = new Set<string>(['node', 'peers']);
  readonly #droppedCalls = new Set<unknown>();
  readonly #droppedIds = new Set<unknown>();
  /** Iterables whose last value was left out: nobody asks for the next one. */
  readonly #stuck = new Set<unknown>();
  readonly #targets = new Map<unknown, unknown>();
  readonly #stops = new Set<unknown>();

  /** Whether a record can be kept after all that was left out before it. */
  mayBe({ name, data }: TraceRecord): boolean {
    if (!name.startsWith('api:')) return true;
    const { call, target, from, to, id, subscription, signal } = data as ApiData;
    if (name === 'api:returned') return !this.#droppedCalls.has(call);
    if (this.#droppedIds.has(from ?? to ?? id)) return false;
    if (name === 'api:pulled' && this.#stuck.has(target)) return false;
    if (target !== undefined) return this.#known.has(baseOf(target));
    const thing = subscription ?? signal ?? from ?? to ?? id;
    return thing === undefined || this.#known.has(baseOf(thing));
  }

  /** Whether it is the answer of a kept call that stops the node. */
  endsTheNode({ name, data }: TraceRecord): boolean {
    return name === 'api:returned' && this.#stops.has(data['call']);
  }

  keep({ name, data }: TraceRecord): void {
    if (!name.startsWith('api:')) return;
    if (data['target'] === 'node' && data['method'] === 'stop') this.#stops.add(data['call']);
    if (data['target'] !== undefined) this.#targets.set(data['call'], data['target']);
    const { subscription } = data as ApiData;
    if (subscription !== undefined) this.#known.add(subscription);
    for (const [, reference = ''] of JSON.stringify(data).matchAll(REFERENCE)) this.#known.add(reference);
  }

  drop({ name, data }: TraceRecord): void {
    if (!name.startsWith('api:')) return;
    if (name === 'api:called' || name === 'api:pulled') this.#droppedCalls.add(data['call']);
    if (name === 'api:returned' && 'done' in data) this.#stuck.add(this.#targets.get(data['call']));
    if (data['id'] !== undefined) this.#droppedIds.add(data['id']);
  }
}

/** `iterable:1/iterator` and `function:1#2` are known where `iterable:1` and `function:1` are. */
function baseOf(name: string): string {
  return name.replace(/[/#].*$/, '');
}
