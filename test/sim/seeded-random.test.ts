import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { toHex } from '../support/decoding.js';

test('bytes are SHA-256 of seed, label and counter, whatever the sizes drawn', () => {
  const expected = [0, 1, 2]
    .map((counter) => createHash('sha256').update(`1:7/noise/${counter}`).digest('hex'))
    .join('');
  const random = new SeededRandom(7);
  const drawn = [5, 0, 40, 51].map((size) => toHex(random.bytes('noise', size))).join('');
  expect(drawn).toBe(expected);
});

test('a draw under one label shifts no other', () => {
  const alone = new SeededRandom('seed').bytes('secio', 16);
  const random = new SeededRandom('seed');
  random.bytes('noise', 3);
  expect(random.bytes('secio', 16)).toEqual(alone);
});
