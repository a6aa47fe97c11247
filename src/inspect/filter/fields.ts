/** What can be asked of a record in a filter, and where each answer stands in it. */
import { wayOf } from '../../trace/tools/describe.js';
import { nodeOf, shortAddress } from '../../trace/tools/addresses.js';
import type { TraceRecord } from '../../trace/format.js';

/** One field of the grammar. */
export interface FilterField {
  readonly name: string;
  readonly help: string;
  readonly example: string;
  /** What the record says: several where any of them may match; none: the record has no such field. */
  read(record: TraceRecord): readonly FieldValue[];
}

export type FieldValue = string | number;

/** Every field, in the order in which help tells them. */
export const FILTER_FIELDS: readonly FilterField[] = [
  field('actor', 'address, whole or short', 'actor:conn:1/noise', ({ actor }) => [actor, shortAddress(actor)]),
  field('node', 'name of the node', 'node:n17', ({ actor }) => [nodeOf(actor)]),
  field('conn', 'number of the connection', 'conn:2', ({ actor }) => match(/\/conn:(\d+)/, actor)),
  field('name', 'name of the record', 'name:io:*', ({ name }) => [name]),
  field('layer', 'layer of a frame', 'layer:yamux', ({ data }) => some(data['layer'])),
  field('stream', 'number of the stream', 'stream:3', ({ data }) => some(data['stream'])),
  field('machine', 'machine that took a step', 'machine:noise*', ({ data }) => some(data['machine'])),
  field('state', 'state that a step leads to', 'state:open.*', ({ data, name }) =>
    isStep(name) ? some(data['to']) : [],
  ),
  field('from', 'state that a step leaves', 'from:idle', ({ data, name }) => (isStep(name) ? some(data['from']) : [])),
  field('edge', 'edge of the chart that was taken', 'edge:"* wire.message"', ({ data }) => list(data['edges'])),
  field('event', 'event, or what a frame says', 'event:yamux.goAway', ({ data }) => eventOf(data['event'])),
  field('peer', 'peer id, anywhere in the record', 'peer:12D3*', ({ data }) => peersOf(data)),
  field('protocol', 'protocol id', 'protocol:/noise', ({ data }) => protocolsOf(data)),
  field('cid', 'CID of a want or a block', 'cid:bafk*', ({ data }) => some(data['cid'])),
  field('error', 'code of an error', 'error:ERR_*', ({ data }) => errorsOf(data)),
  field('way', 'in, out or none', 'way:in', (record) => [wayOf(record)]),
  field('bytes', 'bytes read, written or in a frame', 'bytes>1000', ({ data }) => lengthOf(data)),
  field('seq', 'number of the record', 'seq>=100', ({ seq }) => [seq]),
  field('time', 'milliseconds of the node’s clock', 'time<250', ({ time }) => [time]),
  field('cause', 'number of the record that led to it', 'cause:17', ({ cause }) => some(cause)),
];

export const FIELD_BY_NAME: ReadonlyMap<string, FilterField> = new Map(
  FILTER_FIELDS.map((known) => [known.name, known]),
);

function field(name: string, help: string, example: string, read: FilterField['read']): FilterField {
  return { name, help, example, read };
}

const isStep = (name: string): boolean => name === 'actor:transition' || name === 'seen:state';

function some(value: unknown): readonly FieldValue[] {
  return typeof value === 'string' || typeof value === 'number' ? [value] : [];
}

function list(value: unknown): readonly FieldValue[] {
  return Array.isArray(value) ? value.flatMap(some) : [];
}

function match(pattern: RegExp, text: string): readonly FieldValue[] {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? [] : [found];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A step's event is a word, a frame's an object with a type. */
function eventOf(event: unknown): readonly FieldValue[] {
  return typeof event === 'string' ? [event] : some(fieldsOf(event)['type']);
}

function peersOf(data: TraceRecord['data']): readonly FieldValue[] {
  return [...some(data['peer']), ...some(data['from']), ...some(fieldsOf(data['event'])['peer'])];
}

function protocolsOf(data: TraceRecord['data']): readonly FieldValue[] {
  const { protocol, lines, text, protocols } = fieldsOf(data['event']);
  return [...some(protocol), ...list(lines), ...some(text), ...list(protocols), ...some(data['protocol'])];
}

function errorsOf(data: TraceRecord['data']): readonly FieldValue[] {
  const thrown = fieldsOf(fieldsOf(data['error'])['$error'])['code'];
  const code = typeof data['code'] === 'string' && data['code'].startsWith('ERR_') ? data['code'] : undefined;
  return [...some(data['error']), ...some(thrown), ...some(code)];
}

function lengthOf(data: TraceRecord['data']): readonly FieldValue[] {
  return [...some(data['length']), ...some(fieldsOf(data['raw'])['length'])];
}
