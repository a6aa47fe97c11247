/**
 * What passes between an actor and the world beside connections: datagrams, HTTP, look-ups of names. Records of ports tell no
 * cause; what came in began the turn, and what goes out is of the step before it.
 */
import type { TraceRecord } from '../trace/format.js';

/** Inputs that an actor hears, and outputs that it says. */
const HEARD: ReadonlySet<string> = new Set(['udp:received', 'http:connected', 'http:answered', 'http:received']);
const SAID: ReadonlySet<string> = new Set(['udp:sent', 'http:called']);

/** Whether a turn that begins with it is one in which somebody outside said something. */
export function isHeard({ name, actor }: TraceRecord): boolean {
  return HEARD.has(name) || (name === 'async:settled' && isOfResolver(actor));
}

/** Whether it says something to somebody outside. */
export function isSaid({ name, actor }: TraceRecord): boolean {
  return SAID.has(name) || (name === 'async:called' && isOfResolver(actor));
}

/** The record in a few words, its length aside; `undefined` for one of a connection. */
export function portWords({ name, data }: TraceRecord): readonly string[] | undefined {
  switch (name) {
    case 'udp:sent':
    case 'udp:received':
      return ['datagram'];
    case 'http:called':
      // What is asked for stands before the question mark; behind it are bytes in percents.
      return [`${String(data['method'])} over HTTP`, ...textsIn(data['path']).map((path) => path.replace(/\?.*/s, ''))];
    case 'http:connected':
      return ['HTTP connected'];
    case 'http:answered':
      return [`HTTP status ${String(data['status'])}`, ...textsIn(headerIn(data, 'content-type'))];
    case 'http:received':
      return [data['done'] === true ? 'end of the HTTP body' : 'HTTP body'];
    case 'async:called':
      return ['look-up', `${String(data['method'])} ${textsIn(data['arguments']).join(' ')}`];
    case 'async:settled':
      return ['look-up answered', ...textsIn(data['value'])];
    default:
      return undefined;
  }
}

/** Bytes of what passed; `undefined` where it has no bytes that are told. */
export function bytesIn({ data }: TraceRecord): number | undefined {
  const { length = (data['raw'] as { readonly length?: unknown } | undefined)?.length } = data;
  return typeof length === 'number' ? length : undefined;
}

function isOfResolver(actor: string): boolean {
  return actor.endsWith('/resolver');
}

function headerIn({ headers }: TraceRecord['data'], name: string): unknown {
  return (headers as Readonly<Record<string, unknown>> | undefined)?.[name];
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
