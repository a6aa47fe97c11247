/** Reads a trace, and says by line and name what is wrong with one that is not whole. */
import { EngineError } from '../errors.js';
import { TRACE_FORMAT, type Trace, type TraceEngine, type TraceHeader, type TraceRecord } from './format.js';

/**
 * A whole trace from its text. A line that breaks off at the very end (the writer was killed) is left out and told in
 * `truncated`; anything else that is not as docs/trace.md says is refused.
 * @throws EngineError `ERR_TRACE_INVALID` (not a trace, damaged, records missing or out of order) or
 *   `ERR_TRACE_VERSION` (a newer format).
 */
export function parseTrace(text: string): Trace & { readonly truncated: boolean } {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const [first, ...rest] = lines;
  if (first === undefined) throw invalid(1, last === '' ? 'the file is empty' : 'the header is cut off');
  const header = parseTraceHeader(first);
  return { header, records: rest.map((line, index) => parseTraceRecord(line, index)), truncated: last !== '' };
}

/** The header from the first line, without its newline. Throws as {@link parseTrace} does. */
export function parseTraceHeader(line: string): TraceHeader {
  const fields = parseLine(line, 1);
  const engine = fields['engine'];
  if (!isObject(engine) || !Number.isInteger(engine['format'])) {
    throw invalid(1, 'the first line is not the header of a swarmchart trace');
  }
  if (Number(engine['format']) > TRACE_FORMAT) {
    const versions = isObject(engine['versions']) ? engine['versions'] : {};
    const what = `trace format ${String(engine['format'])} (swarmchart ${String(versions['swarmchart'])}); this one reads ${TRACE_FORMAT}`;
    throw new EngineError('ERR_TRACE_VERSION', 'local', what);
  }
  const { class: traceClass, detail, machines, config, versions } = engine;
  if (!['redacted', 'replayable', 'full'].includes(String(traceClass))) throw invalid(1, 'the class is missing');
  if (!['states', 'frames', 'digests'].includes(String(detail))) throw invalid(1, 'the detail is missing');
  if (!isObject(machines) || !isObject(config) || !isObject(versions)) throw invalid(1, 'machines, config or versions');
  const trace = isObject(fields['trace']) ? fields['trace'] : {};
  const vantage = isObject(trace['vantage_point']) ? trace['vantage_point'] : {};
  return {
    title: textOf(fields['title']),
    vantagePoint: textOf(vantage['name']),
    engine: engine as unknown as TraceEngine,
  };
}

/** Record number `expected` from its line. Throws as {@link parseTrace} does. */
export function parseTraceRecord(line: string, expected: number): TraceRecord {
  const at = expected + 2;
  const { seq, time, name, group_id: actor, cause, data } = parseLine(line, at);
  if (seq !== expected)
    throw invalid(at, `record ${String(seq)} where ${expected} has to follow: lines are missing or moved`);
  if (
    typeof time !== 'number' ||
    !Number.isFinite(time) ||
    typeof name !== 'string' ||
    typeof actor !== 'string' ||
    !isObject(data)
  ) {
    throw invalid(at, 'a record needs time, name, group_id and data');
  }
  if (cause !== undefined && (!Number.isInteger(cause) || Number(cause) < 0 || Number(cause) >= expected)) {
    throw invalid(at, `cause ${JSON.stringify(cause)} is no earlier record`);
  }
  return { seq: expected, time, name, actor, cause: cause as number | undefined, data };
}

function parseLine(line: string, at: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (thrown) {
    throw invalid(at, 'not JSON', thrown);
  }
  if (!isObject(value)) throw invalid(at, 'not an object');
  return value;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(line: number, what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_TRACE_INVALID', 'local', `trace line ${line}: ${what}`, { cause });
}
