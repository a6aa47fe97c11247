/** The bytes of a trace's connections, each direction as one run: where one write ended does not matter. */
import { EngineError } from '../errors.js';
import { fromHex } from '../trace/values.js';
import type { RawBytes, TraceRecord } from '../trace/format.js';

/** Which way. */
export type Side = 'sent' | 'received';

/**
 * The bytes that went one way over each connection, by its address.
 * @throws EngineError `ERR_INVALID_ARGUMENT` where the trace was redacted.
 */
export function bytesOn(records: readonly TraceRecord[], side: Side): ReadonlyMap<string, Uint8Array> {
  const wanted = side === 'sent' ? 'io:bytes_sent' : 'io:bytes_received';
  const pieces = new Map<string, string[]>();
  for (const { name, actor, data } of records) {
    if (name !== wanted) continue;
    const { length, data: hex } = data['raw'] as RawBytes;
    if (hex === undefined && length > 0) {
      const why = 'the trace is redacted: it holds lengths and no bytes (record one of class replayable)';
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
    }
    const own = pieces.get(actor);
    if (own === undefined) pieces.set(actor, [hex ?? '']);
    else own.push(hex ?? '');
  }
  return new Map([...pieces].map(([connection, parts]) => [connection, fromHex(parts.join(''))]));
}
