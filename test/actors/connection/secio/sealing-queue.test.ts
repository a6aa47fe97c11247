import { expect, test } from '@jest/globals';
import { SealingQueue } from '../../../../src/actors/connection/sealing-queue.js';

const piece = (size: number, value = 1): Uint8Array => new Uint8Array(size).fill(value);
/** Frames of 4096 bytes, as the sizes of their pieces. */
const cutUp = (sizes: readonly number[]): number[][] => {
  const queue = new SealingQueue();
  queue.push(sizes.map((size) => piece(size)));
  return queue.takeFrames(4096).map((frame) => frame.map(({ length }) => length));
};

test.each([
  { name: 'nothing', sizes: [], frames: [] },
  { name: 'empty pieces', sizes: [0, 0], frames: [] },
  { name: 'one small piece', sizes: [5], frames: [[5]] },
  { name: 'small ones are joined', sizes: [12, 100, 1024], frames: [[1136]] },
  { name: 'large ones are left apart', sizes: [1025, 1025], frames: [[1025, 1025]] },
  { name: 'small between large', sizes: [12, 2000, 5, 6, 2000], frames: [[12, 2000, 11, 2000]] },
  { name: 'a frame filled to the last byte', sizes: [4096], frames: [[4096]] },
  { name: 'one byte more', sizes: [4097], frames: [[4096], [1]] },
  { name: 'two frames filled', sizes: [4096, 4096], frames: [[4096], [4096]] },
  { name: 'a piece over several frames', sizes: [3000, 10_000], frames: [[3000, 1096], [4096], [4096], [712]] },
])('$name', ({ sizes, frames }) => {
  expect(cutUp(sizes)).toEqual(frames);
});

test('large pieces are the same memory, small ones a copy in order', () => {
  const queue = new SealingQueue();
  const [first, second, large] = [piece(3, 1), piece(2, 2), piece(6000, 3)];
  queue.push([first, second]);
  queue.push([large]);
  expect(queue.lengthBytes).toBe(6005);
  const [head, tail] = queue.takeFrames(4096);
  expect(head?.[0]).toEqual(Uint8Array.of(1, 1, 1, 2, 2));
  expect(head?.[1]?.buffer).toBe(large.buffer);
  expect(tail?.[0]?.buffer).toBe(large.buffer);
  expect([queue.lengthBytes, queue.takeFrames(4096)]).toEqual([0, []]);
});
