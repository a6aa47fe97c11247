/** A node that is made with a log. */
import { expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { LogLine } from '../../src/telemetry/log.js';

test('writes lines from its start to its stop', async () => {
  const lines: LogLine[] = [];
  const server = await createNode();
  const client = await createNode({ listen: [], log: { sink: (line) => lines.push(line), level: 'info' } });
  await client.dial(server.addresses[0] ?? '');
  await client.dial('/ip4/127.0.0.1/tcp/1').catch(() => undefined);
  await client.stop();
  await server.stop();
  expect(lines.map(({ level, event, peer, code }) => ({ level, event, peer, code }))).toEqual([
    { level: 'info', event: 'peer.connected', peer: server.peerId, code: undefined },
    { level: 'warn', event: 'connection.failed', peer: undefined, code: 'ERR_TRANSPORT_REFUSED' },
    { level: 'info', event: 'peer.disconnected', peer: server.peerId, code: undefined },
  ]);
});
