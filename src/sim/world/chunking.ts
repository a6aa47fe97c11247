/** Bytes cut, joined and changed on their way. */

/** Below this, pieces of one write arrive as one chunk, as a socket would give them. */
const JOIN_BELOW_BYTES = 16 * 1024;

/** A gathered write as it arrives when nothing is done to it. */
export function chunksOf(chunks: readonly Uint8Array[], sizeBytes: number): readonly Uint8Array[] {
  if (sizeBytes < JOIN_BELOW_BYTES) return [joined(chunks)];
  return chunks.filter(({ length }) => length > 0);
}

/** The pieces as one. A single one is given back as it is. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The pieces between the places given, which ascend. */
export function applyCut(chunks: readonly Uint8Array[], places: readonly number[]): readonly Uint8Array[] {
  const whole = joined(chunks);
  return [0, ...places].map((from, index) => whole.subarray(from, places[index] ?? whole.length));
}

/** A copy in which one byte is another one. */
export function flipByte(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ mask;
  return changed;
}
