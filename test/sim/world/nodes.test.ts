/** Nodes of a world: death and return, stores and clocks that go wrong, and faults that the engine has to survive. */
import { describe, expect, test } from '@jest/globals';
import { importBytes, readAll } from './content.js';
import { World, WORLD_EPOCH_MS, type SimNode } from '../../../src/sim/index.js';

const newWorld = (seed: number | string = 1): World => new World({ seed, ciphers: 'toy' });

async function echoed(node: SimNode, target: SimNode, text: string): Promise<string> {
  return node.run(async (host) => {
    const stream = await host.openStream(target.address, '/echo/1.0.0');
    stream.write(new TextEncoder().encode(text));
    stream.closeWrite();
    return new TextDecoder().decode(await readAll(stream));
  });
}

describe('death and return', () => {
  test('who a node is follows from the seed and its name alone', () => {
    const [one, two, other] = [newWorld(), newWorld(), newWorld(2)];
    two.addNode('b');
    expect(one.addNode('a').peerId).toBe(two.addNode('a').peerId);
    expect(one.addNode('b').peerId).not.toBe(one.node('a').peerId);
    expect(other.addNode('a').peerId).not.toBe(one.node('a').peerId);
    expect(one.addNode('k', { keyType: 'Secp256k1' }).peerId).toMatch(/^16Uiu2/);
    expect(one.addNode('e', { keyType: 'ECDSA' }).peerId).toMatch(/^Qm/);
  });

  test.each(['reset', 'silent'] as const)(
    '%s: what it was asked rejects, its peers find out in their way',
    async (sockets) => {
      const world = newWorld();
      const [a, b] = [world.addNode('a', { testProtocols: true }), world.addNode('b', { testProtocols: true })];
      await world.during(a.run((host) => host.dial(b.address)));
      const asked = b.run((host) => host.dial('/memory/a'));
      const atMs = world.nowMs;
      b.crash({ sockets });
      b.crash();
      await expect(asked).rejects.toMatchObject({ code: 'ERR_NODE_STOPPED' });
      expect(() => b.host).toThrow('b does not run');
      expect(b.liveActors).toBe(0);
      await world.until(() => a.host.connections().length === 0, { withinMs: 60_000 });
      if (sockets === 'reset') expect(world.nowMs - atMs).toBeLessThan(10);
      else expect(world.nowMs - atMs).toBeGreaterThan(30_000);
      b.restart();
      expect(() => b.restart()).toThrow('b runs');
      expect(await world.during(echoed(a, b, 'again'))).toBe('again');
      expect(await world.close()).toEqual([]);
      expect([...a.broken, ...b.broken]).toEqual([]);
    },
  );

  test('a silent machine that is back resets what it does not know, long before a keep-alive would tell', async () => {
    const world = newWorld();
    const [a, b] = [world.addNode('a', { testProtocols: true }), world.addNode('b', { testProtocols: true })];
    await world.during(echoed(a, b, 'first'));
    b.crash({ sockets: 'silent' });
    b.restart();
    const atMs = world.nowMs;
    await expect(world.during(echoed(a, b, 'lost'))).rejects.toMatchObject({ blame: 'remote' });
    expect(world.nowMs - atMs).toBeLessThan(10);
    expect(await world.during(echoed(a, b, 'second'))).toBe('second');
    await world.close();
  });

  test.each([
    ['kept', true],
    ['lost', false],
  ] as const)('stores %s', async (stores, isThere) => {
    const world = newWorld();
    const [a, b] = [world.addNode('a'), world.addNode('b')];
    const cid = await world.during(a.run((host) => importBytes(host, new Uint8Array(300_000).fill(7))));
    a.crash();
    a.restart({ stores });
    await world.during(b.run((host) => host.dial(a.address)));
    const read = world.during(
      b.run((host) => readAll(host.cat(cid))),
      { withinMs: 300_000 },
    );
    if (isThere) expect((await read).length).toBe(300_000);
    else await expect(read).rejects.toMatchObject({ code: 'ERR_BLOCK_NOT_FOUND' });
    expect(a.disk.blocks.size > 0).toBe(isThere);
    await world.close();
  });

  test('a write that was under way when the node died is not on the disk', async () => {
    const world = newWorld();
    const a = world.addNode('a', { storeLatencyMs: 50 });
    const adding = a.run((host) => importBytes(host, new Uint8Array(1000)));
    await world.run({ untilMs: 49 });
    a.crash();
    await expect(adding).rejects.toMatchObject({ code: 'ERR_NODE_STOPPED' });
    await world.run({ untilMs: 1000 });
    expect(a.disk.blocks.size).toBe(0);
  });

  test('what a dead host still does reaches nobody', async () => {
    const world = newWorld();
    const [a, b] = [world.addNode('a'), world.addNode('b')];
    await world.during(a.started);
    const { host } = a;
    a.crash();
    a.restart();
    let isSettled = false;
    void host.dial(b.address).finally(() => (isSettled = true));
    await world.run({ untilMs: 60_000 });
    expect(isSettled).toBe(false);
    expect([world.network.connections, b.host.connections()]).toEqual([[], []]);
    await world.close();
  });

  test('a stopped node can be started again; handlers of onHost are there in each life', async () => {
    const world = newWorld();
    const lives: string[] = [];
    const b = world.addNode('b', {
      onHost: (host) => {
        lives.push(host.peerId);
        host.registerHandle('/hello/1', (stream) => {
          stream.write(new TextEncoder().encode('hello'));
          stream.closeWrite();
        });
      },
    });
    const a = world.addNode('a');
    for (let life = 0; life < 2; life++) {
      const read = a.run(async (host) => readAll(await host.openStream(b.address, '/hello/1')));
      expect(new TextDecoder().decode(await world.during(read))).toBe('hello');
      await world.during(b.stop());
      await b.stop();
      expect(b.isUp).toBe(false);
      b.restart();
    }
    expect(lives).toEqual([b.peerId, b.peerId, b.peerId]);
    await world.close();
  });
});

describe('stores that go wrong', () => {
  test.each([
    ['fail', (node: SimNode) => node.stores.failWith(new Error('disk'), 'writes')],
    ['are full', (node: SimNode) => node.stores.setCapacity(500)],
  ])('stores that %s: adding rejects, and works when they are well', async (_, harm) => {
    const world = newWorld();
    const a = world.addNode('a');
    harm(a);
    const add = (): Promise<string> => a.run((host) => importBytes(host, new Uint8Array(1000)));
    await expect(world.during(add())).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    a.stores.failWith(undefined);
    a.stores.setCapacity(Infinity);
    expect(await world.during(add())).toMatch(/^baf/);
    expect(a.broken).toEqual([]);
  });

  test('a slow store takes its time, in the world and not on the wall', async () => {
    const world = newWorld();
    const a = world.addNode('a');
    a.stores.latencyMs = 3_600_000;
    await world.during(
      a.run((host) => importBytes(host, new Uint8Array(1000))),
      { withinMs: 1e9 },
    );
    expect(world.nowMs).toBeGreaterThanOrEqual(3_600_000);
  });
});

describe('clocks that go wrong', () => {
  test('skew moves the date, speed moves the timers, and now never jumps', async () => {
    const world = newWorld();
    const { clock } = world.addNode('a', { clock: { skewMs: -5000, speed: 2 } });
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(world.nowMs), 1000);
    await world.run({ untilMs: 400 });
    expect([clock.now(), clock.wallTime() - WORLD_EPOCH_MS]).toEqual([800, -4200]);
    world.node('a').setClock({ speed: 0.5 });
    expect(clock.now()).toBe(800);
    clock.setTimeout(() => fired.push(world.nowMs), 100);
    await world.run({ untilMs: 1000 });
    expect(clock.now()).toBe(1100);
    // The first timer keeps the due time that it had in the world.
    expect(fired).toEqual([500, 600]);
  });

  test('a keep-alive of a node whose clock runs at half speed comes after twice the time', async () => {
    const world = newWorld();
    const [a, b] = [world.addNode('a', { clock: { speed: 0.5 } }), world.addNode('b')];
    await world.during(b.run((host) => host.dial(a.address)));
    b.crash({ sockets: 'silent' });
    await world.run({ untilMs: 60_000 });
    expect(a.host.connections().length).toBe(1);
    await world.until(() => a.host.connections().length === 0, { withinMs: 60_000 });
    expect(world.nowMs).toBeGreaterThan(79_000);
  });
});

describe('the engine under faults', () => {
  const exchange = async (harm: (world: World) => void): Promise<string> => {
    const world = newWorld('harm');
    const [a, b] = [world.addNode('a', { testProtocols: true }), world.addNode('b', { testProtocols: true })];
    await world.during(a.run((host) => host.dial(b.address)));
    await world.quiesce();
    harm(world);
    const ended = await world.during(echoed(a, b, 'x'.repeat(100_000)), { withinMs: 120_000 }).then(
      (text) => `${text.length}`,
      (thrown: unknown) => (thrown as { readonly code: string }).code,
    );
    expect([...a.broken, ...b.broken]).toEqual([]);
    expect(await world.close()).toEqual([]);
    return ended;
  };

  test('a changed byte is caught and ends the connection; a cut one in the middle too', async () => {
    const why: (string | undefined)[] = [];
    const listen = (world: World, name: string): void => {
      world.node(name).host.events$.subscribe((event) => {
        if (event.type === 'connection.closed') why.push(event.error?.code);
      });
    };
    const corrupt = (from: string, to: string) => (world: World) => {
      listen(world, to);
      world.network.corrupt(from, to);
    };
    expect(await exchange(corrupt('a', 'b'))).toBe('ERR_MULTISTREAM_ENDED');
    expect(await exchange(corrupt('b', 'a'))).toBe('ERR_MULTISTREAM_ENDED');
    expect(why).toEqual(['ERR_NOISE_BAD_FRAME', 'ERR_NOISE_BAD_FRAME']);
    expect(await exchange(({ network }) => network.resetMidFrame('a', 'b'))).toBe('ERR_MULTISTREAM_ENDED');
  });

  test('a partition of some seconds delays, one beyond the time-outs ends what was asked', async () => {
    const partition = (untilMs: number) => (world: World) => {
      const cut = world.network.isolate('a');
      world.at(untilMs, () => world.network.heal(cut));
    };
    expect(await exchange(partition(5_000))).toBe('100000');
    expect(await exchange(partition(100_000))).toBe('ERR_MULTISTREAM_TIMEOUT');
  });

  test('every byte of a handshake is protected: corruption in any of its writes never opens a connection', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = new World({ seed, ciphers: 'toy', links: { corruptChance: 1 } });
      const [a, b] = [world.addNode('a'), world.addNode('b')];
      const dialed = world.during(
        a.run((host) => host.dial(b.address)),
        { withinMs: 100_000 },
      );
      outcomes.add(
        await dialed.then(
          () => 'opened',
          (thrown: unknown) => (thrown as { readonly code: string }).code,
        ),
      );
      expect([...a.broken, ...b.broken]).toEqual([]);
      expect(await world.close()).toEqual([]);
    }
    expect(outcomes.has('opened')).toBe(false);
  });
});

describe('several addresses', () => {
  test('a node is found at the one on which it still listens; at the others nobody is', async () => {
    const world = newWorld();
    const a = world.addNode('a', { listen: ['/memory/a', '/memory/a.2'] });
    const b = world.addNode('b');
    await world.during(b.run((host) => host.identify(a.address)));
    expect(a.host.addresses).toEqual([a.address, `/memory/a.2/p2p/${a.peerId}`]);
    a.host.disconnect(b.peerId);
    await world.until(() => b.host.connections().length === 0, { withinMs: 60_000 });
    // Found by identify, and dialed where the first one leads nowhere.
    await expect(world.during(b.run((host) => host.dial(`/memory/a.3/p2p/${a.peerId}`)))).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_REFUSED',
    });
    const dialed = await world.during(b.run((host) => host.dial(`/memory/a.2/p2p/${a.peerId}`)));
    expect(dialed).toMatchObject({ remotePeer: a.peerId, remoteAddress: '/memory/a.2' });
    expect(await world.close()).toEqual([]);
    expect([...a.broken, ...b.broken]).toEqual([]);
  });

  test('both are known by its peer id, and raced for', async () => {
    const world = newWorld();
    const a = world.addNode('a', { listen: ['/memory/a', '/memory/a.2'] });
    const b = world.addNode('b');
    await world.during(b.run((host) => host.identify(a.address)));
    a.host.disconnect(b.peerId);
    await world.until(() => b.host.connections().length === 0, { withinMs: 60_000 });
    const steps: string[] = [];
    b.host.transitions$.subscribe(({ machine, to }) => machine === 'dial' && steps.push(to));
    const dialed = await world.during(b.run((host) => host.dial(a.peerId)));
    expect(dialed.remotePeer).toBe(a.peerId);
    expect(steps).toEqual(['dialing', 'racing.staggering', 'connected']);
    expect(await world.close()).toEqual([]);
  });
});
