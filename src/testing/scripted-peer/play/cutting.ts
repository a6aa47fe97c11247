/** Frames as they leave: made with whatever is to be wrong with them, then cut or joined on their way down. */
import { TLS_LEGACY_VERSION } from '../../../wire/tls-names.js';
import { encodeVarint } from '../../../wire/varint.js';
import { concat } from '../bytes.js';
import type { Cut, FrameOptions } from '../script/commands.js';

/** Bytes on their way down, and how many of them are a length prefix or a header. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly prefixBytes: number;
}

/** How the length in front of a frame is written; in front of a TLS record its type and version stand besides. */
export type Prefix = 'varint' | 'uint16' | 'uint32' | { readonly recordType: number };

/** What may be wrong with bytes that are whole otherwise. */
type Spoiling = Pick<FrameOptions, 'flip' | 'truncateTo'>;

/** `body` with its length in front, and what `options` make wrong with it. */
export function framed(prefix: Prefix, body: Uint8Array, options: Omit<FrameOptions, 'body' | 'cut'> = {}): Outgoing {
  const head = encodeLength(prefix, options.length ?? body.length);
  return { bytes: spoiled(concat(head, body), options), prefixBytes: head.length };
}

/** The bytes with bits flipped and the end cut off. */
export function spoiled(bytes: Uint8Array, { flip, truncateTo }: Spoiling): Uint8Array {
  const copy = bytes.slice();
  for (const offset of typeof flip === 'number' ? [flip] : (flip ?? [])) {
    const at = offset < 0 ? copy.length + offset : offset;
    const byte = copy[at];
    if (byte === undefined) throw new RangeError(`no byte ${offset} in a frame of ${copy.length} bytes to flip`);
    copy[at] = byte ^ 1;
  }
  return truncateTo === undefined ? copy : copy.subarray(0, truncateTo);
}

/** One level on the way down: cuts what is pushed into pieces for the next level, or gathers it until it is flushed. */
export class Level {
  mode: Cut | 'joined' = 'whole';
  #held: Uint8Array[] = [];

  /** The pieces that go down now. */
  push(outgoing: Outgoing, cut?: Cut): Uint8Array[] {
    const mode = cut ?? this.mode;
    if (mode !== 'joined') return [...this.flush(), ...cutUp(outgoing, mode)];
    this.#held.push(outgoing.bytes);
    return [];
  }

  /** What was gathered, as one piece. */
  flush(): Uint8Array[] {
    if (this.#held.length === 0) return [];
    const whole = concat(...this.#held);
    this.#held = [];
    return [whole];
  }
}

/** The pieces; an empty message stays one empty piece. */
export function cutUp({ bytes, prefixBytes }: Outgoing, cut: Cut): Uint8Array[] {
  if (cut === 'whole' || bytes.length === 0) return [bytes];
  if (cut === 'prefix') {
    return prefixBytes === 0 || prefixBytes >= bytes.length
      ? [bytes]
      : [bytes.subarray(0, prefixBytes), bytes.subarray(prefixBytes)];
  }
  const size = cut === 'bytes' ? 1 : cut;
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`pieces of ${size} bytes cannot be cut`);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function encodeLength(prefix: Prefix, length: number): Uint8Array {
  if (prefix === 'varint') return encodeVarint(length);
  if (typeof prefix === 'object') {
    const version = [TLS_LEGACY_VERSION >> 8, TLS_LEGACY_VERSION & 0xff];
    return Uint8Array.of(prefix.recordType, ...version, ...encodeLength('uint16', length));
  }
  const sizeBytes = prefix === 'uint16' ? 2 : 4;
  if (!Number.isInteger(length) || length < 0 || length >= 2 ** (8 * sizeBytes)) {
    throw new RangeError(`${length} does not fit ${sizeBytes} bytes of length`);
  }
  return Uint8Array.from(
    { length: sizeBytes },
    (_, index) => Math.floor(length / 256 ** (sizeBytes - 1 - index)) % 256,
  );
}
