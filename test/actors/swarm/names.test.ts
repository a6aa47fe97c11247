/** Dialing names, in virtual time: which addresses they lead to, and where it ends. */
import { describe, expect, test } from '@jest/globals';
import type { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import { TableResolver, type NameTables } from '../../../src/sim/table-resolver.js';
import { ScriptedAddresses } from '../../support/scripted-addresses.js';
import { during, newSwarm, newWorld } from '../../support/sim-nodes.js';

const STRANGER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
const NODE = { to: '/memory/listener' };
const FOUR = '/ip4/8.8.8.8/tcp/4001';
const SIX = '/ip6/2600::1/tcp/4001';

interface Options {
  /** Made with the peer's id. */
  readonly tables: (peer: string) => NameTables;
  /** What answers; all else is refused. */
  readonly reaches?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly latencyMs?: number;
}

async function naming({ tables, reaches = [FOUR, SIX], limits = {}, latencyMs = 1 }: Options) {
  const world = newWorld();
  const listener = newSwarm(world, { seed: 'listener' });
  await listener.swarm.listen('/memory/listener');
  const peer = listener.peerId;
  const addresses = new ScriptedAddresses(world, Object.fromEntries(reaches.map((address) => [address, NODE])));
  const resolver = new TableResolver(tables(peer), { clock: world.clock, latencyMs });
  const dialer = newSwarm(world, { seed: 'dialer', limits, transports: [addresses.transport], resolver });
  const dial = (target: string, signal?: AbortSignal) => dialer.swarm.dial(target, { signal });
  const failing = (target: string) =>
    during(world, dial(target)).then(
      () => undefined,
      (error: unknown) => error as EngineError,
    );
  const isClean = async (): Promise<void> => {
    await during(world, Promise.all([dialer.swarm.stop(), listener.swarm.stop()]));
    expect(dialer.environment.liveActors).toBe(0);
    expect(dialer.broken).toEqual([]);
  };
  const tried = () => addresses.dialed.map(([address]) => address);
  return { world, dialer, resolver, peer, dial, failing, tried, isClean };
}

describe('/dns, /dns4, /dns6', () => {
  const tables = () => ({ ip4: { 'a.example': ['8.8.8.8'] }, ip6: { 'a.example': ['2600::1'] } });

  test.each([
    { kind: 'dns', asked: ['ip6 a.example', 'ip4 a.example'], tried: [SIX] },
    { kind: 'dns4', asked: ['ip4 a.example'], tried: [FOUR] },
    { kind: 'dns6', asked: ['ip6 a.example'], tried: [SIX] },
  ])('/$kind asks for $asked', async ({ kind, asked, tried }) => {
    const node = await naming({ tables });
    const connection = await during(node.world, node.dial(`/${kind}/a.example/tcp/4001/p2p/${node.peer}`));
    expect(connection.remoteAddress).toBe(tried[0]);
    expect(node.resolver.asked).toEqual(asked);
    expect(node.tried()).toEqual(tried);
    await node.isClean();
  });

  test('both families race', async () => {
    const node = await naming({ tables, reaches: [FOUR] });
    await during(node.world, node.dial(`/dns/a.example/tcp/4001`));
    expect(node.tried()).toEqual([SIX, FOUR]);
    await node.isClean();
  });

  test('dialed again by its name without a peer id, it is the same connection', async () => {
    const node = await naming({ tables });
    const first = await during(node.world, node.dial('/dns4/a.example/tcp/4001'));
    expect(await during(node.world, node.dial('/dns4/a.example/tcp/4001'))).toBe(first);
    expect(node.resolver.asked.length).toBe(1);
    await node.isClean();
  });

  test('a name that the caller gives may lead to this machine', async () => {
    const node = await naming({
      tables: () => ({ ip4: { localhost: ['127.0.0.1'] } }),
      reaches: ['/ip4/127.0.0.1/tcp/1'],
    });
    await during(node.world, node.dial('/dns4/localhost/tcp/1'));
    await node.isClean();
  });

  test('a name that a peer told may not', async () => {
    const node = await naming({ tables: () => ({ ip4: { 'evil.example': ['127.0.0.1', '10.0.0.1'] } }) });
    node.dialer.swarm.known.addAddresses(node.peer, ['/dns4/evil.example/tcp/6379'], 'manual');
    expect(await node.failing(node.peer)).toMatchObject({
      code: 'ERR_RESOLVE_FAILED',
      message: '/ip4/127.0.0.1/tcp/6379 is of a network that a name may not lead to',
    });
    expect(node.tried()).toEqual([]);
    await node.isClean();
  });

  test.each([
    { name: 'nobody', code: 'ERR_RESOLVE_FAILED', message: 'nobody does not resolve' },
    { name: 'broken', code: 'ERR_RESOLVE_FAILED', message: 'table: the server of broken fails' },
    { name: 'silent', code: 'ERR_RESOLVE_TIMEOUT', message: '/dns4/silent/tcp/1 did not resolve within 10000 ms' },
  ])('$name: $code', async ({ name, code, message }) => {
    const node = await naming({ tables: () => ({ ip4: { broken: 'broken', silent: 'silent' } }) });
    expect(await node.failing(`/dns4/${name}/tcp/1`)).toMatchObject({ code, blame: 'remote', message });
    expect(node.world.clock.pendingTimers).toBe(0);
    await node.isClean();
  });

  test('what is found when time is up is dialed', async () => {
    const node = await naming({
      tables: () => ({ ip4: { 'a.example': ['8.8.8.8'] }, ip6: { 'a.example': 'silent' } }),
    });
    await during(node.world, node.dial('/dns/a.example/tcp/4001'));
    expect(node.world.clock.now()).toBe(10_000);
    await node.isClean();
  });

  test('cancelled while it resolves, and by a node that stops', async () => {
    const node = await naming({ tables: () => ({ ip4: { a: 'silent', b: 'silent' } }) });
    const abort = new AbortController();
    const first = node.dial('/dns4/a/tcp/1', abort.signal).catch((error: unknown) => error);
    const second = node.dial('/dns4/b/tcp/1').catch((error: unknown) => error);
    await node.world.settle();
    abort.abort();
    expect(await during(node.world, first)).toMatchObject({ code: 'ERR_ABORTED' });
    await node.isClean();
    expect(await second).toMatchObject({ code: 'ERR_ABORTED' });
    expect(node.world.clock.pendingTimers).toBe(0);
  });
});

describe('/dnsaddr', () => {
  const txt = (records: Readonly<Record<string, readonly string[]>>): NameTables => ({
    txt: Object.fromEntries(
      Object.entries(records).map(([name, values]) => [`_dnsaddr.${name}`, values.map((value) => `dnsaddr=${value}`)]),
    ),
  });

  test('names lead to names, and only those of the peer that is dialed are taken', async () => {
    const node = await naming({
      tables: (peer) => ({
        ...txt({
          'boot.example': [`/dnsaddr/one.example/p2p/${peer}`, `/dnsaddr/two.example/p2p/${STRANGER}`, 'nonsense'],
          'one.example': [
            `${FOUR}/p2p/${peer}`,
            `/dns6/a.example/tcp/4001/p2p/${peer}`,
            `/ip4/8.8.4.4/tcp/1/p2p/${STRANGER}`,
            FOUR,
          ],
        }),
        ip6: { 'a.example': ['2600::1'] },
      }),
      reaches: [FOUR],
    });
    await during(node.world, node.dial(`/dnsaddr/boot.example/p2p/${node.peer}`));
    expect(node.resolver.asked).toEqual(['txt _dnsaddr.boot.example', 'txt _dnsaddr.one.example', 'ip6 a.example']);
    expect(node.tried()).toEqual([SIX, FOUR]);
    await node.isClean();
  });

  test('what follows the name has to end the record', async () => {
    const node = await naming({
      tables: (peer) => txt({ 'a.example': [`/ip4/8.8.8.8/tcp/1/p2p/${peer}`, `${FOUR}/p2p/${peer}`] }),
    });
    await during(node.world, node.dial(`/dnsaddr/a.example/tcp/4001/p2p/${node.peer}`));
    expect(node.tried()).toEqual([FOUR]);
    await node.isClean();
  });

  test('records that lead to our own machine or network are not dialed', async () => {
    const node = await naming({
      tables: (peer) =>
        txt({
          'a.example': [
            '/ip4/127.0.0.1/tcp/6379',
            '/ip4/10.0.0.1/tcp/22',
            '/unix/%2Frun%2Fa',
            '/dns4/inner.example/tcp/80',
            '/ip4/8.8.8.8/tcp/9',
          ].map((address) => `${address}/p2p/${peer}`),
        }),
    });
    expect(await node.failing(`/dnsaddr/a.example/p2p/${node.peer}`)).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    expect(node.tried()).toEqual(['/ip4/8.8.8.8/tcp/9']);
    await node.isClean();
  });

  test.each([
    {
      name: 'a name that leads to itself',
      records: (peer: string) => ({ 'a.example': [`/dnsaddr/a.example/p2p/${peer}`] }),
      code: 'ERR_RESOLVE_LOOP',
      message: '/dnsaddr/a.example leads back to itself',
      asked: 1,
    },
    {
      name: 'two names that lead to each other',
      records: (peer: string) => ({
        'a.example': [`/dnsaddr/b.example/p2p/${peer}`],
        'b.example': [`/dnsaddr/a.example/p2p/${peer}`],
      }),
      code: 'ERR_RESOLVE_LOOP',
      message: '/dnsaddr/a.example leads back to itself',
      asked: 2,
    },
    {
      name: 'no record of the peer',
      records: () => ({ 'a.example': [`${FOUR}/p2p/${STRANGER}`, FOUR] }),
      code: 'ERR_RESOLVE_FAILED',
      message: 'no record of /dnsaddr/a.example is of the peer that is dialed',
      asked: 1,
    },
  ])('$name: $code', async ({ records, code, message, asked }) => {
    const node = await naming({ tables: (peer) => txt(records(peer)) });
    expect(await node.failing(`/dnsaddr/a.example/p2p/${node.peer}`)).toMatchObject({ code, blame: 'remote', message });
    expect(node.resolver.asked.length).toBe(asked);
    await node.isClean();
  });

  test('without a peer id it is not clear who is meant', async () => {
    const node = await naming({ tables: () => ({}) });
    expect(await node.failing('/dnsaddr/a.example')).toMatchObject({ code: 'ERR_DIAL_NO_ADDRESS', blame: 'local' });
    expect(node.resolver.asked).toEqual([]);
    await node.isClean();
  });

  test.each([
    { depth: 4, code: undefined },
    { depth: 5, code: 'ERR_RESOLVE_LIMIT' },
  ])('$depth names deep: $code', async ({ depth, code }) => {
    const node = await naming({
      tables: (peer) =>
        txt(
          Object.fromEntries(
            Array.from({ length: depth }, (_, index) => [
              `n${index}.example`,
              [`${index + 1 === depth ? FOUR : `/dnsaddr/n${index + 1}.example`}/p2p/${peer}`],
            ]),
          ),
        ),
    });
    expect((await node.failing(`/dnsaddr/n0.example/p2p/${node.peer}`))?.code).toBe(code);
    expect(node.resolver.asked.length).toBe(4);
    await node.isClean();
  });

  test.each([
    { limit: 3, code: undefined },
    { limit: 2, code: 'ERR_RESOLVE_LIMIT' },
  ])('of the look-ups of one dial, $limit may be made: $code', async ({ limit, code }) => {
    const node = await naming({
      tables: (peer) =>
        txt({
          'a.example': [`/dnsaddr/b.example/p2p/${peer}`, `/dnsaddr/c.example/p2p/${peer}`],
          'b.example': [`/ip4/10.0.0.1/tcp/1/p2p/${peer}`].slice(1),
          'c.example': [`${FOUR}/p2p/${peer}`],
        }),
      limits: { resolverLookups: limit },
    });
    const error = await node.failing(`/dnsaddr/a.example/p2p/${node.peer}`);
    expect(error?.code).toBe(code);
    expect(node.resolver.asked.length).toBe(limit);
    await node.isClean();
  });

  test.each([3, 100_000])('%i records of one name: no more addresses than the limit are tried', async (count) => {
    const node = await naming({
      tables: (peer) =>
        txt({
          'a.example': Array.from(
            { length: count },
            (_, index) => `/ip4/8.8.4.4/tcp/${(index % 65_000) + 1}/p2p/${peer}`,
          ),
        }),
      limits: { resolvedAddresses: 3 },
    });
    expect((await node.failing(`/dnsaddr/a.example/p2p/${node.peer}`))?.message).toMatch(/^all 3 addresses failed/);
    await node.isClean();
  });
});

describe('a name that leads to one host over and over', () => {
  const PORTS = Array.from({ length: 5 }, (_, index) => `/ip4/9.9.9.9/tcp/${5000 + index}`);
  const limits = { hostDialsBurst: 3 };

  test('/dnsaddr: so many of its addresses are tried at once, and the next host is', async () => {
    const node = await naming({
      tables: (peer) => ({
        txt: { '_dnsaddr.a.example': [...PORTS, SIX].map((address) => `dnsaddr=${address}/p2p/${peer}`) },
      }),
      reaches: [],
      limits,
    });
    const error = await node.failing(`/dnsaddr/a.example/p2p/${node.peer}`);
    const codes = ((error?.cause as AggregateError).errors as EngineError[]).map(({ code }) => code);
    expect(codes.filter((code) => code === 'ERR_DIAL_RATE')).toHaveLength(2);
    expect(node.tried().filter((address) => address !== SIX)).toHaveLength(3);
    expect(node.tried()).toContain(SIX);
    await node.isClean();
  });

  test('/dns4: the caller names it, and others say where it leads', async () => {
    const node = await naming({ tables: () => ({ ip4: { 'a.example': ['9.9.9.9'] } }), reaches: [], limits });
    const codes: unknown[] = [];
    for (const port of [1, 2, 3, 4]) codes.push((await node.failing(`/dns4/a.example/tcp/${port}`))?.code);
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'ERR_TRANSPORT_REFUSED'), 'ERR_DIAL_RATE']);
    await node.isClean();
  });
});
