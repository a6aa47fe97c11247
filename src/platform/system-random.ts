/** Real randomness. */
import { randomBytes } from 'node:crypto';
import type { RandomSource } from '../ports.js';

/** The system's cryptographic random source; labels are for seeded twins and are ignored here. */
export const systemRandom: RandomSource = {
  bytes: (_label, size) => new Uint8Array(randomBytes(size)),
};
