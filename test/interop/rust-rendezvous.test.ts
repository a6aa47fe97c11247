/** rust-libp2p as the judge of rendezvous: we at its point, it at ours. */
import { afterEach, expect, test } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import { CID } from 'multiformats/cid';
import type { RendezvousPeer } from '../../src/actors/rendezvous/client.js';
import { RendezvousRouter } from '../../src/actors/rendezvous/router.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { rendezvousNode } from '../support/live-rendezvous.js';
import { suiteFor } from '../support/live-suites.js';

const suite = await suiteFor('rust-rendezvous');

const HOURS = 60 * 60;
const idsOf = (peers: readonly RendezvousPeer[]): readonly string[] => peers.map(({ peer }) => peer.id).sort();

interface Told {
  readonly peerId: string;
  readonly namespace: string;
  readonly ttl: number;
  readonly addresses: readonly string[];
}
const told = (answer: unknown): readonly Told[] =>
  (answer as { readonly registrations: readonly Told[] }).registrations;

suite('rendezvous with rust-libp2p', () => {
  const started: Peer[] = [];
  const start = async (...args: string[]): Promise<Peer> => {
    const peer = await startPeer('rust-rendezvous', args);
    started.push(peer);
    return peer;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((peer) => peer.stop()));
  });

  test('we register, discover and unregister at its point', async () => {
    const point = await start();
    const [alice, bob] = await Promise.all([rendezvousNode(), rendezvousNode()]);
    for (const { host } of [alice, bob]) await host.dial(point.addresses[0]);
    const [ours, theirs] = [alice.client(point.peerId), bob.client(point.peerId)];

    await ours.register('meeting', { ttlSeconds: 3 * HOURS });
    const { peers, refused } = await theirs.discover({ namespace: 'meeting' });
    expect([peers, refused]).toEqual([
      [
        {
          peer: { id: alice.host.peerId, addresses: alice.network.addressesOf(alice.host.peerId) },
          namespace: 'meeting',
          ttlSeconds: 3 * HOURS,
        },
      ],
      0,
    ]);
    await theirs.register('meeting');
    await theirs.register('another');
    expect(idsOf(await firstValueFrom(ours.findPeers('meeting').pipe(toArray())))).toEqual(
      [alice.host.peerId, bob.host.peerId].sort(),
    );
    expect(idsOf(await firstValueFrom(ours.findPeers().pipe(toArray())))).toHaveLength(3);

    await ours.unregister('meeting');
    while ((await theirs.discover({ namespace: 'meeting' })).peers.length > 1);
    await Promise.all([ours.stop(), theirs.stop()]);
    expect([alice.environment.liveActors, bob.environment.liveActors]).toEqual([0, 0]);
  });

  test('its cookies lead on, its pages are turned', async () => {
    const point = await start();
    const node = await rendezvousNode();
    await node.host.dial(point.addresses[0]);
    const client = node.client(point.peerId);
    for (const namespace of ['one', 'two', 'three']) await client.register(namespace);
    const first = await client.discover({ limit: 2 });
    const second = await client.discover({ limit: 2, cookie: first.cookie });
    const third = await client.discover({ limit: 2, cookie: second.cookie });
    expect([first, second, third].map(({ peers }) => peers.length)).toEqual([2, 1, 0]);
    expect([...first.peers, ...second.peers].map(({ namespace }) => namespace).sort()).toEqual(['one', 'three', 'two']);
    await client.register('four');
    expect((await client.discover({ cookie: third.cookie })).peers.map(({ namespace }) => namespace)).toEqual(['four']);
    await client.stop();
  });

  test('what it refuses comes back by name', async () => {
    const point = await start('--per-peer', '1');
    const node = await rendezvousNode();
    await node.host.dial(point.addresses[0]);
    const client = node.client(point.peerId);
    await expect(client.register('short', { ttlSeconds: 60 })).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_INVALID_TTL',
    });
    await client.register('one');
    await expect(client.register('two')).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_UNAVAILABLE' });
    const { cookie } = await client.discover({ namespace: 'one' });
    await expect(client.discover({ namespace: 'two', cookie })).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_INVALID_COOKIE',
    });
    expect(client.namespaces).toEqual(['one']);
    await client.stop();
  });

  test('our standard record alone it does not read', async () => {
    const point = await start();
    const node = await rendezvousNode();
    await node.host.dial(point.addresses[0]);
    const client = node.client(point.peerId, { dialects: ['standard'] });
    await expect(client.register('meeting')).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_ENDED' });
    await client.stop();
  });

  test('it registers, discovers and unregisters at our point', async () => {
    const node = await rendezvousNode();
    const point = node.point({ dialects: ['rust'] });
    const [carol, dave] = await Promise.all([start(), start()]);
    const at = { point: node.host.peerId };
    for (const peer of [carol, dave]) await peer.request('dial', { address: node.host.addresses[0] });
    expect(await carol.request('register', { ...at, namespace: 'meeting' })).toMatchObject({ ttl: 2 * HOURS });
    expect(await dave.request('register', { ...at, namespace: 'meeting', ttl: 5 * HOURS })).toMatchObject({
      ttl: 5 * HOURS,
    });
    await expect(carol.request('register', { ...at, namespace: 'long', ttl: 73 * HOURS })).rejects.toThrow(
      'InvalidTtl',
    );

    const first = await dave.request('discover', { ...at, namespace: 'meeting', limit: 1 });
    expect(told(first)).toEqual([
      {
        peerId: carol.peerId,
        namespace: 'meeting',
        ttl: 2 * HOURS,
        addresses: [carol.addresses[0].replace(/\/p2p\/.*/, '')],
      },
    ]);
    const second = await dave.request('discover', { ...at, namespace: 'meeting', cookie: first['cookie'] });
    expect(told(second).map(({ peerId }) => peerId)).toEqual([dave.peerId]);
    const third = await dave.request('discover', { ...at, namespace: 'meeting', cookie: second['cookie'] });
    expect(told(third)).toEqual([]);
    await expect(dave.request('discover', { ...at, namespace: 'other', cookie: second['cookie'] })).rejects.toThrow(
      'InvalidCookie',
    );
    expect(told(await dave.request('discover', at))).toHaveLength(2);

    await carol.request('unregister', { ...at, namespace: 'meeting' });
    while (point.size > 1) await dave.request('discover', at);
    expect(told(await dave.request('discover', at)).map(({ peerId }) => peerId)).toEqual([dave.peerId]);
    expect(node.environment.liveActors).toBe(0);
  });

  test('content is provided and found at its point', async () => {
    const point = await start();
    const [alice, bob] = await Promise.all([rendezvousNode(), rendezvousNode()]);
    for (const { host } of [alice, bob]) await host.dial(point.addresses[0]);
    const [ours, theirs] = [alice.client(point.peerId), bob.client(point.peerId)];
    const cid = CID.parse('bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy');
    expect(await firstValueFrom(new RendezvousRouter(ours).provide(cid))).toEqual({
      source: 'rendezvous',
      at: point.peerId,
    });
    const providers = await firstValueFrom(new RendezvousRouter(theirs).findProviders(cid).pipe(toArray()));
    expect(providers).toEqual([
      {
        source: 'rendezvous',
        provider: { id: alice.host.peerId, addresses: alice.network.addressesOf(alice.host.peerId) },
      },
    ]);
    await Promise.all([ours.stop(), theirs.stop()]);
  });
});
