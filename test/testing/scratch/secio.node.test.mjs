import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { assertTrace, chunkings, replay } from 'swarmchart/testing';

for (const { name, cut } of chunkings(20)) {
  test(`a secio handshake, ${name}`, async () => {
    const trace = await replay('secio.trace.jsonl', { rechunk: cut });
    assertTrace.toNegotiate(trace, '/secio/1.0.0');
    assertTrace.not.toEnterState(trace, 'secioHandshake.badSignature');
    assert.throws(() => assertTrace.toNegotiate(trace, '/noise'), { name: 'TraceAssertionError' });
  });
}

test('fake timers are refused', async () => {
  mock.timers.enable();
  await assertTrace.toRejectWith(replay('secio.trace.jsonl'), 'ERR_FAKE_TIMERS');
  mock.timers.reset();
});

test('without an expect the matchers cannot be installed, and it is said', async () => {
  await assert.rejects(import('swarmchart/testing/jest'), /assertTrace/);
});
