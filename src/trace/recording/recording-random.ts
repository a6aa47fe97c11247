/** A source of randomness whose draws are told; what was drawn stands in a trace of class `full` alone. */
import type { RandomSource } from '../../ports.js';
import { toHex } from '../../wire/hex.js';
import type { Recorder } from './recorder.js';

/** Wraps `random`. */
export function recordingRandom(recorder: Recorder, random: RandomSource): RandomSource {
  return {
    bytes: (label, size) => {
      const bytes = random.bytes(label, size);
      recorder.output('random:drawn', 'random', { label, length: size, data: toHex(bytes) });
      return bytes;
    },
  };
}
