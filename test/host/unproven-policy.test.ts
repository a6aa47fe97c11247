/**
 * Policy where the channel proves nobody (plaintext 1.0): the gater and the peer's scope are asked when identify has
 * named the other end, and a refusal is the same as it would have been at the upgrade.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import { emptyHolding } from '../../src/actors/policy/scope.js';
import type { Host } from '../../src/host/host.js';
import type { HostEvent } from '../../src/host/host-events.js';
import { eventually } from '../support/hostile-pipe.js';

const nodes: Host[] = [];

interface Started {
  readonly node: Host;
  /** Where it listens, without its name: who dials it knows nobody. */
  readonly address: string;
  readonly events: HostEvent[];
}

async function start(options: CreateNodeOptions = {}): Promise<Started> {
  const node = await createNode({ security: ['unsafe-plaintext-1'], testProtocols: true, ...options });
  nodes.push(node);
  const events: HostEvent[] = [];
  node.events$.subscribe((event) => events.push(event));
  return { node, address: (node.addresses[0] ?? '').replace(/\/p2p\/.*/, ''), events };
}

/** The events of connections and peers with the code of their error, in order. */
const told = ({ events }: Started): string[] =>
  events
    .filter(({ type }) => /^(connection|peer)\./.test(type))
    .map((event) => ('error' in event && event.error !== undefined ? `${event.type} ${event.error.code}` : event.type));

const errorOf = ({ events }: Started) =>
  events.flatMap((event) => (event.type === 'connection.closed' ? [event.error] : [])).at(0);

afterEach(async () => {
  for (const node of nodes.splice(0)) {
    await node.stop();
    expect(node.liveActors).toBe(0);
    expect(node.resources()).toMatchObject({ peers: {}, protocols: {}, connections: {} });
    expect([node.resources().system.usage, node.resources().transient.usage]).toEqual([emptyHolding(), emptyHolding()]);
  }
});

describe('the gater, asked when identify names the peer', () => {
  test('who comes and is denied by id is closed with the typed error, and never counts as a peer', async () => {
    const caller = await start();
    const refusing = await start({ gater: { deny: { peers: [caller.node.peerId] } } });
    await caller.node.dial(refusing.address);
    await eventually('it is closed', () => told(refusing).includes('connection.closed ERR_CONNECTION_DENIED'));
    expect(told(refusing)).toEqual(['connection.opened', 'connection.closed ERR_CONNECTION_DENIED']);
    expect(errorOf(refusing)).toMatchObject({
      code: 'ERR_CONNECTION_DENIED',
      blame: 'local',
      details: { stage: 'secured', peer: caller.node.peerId, machine: 'connection', state: 'open' },
    });
    expect([refusing.node.connections(), refusing.node.resources().peers]).toEqual([[], {}]);
  });

  test('whom we dialed without a name and deny: identify rejects with the refusal', async () => {
    const called = await start();
    const refusing = await start({ gater: { deny: { peers: [called.node.peerId] } } });
    const connection = await refusing.node.dial(called.address);
    expect(connection.remotePeer).toBe('');
    await expect(refusing.node.identify(called.address)).rejects.toMatchObject({
      code: 'ERR_CONNECTION_DENIED',
      details: { stage: 'secured', peer: called.node.peerId },
    });
    await eventually('it is closed', () => told(refusing).length === 2);
    expect(told(refusing)).toEqual(['connection.opened', 'connection.closed ERR_CONNECTION_DENIED']);
  });

  test('a hook is asked twice: of nobody at the upgrade, of the peer when it has a name', async () => {
    const caller = await start();
    const asked: unknown[] = [];
    const taking = await start({
      gater: {
        secured: (peer, _, direction) => {
          asked.push([peer, direction]);
          return true;
        },
      },
    });
    await caller.node.dial(taking.address);
    await eventually('it is named', () => told(taking).includes('peer.connected'));
    expect(asked).toEqual([
      ['', 'inbound'],
      [caller.node.peerId, 'inbound'],
    ]);
    expect(told(taking)).toEqual(['connection.opened', 'connection.named', 'peer.connected']);
  });

  test('an allow list of peers takes nobody whom nothing proves, not even to hear a name', async () => {
    const caller = await start();
    const refusing = await start({ gater: { allow: { peers: [caller.node.peerId] } } });
    await caller.node.dial(refusing.address).catch(() => undefined);
    await eventually('it is refused', () => told(refusing).length > 0);
    expect(told(refusing)).toEqual(['connection.failed ERR_CONNECTION_DENIED']);
  });

  test('who was dialed by name is asked about once, at the upgrade', async () => {
    const called = await start();
    const asked: string[] = [];
    const caller = await start({ gater: { secured: (peer) => asked.push(peer) > 0 } });
    await caller.node.dial(called.node.addresses[0] ?? '');
    await caller.node.identify(called.node.peerId);
    expect(asked).toEqual([called.node.peerId]);
  });
});

describe('the peer’s scope', () => {
  test('counts a connection with its streams from the moment it has a name', async () => {
    const caller = await start();
    const taking = await start();
    await caller.node.dial(taking.address);
    await eventually('each knows the other', () =>
      [caller, taking].every((one) => told(one).includes('connection.named')),
    );
    const stream = await caller.node.openStream(taking.node.peerId, '/echo/1.0.0');
    await eventually('the stream counts alone', () => {
      const usage = taking.node.resources().peers[caller.node.peerId]?.usage;
      return usage?.streamsInbound === 1 && usage.streamsOutbound === 0;
    });
    expect(Object.keys(taking.node.resources().peers)).toEqual([caller.node.peerId]);
    const { usage } = taking.node.resources().peers[caller.node.peerId] ?? {};
    expect(usage).toMatchObject({ connectionsInbound: 1, memoryBytes: (64 + 32) * 1024 });
    stream.reset();
  });

  test('at its limit of connections one is taken, and one past it is closed with the typed error', async () => {
    const caller = await start();
    const taking = await start({ resources: { peer: { connections: 1 } } });
    await caller.node.dial(taking.address);
    await eventually('the first is named', () => told(taking).includes('connection.named'));
    await caller.node.dial(taking.address, { force: true });
    await eventually('the second is closed', () => errorOf(taking) !== undefined);
    expect(errorOf(taking)).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      details: { scope: `peer:${caller.node.peerId}`, resource: 'connections', limit: 1 },
    });
    expect(taking.node.connections().map(({ remotePeer }) => remotePeer)).toEqual([caller.node.peerId]);
  });
});
