/** The bytes of a Buffer without its ways: `slice` of a Buffer shares memory, where that of a Uint8Array copies. */

/** The same memory as a plain `Uint8Array`. */
export function plainView(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
