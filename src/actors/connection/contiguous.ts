/** Frames of a secure channel that came in pieces, put together where they can be opened. */

/**
 * One place is enough for all channels: a frame is opened, into memory of its own, before the next one is put here. The
 * largest is a noise message with its length; a record of TLS is shorter.
 */
const assembly = new Uint8Array(2 + 65_535);

/** The pieces as one view, which is good until the next call. */
export function contiguous(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  let at = 0;
  for (const piece of pieces) {
    assembly.set(piece, at);
    at += piece.length;
  }
  return assembly.subarray(0, at);
}
