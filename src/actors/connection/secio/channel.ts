/**
 * The secio channel's frames: sealing what a turn gathered, opening what a chunk completed. No machine hears of a
 * frame. The wire format is in `wire/secio.ts`.
 */
import type { Opener, Sealer } from '../../../crypto/encrypt-then-mac.js';
import { assert, EngineError } from '../../../errors.js';
import { decodeSecioLength, encodeSecioLength, SECIO_LENGTH_BYTES } from '../../../wire/secio.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { SealingQueue } from '../sealing-queue.js';

const NONE: readonly Uint8Array[] = [];

/** Gathers plaintext and seals it in as few frames as it fits in. */
export class SecioSender {
  readonly #sealer: Sealer;
  readonly #plaintextBytes: number;
  readonly #queue = new SealingQueue();

  /** `maxFrameBytes` bounds ciphertext and MAC together. */
  constructor(sealer: Sealer, maxFrameBytes: number) {
    this.#sealer = sealer;
    this.#plaintextBytes = maxFrameBytes - sealer.macBytes;
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

  /** Seals everything taken: the bytes of its frames, in pieces. */
  seal(): Uint8Array[] {
    const wire: Uint8Array[] = [];
    for (const plaintext of this.#queue.takeFrames(this.#plaintextBytes)) {
      wire.push(...frameOf(this.#sealer.seal(plaintext)));
    }
    return wire;
  }
}

/** A sealed body with its length in front. */
export function frameOf(body: readonly Uint8Array[]): Uint8Array[] {
  let length = 0;
  for (const piece of body) length += piece.length;
  return [encodeSecioLength(length), ...body];
}

/** Opens the frames that a receive buffer holds. */
export class SecioReceiver {
  readonly #opener: Opener;
  readonly #maxFrameBytes: number;
  #lastFrame: readonly Uint8Array[] = NONE;

  constructor(opener: Opener, maxFrameBytes: number) {
    this.#opener = opener;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The pieces of the frame that was refused; for a failure report. */
  get lastFrame(): readonly Uint8Array[] {
    return this.#lastFrame;
  }

  /**
   * Takes every whole frame out of `buffer` and appends its plaintext to `plaintext`; empty frames add nothing.
   * Throws `ERR_SECIO_BAD_FRAME` as soon as a length is known to be wrong and `ERR_SECIO_BAD_MAC` for a frame that was
   * changed or came before; what was opened before it is in `plaintext` then, and is authentic.
   */
  open(buffer: ReceiveBuffer, plaintext: Uint8Array[]): void {
    for (;;) {
      const length = decodeSecioLength(buffer.peek(SECIO_LENGTH_BYTES));
      if (length === undefined) return;
      const least = this.#opener.macBytes;
      if (length < least || length > this.#maxFrameBytes) {
        this.#lastFrame = [buffer.peek(SECIO_LENGTH_BYTES + length)];
        const why = `secio: a frame of ${length} bytes, ${least} to ${this.#maxFrameBytes} are allowed`;
        throw new EngineError('ERR_SECIO_BAD_FRAME', 'remote', why);
      }
      if (buffer.length < SECIO_LENGTH_BYTES + length) return;
      buffer.skip(SECIO_LENGTH_BYTES);
      const frame = buffer.takePieces(length);
      const opened = this.#opener.open(frame);
      if (typeof opened === 'string') {
        this.#lastFrame = frame;
        const why = opened === 'mac' ? 'has a wrong MAC' : 'came before';
        throw new EngineError('ERR_SECIO_BAD_MAC', 'remote', `secio: a frame of ${length} bytes ${why}`);
      }
      for (const piece of opened) plaintext.push(piece);
    }
  }
}
