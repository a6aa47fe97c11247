/** Small traces written by hand, so that a test can say to the letter what a matcher says of them. */
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { traceHeader } from '../../src/trace/header.js';

type Draft = Pick<TraceRecord, 'name' | 'actor' | 'data'> & { readonly time?: number };

/** A trace of these records, in this order. */
export function traceOf(...drafts: readonly (Draft | readonly Draft[])[]): Trace {
  const header = traceHeader({
    title: 'by hand',
    vantagePoint: 'node',
    class: 'replayable',
    detail: 'digests',
    clock: 'virtual',
    versions: { swarmchart: '0.1.0' },
    config: {},
  });
  const records = drafts.flat().map((draft, seq) => ({ time: 0, cause: undefined, ...draft, seq }));
  return { header, records };
}

/** The steps of one machine: `[state, event, time, edge]`. */
export function life(
  actor: string,
  machine: string,
  ...steps: readonly (readonly [state: string, event: string, time?: number, edge?: string])[]
): readonly Draft[] {
  return steps.map(([to, event, time = 0, edge], index) => ({
    name: 'actor:transition',
    actor: `/node/swarm/${actor}`,
    time,
    data: { machine, from: steps[index - 1]?.[0] ?? '', to, event, edges: edge === undefined ? [] : [edge] },
  }));
}

/** What a connection wrote, as hex. */
export function sent(connection: string, hex: string): Draft {
  const data = hex.replaceAll(' ', '');
  return {
    name: 'io:bytes_sent',
    actor: `/node/swarm/${connection}`,
    data: { raw: { length: data.length / 2, data } },
  };
}

/** A frame; `event` in fields. */
export function frame(
  direction: 'sent' | 'received',
  layer: string,
  event: Readonly<Record<string, unknown>> | undefined,
  rest: Readonly<Record<string, unknown>> = {},
): Draft {
  return {
    name: direction === 'sent' ? 'frame:encoded' : 'frame:decoded',
    actor: `/node/swarm/conn:1/${layer}`,
    data: { layer, length: 0, event, ...rest },
  };
}

/** An opened connection. */
export function opened(connection: string): Draft {
  return { name: 'io:opened', actor: `/node/swarm/${connection}`, data: { socket: 1, role: 'dialer' } };
}

/** A call that was rejected. */
export function rejected(code: string, message: string): Draft {
  return { name: 'api:returned', actor: '/node/api', data: { call: 1, error: { $error: { code, message } } } };
}

/** What an assertion says, or what a promise of one rejects with. */
export async function messageOf(assertion: () => unknown): Promise<string> {
  try {
    await assertion();
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  throw new Error('nothing was thrown');
}
