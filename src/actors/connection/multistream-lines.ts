/** Messages of multistream that are sent again and again: the header, and the few protocols that a node speaks. */
import { LIMITS } from '../../limits.js';
import { encodeMultistreamMessage } from '../../wire/multistream.js';

/** More protocols than nodes speak; who opens streams of ever new ones has them encoded each time. */
const KEPT = 256;
const lines = new Map<string, Uint8Array>();

/** As {@link encodeMultistreamMessage}; the bytes are shared, nobody may write to them. */
export function multistreamLine(text: string, maxBytes: number): Uint8Array {
  if (maxBytes !== LIMITS.multistreamMessageBytes) return encodeMultistreamMessage(text, maxBytes);
  const known = lines.get(text);
  if (known !== undefined) return known;
  const line = encodeMultistreamMessage(text, maxBytes);
  if (lines.size < KEPT) lines.set(text, line);
  return line;
}
