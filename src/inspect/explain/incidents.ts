/** Failures that have no machine: a call, an answer of a gater, a store, an assertion; and what every failure begins as. */
import type { TraceRecord } from '../../trace/format.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import type { Incident } from './facts.js';
import { codeOf, errorIn, numberOf, objectOf, textOf } from './reading.js';
import { streamOf, type WorldFacts } from './world.js';

/** A call, or a callback of the embedder's, that came to an error which nothing before it explains. */
export function callIncident(record: TraceRecord, world: WorldFacts): Incident {
  const { data } = record;
  const incident = bareIncident(record);
  const told = errorIn(data) ?? errorIn({ error: objectOf({ first: firstOf(data['arguments']) }, 'first') });
  return {
    ...incident,
    sinceSeq: world.node(incident.node).calls.get(numberOf(data, 'call') ?? -1)?.seq,
    code: told?.code,
    blame: told?.blame,
    message: told?.message ?? '',
  };
}

/** A hook of the gater that said no. */
export function refusalIncident(record: TraceRecord): Incident {
  return {
    ...bareIncident(record),
    code: 'ERR_CONNECTION_DENIED',
    blame: 'local',
    event: textOf(record.data, 'hook'),
  };
}

/** A store that failed. */
export function storeIncident(record: TraceRecord): Incident {
  const told = errorIn(record.data);
  return {
    ...bareIncident(record),
    // What a store throws is no error of ours: that is what the engine's own code says.
    code: told === undefined || told.code === 'ERR_ENGINE_ASSERTION' ? 'ERR_STORE_FAILED' : told.code,
    blame: 'local',
    message: told?.message ?? '',
  };
}

/** A bug of this engine that it found itself. */
export function assertionIncident(record: TraceRecord): Incident {
  return {
    ...bareIncident(record),
    code: codeOf(record.data['code']) ?? 'ERR_ENGINE_ASSERTION',
    blame: 'engine',
    message: textOf(record.data, 'message'),
  };
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value[0] as unknown) : undefined;
}

/** A failure in `record` of which nothing is known yet. */
export function bareIncident({ seq, time, actor }: TraceRecord): Incident {
  return {
    seq,
    timeMs: time,
    node: nodeOf(actor),
    actor,
    machine: undefined,
    state: undefined,
    ended: undefined,
    event: '',
    code: undefined,
    blame: undefined,
    message: '',
    life: undefined,
    connection: undefined,
    stream: streamOf(actor),
    dial: undefined,
    negotiation: undefined,
    sinceMs: undefined,
    sinceSeq: undefined,
    heardMs: undefined,
    transport: undefined,
    below: [],
    consequences: [],
    codes: new Set(),
    calls: [],
    parts: [],
    tally: undefined,
    wants: undefined,
  };
}
