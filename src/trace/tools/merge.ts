/** Several nodes' traces as one: who sent and who received, on one time line. */
import { EngineError } from '../../errors.js';
import type { Trace, TraceHeader, TraceRecord } from '../format.js';

/** One side of a merged trace. */
export interface VantagePoint {
  /** The first part of every address of this side; each side has its own. */
  readonly name: string;
  /** A trace of one node. */
  readonly trace: Trace;
  /** Where its clock's zero lies on the time line that all sides share, in milliseconds. */
  readonly originMs: number;
}

const CLASSES = ['redacted', 'replayable', 'full'] as const;

/**
 * One trace of all sides, which begins at 0. It tells what happened and cannot be replayed. `header.engine.config.nodes`
 * has each side's name, peer and configuration. Throws `ERR_INVALID_ARGUMENT` where there is no side, or two of one name.
 */
export function mergeTraces(title: string, sides: readonly VantagePoint[]): Trace {
  const [first] = sides;
  if (first === undefined || new Set(sides.map(({ name }) => name)).size < sides.length) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'a merged trace has sides, each with a name of its own');
  }
  const starts = sides.flatMap(({ trace, originMs }) => trace.records.slice(0, 1).map(({ time }) => originMs + time));
  const startMs = Math.min(...starts, Infinity);
  const heads = sides.map((side) => ({ ...side, next: 0, numbers: [] as number[] }));
  const records: TraceRecord[] = [];
  for (;;) {
    // Each side's own order stands, whatever its clock says.
    const earliest = heads
      .filter(({ trace, next }) => next < trace.records.length)
      .reduce<(typeof heads)[number] | undefined>(
        (best, head) => (best === undefined || timeOf(head) < timeOf(best) ? head : best),
        undefined,
      );
    if (earliest === undefined) break;
    const record = earliest.trace.records[earliest.next++] as TraceRecord;
    const seq = records.length;
    earliest.numbers.push(seq);
    records.push({
      seq,
      time: earliest.originMs + record.time - startMs,
      name: record.name,
      actor: record.actor.replace(/^\/[^/]+/, () => `/${earliest.name}`),
      cause: record.cause === undefined ? undefined : earliest.numbers[record.cause],
      data: record.data,
    });
  }
  return { header: mergedHeader(title, sides, first.trace.header), records };
}

function timeOf({ trace, next, originMs }: VantagePoint & { readonly next: number }): number {
  return originMs + (trace.records[next]?.time ?? Infinity);
}

function mergedHeader(title: string, sides: readonly VantagePoint[], { engine }: TraceHeader): TraceHeader {
  const headers = sides.map(({ trace }) => trace.header.engine);
  const nodes = sides.map(({ name, trace }) => ({
    name,
    peerId: trace.header.vantagePoint,
    config: trace.header.engine.config,
  }));
  const dropped = headers.reduce((sum, each) => sum + (each.dropped ?? 0), 0);
  const { format, detail, clock, versions, machines } = engine;
  return {
    title,
    vantagePoint: nodes.map(({ name }) => name).join(', '),
    engine: {
      format,
      class: CLASSES[Math.max(...headers.map((each) => CLASSES.indexOf(each.class)))] ?? engine.class,
      detail,
      seed: undefined,
      clock,
      versions,
      machines,
      config: { nodes },
      redaction: [...new Set(headers.flatMap(({ redaction }) => redaction))],
      plaintext: headers.some(({ plaintext }) => plaintext === true),
      partial: true,
      ...(dropped === 0 ? {} : { dropped }),
    },
  };
}
