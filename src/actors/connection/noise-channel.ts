/**
 * The noise channel's frames: sealing what a turn gathered, opening what a chunk completed. No machine hears of a
 * frame. The wire format is in `wire/noise.ts`.
 */
import type { CipherState } from '../../crypto/noise-cipher-state.js';
import { assert, EngineError } from '../../errors.js';
import {
  decodeNoiseLength,
  encodeNoiseLength,
  NOISE_LENGTH_BYTES,
  NOISE_MAX_MESSAGE_BYTES,
  NOISE_TAG_BYTES,
} from '../../wire/noise.js';
import type { ReceiveBuffer } from '../receive-buffer.js';
import { toHex } from './failure.js';

/** Transport messages carry no associated data. */
const NO_DATA = new Uint8Array(0);
/** Bytes of a bad frame that a failure report shows. */
const REPORTED_BYTES = 64;
/**
 * Pieces below this are copied together before they are sealed: a call of the cipher costs more than copying them.
 * Larger ones are sealed where they lie.
 */
const JOIN_BELOW_BYTES = 2048;

/** Gathers plaintext and seals it in as few frames as it fits in. */
export class FrameSealer {
  readonly #cipher: CipherState;
  readonly #maxPlaintextBytes: number;
  #pieces: Uint8Array[] = [];

  /** `maxFrameBytes` bounds the sealed message, its tag included; 16 bits bound it in any case. */
  constructor(cipher: CipherState, maxFrameBytes: number) {
    this.#cipher = cipher;
    this.#maxPlaintextBytes = Math.min(maxFrameBytes, NOISE_MAX_MESSAGE_BYTES) - NOISE_TAG_BYTES;
    assert(this.#maxPlaintextBytes > 0, `a frame of ${maxFrameBytes} bytes has no room for data`);
  }

  /** Takes pieces for the next {@link seal}; nobody may write to them any more. */
  push(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) if (piece.length > 0) this.#pieces.push(piece);
  }

  /**
   * Seals everything taken and appends the frames' bytes to `wire`.
   * Throws `ERR_NOISE_NONCE_EXHAUSTED`; what was sealed before it is in `wire` then.
   */
  seal(wire: Uint8Array[]): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    let frame: Uint8Array[] = [];
    let room = this.#maxPlaintextBytes;
    for (const piece of pieces) {
      let rest = piece;
      while (rest.length >= room) {
        frame.push(rest.length === room ? rest : rest.subarray(0, room));
        this.#sealFrame(frame, wire);
        rest = rest.subarray(room);
        frame = [];
        room = this.#maxPlaintextBytes;
      }
      if (rest.length === 0) continue;
      frame.push(rest);
      room -= rest.length;
    }
    if (frame.length > 0) this.#sealFrame(frame, wire);
  }

  #sealFrame(pieces: readonly Uint8Array[], wire: Uint8Array[]): void {
    const sealed = this.#cipher.encryptWithAd(NO_DATA, joinSmall(pieces));
    let length = 0;
    for (const piece of sealed) length += piece.length;
    wire.push(encodeNoiseLength(length), ...sealed);
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
      const frame = buffer.take(NOISE_LENGTH_BYTES + length);
      if (frame === undefined) return;
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

/** Runs of small pieces joined, large ones left as they are. */
function joinSmall(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length === 1) return pieces;
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let runBytes = 0;
  const endRun = (): void => {
    const [first] = run;
    if (first !== undefined) joined.push(run.length === 1 ? first : join(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const piece of pieces) {
    if (piece.length < JOIN_BELOW_BYTES) {
      run.push(piece);
      runBytes += piece.length;
    } else {
      endRun();
      joined.push(piece);
    }
  }
  endRun();
  return joined;
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
