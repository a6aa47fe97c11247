/** A short fingerprint of bytes, to tell two runs apart; it hides nothing, and proves nothing against who forges. */

/** FNV-1a, 32 bits, over the pieces as one, in eight hex digits. */
export function fingerprint(pieces: readonly Uint8Array[]): string {
  let hash = 0x811c9dc5;
  for (const piece of pieces) {
    for (const byte of piece) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
