/** `listProtocols`: what another node of ours answers to multistream's `ls`. */
import { expect, test } from '@jest/globals';
import { replayTrace } from '../../src/replay/index.js';
import { eventually } from '../support/hostile-pipe.js';
import { liveNode } from '../support/live-node.js';
import { addressOf, recordedTrace } from '../trace/support/recorded.js';

test.each(['yamux', 'mplex', 'spdy'] as const)(
  'over %s: all that the other handles, and the connection goes on',
  async (muxer) => {
    const remote = await liveNode({ muxers: [muxer] });
    const node = await liveNode({ muxers: [muxer], listen: [] });
    const listed = await node.listProtocols(addressOf(remote));
    expect([...listed].sort()).toEqual([...remote.handledProtocols].sort());
    expect(listed).toContain('/echo/1.0.0');
    expect(await node.listProtocols(remote.peerId)).toEqual(listed);
    expect([node.connections().length, remote.connections().length]).toEqual([1, 1]);
    await eventually('no stream is left', () => node.resources().system.usage.streamsOutbound === 0);
  },
);

test('cancelled, it rejects and leaves no stream', async () => {
  const remote = await liveNode();
  const node = await liveNode({ listen: [] });
  await node.dial(addressOf(remote));
  await node.identify(remote.peerId);
  const stop = new AbortController();
  const listed = node.listProtocols(remote.peerId, { signal: stop.signal });
  stop.abort();
  await expect(listed).rejects.toMatchObject({ code: 'ERR_ABORTED', blame: 'local' });
  await expect(node.listProtocols(remote.peerId, { signal: stop.signal })).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
  await eventually('no stream is left', () => node.resources().system.usage.streamsOutbound === 0);
});

test('a recorded question replays', async () => {
  const remote = await liveNode();
  const trace = await recordedTrace({}, (node) => node.listProtocols(addressOf(remote)));
  expect((await replayTrace(trace)).difference?.report).toBeUndefined();
});
