/**
 * qlog's streaming form (draft-ietf-quic-qlog-main-schema, JSON Text Sequences of RFC 7464): each line of a trace with a
 * record separator before it. Nothing is lost, and {@link traceTextOf} brings the trace back.
 */
import { EngineError } from '../../errors.js';
import { parseTrace } from '../reader.js';

/** Before each text of a sequence. */
const RECORD_SEPARATOR = '\u001e';
const NATIVE = 'application/qlog+json';
const SEQUENCE = 'application/qlog+json-seq';
/** What qvis looks at, which reads drafts alone. */
const COMPATIBLE = { qlog_version: '0.3', qlog_format: 'JSON-SEQ' } as const;

/** A trace's text as qlog. Throws what {@link parseTrace} throws; a line that breaks off is left out. */
export function qlogTextOf(traceText: string): string {
  const { records } = parseTrace(traceText);
  const [header = '', ...lines] = traceText.split('\n');
  const fields = JSON.parse(header) as Readonly<Record<string, unknown>>;
  const first = JSON.stringify({ ...COMPATIBLE, ...fields, serialization_format: SEQUENCE });
  return [first, ...lines.slice(0, records.length)].map((line) => `${RECORD_SEPARATOR}${line}\n`).join('');
}

/** The trace's text back from {@link qlogTextOf}. Throws `ERR_TRACE_INVALID` for another program's qlog. */
export function traceTextOf(qlogText: string): string {
  const [before, first = '', ...lines] = qlogText.split(RECORD_SEPARATOR);
  if (before !== '' || first === '') {
    throw new EngineError(
      'ERR_TRACE_INVALID',
      'local',
      'not a qlog sequence: it does not begin with a record separator',
    );
  }
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(first) as Record<string, unknown>;
  } catch (cause) {
    throw new EngineError('ERR_TRACE_INVALID', 'local', 'not a qlog sequence: its first text is not JSON', { cause });
  }
  const own = Object.fromEntries(Object.entries(fields).filter(([key]) => !(key in COMPATIBLE)));
  const text = [`${JSON.stringify({ ...own, serialization_format: NATIVE })}\n`, ...lines].join('');
  parseTrace(text);
  return text;
}
