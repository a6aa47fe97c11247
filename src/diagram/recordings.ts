/** What recorded traces add to a page: one life as a sequence diagram, and the bytes that each edge was seen to write. */
import type { Trace, TraceRecord } from '../trace/format.js';
import { shortAddress } from '../trace/tools/addresses.js';
import { mermaidLabel } from './formats/mermaid.js';
import { livesIn, type ActorLife, type LifeStep } from './lives.js';
import type { ChartModel } from './model.js';
import { bytesIn, portWords } from './port-words.js';

/** A trace and where the repository keeps it. */
export interface NamedTrace {
  /** Path from the root of the package, with slashes. */
  readonly path: string;
  readonly trace: Trace;
}

/** The life that a page shows. */
export interface Example {
  /** Where the trace is, and its title. */
  readonly path: string;
  readonly title: string;
  readonly life: ActorLife;
}

/** What is known of one machine from recordings. */
export interface Recordings {
  readonly example: Example | undefined;
  /** By edge id, `start` for the start: what it was seen to write, e.g. `noise.handshake 1: 34 bytes`. */
  readonly written: ReadonlyMap<string, readonly string[]>;
}

/** More steps than this make no picture. */
const MOST_STEPS = 30;

/** What a life of a trace that does not replay is worth, of what it would be. */
const NOT_REPLAYED = 0.01;

/** What `traces` tell of the machines, by id. Lives of another chart than today's are left out. */
export function recordingsOf(
  models: readonly ChartModel[],
  traces: readonly NamedTrace[],
): ReadonlyMap<string, Recordings> {
  const examples = new Map<string, Example & { readonly worth: number }>();
  const written = new Map(models.map(({ id }) => [id, new Map<string, Map<string, Range>>()]));
  const byId = new Map(models.map((model) => [model.id, model]));
  for (const { path, trace } of traces) {
    for (const life of livesIn(trace)) {
      const model = byId.get(life.machine);
      if (model?.hash !== life.hash || model === undefined) continue;
      for (const step of life.steps) note(written.get(model.id), step);
      // What everybody can run again is the better example.
      const worth = worthOf(model, life) * (trace.header.engine.class === 'replayable' ? 1 : NOT_REPLAYED);
      if (worth > (examples.get(model.id)?.worth ?? 0)) {
        examples.set(model.id, { path, title: trace.header.title, life, worth });
      }
    }
  }
  return new Map(
    models.map(({ id }) => [id, { example: examples.get(id), written: textsOf(written.get(id) ?? new Map()) }]),
  );
}

/** The life as a mermaid sequence diagram, without a line end after the last line. */
export function sequenceText({ life }: Example): string {
  const frames = (record: TraceRecord, arrow: string): string => `  ${arrow}: ${mermaidLabel(frameText(record))}`;
  const isAlone = life.steps.every(({ received, sent }) => received === undefined && sent.length === 0);
  return [
    'sequenceDiagram',
    ...(isAlone ? [] : ['  participant peer as peer']),
    `  participant actor as ${mermaidLabel(`${life.machine} (${shortAddress(life.actor)})`)}`,
    ...life.steps.flatMap(({ from, to, event, received, sent }) => [
      ...(received === undefined ? [] : [frames(received, 'peer->>actor')]),
      `  Note over actor: ${mermaidLabel(from === '' ? `starts in ${to}` : from === to ? `${event}, stays in ${to}` : `${event}, now ${to}`)}`,
      ...sent.map((record) => frames(record, 'actor->>peer')),
    ]),
  ].join('\n');
}

interface Range {
  least: number;
  most: number;
}

function note(written: Map<string, Map<string, Range>> | undefined, { from, edges, sent }: LifeStep): void {
  for (const id of from === '' ? ['start'] : edges) {
    const kinds = written?.get(id) ?? new Map<string, Range>();
    written?.set(id, kinds);
    for (const record of sent) {
      const kind = kindOf(record);
      const length = bytesIn(record);
      if (length === undefined) continue;
      const range = kinds.get(kind) ?? { least: length, most: length };
      kinds.set(kind, { least: Math.min(range.least, length), most: Math.max(range.most, length) });
    }
  }
}

function textsOf(written: ReadonlyMap<string, ReadonlyMap<string, Range>>): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...written].map(([id, kinds]) => [
      id,
      [...kinds]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([kind, { least, most }]) => `${kind}: ${least === most ? least : `${least} to ${most}`} bytes`),
    ]),
  );
}

/** Many edges in few steps, and an end that is not a failure; nothing at all where nothing happens. */
function worthOf(model: ChartModel, { steps }: ActorLife): number {
  const edges = new Set(steps.flatMap((step) => step.edges)).size;
  const last = steps.at(-1);
  if (edges === 0 || last === undefined || steps.length > MOST_STEPS) return 0;
  const isFailed = model.states.find(({ path }) => path === last.to)?.outcome === 'failure';
  const frames = steps.filter(({ received, sent }) => received !== undefined || sent.length > 0).length;
  return (edges * 10 + frames * 4 - steps.length) * (isFailed ? 0.3 : 1);
}

function kindOf(record: TraceRecord): string {
  const { data } = record;
  const [words] = portWords(record) ?? [];
  if (words !== undefined) return words;
  const { type, message } = (data['event'] ?? {}) as { readonly type?: unknown; readonly message?: unknown };
  const name = typeof type === 'string' ? type : `${String(data['layer'])} data`;
  return typeof message === 'number' ? `${name} ${message}` : name;
}

/** They are told otherwise. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['type', 'message', 'length']);

/** A frame in a few words: what it is, the fields that fit, its length. */
function frameText(record: TraceRecord): string {
  const words = portWords(record);
  const shown = (words?.slice(1) ?? fieldTexts(record)).map((text) =>
    text.length > 48 ? `${text.slice(0, 45)}...` : text,
  );
  const length = bytesIn(record) ?? 0;
  return [kindOf(record), ...shown, ...(length === 0 ? [] : [`${length} bytes`])].join(', ');
}

function fieldTexts({ data }: TraceRecord): readonly string[] {
  const fields = (data['event'] ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(fields)
    .filter(([field, value]) => value !== '' && value !== undefined && !NOT_SHOWN.has(field))
    .map(
      ([field, value]) =>
        `${field} ${typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : JSON.stringify(value)}`,
    );
}
