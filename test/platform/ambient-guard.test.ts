import { expect, test } from '@jest/globals';
import { AmbientGuard } from '../../src/platform/ambient-guard.js';

/** What came of taking the time of the process. */
const timeTaken = (): string => {
  try {
    return typeof Date.now();
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? 'thrown';
  }
};

test('what is not the simulation’s has its time, in the middle of a stretch and nowhere else', () => {
  const guard = new AmbientGuard();
  expect(guard.outside(timeTaken)).toBe('number');
  guard.install();
  try {
    expect(guard.outside(timeTaken)).toBe('number');
    expect(guard.violation).toBeUndefined();
    expect(() =>
      guard.outside(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(timeTaken()).toBe('ERR_SIMULATION_AMBIENT');
    expect(guard.violation?.code).toBe('ERR_SIMULATION_AMBIENT');
  } finally {
    guard.restore();
  }
  expect(timeTaken()).toBe('number');
});
