/** Bytes as lower-case hex. */

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  // Joined, for V8 keeps a text that was added to as a tree of its pieces: 800 bytes for 64 digits that nobody compares.
  const digits = new Array<string>(bytes.length);
  for (const [at, byte] of bytes.entries()) digits[at] = DIGITS[byte] ?? '';
  return digits.join('');
}

/** The bytes of an even number of lower-case digits. Throws `RangeError` for other text. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new RangeError('text must be pairs of lower-case hexadecimal digits');
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
