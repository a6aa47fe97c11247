/**
 * The noise channel's frames: sealing what a turn gathered, opening what a chunk completed. No machine hears of a
 * frame. The wire format is in `wire/noise.ts`.
 */
import type { CipherState } from '../../../crypto/noise-cipher-state.js';
import { assert, EngineError } from '../../../errors.js';
import {
  decodeNoiseLength,
  encodeNoiseLength,
  NOISE_LENGTH_BYTES,
  NOISE_MAX_MESSAGE_BYTES,
  NOISE_TAG_BYTES,
} from '../../../wire/noise.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { toHex } from '../../../wire/hex.js';
import { contiguous } from '../contiguous.js';
import { SealingQueue } from '../sealing-queue.js';

/** Transport messages carry no associated data. */
const NO_DATA = new Uint8Array(0);
/** Bytes of a bad frame that a failure report shows. */
const REPORTED_BYTES = 64;

/** Gathers plaintext and seals it in as few frames as it fits in. */
export class FrameSealer {
  readonly #cipher: CipherState;
  readonly #plaintextBytes: number;
  readonly #queue = new SealingQueue();

  /** `maxFrameBytes` bounds the sealed message, its tag included; 16 bits bound it in any case. */
  constructor(cipher: CipherState, maxFrameBytes: number) {
    this.#cipher = cipher;
    this.#plaintextBytes = Math.min(maxFrameBytes, NOISE_MAX_MESSAGE_BYTES) - NOISE_TAG_BYTES;
    assert(this.#plaintextBytes > 0, `a frame of ${maxFrameBytes} bytes has no room for data`);
  }

  /** Bytes that wait to be sealed. */
  get waitingBytes(): number {
    return this.#queue.lengthBytes;
  }

  /** Takes pieces for the next {@link seal}; nobody may write to them any more. */
  push(pieces: readonly Uint8Array[]): void {
    this.#queue.push(pieces);
  }

  /**
   * Seals everything taken and appends the frames' bytes to `wire`.
   * Throws `ERR_NOISE_NONCE_EXHAUSTED`; what was sealed before it is in `wire` then.
   */
  seal(wire: Uint8Array[]): void {
    for (const plaintext of this.#queue.takeFrames(this.#plaintextBytes)) {
      const sealed = this.#cipher.encryptWithAd(NO_DATA, plaintext);
      let length = 0;
      for (const piece of sealed) length += piece.length;
      wire.push(encodeNoiseLength(length), ...sealed);
    }
  }
}

/** Opens the frames that a receive buffer holds. */
export class FrameOpener {
  readonly #cipher: CipherState;
  readonly #maxFrameBytes: number;

  constructor(cipher: CipherState, maxFrameBytes: number) {
    this.#cipher = cipher;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes every whole frame out of `buffer` and appends its plaintext to `plaintext`; empty frames add nothing.
   * Throws `ERR_NOISE_BAD_FRAME` as soon as a length is known to be wrong or a frame does not verify, and
   * `ERR_NOISE_NONCE_EXHAUSTED`; what was opened before it is in `plaintext` then, and is authentic.
   */
  open(buffer: ReceiveBuffer, plaintext: Uint8Array[]): void {
    for (;;) {
      const length = decodeNoiseLength(buffer.peek(NOISE_LENGTH_BYTES));
      if (length === undefined) return;
      if (length < NOISE_TAG_BYTES || length > this.#maxFrameBytes) {
        const why = `a frame of ${length} bytes, ${NOISE_TAG_BYTES} to ${this.#maxFrameBytes} are allowed`;
        throw badFrame(why, buffer.peek(NOISE_LENGTH_BYTES + length));
      }
      if (buffer.length < NOISE_LENGTH_BYTES + length) return;
      const frame = contiguous(buffer.takePieces(NOISE_LENGTH_BYTES + length));
      const opened = this.#cipher.decryptWithAd(NO_DATA, frame.subarray(NOISE_LENGTH_BYTES));
      if (opened === undefined) throw badFrame(`a frame of ${length} bytes does not verify`, frame);
      if (opened.length > 0) plaintext.push(opened);
    }
  }
}

function badFrame(why: string, bytes: Uint8Array): EngineError {
  const details = { lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)), lastBytesDecoded: why };
  return new EngineError('ERR_NOISE_BAD_FRAME', 'remote', `noise: ${why}`, { details });
}
