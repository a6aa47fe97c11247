/**
 * What a turn sends into a secure channel, cut into the plaintext of as few frames as a bound allows. Pieces are not
 * copied but for runs of small ones, which are cheaper to join than to encrypt one by one.
 */

/** Pieces this small are joined with their neighbours: a header, a varint, a short message. */
const SMALL_BYTES = 1024;

/** Plaintext that waits to be sealed. */
export class SealingQueue {
  #pieces: Uint8Array[] = [];
  #lengthBytes = 0;

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** Adds pieces at the end; nobody may write to them any more. */
  push(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.#pieces.push(piece);
      this.#lengthBytes += piece.length;
    }
  }

  /** Takes everything, as the plaintexts of frames of at most `frameBytes`, each in pieces. */
  takeFrames(frameBytes: number): Uint8Array[][] {
    const frames: Uint8Array[][] = [];
    let frame: Uint8Array[] = [];
    let room = frameBytes;
    for (const whole of this.#pieces) {
      let piece = whole;
      while (piece.length > room) {
        if (room > 0) frame.push(piece.subarray(0, room));
        frames.push(joinSmall(frame));
        piece = piece.subarray(room);
        frame = [];
        room = frameBytes;
      }
      frame.push(piece);
      room -= piece.length;
    }
    if (frame.length > 0) frames.push(joinSmall(frame));
    this.#pieces = [];
    this.#lengthBytes = 0;
    return frames;
  }
}

function joinSmall(pieces: Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let runBytes = 0;
  const endRun = (): void => {
    const [first] = run;
    if (first !== undefined) joined.push(run.length === 1 ? first : concat(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const piece of pieces) {
    if (piece.length <= SMALL_BYTES) {
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

function concat(pieces: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const whole = new Uint8Array(lengthBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
