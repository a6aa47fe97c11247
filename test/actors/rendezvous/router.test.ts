/** A point as a router and as a source of peers. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { firstValueFrom, toArray } from 'rxjs';
import { providersNamespace, RendezvousDiscovery, RendezvousRouter } from '../../../src/actors/rendezvous/router.js';
import { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { framed, NOTHING_LEFT, RendezvousNet, settled, someone } from '../../support/rendezvous-net.js';

const [alice, bob, carol] = [someone(), someone(), someone()];
const V0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG';

describe('the namespace of a CID', () => {
  test('is its multihash alone: every CID of the bytes leads there', () => {
    const cid = CID.parse(V0);
    const { multihash } = cid;
    const namespace = providersNamespace(cid);
    // What Kubo prints of the CID with `ipfs cid format -b base32 -f %M`, behind the letter of the base.
    expect(namespace).toBe('/providers/bciqj23bl4uhxa2kti6nltxzm4pw4vefwqbj4aczqas37blgl4huo5xy');
    for (const codec of [0x55, 0x70, 0x71]) expect(providersNamespace(CID.createV1(codec, multihash))).toBe(namespace);
  });
});

test('who provides is found, until it provides no more', async () => {
  const net = new RendezvousNet();
  net.point();
  const [ours, theirs] = [net.client(alice), net.client(bob)];
  const [provider, seeker] = [new RendezvousRouter(ours), new RendezvousRouter(theirs)];
  const cid = CID.parse(V0);
  const find = () => firstValueFrom(seeker.findProviders(cid).pipe(toArray()));
  expect(await find()).toEqual([]);
  expect(await firstValueFrom(provider.provide(cid).pipe(toArray()))).toEqual([
    { source: 'rendezvous', at: 'the point' },
  ]);
  expect(await find()).toEqual([
    { source: 'rendezvous', provider: { id: alice.peerId, addresses: ['/ip4/127.0.0.1/tcp/4001'] } },
  ]);
  await provider.unprovide(cid);
  await settled();
  expect([await find(), net.left]).toEqual([[], NOTHING_LEFT]);
});

test('a provide that fails, and one that was cancelled', async () => {
  const net = new RendezvousNet();
  net.scripted(() => framed({ type: 'REGISTER_RESPONSE', status: 'E_UNAVAILABLE' }));
  const router = new RendezvousRouter(net.client(alice));
  await expect(firstValueFrom(router.provide(CID.parse(V0)))).rejects.toMatchObject({
    code: 'ERR_RENDEZVOUS_UNAVAILABLE',
  });
  await expect(firstValueFrom(router.provide(CID.parse(V0), { signal: AbortSignal.abort() }))).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
  expect([net.heard.length, net.left]).toEqual([1, NOTHING_LEFT]);
});

describe('looking at a point now and then', () => {
  const watch = (net: RendezvousNet, options = {}) => {
    const discovery = new RendezvousDiscovery(net.environment, net.client(alice), options);
    const [heard, problems]: [string[], string[]] = [[], []];
    discovery.peers$.subscribe(({ source, peer }) => heard.push(`${source} ${peer.id}`));
    discovery.problems$.subscribe(({ code }) => problems.push(code));
    const nextLook = async () => {
      net.clock.advance(LIMITS.rendezvousPollMs);
      await settled();
    };
    return { discovery, heard, problems, nextLook };
  };
  const of = ({ peerId }: { readonly peerId: string }) => `rendezvous ${peerId}`;

  test('tells of who is there, then of who is new; it is there itself', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    const [second, third] = [net.client(bob), net.client(carol)];
    await second.register('meeting');
    const { discovery, heard, problems, nextLook } = watch(net, { namespace: 'meeting' });
    discovery.start();
    discovery.start();
    await settled();
    expect([heard, point.size]).toEqual([[of(bob), of(alice)], 2]);
    await nextLook();
    expect(heard).toHaveLength(2);
    await third.register('meeting');
    await nextLook();
    expect(heard.slice(2)).toEqual([of(carol)]);
    await discovery.stop();
    await discovery.stop();
    await Promise.all([second.stop(), third.stop()]);
    await settled();
    expect([problems, point.size, net.left]).toEqual([[], 0, NOTHING_LEFT]);
  });

  test('a point that is away, or started anew, is looked at again', async () => {
    const net = new RendezvousNet();
    net.point();
    const second = net.client(bob);
    await second.register('meeting');
    const { discovery, heard, problems, nextLook } = watch(net, { namespace: 'meeting', announce: false });
    discovery.start();
    await settled();
    net.unreachable = new EngineError('ERR_DIAL_FAILED', 'remote', 'away');
    await nextLook();
    net.unreachable = undefined;
    // Another life: it knows nobody, and none of its cookies.
    net.point();
    await nextLook();
    expect([heard, problems]).toEqual([[of(bob)], ['ERR_DIAL_FAILED', 'ERR_RENDEZVOUS_INVALID_COOKIE']]);
    await net.client(carol).register('meeting');
    await nextLook();
    expect(heard.slice(1)).toEqual([of(carol)]);
    await discovery.stop();
  });

  test('a point that does not take us still tells', async () => {
    const net = new RendezvousNet({ rendezvousTotalRegistrations: 1 });
    net.point();
    await net.client(bob).register('meeting');
    const { discovery, heard, problems } = watch(net, { namespace: 'meeting' });
    discovery.start();
    await settled();
    expect([heard, problems]).toEqual([[of(bob)], ['ERR_RENDEZVOUS_UNAVAILABLE']]);
    await discovery.stop();
  });

  test('stopped in the middle it says nothing more, and leaves nothing', async () => {
    const net = new RendezvousNet();
    net.scripted(() => undefined);
    const { discovery, heard, problems } = watch(net);
    discovery.start();
    await settled();
    await discovery.stop();
    expect([heard, problems, net.left]).toEqual([[], [], NOTHING_LEFT]);
  });
});
