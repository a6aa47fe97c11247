/** Bytes that cross the transport port, as they stand in a trace: length always, data as hex. */
import { toHex } from './failure.js';

/** One read or one write. */
export function rawBytes(chunks: readonly Uint8Array[]): { readonly length: number; readonly data: string } {
  return { length: chunks.reduce((sum, chunk) => sum + chunk.length, 0), data: chunks.map(toHex).join('') };
}
