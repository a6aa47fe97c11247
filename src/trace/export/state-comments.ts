/** The state path of each packet: where a connection's machines stood, and the steps that the packet is part of. */
import type { Trace, TraceRecord } from '../format.js';
import { connectionOf, shortAddress } from '../tools/addresses.js';
import { causesOf, rootsOf } from '../tools/causes.js';

/** Steps and states told of one packet; a packet of many frames takes more. */
const TOLD = 24;
/** An actor that belongs to a stream of a muxer, and the stream's number. */
const STREAM = /\/(?:yamux|mplex|spdy)\/(\d+)/;

/** Follows a trace in order and comments its packets. */
export class StateComments {
  readonly #trace: Trace;
  /** Steps by the input that they follow from. */
  readonly #following = new Map<number, TraceRecord[]>();
  /** State of each machine, by the address of its connection and its own. */
  readonly #states = new Map<string, Map<string, string>>();

  constructor(trace: Trace) {
    this.#trace = trace;
    const roots = rootsOf(trace);
    for (const record of trace.records) {
      const root = roots[record.seq];
      if (record.name !== 'actor:transition' || root === undefined || root === record.seq) continue;
      const steps = this.#following.get(root);
      if (steps === undefined) this.#following.set(root, [record]);
      else steps.push(record);
    }
  }

  /** Takes notice of a record; call it with each one, in order. */
  pass({ name, actor, data }: TraceRecord): void {
    const connection = connectionOf(actor)?.address;
    if (name !== 'actor:transition' || connection === undefined) return;
    const states = this.#states.get(connection) ?? new Map<string, string>();
    states.set(actor, `${String(data['machine'])} ${String(data['to'])}`);
    this.#states.set(connection, states);
  }

  /** What a packet of this record says: states before it came, or when it was sent, and the steps to and from it. */
  of(record: TraceRecord): string {
    const connection = connectionOf(record.actor)?.address ?? record.actor;
    const isInput = record.name === 'io:bytes_received';
    const steps = isInput
      ? (this.#following.get(record.seq) ?? []).filter(({ actor }) => connectionOf(actor)?.address === connection)
      : causesOf(this.#trace, record.seq).filter(({ name }) => name === 'actor:transition');
    const told = steps.slice(0, TOLD).map(stepText);
    if (steps.length > TOLD) told.push(`${steps.length - TOLD} more`);
    const parts = [`#${record.seq} ${record.actor}`, `states: ${this.#statesOf(connection, steps)}`];
    if (told.length > 0) parts.push(`${isInput ? 'then' : 'after'}: ${told.join(', ')}`);
    return parts.join(' | ');
  }

  /** The connection's own machines, and those of the streams that have to do with it. */
  #statesOf(connection: string, steps: readonly TraceRecord[]): string {
    const concerned = new Set(steps.map(({ actor }) => actor));
    const states = [...(this.#states.get(connection) ?? [])].filter(
      ([actor]) => !STREAM.test(actor) || concerned.has(actor),
    );
    return states.length === 0
      ? 'none'
      : states
          .slice(0, TOLD)
          .map(([actor, state]) => stateText(actor, state))
          .join(', ');
  }
}

function stateText(actor: string, state: string): string {
  const stream = STREAM.exec(actor)?.[1];
  return stream === undefined ? state : `stream ${stream} ${state}`;
}

function stepText({ actor, data }: TraceRecord): string {
  const from = String(data['from']);
  const step = `${String(data['machine'])} ${from === '' ? '(start)' : from} -> ${String(data['to'])}`;
  const where = STREAM.test(actor) ? `stream ${shortAddress(actor).split('/')[2] ?? ''} ` : '';
  return `${where}${step} (${String(data['event'])})`;
}
