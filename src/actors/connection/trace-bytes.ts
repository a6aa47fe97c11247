/** Bytes that cross the transport port, as they stand in a trace: length always, data as hex where it is wanted. */
import type { Environment } from '../environment.js';
import { toHex } from '../../wire/hex.js';

/** One read or one write. */
export function rawBytes(
  environment: Environment,
  chunks: readonly Uint8Array[],
): { readonly length: number; readonly data?: string } {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return environment.tracesBytes ? { length, data: chunks.map(toHex).join('') } : { length };
}
