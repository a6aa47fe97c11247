/** A world: time, what is asked of it, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import { recordedNode, replayTrace } from '../../../src/replay/index.js';
import { World } from '../../../src/sim/index.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { importBytes, readAll } from './content.js';

const newWorld = (): World => new World({ seed: 1, ciphers: 'toy' });

describe('ciphers', () => {
  test.each(['native', 'real', 'toy'] as const)(
    '%s: identify, a file fetched, closed without leaks',
    async (ciphers) => {
      const world = new World({ seed: 1, ciphers });
      const [one, two] = [world.addNode('one'), world.addNode('two')];
      const seen = await world.during(one.run((host) => host.identify(two.address)));
      expect(seen).toMatchObject({ agentVersion: 'swarmchart/0.1.0', listenAddresses: ['/memory/two'] });
      const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 253);
      const cid = await world.during(two.run((host) => importBytes(host, bytes)));
      expect(await world.during(one.run((host) => readAll(host.cat(cid))))).toEqual(bytes);
      await world.quiesce();
      expect(two.host.connections()).toMatchObject([{ remotePeer: one.peerId, security: '/noise' }]);
      expect(await world.close()).toEqual([]);
      expect([...one.broken, ...two.broken]).toEqual([]);
    },
  );

  test.each(['native', 'toy'] as const)('secio with %s ciphers too', async (ciphers) => {
    const world = new World({ seed: 1, ciphers });
    const one = world.addNode('one', { security: ['secio'] });
    const two = world.addNode('two', { security: ['secio'], keyType: 'Secp256k1' });
    const { security } = await world.during(one.run((host) => host.dial(two.address)));
    expect(security).toBe('/secio/1.0.0');
    expect(await world.close()).toEqual([]);
  });
});

describe('time', () => {
  test('run goes to its time, through everything on the way, each thing at its own time', async () => {
    const world = newWorld();
    const times: number[] = [];
    for (const atMs of [300, 100.25, 200]) world.at(atMs, () => void times.push(world.nowMs));
    const cancel = world.at(150, () => void times.push(-1));
    cancel();
    await world.run({ untilMs: 250 });
    expect([times, world.nowMs]).toEqual([[100.25, 200], 250]);
    await world.run({ untilMs: 100 });
    expect(world.nowMs).toBe(250);
    await world.run({ untilMs: 1000 });
    expect([times, world.nowMs]).toEqual([[100.25, 200, 300], 1000]);
  });

  test('promises settle between two events of the same time, however many steps they take', async () => {
    const world = newWorld();
    const order: string[] = [];
    world.at(10, async () => {
      for (let step = 0; step < 1000; step++) await Promise.resolve();
      order.push('promise');
    });
    world.at(10, () => void order.push('event'));
    await world.run({ untilMs: 10 });
    expect(order).toEqual(['promise', 'event']);
  });

  test('until: as soon as it holds, never later than allowed, and told when nothing is left to happen', async () => {
    const world = newWorld();
    let value = 0;
    world.at(50, () => void (value = 1));
    await world.until(() => value === 1, { withinMs: 50 });
    expect(world.nowMs).toBe(50);
    await world.until(() => value === 1, { withinMs: 0 });
    world.at(101, () => void (value = 2));
    await expect(world.until(() => value === 2, { withinMs: 50 })).rejects.toMatchObject({
      code: 'ERR_SIMULATION_STALLED',
      message: 'it did not come about within 50 ms',
    });
    await world.until(() => value === 2, { withinMs: 51 });
    await expect(world.until(() => value === 3, { withinMs: 1e12 })).rejects.toThrow('nothing is left to happen');
  });

  test('quiesce waits for what is under way, not for timers', async () => {
    const world = newWorld();
    const [one, two] = [world.addNode('one'), world.addNode('two')];
    world.at(5000, () => undefined);
    const dialed = one.run((host) => host.dial(two.address));
    await world.quiesce();
    expect(await dialed).toMatchObject({ remotePeer: two.peerId });
    expect(world.nowMs).toBeLessThan(100);
    expect(world.network.connections.map(({ id }) => id)).toEqual(['one>two/1']);
    expect(world.network.connections[0]?.bytesFrom('one').sent).toBeGreaterThan(300);
    await world.close();
  });
});

describe('ports for others', () => {
  test('a node recorded in a world, under cut and delayed writes, replays byte for byte outside of it', async () => {
    const world = new World({ seed: 3, links: { latencyMs: 5, jitterMs: 30, chunking: 'mixed' } });
    const server = world.addNode('server', { testProtocols: true });
    const lines: string[] = [];
    const { clock, ciphers, transports, defer } = world.portsFor('recorded');
    const ports = { clock, ciphers, transports, defer };
    const { node, close } = await world.during(
      recordedNode({ ...ports, listen: ['/memory/recorded'], seed: '3', to: { write: (line) => lines.push(line) } }),
    );
    const cid = await world.during(server.run((host) => importBytes(host, new Uint8Array(300_000).fill(3))));
    await world.during(
      node.dial(server.address).then(() => server.host.identify(`/memory/recorded/p2p/${node.peerId}`)),
    );
    expect((await world.during(readAll(node.cat(cid)))).length).toBe(300_000);
    await world.during(close());
    const trace = parseTrace(lines.join(''));
    expect(trace.records.length).toBeGreaterThan(300);
    const { difference, ok } = await replayTrace(trace);
    expect([difference, ok]).toEqual([undefined, true]);
    await world.close();
  });
});

describe('what a world refuses', () => {
  test('an unknown node, a second one of the same name, running twice at once', async () => {
    const world = newWorld();
    world.addNode('a');
    expect(() => world.addNode('a')).toThrow('there is a node a already');
    expect(() => world.node('b')).toThrow('there is no node b');
    const running = world.run({ untilMs: 10 });
    await expect(world.run({ untilMs: 10 })).rejects.toThrow('the world runs already');
    await running;
  });

  test.each([
    ['throws', () => Promise.reject(new Error('mine'))],
    [
      'rejects',
      () => {
        throw new Error('mine');
      },
    ],
  ])('work that %s ends the run with what it said', async (_, work) => {
    const world = newWorld();
    let isReached = false;
    world.at(10, work);
    world.at(20, () => void (isReached = true));
    await expect(world.run({ untilMs: 30 })).rejects.toThrow('mine');
    expect([isReached, world.nowMs]).toEqual([false, 10]);
  });
});

describe('ambient time and chance', () => {
  const uses: readonly (readonly [name: string, use: () => unknown])[] = [
    ['Date.now', () => Date.now()],
    ['new Date()', () => new Date()],
    ['Math.random', () => Math.random()],
    ['performance.now', () => performance.now()],
    ['setTimeout', () => clearTimeout(setTimeout(() => undefined, 0))],
    ['setInterval', () => clearInterval(setInterval(() => undefined, 1))],
    ['setImmediate', () => clearImmediate(setImmediate(() => undefined))],
    ['crypto.randomUUID', () => crypto.randomUUID()],
    ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ];

  test.each(uses)('%s is refused, with the place named', async (name, use) => {
    const world = newWorld();
    world.at(10, () => void use());
    const refused = expect.stringMatching(
      new RegExp(`^${name.replace(/[.()]/g, '\\$&')} was used .*world\\.test\\.ts:\\d+`),
    );
    await expect(world.run({ untilMs: 20 })).rejects.toMatchObject({
      code: 'ERR_SIMULATION_AMBIENT',
      message: refused as unknown,
    });
    // And it is there again for everybody else.
    expect(() => use()).not.toThrow();
  });

  test('also where the callback swallows the error, in a promise, in a handler of a node, and in a predicate', async () => {
    const swallowed = newWorld();
    swallowed.at(10, () => {
      try {
        Date.now();
      } catch {
        // The world has seen it.
      }
    });
    await expect(swallowed.run({ untilMs: 20 })).rejects.toMatchObject({ code: 'ERR_SIMULATION_AMBIENT' });

    const later = newWorld();
    later.at(10, async () => {
      await Promise.resolve();
      Math.random();
    });
    await expect(later.run({ untilMs: 20 })).rejects.toMatchObject({ code: 'ERR_SIMULATION_AMBIENT' });

    const inside = newWorld();
    const server = inside.addNode('server', {
      onHost: (host) => host.registerHandle('/dice/1', (stream) => void stream.write(Uint8Array.of(Math.random() * 6))),
    });
    const client = inside.addNode('client');
    const opened = client.run((host) => host.openStream(server.address, '/dice/1'));
    await expect(inside.quiesce()).rejects.toMatchObject({ code: 'ERR_SIMULATION_AMBIENT' });
    opened.catch(() => undefined);

    const asked = newWorld();
    asked.at(1, () => undefined);
    await expect(asked.until(() => Date.now() > 0, { withinMs: 10 })).rejects.toMatchObject({
      code: 'ERR_SIMULATION_AMBIENT',
    });
  });

  test('dates with a value, and the world outside of it, are left alone', async () => {
    const world = newWorld();
    let year = 0;
    world.at(10, () => void (year = new Date(0).getUTCFullYear()));
    const before = [Date, Math.random, setTimeout];
    const running = world.run({ untilMs: 20 });
    expect(() => [Date.now(), Math.random()]).not.toThrow();
    await running;
    expect(year).toBe(1970);
    expect([Date, Math.random, setTimeout]).toEqual(before);
  });
});
