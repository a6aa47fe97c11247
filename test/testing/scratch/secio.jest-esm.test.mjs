import { assertTrace, chunkings, replay } from 'swarmchart/testing';
import 'swarmchart/testing/jest';

test.each(chunkings(20))('a secio handshake, $name', async ({ cut }) => {
  const trace = await replay(new URL('secio.trace.jsonl', import.meta.url), { rechunk: cut });
  expect(trace).toNegotiate('/secio/1.0.0');
  expect(trace).not.toEnterState('secioHandshake.badSignature');
  assertTrace.toReachState(trace, 'open', { actor: 'conn:*' });
});

test('fake timers are refused', async () => {
  const { jest } = await import('@jest/globals');
  jest.useFakeTimers();
  await expect(replay('secio.trace.jsonl')).toRejectWith('ERR_FAKE_TIMERS');
  jest.useRealTimers();
});
