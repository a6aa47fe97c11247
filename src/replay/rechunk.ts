/** Ways to cut received chunks anew, as a network might have. */
import { SeededRandom } from '../sim/seeded-random.js';
import type { Rechunk } from './replayer.js';

/** Pieces at the most: now and then single bytes, mostly some dozens. */
const LARGEST_PIECE_BYTES = 61;

/** Cuts each chunk at places drawn from `seed`: the same seed cuts the same way. */
export function randomRechunk(seed: number | string): Rechunk {
  const random = new SeededRandom(`rechunk ${seed}`);
  return (chunk) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < chunk.length;) {
      // Large chunks in fewer pieces: where they are cut matters, not into how many.
      const largest = Math.max(LARGEST_PIECE_BYTES, Math.ceil(chunk.length / 16));
      const [high = 0, low = 0] = random.bytes('cut', 2);
      const size = 1 + ((high * 256 + low) % largest);
      pieces.push(chunk.subarray(at, at + size));
      at += size;
    }
    return pieces;
  };
}
