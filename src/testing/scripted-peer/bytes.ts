/** Small things about bytes: joining, comparing, and putting them into words. */
import { toHex } from '../../wire/hex.js';

/** The pieces as one. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Bytes of a dump at the most: a frame of 8 MiB would bury the failure that it explains. */
const DUMPED_BYTES = 256;
const LINE_BYTES = 16;

/** Lines of a hex dump: offset, 16 bytes, the same as text. What is beyond 256 bytes is told as a count. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, DUMPED_BYTES); at += LINE_BYTES) {
    const part = bytes.subarray(at, at + LINE_BYTES);
    const hex = (toHex(part).match(/../g) ?? []).join(' ').padEnd(3 * LINE_BYTES - 1);
    const text = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex}  ${text}`);
  }
  if (bytes.length > DUMPED_BYTES) lines.push(`and ${bytes.length - DUMPED_BYTES} bytes more`);
  return lines;
}
