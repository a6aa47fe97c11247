/** Traces made by hand for the tests of what reads and writes them. */
import type { TraceDraft } from '../../../src/ports.js';
import { TRACE_FORMAT, type Trace, type TraceEngine, type TraceHeader } from '../../../src/trace/format.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { TraceWriter, redactionOf } from '../../../src/trace/writer.js';

export function headerOf(engine: Partial<TraceEngine> = {}): TraceHeader {
  const traceClass = engine.class ?? 'replayable';
  return {
    title: 'by hand',
    vantagePoint: '12D3KooWTest',
    engine: {
      format: TRACE_FORMAT,
      class: traceClass,
      detail: 'digests',
      seed: '7',
      clock: 'virtual',
      versions: { swarmchart: '0.1.0', xstate: '5.33.3', node: 'v20.20.2' },
      machines: { connection: 'ab'.repeat(32) },
      config: { security: ['noise'] },
      redaction: redactionOf(traceClass),
      ...engine,
    },
  };
}

/** A draft in few words. */
export function draft(
  name: string,
  actor: string,
  data: Readonly<Record<string, unknown>> = {},
  cause?: number,
  timeMs = 0,
): TraceDraft {
  return { name, actor, timeMs, cause, data };
}

/** The text of a trace of these drafts. */
export function textOf(drafts: readonly TraceDraft[], engine: Partial<TraceEngine> = {}): string {
  const lines: string[] = [];
  const writer = new TraceWriter(headerOf(engine), { write: (line) => lines.push(line) });
  for (const each of drafts) writer.record(each);
  return lines.join('');
}

export function traceOf(drafts: readonly TraceDraft[], engine: Partial<TraceEngine> = {}): Trace {
  return parseTrace(textOf(drafts, engine));
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const hexOf = (...pieces: readonly Uint8Array[]): string =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString('hex');
