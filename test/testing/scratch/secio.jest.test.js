const { record } = require('swarmchart/testing');
require('swarmchart/testing/jest');
test('a secio handshake', async () => {
  const trace = await record('secio.trace.jsonl', { security: ['secio'], listen: [] }, async ({ node, peer }) => {
    const remote = await peer({ security: ['secio'] });
    await node.dial(remote.addresses[0]);
  });
  expect(trace).toNegotiate('/secio/1.0.0');
  expect(trace).toSendFrames(['...', 'secio propose', 'secio exchange', 'secio nonce', '...']);
});
