const { test } = require('node:test');
const { assertTrace, replay, simulate } = require('swarmchart/testing');

test('a secio handshake', async () => {
  const trace = await replay('secio.trace.jsonl');
  assertTrace.toNegotiate(trace, '/secio/1.0.0');
  assertTrace.toMatchTrace(trace, await replay('secio.trace.jsonl'), { level: ['bytes', 'frames', 'states', 'final'] });
});

test('a simulation', async () => {
  await assertTrace.toBeDeterministic(async () => (await simulate({ seed: 3, nodes: 3 })).failure ?? 'none');
});
