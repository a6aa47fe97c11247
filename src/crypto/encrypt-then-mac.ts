/**
 * Encrypt-then-MAC (libp2p/specs secio/README.md, "Initiate Secure Channel"): AES in counter mode whose key stream runs
 * on across frames, and an HMAC over each frame's ciphertext at its end.
 *
 * The MAC of secio covers no frame number. A frame that comes twice therefore verifies twice, and what it decrypts to
 * the second time is noise, for the key stream has moved on. The opener remembers the last frames and refuses their
 * like by name; frames that were dropped, swapped or kept back for longer turn into noise, which the layer inside
 * refuses.
 */
import type { Ciphers, Mac, StreamCipher } from '../ports.js';
import type { ChannelKeys } from './secio-keys.js';
import { SECIO_HASH_NAMES, type SecioSuite } from './secio-suite.js';

/** Seals one direction of a channel. */
export class Sealer {
  readonly #cipher: StreamCipher;
  readonly #mac: Mac;

  constructor(ciphers: Ciphers, suite: Pick<SecioSuite, 'hash'>, keys: ChannelKeys) {
    this.#cipher = ciphers.aesCtr(keys.cipherKey, keys.iv);
    this.#mac = ciphers.hmac(SECIO_HASH_NAMES[suite.hash], keys.macKey);
  }

  /** Bytes that a frame is longer than its plaintext, not counting the length in front. */
  get macBytes(): number {
    return this.#mac.sizeBytes;
  }

  /** What a frame holds for the plaintext pieces taken together: as many pieces of ciphertext, then the MAC. */
  seal(plaintext: readonly Uint8Array[]): Uint8Array[] {
    const frame = plaintext.map((piece) => this.#cipher.update(piece));
    frame.push(this.#mac.digest(frame));
    return frame;
  }
}

/** Why an {@link Opener} refuses a frame: its MAC is not right, or it came before. */
export type Refusal = 'mac' | 'replay';

/** Opens the other direction. */
export class Opener {
  readonly #cipher: StreamCipher;
  readonly #mac: Mac;
  /** The first 48 bits of the MACs of the last frames, in a ring; a new frame meets one by chance in 2^42 or more. */
  readonly #recent: Float64Array;
  #opened = 0;

  /** `replayFrames` is how many of the last frames it knows again. */
  constructor(ciphers: Ciphers, suite: Pick<SecioSuite, 'hash'>, keys: ChannelKeys, replayFrames: number) {
    this.#cipher = ciphers.aesCtr(keys.cipherKey, keys.iv);
    this.#mac = ciphers.hmac(SECIO_HASH_NAMES[suite.hash], keys.macKey);
    this.#recent = new Float64Array(replayFrames).fill(-1);
  }

  /** The shortest that a frame can be, not counting the length in front. */
  get macBytes(): number {
    return this.#mac.sizeBytes;
  }

  /**
   * The plaintext of a frame that came in `pieces`, in as many pieces, or why it is refused. After a refusal the opener
   * stands as before.
   */
  open(pieces: readonly Uint8Array[]): readonly Uint8Array[] | Refusal {
    const { ciphertext, tag, sizeBytes } = splitTag(pieces, this.#mac.sizeBytes);
    if (!equalInConstantTime(this.#mac.digest(ciphertext), tag)) return 'mac';
    if (sizeBytes >= TELLING_BYTES && this.#isReplay(tag)) return 'replay';
    return ciphertext.map((piece) => this.#cipher.update(piece));
  }

  #isReplay(tag: Uint8Array): boolean {
    const mark = markOf(tag);
    if (this.#recent.includes(mark)) return true;
    if (this.#recent.length > 0) this.#recent[this.#opened++ % this.#recent.length] = mark;
    return false;
  }
}

/** Ciphertext shorter than this repeats by chance (every other byte does), so it says nothing of a replay. */
const TELLING_BYTES = 8;

function markOf(tag: Uint8Array): number {
  let mark = 0;
  for (const byte of tag.subarray(0, 6)) mark = mark * 256 + byte;
  return mark;
}

/** Takes the MAC off the end; it is copied only where it spans pieces. */
function splitTag(
  pieces: readonly Uint8Array[],
  tagBytes: number,
): { readonly ciphertext: readonly Uint8Array[]; readonly tag: Uint8Array; readonly sizeBytes: number } {
  let sizeBytes = -tagBytes;
  for (const piece of pieces) sizeBytes += piece.length;
  const ciphertext: Uint8Array[] = [];
  const tags: Uint8Array[] = [];
  let left = sizeBytes;
  for (const piece of pieces) {
    const size = Math.min(piece.length, Math.max(left, 0));
    if (size > 0) ciphertext.push(size === piece.length ? piece : piece.subarray(0, size));
    if (size < piece.length) tags.push(piece.subarray(size));
    left -= size;
  }
  return { ciphertext, tag: joined(tags), sizeBytes };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Looks at every byte whatever the first ones say, so that time does not tell how much of a forged MAC was right. */
function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
