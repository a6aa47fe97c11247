/** What who looks at a node is told of its exchange of blocks: every word about a CID, both ways. */
import { describe, expect, test } from '@jest/globals';
import type { BitswapObservation } from '../../../src/actors/observations.js';
import { LIMITS } from '../../../src/limits.js';
import { Watcher } from '../../support/observed.js';
import { FakeNetwork, V120 } from './fake-network.js';
import { blocks, entry, ScriptedPeer, wireBlock } from './fixtures.js';

const content = blocks(3, 5_000);
const [first, second] = content as [(typeof content)[0], (typeof content)[0]];
const said = ({ direction, type, cid = '', peer, bytes, session, error }: BitswapObservation): string => {
  const index = content.findIndex((block) => block.cid.toString() === cid);
  const more = [bytes, error].filter((each) => each !== undefined).map((each) => ` ${each}`);
  return `${session === undefined ? '' : `${session}: `}${direction ?? ''} ${type} #${index} ${peer}${more.join('')}`;
};
const saidIn = (watcher: Watcher): string[] => watcher.of('seen:bitswap').map(said);

function scene(count: number) {
  const network = new FakeNetwork();
  const client = network.add('client');
  const watcher = new Watcher();
  client.environment.traceTo(watcher);
  client.bitswap.start();
  const peers = Array.from(
    { length: count },
    (_, index) => new ScriptedPeer(network, network.add(`peer${index}`), client),
  );
  for (const { node } of peers) network.connect(client, node);
  return { network, client, peers, watcher };
}

describe('a session', () => {
  test('tells whom it asked for what, and who answered what', async () => {
    const { network, client, peers, watcher } = scene(3);
    const session = client.bitswap.createSession();
    const wanted = session.want(first.cid);
    await network.idle();
    await peers[0]!.say({ presences: [{ cid: first.cid.bytes, has: false }] });
    await peers[1]!.say({ presences: [{ cid: first.cid.bytes, has: true }] });
    await peers[1]!.say({ blocks: [wireBlock(first)] });
    await wanted;
    await network.idle();
    await peers[2]!.say({ blocks: [wireBlock(first)] });
    expect(saidIn(watcher)).toEqual([
      '1: sent want-have #0 peer0',
      '1: sent want-have #0 peer1',
      '1: sent want-have #0 peer2',
      '1: received dont-have #0 peer0',
      '1: received have #0 peer1',
      '1: sent want-block #0 peer1',
      '1: received block #0 peer1 5000',
      '1: sent cancel #0 peer0',
      '1: sent cancel #0 peer2',
      '1: received duplicate #0 peer2 5000',
    ]);
    const actors = new Set(watcher.seen.map(({ name, actor }) => `${name} ${actor}`));
    expect([...actors]).toEqual(['seen:bitswap bitswap/session:1']);
  });

  test('tells of a peer that lets a want wait, and of one that breaks the protocol', async () => {
    const { network, client, peers, watcher } = scene(1);
    const session = client.bitswap.createSession({ peers: ['peer0'] });
    session.want(first.cid).catch(() => undefined);
    await network.idle();
    await network.advance(LIMITS.bitswapRebroadcastMs + 1000);
    await peers[0]!.send(Uint8Array.of(2, 0xff, 0xff), V120);
    await network.idle();
    const lines = saidIn(watcher);
    expect(lines[0]).toBe('1: sent want-block #0 peer0');
    expect(lines).toContain('1:  stall #0 peer0');
    // Nobody else has it: the same peer is asked once more.
    expect(lines.filter((line) => line === '1: sent want-block #0 peer0').length).toBeGreaterThan(1);
    expect(lines).toContain(' fault #-1 peer0 ERR_BITSWAP_BAD_MESSAGE');
    session.close();
    await network.idle();
  });
});

describe('the server', () => {
  test('tells what a peer wants, and what it was answered', async () => {
    const { network, client, peers, watcher } = scene(1);
    await client.store.putMany([first]);
    const entries = [
      entry(first.cid, { wantType: 'have', priority: 3 }),
      entry(second.cid, { priority: 2 }),
      entry(content[2]!.cid, { sendDontHave: false }),
    ];
    await peers[0]!.say({ wantlist: { entries, full: true } });
    await network.idle();
    await peers[0]!.say({ wantlist: { entries: [entry(first.cid)], full: false } });
    await network.idle();
    await peers[0]!.say({ wantlist: { entries: [entry(second.cid, { cancel: true })], full: false } });
    await network.idle();
    expect(saidIn(watcher)).toEqual([
      'received want-have #0 peer0',
      'received want-block #1 peer0',
      'received want-block #2 peer0',
      'sent have #0 peer0',
      'sent dont-have #1 peer0',
      'received want-block #0 peer0',
      'sent block #0 peer0 5000',
      'received cancel #1 peer0',
    ]);
    expect(new Set(watcher.seen.map(({ actor }) => actor))).toEqual(new Set(['bitswap']));
  });

  test('is refused the same words, seen or not', async () => {
    const outcomes: unknown[] = [];
    for (const isSeen of [true, false]) {
      const network = new FakeNetwork();
      const server = network.add('server');
      if (isSeen) server.environment.traceTo(new Watcher());
      server.bitswap.start();
      const peer = new ScriptedPeer(network, network.add('peer'), server);
      network.connect(server, peer.node);
      // A CID of version 1 whose multihash is cut short, to be cancelled and to be sent.
      for (const cancel of [true, false]) {
        const bad = { ...entry(first.cid, { cancel }), cid: Uint8Array.of(1, 0x55, 0x12, 2, 7) };
        await peer.say({ wantlist: { entries: [bad], full: false } });
        await network.idle();
      }
      outcomes.push(server.bitswap.ledgers.get('peer')?.faults);
    }
    expect(outcomes[0]).toBeGreaterThan(0);
    expect(outcomes[0]).toEqual(outcomes[1]);
  });
});
