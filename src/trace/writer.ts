/** Writes a trace line by line, and leaves out of it what its class forbids. */
import type { TraceDetail, TraceDraft, TraceSink } from '../ports.js';
import {
  TRACE_SCHEMA,
  type RawBytes,
  type Trace,
  type TraceClass,
  type TraceHeader,
  type TraceRecord,
} from './format.js';

/** What {@link TraceWriter} writes to. */
export interface TraceOutput {
  /** Takes one line, newline included. */
  write(line: string): void;
}

/** A {@link TraceSink} that writes lines. */
export class TraceWriter implements TraceSink {
  readonly detail: TraceDetail;
  readonly plaintext: boolean;
  readonly lengthsOnly: boolean;
  readonly observations: boolean;
  readonly #class: TraceClass;
  readonly #root: string;
  readonly #output: TraceOutput;
  #next = 0;

  /** Writes the header at once. `nodeName` is the first part of every address. */
  constructor(header: TraceHeader, output: TraceOutput, nodeName = 'node') {
    this.detail = header.engine.detail;
    this.#class = header.engine.class;
    this.lengthsOnly = this.#class === 'redacted';
    this.plaintext = header.engine.plaintext === true && !this.lengthsOnly;
    this.observations = header.engine.observations === true;
    this.#root = `/${nodeName}`;
    this.#output = output;
    output.write(headerLine(header));
  }

  /** Records written. */
  get count(): number {
    return this.#next;
  }

  record(draft: TraceDraft): number {
    return this.#write(this.#root, draft);
  }

  /** The same trace for one more node: a world's nodes are numbered in one order. */
  sinkFor(nodeName: string): TraceSink {
    const { detail, plaintext, lengthsOnly, observations } = this;
    return { detail, plaintext, lengthsOnly, observations, record: (draft) => this.#write(`/${nodeName}`, draft) };
  }

  #write(root: string, { name, actor, timeMs, cause, data }: TraceDraft): number {
    const seq = this.#next++;
    const kept = this.#class === 'full' ? data : withoutSecrets(name, data, this.#class);
    this.#output.write(recordLine({ seq, time: timeMs, name, actor: fullAddress(root, actor), cause, data: kept }));
    return seq;
  }
}

/** The header as a line. */
export function headerLine({ title, vantagePoint, engine }: TraceHeader): string {
  const reference = { clock_type: engine.clock === 'virtual' ? 'virtual' : 'monotonic', epoch: 'unknown' };
  const line = {
    file_schema: 'urn:ietf:params:qlog:file:sequential',
    serialization_format: 'application/qlog+json',
    title,
    trace: {
      common_fields: { time_format: 'relative_to_epoch', reference_time: reference },
      vantage_point: { name: vantagePoint, type: 'unknown' },
      event_schemas: [TRACE_SCHEMA],
    },
    engine,
  };
  return `${JSON.stringify(line)}\n`;
}

/** A record as a line. Put together by hand, for most of a trace's cost is here; numbers are as JSON writes them. */
export function recordLine({ seq, time, name, actor, cause, data }: TraceRecord): string {
  const because = cause === undefined ? '' : `,"cause":${cause}`;
  const where = JSON.stringify(actor);
  return `{"seq":${seq},"time":${time},"name":${JSON.stringify(name)},"group_id":${where}${because},"data":${JSON.stringify(data)}}\n`;
}

/** A whole trace as text; what it leaves out stays left out. */
export function traceText({ header, records }: Trace): string {
  return [headerLine(header), ...records.map(recordLine)].join('');
}

/** `conn:1/noise` as `/node/swarm/conn:1/noise`: what the swarm owns stands under it. */
export function fullAddress(root: string, actor: string): string {
  const owner = actor.startsWith('conn:') || actor.startsWith('dial') ? '/swarm' : '';
  return actor === 'node' ? root : `${root}${owner}/${actor}`;
}

/** What each class leaves out, by record name; `raw` loses its data and keeps its length. */
const REDACTED: Readonly<Record<string, readonly string[]>> = {
  'io:bytes_received': ['raw'],
  'io:bytes_sent': ['raw'],
  'secure:plaintext': ['raw'],
  'random:drawn': ['data'],
  'async:called': ['arguments'],
  'async:settled': ['value'],
  'udp:received': ['raw'],
  'udp:sent': ['raw'],
  // What is asked of a server stands in its path and its headers, and the words of a failure repeat it.
  'http:called': ['path', 'headers', 'raw'],
  'http:answered': ['headers'],
  'http:received': ['raw'],
  'http:failed': ['message'],
  'api:called': ['arguments'],
  'api:supplied': ['value'],
  'api:returned': ['value'],
  'frame:decoded': ['digest'],
  'frame:encoded': ['digest'],
};
const REPLAYABLE: Readonly<Record<string, readonly string[]>> = { 'random:drawn': ['data'] };

/** The rules of a class, as its header tells them. */
export function redactionOf(traceClass: TraceClass): readonly string[] {
  const rules = traceClass === 'redacted' ? REDACTED : traceClass === 'replayable' ? REPLAYABLE : {};
  return Object.entries(rules).flatMap(([name, fields]) => fields.map((field) => `${name} ${field}`));
}

/** The data of a record without what its class forbids. */
export function withoutSecrets(
  name: string,
  data: Readonly<Record<string, unknown>>,
  traceClass: 'redacted' | 'replayable',
): Readonly<Record<string, unknown>> {
  const fields = (traceClass === 'redacted' ? REDACTED : REPLAYABLE)[name];
  if (fields === undefined || fields.every((field) => holdsNothing(field, data[field]))) return data;
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(data)) {
    if (!fields.includes(field)) kept[field] = value;
    else if (field === 'raw') kept['raw'] = { length: (value as RawBytes).length };
  }
  return kept;
}

/** Whether a field is not there, or is bytes that are told by their length alone. */
function holdsNothing(field: string, value: unknown): boolean {
  return value === undefined || (field === 'raw' && (value as RawBytes).data === undefined);
}
