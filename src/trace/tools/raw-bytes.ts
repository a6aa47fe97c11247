/** The bytes that a record tells. A trace made elsewhere may lack any of it, or hold what is no such thing. */
import type { RawBytes, TraceRecord } from '../format.js';

const HEX = /^(?:[0-9a-f]{2})*$/i;

/** How many bytes, and which, where it tells so in hex and they are as many; none where it tells nothing of the kind. */
export function rawBytesOf(data: TraceRecord['data']): RawBytes {
  const raw = data['raw'];
  if (typeof raw !== 'object' || raw === null) return { length: 0 };
  const { length, data: hex } = raw as { readonly length?: unknown; readonly data?: unknown };
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) return { length: 0 };
  return typeof hex === 'string' && hex.length === 2 * length && HEX.test(hex) ? { length, data: hex } : { length };
}
