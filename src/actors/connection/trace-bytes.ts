/** Trace records of the bytes that cross the transport port: length always, data as hex. */
import type { Environment } from '../environment.js';
import { toHex } from './failure.js';

/** Records chunks of one read or one write, where tracing is on. */
export function recordBytes(
  environment: Environment,
  name: 'io:bytes_received' | 'io:bytes_sent',
  actor: string,
  chunks: readonly Uint8Array[],
): void {
  if (!environment.tracing) return;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  environment.record(name, actor, { raw: { length, data: chunks.map(toHex).join('') } });
}
