/** Who begins to look while a fetch hangs, or a peer waits for us, is told what who looked all along knows of it. */
import { describe, expect, test } from '@jest/globals';
import type { BitswapObservation } from '../../../src/actors/observations.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import type { BlockStore } from '../../../src/ports.js';
import { bitswapGridsOf } from '../../../src/inspect/bitswap-grid.js';
import { Watcher } from '../../support/observed.js';
import { END, openIn, storeOfTaken } from '../../inspect/records.js';
import { FakeNetwork, type FakeNode } from './fake-network.js';
import { blocks, entry, ScriptedPeer, wireBlock } from './fixtures.js';

const content = blocks(6, 5_000);
const [first, second, third] = content as [(typeof content)[0], (typeof content)[0], (typeof content)[0]];
const presence = ({ cid }: (typeof content)[0], has: boolean) => ({ presences: [{ cid: cid.bytes, has }] });
const said = ({ direction, type, cid = '', peer, session }: BitswapObservation): string => {
  const index = content.findIndex((block) => block.cid.toString() === cid);
  return `${session === undefined ? '' : `${session}: `}${direction ?? ''} ${type} #${index} ${peer}`;
};

function scene(count: number, limits: Partial<Limits> = {}) {
  const network = new FakeNetwork();
  const client = network.add('client', { limits });
  const early = new Watcher();
  client.environment.traceTo(early);
  client.bitswap.start();
  const peers = Array.from(
    { length: count },
    (_, index) => new ScriptedPeer(network, network.add(`peer${index}`), client),
  );
  for (const { node } of peers) network.connect(client, node);
  return { network, client, peers, early };
}

/** Begins to look. */
function look({ environment }: FakeNode) {
  const late = new Watcher();
  const detach = environment.traceTo(late);
  const standing = late.of('seen:bitswap');
  for (const each of standing) expect(each.standing).toBe(true);
  expect(late.taken.every(({ cause }) => cause === undefined)).toBe(true);
  return { late, detach, lines: standing.map(said) };
}

/** What is open, and what each peer was asked or answered last, for who took this. */
const openFor = ({ taken }: Watcher) =>
  Object.fromEntries(bitswapGridsOf(storeOfTaken(taken), END).map((grid) => [grid.id, openIn(grid)]));
const whysFor = ({ taken }: Watcher) =>
  bitswapGridsOf(storeOfTaken(taken), END).flatMap(({ open }) =>
    open.map(({ cid, why }) => `${cid} ${why.replace('; it was open before the look began', '')}`),
  );

describe('a session that waits', () => {
  test('is told want by want and peer by peer, as who looked all along knows it', async () => {
    const { network, client, peers, early } = scene(3);
    const session = client.bitswap.createSession();
    for (const { cid } of [first, second, third]) session.want(cid).catch(() => undefined);
    await network.idle();
    expect(look(client).lines).toEqual(
      [0, 1, 2].flatMap((at) => [0, 1, 2].map((peer) => `1: sent want-have #${at} peer${peer}`)),
    );
    await peers[0]!.say(presence(first, false));
    await peers[1]!.say(presence(first, true));
    await peers[1]!.say(presence(second, true));
    await peers[2]!.say({ blocks: [wireBlock(third)] });
    const { late, lines } = look(client);
    expect(lines).toEqual([
      '1: received dont-have #0 peer0',
      '1: received have #0 peer1',
      '1: sent want-block #0 peer1',
      '1: sent want-have #0 peer2',
      '1: sent want-have #1 peer0',
      '1: received have #1 peer1',
      '1: sent want-block #1 peer1',
      '1: sent want-have #1 peer2',
    ]);
    expect(openFor(late)).toEqual(openFor(early));
    expect(whysFor(late)).toEqual(whysFor(early));
    // What follows is told to both in the same words.
    await peers[2]!.say(presence(first, true));
    await peers[1]!.say({ blocks: [wireBlock(second)] });
    expect(openFor(late)).toEqual(openFor(early));
    expect(late.of('seen:bitswap').filter(({ standing }) => standing !== true).length).toBeGreaterThan(0);
    session.close();
    await network.idle();
    expect(openFor(late)).toEqual(openFor(early));
    const { lines: after } = look(client);
    expect([after, client.bitswap.wantedBlocks]).toEqual([[], 0]);
    client.bitswap.stop();
    await network.idle();
    expect(client.environment.liveActors).toBe(0);
  });

  test('for a peer that lets it wait: a stall, and a want taken back where another peer is asked', async () => {
    const { network, client, peers, early } = scene(1);
    const session = client.bitswap.createSession({ peers: ['peer0'] });
    session.want(first.cid).catch(() => undefined);
    await network.idle();
    expect(look(client).lines).toEqual(['1: sent want-block #0 peer0']);
    await network.advance(LIMITS.bitswapRebroadcastMs + 1000);
    const stalled = look(client);
    expect(stalled.lines).toEqual(['1:  stall #0 peer0', '1: sent want-block #0 peer0']);
    expect(openFor(stalled.late)).toEqual(openFor(early));
    expect(whysFor(stalled.late)).toEqual(whysFor(early));
    const other = new ScriptedPeer(network, network.add('other'), client);
    network.connect(client, other.node);
    await network.idle();
    await other.say(presence(first, true));
    const moved = look(client);
    expect(moved.lines).toEqual([
      '1: received have #0 other',
      '1: sent want-block #0 other',
      '1:  stall #0 peer0',
      '1: sent want-block #0 peer0',
      '1: sent cancel #0 peer0',
    ]);
    expect(openFor(moved.late)).toEqual(openFor(early));
    expect(whysFor(moved.late)).toEqual(whysFor(early));
    // The peer that was asked leaves: what it was asked is known yet, and nobody took it back from it.
    network.disconnect(client, other.node);
    await network.idle();
    const left = look(client);
    expect(left.lines).toContain('1: sent want-block #0 other');
    expect(left.lines).not.toContain('1: sent cancel #0 other');
    expect(openFor(left.late)).toEqual(openFor(early));
    expect(peers[0]!.heard.flat().length).toBeGreaterThan(2);
    session.close();
    await network.idle();
  });

  test('with nobody to ask says nothing of its wants, to whoever looks', async () => {
    const { network, client, early } = scene(0);
    const session = client.bitswap.createSession();
    session.want(first.cid).catch(() => undefined);
    await network.idle();
    expect([look(client).lines, early.of('seen:bitswap')]).toEqual([[], []]);
    session.close();
    await network.idle();
  });

  test('and whoever wants no observations is told nothing', async () => {
    const { network, client } = scene(2);
    const session = client.bitswap.createSession();
    session.want(first.cid).catch(() => undefined);
    await network.idle();
    const declines = new Watcher(false);
    client.environment.traceTo(declines);
    expect(declines.taken).toEqual([]);
    session.close();
    await network.idle();
  });
});

describe('what peers want of us', () => {
  test('is told, with what they were answered', async () => {
    const { network, client, peers, early } = scene(2);
    await peers[0]!.say({
      wantlist: {
        entries: [
          entry(first.cid, { wantType: 'have', priority: 3 }),
          entry(second.cid, { priority: 2 }),
          entry(third.cid, { sendDontHave: false }),
        ],
        full: true,
      },
    });
    await peers[1]!.say({ wantlist: { entries: [entry(first.cid)], full: false } });
    await network.idle();
    const { late, lines } = look(client);
    expect(lines).toEqual([
      'received want-have #0 peer0',
      'sent dont-have #0 peer0',
      'received want-block #1 peer0',
      'sent dont-have #1 peer0',
      'received want-block #2 peer0',
      'received want-block #0 peer1',
      'sent dont-have #0 peer1',
    ]);
    expect(new Set(late.seen.map(({ name, actor }) => `${name} ${actor}`))).toContain('seen:bitswap bitswap');
    expect(openFor(late)).toEqual(openFor(early));
    await peers[1]!.say({ wantlist: { entries: [entry(first.cid, { cancel: true })], full: false } });
    await client.store.putMany([second]);
    client.bitswap.notifyNewBlocks([second]);
    await network.idle();
    expect(openFor(late)).toEqual(openFor(early));
    expect(look(client).lines).toEqual([
      'received want-have #0 peer0',
      'sent dont-have #0 peer0',
      'received want-block #2 peer0',
    ]);
  });

  test('while it waits to be read from the store: what was asked alone', async () => {
    const network = new FakeNetwork();
    const never = new Promise<never>(() => undefined);
    const store = { getMany: () => never, get: () => never, has: () => never } as unknown as BlockStore;
    const server = network.add('server', { store });
    server.bitswap.start();
    const peer = new ScriptedPeer(network, network.add('peer0'), server);
    network.connect(server, peer.node);
    await peer.say({ wantlist: { entries: [entry(first.cid)], full: false } });
    expect(look(server).lines).toEqual(['received want-block #0 peer0']);
  });
});

describe('more than there is room for', () => {
  test.each([
    [6, undefined, 6],
    [5, 1, 5],
    [4, 3, 3],
    [1, 6, 0],
  ])('with room for %i records', async (observeStandingRecords, untold, told) => {
    const { network, client, peers } = scene(2, { observeStandingRecords });
    const session = client.bitswap.createSession();
    session.want(first.cid).catch(() => undefined);
    session.want(second.cid).catch(() => undefined);
    await network.idle();
    // Two records of each want with the first peer, and one with the second.
    await peers[0]!.say(presence(first, true));
    await peers[0]!.say(presence(second, true));
    const { late, lines } = look(client);
    expect(lines).toEqual(
      [0, 1]
        .flatMap((at) => [
          `1: received have #${at} peer0`,
          `1: sent want-block #${at} peer0`,
          `1: sent want-have #${at} peer1`,
        ])
        .slice(0, told),
    );
    const expected = untold === undefined ? [] : [{ standing: true, records: untold }];
    expect(late.of('seen:untold')).toEqual(expected);
    session.close();
    await network.idle();
  });
});
