/** What is discovered: once, at a rate, and by whom. */
import { describe, expect, test } from '@jest/globals';
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { DiscoveryHub } from '../../../src/actors/routing/discovery-hub.js';
import { RandomWalk } from '../../../src/actors/routing/random-walk.js';
import { LIMITS } from '../../../src/limits.js';
import { BootstrapList, PUBLIC_BOOTSTRAP } from '../../../src/routing/bootstrap-list.js';
import type { DiscoveredPeer, Discovery, PeerAnswer, Router } from '../../../src/routing/router.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { thrownCode } from '../../support/decoding.js';

const SELF = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

function rig() {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const hub = new DiscoveryHub(environment, SELF);
  const heard: string[] = [];
  hub.peers$.subscribe(({ source, peer }) =>
    heard.push(`${clock.now()} ${source} ${peer.id} ${peer.addresses.join(' ')}`),
  );
  return { clock, environment, hub, heard };
}

function sourceOf(name: string) {
  const peers$ = new Subject<DiscoveredPeer>();
  const calls: string[] = [];
  const discovery: Discovery = {
    name,
    peers$,
    start: () => void calls.push('start'),
    stop: () => {
      calls.push('stop');
      return Promise.resolve();
    },
  };
  const tell = (id: string, ...addresses: string[]): void => peers$.next({ source: name, peer: { id, addresses } });
  return { discovery, calls, tell, peers$ };
}

describe('the hub', () => {
  test('tells what is new: a peer, other addresses, another source, and the same again after a while', () => {
    const { clock, hub, heard } = rig();
    const a = sourceOf('a');
    const b = sourceOf('b');
    hub.add(a.discovery);
    hub.add(b.discovery);
    hub.start();
    a.tell('p1', '/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/2');
    a.tell('p1', '/ip4/1.2.3.4/tcp/2', '/ip4/1.2.3.4/tcp/1');
    b.tell('p1', '/ip4/1.2.3.4/tcp/1');
    a.tell('p1', '/ip4/1.2.3.4/tcp/3');
    clock.advance(LIMITS.discoveryRepeatMs - 1);
    a.tell('p1', '/ip4/1.2.3.4/tcp/3');
    clock.advance(1);
    a.tell('p1', '/ip4/1.2.3.4/tcp/3');
    expect(heard).toEqual([
      '0 a p1 /ip4/1.2.3.4/tcp/1 /ip4/1.2.3.4/tcp/2',
      '0 b p1 /ip4/1.2.3.4/tcp/1',
      '0 a p1 /ip4/1.2.3.4/tcp/3',
      `${LIMITS.discoveryRepeatMs} a p1 /ip4/1.2.3.4/tcp/3`,
    ]);
  });

  test('is silent about ourselves, before the start and after the stop', async () => {
    const { hub, heard } = rig();
    const a = sourceOf('a');
    hub.add(a.discovery);
    a.tell('p0');
    hub.start();
    a.tell(SELF);
    await hub.stop();
    a.tell('p1');
    expect([heard, a.calls, a.peers$.observed]).toEqual([[], ['start', 'stop'], false]);
  });

  test('a source that comes late is started at once', () => {
    const { hub } = rig();
    hub.start();
    const a = sourceOf('a');
    hub.add(a.discovery);
    expect(a.calls).toEqual(['start']);
  });

  test('holds each source to its rate: the burst, one more, and what a second gives back', () => {
    const { clock, hub, heard } = rig();
    const flood = sourceOf('flood');
    const other = sourceOf('other');
    hub.add(flood.discovery);
    hub.add(other.discovery);
    hub.start();
    for (let peer = 0; peer <= LIMITS.discoveryBurst; peer++) flood.tell(`p${peer}`);
    other.tell('p0');
    expect([heard.length, hub.dropped]).toEqual([LIMITS.discoveryBurst + 1, { flood: 1 }]);
    clock.advance(1_000);
    for (let peer = 0; peer <= LIMITS.discoveryPerSecond; peer++) flood.tell(`q${peer}`);
    expect([heard.length, hub.dropped]).toEqual([LIMITS.discoveryBurst + 1 + LIMITS.discoveryPerSecond, { flood: 2 }]);
  });

  test('remembers so many peers, and forgets the one told longest ago', () => {
    const { clock, hub, heard } = rig();
    const a = sourceOf('a');
    hub.add(a.discovery);
    hub.start();
    // Ten at a time, so that the rate is no matter.
    const tellAll = (count: number): void => {
      for (let peer = 0; peer < count; peer++) {
        if (peer % 8 === 0) clock.advance(500);
        a.tell(`p${peer}`);
      }
    };
    const environment = new Environment({
      clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      limits: { discoveryRemembered: 16, discoveryRepeatMs: 1_000_000 },
    });
    const small = new DiscoveryHub(environment, SELF);
    const few: string[] = [];
    small.peers$.subscribe(({ peer }) => few.push(peer.id));
    small.add(a.discovery);
    small.start();
    tellAll(16);
    a.tell('p0');
    expect(few.length).toBe(16);
    a.tell('p16');
    a.tell('p0');
    expect(few.slice(16)).toEqual(['p16', 'p0']);
    expect(heard.length).toBe(17);
  });
});

describe('the bootstrap list', () => {
  test('tells of each peer once a start, its addresses together', () => {
    const peer = 'QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN';
    const list = new BootstrapList([`/ip4/1.2.3.4/tcp/1/p2p/${peer}`, `/ip4/1.2.3.4/tcp/2/ipfs/${peer}`]);
    const found: DiscoveredPeer[] = [];
    list.peers$.subscribe((one) => found.push(one));
    list.start();
    list.start();
    const one = { source: 'bootstrap', peer: { id: peer, addresses: ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/2'] } };
    expect(found).toEqual([one, one]);
  });

  test('refuses an address without peer id, and what is none', () => {
    expect(thrownCode(() => new BootstrapList(['/ip4/1.2.3.4/tcp/1']))).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownCode(() => new BootstrapList(['here']))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('the public one is a list of it', () => {
    expect(() => new BootstrapList(PUBLIC_BOOTSTRAP)).not.toThrow();
  });
});

describe('the random walk', () => {
  const answer = (id: string): PeerAnswer => ({ source: 'dht', peer: { id, addresses: [] } });

  function walker(closestPeers: Router['closestPeers']) {
    const { clock, environment } = rig();
    const keys: string[] = [];
    const router: Router = {
      name: 'dht',
      ...(closestPeers === undefined
        ? {}
        : {
            closestPeers: (key: Uint8Array) => {
              keys.push(Buffer.from(key).toString('hex'));
              return closestPeers(key);
            },
          }),
    };
    const walk = new RandomWalk(environment, router);
    const heard: string[] = [];
    walk.peers$.subscribe(({ source, peer }) => heard.push(`${clock.now()} ${source} ${peer.id}`));
    return { clock, environment, walk, heard, keys };
  }

  test('walks after each rest, with another key, and tells whom it met', async () => {
    const { clock, environment, walk, heard, keys } = walker(() => of(answer('p1'), answer('p2')));
    walk.start();
    walk.start();
    clock.advance(2 * LIMITS.randomWalkIntervalMs);
    const [first, second] = [LIMITS.randomWalkIntervalMs, 2 * LIMITS.randomWalkIntervalMs];
    expect(heard).toEqual([`${first} dht p1`, `${first} dht p2`, `${second} dht p1`, `${second} dht p2`]);
    expect([keys.map((key) => key.length), new Set(keys).size, walk.walks]).toEqual([[64, 64], 2, 2]);
    await walk.stop();
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('walks when it is told, but once at a time; a walk without end is dropped at its time', async () => {
    let live = 0;
    const endless = new Observable<PeerAnswer>(() => {
      live++;
      return () => live--;
    });
    const { clock, environment, walk } = walker(() => endless);
    walk.walk();
    expect(walk.walks).toBe(0);
    walk.start();
    walk.walk();
    walk.walk();
    expect([walk.walks, live]).toEqual([1, 1]);
    clock.advance(LIMITS.randomWalkTimeoutMs - 1);
    expect(live).toBe(1);
    clock.advance(1);
    expect(live).toBe(0);
    walk.walk();
    expect([walk.walks, live]).toEqual([2, 1]);
    await walk.stop();
    expect([live, environment.liveActors, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  test.each([
    ['a network that fails', () => throwError(() => new Error('no network'))],
    ['a router that cannot', undefined],
  ])('%s is asked again after the rest', async (_, closestPeers) => {
    const { clock, walk, environment } = walker(closestPeers);
    walk.start();
    clock.advance(2 * LIMITS.randomWalkIntervalMs);
    expect(walk.walks).toBe(2);
    await walk.stop();
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('a stop drops the walk that is under way', async () => {
    const { clock, environment, walk } = walker(() => NEVER);
    walk.start();
    walk.walk();
    await walk.stop();
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });
});
