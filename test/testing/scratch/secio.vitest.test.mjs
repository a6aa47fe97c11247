import { chunkings, pair, replay } from 'swarmchart/testing';
import 'swarmchart/testing/jest';
import { expect, test, vi } from 'vitest';

test.each(chunkings(20))('a secio handshake, $name', async ({ cut }) => {
  const trace = await replay('secio.trace.jsonl', { rechunk: cut });
  expect(trace).toNegotiate('/secio/1.0.0');
  expect(trace).not.toEnterState('secioHandshake.badSignature');
});

test('both sides on virtual time', async () => {
  const run = () =>
    pair({ seed: 7, security: ['secio'], latencyMs: 20 }, async ({ dialer, address }) => {
      await dialer.dial(address);
    });
  await expect(run).toBeDeterministic();
  expect((await run()).listener).toReachState('open', { actor: 'conn:*', within: 200 });
});

test('fake timers are refused', async () => {
  vi.useFakeTimers();
  await expect(replay('secio.trace.jsonl')).toRejectWith('ERR_FAKE_TIMERS');
  vi.useRealTimers();
});
