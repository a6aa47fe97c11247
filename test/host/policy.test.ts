/** Policy through the public door: options, calls, events and snapshots of real nodes on loopback. */
import { afterEach, expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import { emptyHolding } from '../../src/actors/policy/scope.js';
import type { Host } from '../../src/host/host.js';
import type { HostEvent } from '../../src/host/host-events.js';
import { eventually } from '../support/hostile-pipe.js';

const nodes: Host[] = [];

async function start(options: CreateNodeOptions = {}): Promise<{ node: Host; address: string; events: HostEvent[] }> {
  const node = await createNode({ testProtocols: true, ...options });
  nodes.push(node);
  const events: HostEvent[] = [];
  node.events$.subscribe((event) => events.push(event));
  return { node, address: node.addresses[0] ?? '', events };
}

afterEach(async () => {
  for (const node of nodes.splice(0)) {
    await node.stop();
    expect(node.liveActors).toBe(0);
    expect(node.resources()).toMatchObject({ peers: {}, protocols: {}, connections: {} });
    expect([node.resources().system.usage, node.resources().transient.usage]).toEqual([emptyHolding(), emptyHolding()]);
  }
});

test('a gater refuses who comes, and tells where', async () => {
  const { address, events } = await start({ gater: { deny: { addresses: ['127.0.0.0/8'] } } });
  const { node: other } = await start();
  await expect(other.dial(address)).rejects.toMatchObject({ name: 'EngineError' });
  await eventually('it is told', () => events.length > 0);
  expect(events).toMatchObject([
    { type: 'connection.refused', error: { code: 'ERR_CONNECTION_DENIED', details: { stage: 'accept' } } },
  ]);
});

test('options that do not read leave nothing open', async () => {
  await expect(createNode({ gater: { deny: { peers: ['nobody'] } } })).rejects.toMatchObject({
    code: 'ERR_PEER_ID_INVALID',
  });
  await expect(createNode({ connectionManager: { lowWater: 9, highWater: 1 } })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
});

test('resources are counted by scope while they are used', async () => {
  const { node, address } = await start();
  const { node: other } = await start();
  const stream = await other.openStream(address, '/echo/1.0.0');
  await eventually('the stream has agreed', () => node.resources().protocols['/echo/1.0.0'] !== undefined);
  const { system, peers, protocols, connections } = node.resources();
  expect(system.usage).toMatchObject({ connectionsInbound: 1, connectionsOutbound: 0 });
  expect(system.limits).toMatchObject({ connections: 10_000 });
  expect(Object.keys(peers)).toEqual([other.peerId]);
  expect(protocols['/echo/1.0.0']?.usage).toMatchObject({ streamsInbound: 1, streamsOutbound: 0 });
  expect(Object.keys(connections)).toEqual(node.connections().map(({ id }) => id));
  stream.reset();
});

test('tags and protections decide who is trimmed, and it is told', async () => {
  const { node, address, events } = await start({ connectionManager: { highWater: 2, lowWater: 1, graceMs: 0 } });
  const others = [(await start()).node, (await start()).node, (await start()).node];
  node.tag(others[0]!.peerId, 'useful', { value: 5 });
  node.protect(others[1]!.peerId, 'friend');
  expect(node.tagsOf(others[0]!.peerId)).toEqual({ useful: { value: 5 } });
  for (const other of others) await other.dial(address);
  await eventually('two are trimmed', () => node.connections().length === 1);
  const trimmed = events.flatMap((event) => (event.type === 'connection.trimmed' ? [event.info.remotePeer] : []));
  expect(trimmed).toEqual([others[2]!.peerId, others[0]!.peerId]);
  expect(node.connections().map(({ remotePeer }) => remotePeer)).toEqual([others[1]!.peerId]);
  expect([node.unprotect(others[1]!.peerId, 'friend'), node.untag(others[0]!.peerId, 'useful')]).toEqual([false, true]);
});

test('a second connection is opened by force, each is listed, and one is closed alone', async () => {
  const { node, address } = await start();
  const { node: other } = await start();
  const first = await other.dial(address);
  const second = await other.dial(address, { force: true });
  expect(other.connections().map(({ id }) => id)).toEqual([first.id, second.id]);
  expect([other.closeConnection(first.id), other.closeConnection('conn:99')]).toEqual([true, false]);
  await eventually('one is left on both sides', () => node.connections().length === 1);
  expect(other.connections().map(({ id }) => id)).toEqual([second.id]);
});

test('a kept peer is dialed from the start and again when it goes', async () => {
  const { node: peer, address } = await start();
  const { node } = await start({ connectionManager: { keepAlive: [address] }, limits: { keepAliveRetryMs: 10 } });
  await eventually('it is connected', () => node.keptPeers[peer.peerId] === 'connected');
  peer.disconnect(node.peerId);
  await eventually('it was gone', () => peer.connections().length === 0);
  await eventually('it is connected again', () => peer.connections().length === 1);
  expect([node.endKeepAlive(peer.peerId), node.keptPeers]).toEqual([true, {}]);
});
