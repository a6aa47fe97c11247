/** Whole nodes in virtual time, looked at from the beginning and from the middle: what stands, what is asked, what is fetched. */
import { describe, expect, jest, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { Environment } from '../../src/actors/environment.js';
import { bitswapGridsOf } from '../../src/inspect/bitswap-grid.js';
import { queriesOf } from '../../src/inspect/queries.js';
import { World, type SimNode } from '../../src/sim/index.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { END, openIn, storeOfTaken } from '../inspect/records.js';
import { importBytes, readAll } from '../sim/world/content.js';
import { Watcher } from '../support/observed.js';

const NODES = 4;

/** Servers that know the first; the last one provides a file. `watch` looks at a reader from its first moment. */
async function network(seed: number, watch?: Watcher) {
  const world = new World({
    seed,
    ciphers: 'toy',
    links: { latencyMs: 20 },
    traceFor: (name) => (name === 'reader' ? watch : undefined),
  });
  const dht = { mode: 'server', peers: 'any' } as const;
  const first = world.addNode('n0', { routing: { dht } });
  for (let index = 1; index < NODES; index++)
    world.addNode(`n${index}`, { routing: { dht }, bootstrap: [first.address] });
  await world.run({ untilMs: 30_000 });
  const provider = world.node(`n${NODES - 1}`);
  const bytes = new SeededRandom(seed).bytes('content', 300_000);
  const cid = await world.during(provider.run((host) => importBytes(host, bytes)));
  await world.during(provider.run((host) => lastValueFrom(host.routing.provide(CID.parse(cid)).pipe(toArray()))));
  const routing = { dht: { mode: 'client', peers: 'any' }, bootstrapAt: 'need', dialDiscovered: false } as const;
  const reader = world.addNode('reader', { listen: [], routing, bootstrap: [world.node('n1').address] });
  await world.run({ untilMs: 31_000 });
  return { world, reader, provider, cid, bytes };
}

const fetch = async ({ world, reader, cid, bytes }: Awaited<ReturnType<typeof network>>): Promise<void> => {
  expect(await world.during(reader.run((host) => readAll(host.cat(cid))))).toEqual(bytes);
};
const peersOf = (node: SimNode): string[] =>
  node.host.dhts.flatMap(({ view }) => view.buckets.flatMap(({ peers }) => peers.map(({ id }) => id))).sort();

test('a fetch is told from the query that finds its provider to each of its blocks', async () => {
  const watcher = new Watcher();
  const net = await network(1, watcher);
  await fetch(net);
  const queries = watcher.of('seen:query');
  // Whoever answers was asked before, and whoever is no acquaintance was dialed before that.
  const waysOf = new Map<string, string[]>();
  for (const { query, peer, change } of queries) {
    if (peer === undefined || change === 'heard') continue;
    const key = `${query} ${peer}`;
    waysOf.set(key, [...(waysOf.get(key) ?? []), change]);
  }
  const ways = new Set([...waysOf.values()].map((changes) => changes.join(', ')).filter((way) => /answered/.test(way)));
  expect([...ways].sort()).toEqual(['asked, answered', 'dialing, asked, answered']);
  const providing = queries.filter(({ change, providers }) => change === 'answered' && providers !== undefined);
  expect(providing.length).toBeGreaterThan(0);
  const blocks = watcher.of('seen:bitswap').filter(({ type }) => type === 'block');
  expect(new Set(blocks.map(({ peer, direction }) => `${direction} ${peer}`))).toEqual(
    new Set([`received ${net.provider.peerId}`]),
  );
  expect(blocks.map(({ cid }) => cid)).toContain(net.cid);
  for (const { cid, bytes } of blocks) {
    const block = net.reader.run((host) => host.blocks.get(CID.parse(cid ?? '')));
    expect(await net.world.during(block)).toHaveLength(bytes ?? -1);
  }
  // Each connection is told when it opens, with who is behind it.
  const opened = watcher.of('seen:connection');
  expect(opened.map(({ peer }) => peer)).toContain(net.provider.peerId);
  for (const { security, muxer, direction } of opened) {
    expect({ security, muxer, direction }).toEqual({
      security: '/noise',
      muxer: '/yamux/1.0.0',
      direction: 'outbound',
    });
  }
  expect(
    new Set(
      watcher
        .of('seen:table')
        .filter(({ change }) => change === 'added')
        .map(({ peer }) => peer),
    ),
  ).toEqual(new Set(peersOf(net.reader)));
  expect(await net.world.close()).toEqual([]);
});

test('no record has an observation as its cause, and who does not want them hears the same records without them', async () => {
  const [all, few] = [new Watcher(true, 'frames'), new Watcher(false, 'frames')];
  for (const watcher of [all, few]) {
    const net = await network(2, watcher);
    await fetch(net);
    await net.world.close();
  }
  const names = new Set(all.seen.map(({ name }) => name));
  expect([...names].sort()).toEqual(['seen:bitswap', 'seen:connection', 'seen:query', 'seen:table']);
  for (const { cause } of all.taken) {
    if (cause !== undefined) expect(all.taken[cause]?.name).not.toMatch(/^seen:/);
  }
  // The others, with causes numbered as though there were no observations.
  const numbers = new Map<number, number>();
  const rest = all.taken.flatMap((draft, number) => {
    if (draft.name.startsWith('seen:')) return [];
    numbers.set(number, numbers.size);
    return [{ ...draft, cause: draft.cause === undefined ? undefined : numbers.get(draft.cause) }];
  });
  expect(rest).toEqual(few.taken);
}, 120_000);

test('nothing is made while nobody asks for observations', async () => {
  const observe = jest.spyOn(Environment.prototype, 'observe');
  try {
    for (const watcher of [undefined, new Watcher(false, 'frames')]) {
      const net = await network(3, watcher);
      await fetch(net);
      await net.world.close();
    }
    expect(observe).not.toHaveBeenCalled();
  } finally {
    observe.mockRestore();
  }
}, 120_000);

/** The wants that are open, and the queries that run, for who took this. */
function standingFor({ taken }: Watcher) {
  const store = storeOfTaken(taken);
  const grids = bitswapGridsOf(store, END).map((grid) => [grid.id, openIn(grid)] as const);
  const running = queriesOf(store, END).filter(({ outcome }) => outcome === undefined);
  return {
    grids: grids.filter(([, open]) => Object.keys(open).length > 0),
    queries: running.map(({ actor, asks, key, startedMs, peers }) => {
      const states = peers.map(({ peer, state, askedAfterMs }) => [peer, state, askedAfterMs] as const).sort();
      return { actor, asks, key, startedMs, states };
    }),
  };
}

describe('who comes later', () => {
  test('is told what stands: connections, streams, machines and the table; and nobody else is', async () => {
    const early = new Watcher();
    const net = await network(4, early);
    await fetch(net);
    const { host } = net.reader;
    const before = early.taken.length;
    const late = new Watcher();
    const detach = host.traceTo(late);
    expect(early.taken).toHaveLength(before);
    expect(late.of('seen:connection')).toEqual(
      host.connections().map(({ id, remotePeer, remoteAddress, direction, security, muxer, streams }) => ({
        connection: id,
        peer: remotePeer,
        remote: remoteAddress,
        direction,
        security,
        muxer,
        streams,
      })),
    );
    expect(late.of('seen:connection').length).toBeGreaterThan(0);
    const streams = late.of('seen:stream');
    expect(new Set(streams.flatMap(({ protocol = '' }) => protocol))).toEqual(
      new Set(host.streams().map(({ protocol }) => protocol)),
    );
    for (const { send_credit: send, receive_credit: receive } of streams) {
      expect([typeof send, typeof receive]).toEqual(['number', 'number']);
    }
    expect(
      late
        .of('seen:table')
        .map(({ peer }) => peer)
        .sort(),
    ).toEqual(peersOf(net.reader));
    const states = late.seen.filter(({ name }) => name === 'seen:state');
    expect(states).toHaveLength(host.liveActors);
    // What the steps of each machine came to, for who was there from the beginning.
    const last = new Map<string, string>();
    for (const { name, actor, data } of early.taken) {
      if (name === 'actor:transition') last.set(`${actor} ${String(data['machine'])}`, String(data['to']));
    }
    for (const { actor, data } of states) {
      expect([actor, last.get(`${actor} ${String(data['machine'])}`)]).toEqual([actor, data['state']]);
    }
    // Told at once, and before anything else.
    expect(late.seen).toHaveLength(late.taken.length);
    detach();
    expect(await net.world.close()).toEqual([]);
  });

  test('in the middle of a fetch is told its queries and its wants, as who looks all along knows them', async () => {
    const early = new Watcher();
    const { world, reader, cid, bytes } = await network(6, early);
    const wanted = reader.run((host) => readAll(host.cat(cid)));
    let isOver = false;
    let dialingMs = 0;
    void wanted.then(() => (isOver = true));
    const lates: Watcher[] = [];
    const met = new Set<string>();
    for (let untilMs = 31_001; !isOver && untilMs < 60_000; untilMs += 11) {
      await world.run({ untilMs });
      const late = new Watcher();
      reader.host.traceTo(late);
      lates.push(late);
      const known = standingFor(early);
      expect(standingFor(late)).toEqual(known);
      for (const { change, peer } of late.of('seen:query'))
        met.add(peer === undefined ? change : `a peer is ${change}`);
      if (dialingMs === 0 && met.has('a peer is dialing')) dialingMs = untilMs;
      for (const { type, direction } of late.of('seen:bitswap')) met.add(`${direction ?? ''} ${type}`);
    }
    expect(await world.during(wanted)).toEqual(bytes);
    expect([...met].sort()).toEqual([
      'a peer is answered',
      'a peer is asked',
      'a peer is dialing',
      'a peer is heard',
      'received dont-have',
      'sent want-block',
      'sent want-have',
      'started',
    ]);
    expect(await world.close()).toEqual([]);
    // What was under way has ended for everybody who saw it, however late.
    for (const late of [early, ...lates]) {
      const { grids, queries } = standingFor(late);
      expect([grids, queries]).toEqual([[], []]);
    }
    await comesTo(early, dialingMs);
  }, 240_000);

  /** The same fetch, at which nobody looks before this time, comes to the same for who looks then. */
  async function comesTo(early: Watcher, fromMs: number): Promise<void> {
    const { world, reader, cid } = await network(6);
    const wanted = reader.run((host) => readAll(host.cat(cid)));
    await world.run({ untilMs: fromMs });
    const late = new Watcher();
    reader.host.traceTo(late);
    const stood = late.of('seen:query');
    const dialed = stood.flatMap(({ change, peer }) => (change === 'dialing' ? [peer] : []));
    expect(dialed.length).toBeGreaterThan(0);
    await world.during(wanted);
    expect(await world.close()).toEqual([]);
    const after = late.of('seen:query').slice(stood.length);
    expect(after.flatMap(({ change, peer }) => (change === 'asked' ? [peer] : []))).toEqual(
      expect.arrayContaining(dialed),
    );
    const ends = ({ taken }: Watcher) =>
      queriesOf(storeOfTaken(taken), END).map(({ query, outcome, tookMs, messages, closest, peers }) => {
        const states = peers.map(
          ({ peer, state, askedAfterMs, tookMs: ms }) => [peer, state, askedAfterMs, ms] as const,
        );
        return { query, outcome, tookMs, messages, closest, states: states.sort() };
      });
    const seen = new Set(stood.map(({ query }) => query));
    expect(ends(late).filter(({ query }) => seen.has(query))).toEqual(
      ends(early).filter(({ query }) => seen.has(query)),
    );
  }

  test('and does not want observations is told nothing', async () => {
    const net = await network(5);
    const late = new Watcher(false);
    net.reader.host.traceTo(late);
    expect(late.taken).toEqual([]);
    await net.world.close();
  });
});
