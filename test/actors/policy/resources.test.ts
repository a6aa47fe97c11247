/** The arithmetic of scopes: at each limit, one past it, and back to nothing. */
import { describe, expect, test } from '@jest/globals';
import { ResourceManager, type ResourceOptions } from '../../../src/actors/policy/resource-manager.js';
import { emptyHolding, type Resource } from '../../../src/actors/policy/scope.js';
import { LIMITS } from '../../../src/limits.js';

const KIB = 1024;
const limits = { ...LIMITS, resourceBytesPerConnection: 100, resourceBytesPerStream: 10 };
const managerOf = (options: ResourceOptions = {}): ResourceManager => new ResourceManager(limits, options);
const NOTHING = emptyHolding();
const using = (part: Partial<Record<Resource, number>>) => ({ ...NOTHING, ...part });

/** Usage of every scope by name. */
function usage(manager: ResourceManager) {
  const { system, transient, peers, protocols, connections } = manager.snapshot;
  const of = (scopes: typeof peers) =>
    Object.fromEntries(Object.entries(scopes).map(([id, scope]) => [id, scope.usage]));
  return { system: system.usage, transient: transient.usage, ...of(peers), ...of(protocols), ...of(connections) };
}

test('a life: transient, then its peer’s; a stream transient, then its protocol’s; in the end nothing', () => {
  const manager = managerOf();
  const connection = manager.openConnection('conn:1', 'inbound');
  const begun = using({ connectionsInbound: 1, memoryBytes: 100 });
  expect(usage(manager)).toEqual({ system: begun, transient: begun, 'conn:1': begun });

  expect(connection.secured('alice')).toBeUndefined();
  expect(usage(manager)).toEqual({ system: begun, transient: begun, alice: begun, 'conn:1': begun });
  connection.opened();
  expect(usage(manager)).toEqual({ system: begun, transient: NOTHING, alice: begun, 'conn:1': begun });

  expect(connection.openStream(1, 'inbound')).toBeUndefined();
  const one = using({ streamsInbound: 1, memoryBytes: 10 });
  const both = using({ connectionsInbound: 1, streamsInbound: 1, memoryBytes: 110 });
  expect(usage(manager)).toEqual({ system: both, transient: one, alice: both, 'conn:1': both });
  expect(manager.agreed('conn:1', 1, '/echo')).toBeUndefined();
  expect(usage(manager)).toEqual({ system: both, transient: NOTHING, alice: both, '/echo': one, 'conn:1': both });

  expect(connection.reserve(1, 1000)).toBeUndefined();
  expect(connection.grow(1, 200)).toBe(true);
  const more = using({ streamsInbound: 1, memoryBytes: 1210 });
  expect(usage(manager)).toMatchObject({ '/echo': more, system: { memoryBytes: 1310 }, alice: { memoryBytes: 1310 } });
  connection.release(1, 1000);
  connection.closeStream(1);
  connection.closeStream(1);
  connection.release(1, 200);
  expect(usage(manager)).toEqual({ system: begun, transient: NOTHING, alice: begun, 'conn:1': begun });
  expect(connection.openStream(2, 'outbound')).toBeUndefined();
  expect(connection.reserveOwn(50)).toBeUndefined();
  connection.close();
  connection.close();
  connection.releaseOwn(50);
  expect(usage(manager)).toEqual({ system: NOTHING, transient: NOTHING });
});

describe('connections, at the limit and one past it', () => {
  test.each<[string, ResourceOptions, string, number]>([
    ['system', { system: { connections: 2 } }, 'connections', 2],
    ['system', { system: { connectionsInbound: 2 } }, 'connectionsInbound', 2],
    ['system', { system: { memoryBytes: 200 } }, 'memoryBytes', 200],
    ['system', { system: { memoryBytes: 299 } }, 'memoryBytes', 299],
    ['transient', { transient: { connections: 2 } }, 'connections', 2],
    ['transient', { transient: { memoryBytes: 200 } }, 'memoryBytes', 200],
  ])('%s %j', (scope, options, resource, limit) => {
    const manager = managerOf(options);
    const held = [manager.openConnection('conn:1', 'inbound'), manager.openConnection('conn:2', 'inbound')];
    const before = usage(manager);
    expect(() => manager.openConnection('conn:3', 'inbound')).toThrow(
      expect.objectContaining({ code: 'ERR_RESOURCE_LIMIT', blame: 'remote', details: { scope, resource, limit } }),
    );
    expect(usage(manager)).toEqual(before);
    for (const connection of held) connection.close();
    expect(manager.openConnection('conn:4', 'inbound').snapshot.usage.connectionsInbound).toBe(1);
  });

  test.each<[ResourceOptions, number]>([
    [{ peer: { connections: 2 } }, 2],
    [{ peer: { connections: 9 }, peers: { alice: { connections: 2 } } }, 2],
  ])('a peer, %j', (options, limit) => {
    const manager = managerOf(options);
    const [first, second, third] = [1, 2, 3].map((id) => manager.openConnection(`conn:${id}`, 'outbound'));
    expect([first?.secured('alice'), second?.secured('alice')]).toEqual([undefined, undefined]);
    expect(third?.secured('alice')).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      blame: 'local',
      details: { scope: 'peer:alice', resource: 'connections', limit },
    });
    for (const connection of [first, second, third]) connection?.close();
    expect(usage(manager)).toEqual({ system: NOTHING, transient: NOTHING });
  });
});

describe('streams, at the limit and one past it', () => {
  test.each<[string, ResourceOptions, string, number]>([
    ['system', { system: { streams: 2 } }, 'streams', 2],
    ['system', { system: { streamsInbound: 2 } }, 'streamsInbound', 2],
    ['transient', { transient: { streams: 2 } }, 'streams', 2],
    ['peer:alice', { peer: { streams: 2 } }, 'streams', 2],
    ['conn:1', { connection: { streams: 2 } }, 'streams', 2],
    ['conn:1', { connection: { memoryBytes: 120 } }, 'memoryBytes', 120],
  ])('%s %j', (scope, options, resource, limit) => {
    const manager = managerOf(options);
    const connection = manager.openConnection('conn:1', 'inbound');
    connection.secured('alice');
    connection.opened();
    expect([connection.openStream(1, 'inbound'), connection.openStream(3, 'inbound')]).toEqual([undefined, undefined]);
    const before = usage(manager);
    const refused = connection.openStream(5, 'inbound');
    expect(refused).toMatchObject({ code: 'ERR_RESOURCE_LIMIT', blame: 'remote', details: { scope, resource, limit } });
    expect(usage(manager)).toEqual(before);
    connection.closeStream(1);
    expect(connection.openStream(7, 'inbound')).toBeUndefined();
    connection.close();
    expect(usage(manager)).toEqual({ system: NOTHING, transient: NOTHING });
  });

  test.each<[ResourceOptions]>([
    [{ protocol: { streams: 2 } }],
    [{ protocol: { memoryBytes: 20 } }],
    [{ protocols: { '/echo': { streamsInbound: 2 } } }],
  ])('a protocol, %j', (options) => {
    const manager = managerOf(options);
    const connection = manager.openConnection('conn:1', 'inbound');
    for (const id of [1, 3, 5]) connection.openStream(id, 'inbound');
    expect([connection.agreed(1, '/echo'), connection.agreed(3, '/echo')]).toEqual([undefined, undefined]);
    expect(connection.agreed(5, '/echo')).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      details: { scope: 'protocol:/echo' },
    });
    expect(connection.agreed(5, '/other')).toBeUndefined();
    connection.close();
    expect(usage(manager)).toEqual({ system: NOTHING, transient: NOTHING });
  });

  test('memory of one stream, at its limit and one past it', () => {
    const manager = managerOf({ stream: { memoryBytes: KIB } });
    const connection = manager.openConnection('conn:1', 'inbound');
    connection.openStream(1, 'inbound');
    expect(connection.reserve(1, KIB - 10)).toBeUndefined();
    expect(connection.reserve(1, 1)).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      details: { scope: 'conn:1/1', resource: 'memoryBytes', limit: KIB },
    });
  });

  test('growth takes half of a scope at the most, need takes all', () => {
    const manager = managerOf({ system: { memoryBytes: 1000 } });
    const connection = manager.openConnection('conn:1', 'inbound');
    connection.openStream(1, 'inbound');
    expect([connection.grow(1, 390), connection.grow(1, 1)]).toEqual([true, false]);
    expect([connection.reserve(1, 500), connection.reserve(1, 1)]).toMatchObject([
      undefined,
      { code: 'ERR_RESOURCE_LIMIT', details: { scope: 'system', limit: 1000 } },
    ]);
  });
});

describe('a transient scope that is full of streams', () => {
  /** Connections of a node with room for so many streams; each resets what it is asked to give up. */
  function connectionsOf(streams: number, count: number) {
    const manager = managerOf({ transient: { streams } });
    const evicted: string[] = [];
    const connections = Array.from({ length: count }, (_, at) => {
      const connection = manager.openConnection(`conn:${at}`, 'inbound');
      connection.evict = (id) => {
        evicted.push(`${at}/${id}`);
        connection.closeStream(id);
      };
      return connection;
    });
    return { manager, evicted, connections };
  }

  test('the connection that has most of them gives way to one that has fewer, the newest first', () => {
    const { manager, evicted, connections } = connectionsOf(4, 2);
    const [greedy, modest] = connections;
    for (const id of [1, 3, 5, 7]) expect(greedy?.openStream(id, 'inbound')).toBeUndefined();
    expect(greedy?.openStream(9, 'inbound')).toMatchObject({ details: { scope: 'transient', limit: 4 } });
    expect(modest?.openStream(1, 'inbound')).toBeUndefined();
    expect(modest?.openStream(3, 'inbound')).toBeUndefined();
    expect(evicted).toEqual(['0/7', '0/5']);
    // Two each: nobody has fewer by more than one.
    expect(modest?.openStream(5, 'inbound')).toMatchObject({ details: { scope: 'transient' } });
    expect(greedy?.openStream(11, 'inbound')).toMatchObject({ details: { scope: 'transient' } });
    expect(manager.transient.usage.streamsInbound).toBe(4);
  });

  test('streams that have agreed are not given up, and ours displace nobody', () => {
    const { manager, evicted, connections } = connectionsOf(2, 2);
    const [greedy, modest] = connections;
    for (const id of [1, 3]) {
      greedy?.openStream(id, 'inbound');
      manager.agreed('conn:0', id, '/echo');
    }
    for (const id of [5, 7]) greedy?.openStream(id, 'inbound');
    expect(modest?.openStream(2, 'outbound')).toMatchObject({ details: { scope: 'transient' } });
    expect(modest?.openStream(1, 'inbound')).toBeUndefined();
    expect(evicted).toEqual(['0/7']);
    for (const connection of connections) connection.close();
    expect(usage(manager)).toEqual({ system: NOTHING, transient: NOTHING });
    expect(manager.negotiating.size).toBe(0);
  });
});
