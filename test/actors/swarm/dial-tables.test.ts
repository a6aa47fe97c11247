/** The tables of a dialer, each alone: back-off, black holes, slots. */
import { describe, expect, test } from '@jest/globals';
import { BlackHoles, SuccessCounter } from '../../../src/actors/swarm/black-hole.js';
import { DialBackoff } from '../../../src/actors/swarm/dial-backoff.js';
import { DialSlots } from '../../../src/actors/swarm/dial-slots.js';
import { LIMITS } from '../../../src/limits.js';

const ADDRESS = '/ip4/8.8.8.8/tcp/1';

describe('back-off', () => {
  test('5 s, and 1 s times the square of the failures before, up to 5 min', () => {
    const backoff = new DialBackoff(LIMITS);
    let nowMs = 0;
    const waits: number[] = [];
    for (let failure = 0; failure < 20; failure++) {
      backoff.failed('peer', ADDRESS, nowMs);
      waits.push(backoff.waitMs('peer', ADDRESS, nowMs));
      nowMs += waits.at(-1) ?? 0;
    }
    expect(waits.map((waitMs) => waitMs / 1000)).toEqual([
      5, 6, 9, 14, 21, 30, 41, 54, 69, 86, 105, 126, 149, 174, 201, 230, 261, 294, 300, 300,
    ]);
  });

  test('another address, another peer, and the end of the wait are free', () => {
    const backoff = new DialBackoff(LIMITS);
    backoff.failed('peer', ADDRESS, 1_000);
    expect(backoff.waitMs('peer', '/ip4/8.8.8.8/tcp/2', 1_000)).toBe(0);
    expect(backoff.waitMs('other', ADDRESS, 1_000)).toBe(0);
    expect(backoff.waitMs('peer', ADDRESS, 5_999)).toBe(1);
    expect(backoff.waitMs('peer', ADDRESS, 6_000)).toBe(0);
  });

  test('a success, and a long time, forget the failures', () => {
    const backoff = new DialBackoff(LIMITS);
    backoff.failed('peer', ADDRESS, 0);
    backoff.succeeded('peer', ADDRESS);
    expect(backoff.size).toBe(0);
    backoff.failed('peer', ADDRESS, 0);
    backoff.failed('peer', ADDRESS, 5_000 + 300_000);
    expect(backoff.waitMs('peer', ADDRESS, 305_000)).toBe(6_000);
    backoff.failed('peer', ADDRESS, 311_000 + 300_001);
    expect(backoff.waitMs('peer', ADDRESS, 611_001)).toBe(5_000);
  });

  test('at the limit remembered, one past it the oldest is forgotten', () => {
    const backoff = new DialBackoff({ ...LIMITS, dialBackoffEntries: 3 });
    for (const peer of ['a', 'b', 'c']) backoff.failed(peer, ADDRESS, 0);
    backoff.failed('a', ADDRESS, 0);
    backoff.failed('d', ADDRESS, 0);
    expect(backoff.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((peer) => backoff.waitMs(peer, ADDRESS, 0) > 0)).toEqual(['a', 'c', 'd']);
  });
});

describe('black holes', () => {
  const counted = (successes: number, dials: number): SuccessCounter => {
    const counter = new SuccessCounter(LIMITS);
    for (let dial = 0; dial < dials; dial++) counter.record(dial < successes);
    return counter;
  };

  test.each([
    { successes: 0, dials: 99, isBlocked: false },
    { successes: 0, dials: 100, isBlocked: true },
    { successes: 4, dials: 100, isBlocked: true },
    { successes: 5, dials: 100, isBlocked: false },
    // Those that leave the window count no more.
    { successes: 5, dials: 101, isBlocked: true },
  ])('$successes of $dials: blocked $isBlocked', ({ successes, dials, isBlocked }) => {
    expect(counted(successes, dials).isBlocked).toBe(isBlocked);
  });

  test('while blocked, every hundredth dial is made; a success opens the way', () => {
    const counter = counted(0, 100);
    const allowed = Array.from({ length: 200 }, () => counter.allows());
    expect(allowed.flatMap((is, index) => (is ? [index + 1] : []))).toEqual([100, 200]);
    counter.record(false);
    expect(counter.isBlocked).toBe(true);
    counter.record(true);
    expect(counter.isBlocked).toBe(false);
    expect(counter.allows()).toBe(true);
  });

  test('kinds: public IPv6 and UDP; what is near, relayed or of IPv4 over TCP passes', () => {
    const holes = new BlackHoles({ blackHoleDials: 1, blackHoleSuccesses: 1 });
    holes.record('/ip6/2600::1/tcp/1', false);
    holes.record('/ip4/8.8.8.8/tcp/1', false);
    const relayed = '/ip6/2600::1/tcp/1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5/p2p-circuit';
    const addresses = ['/ip6/2600::9/tcp/9', '/ip4/8.8.8.8/tcp/1', '/ip6/::1/tcp/1', '/ip6/fd00::1/tcp/1', relayed];
    // With one dial to count, every dial would be the one that probes.
    const strict = new BlackHoles({ blackHoleDials: 2, blackHoleSuccesses: 1 });
    for (const address of ['/ip6/2600::1/tcp/1', '/ip6/2600::2/tcp/1']) strict.record(address, false);
    for (const address of ['/ip4/8.8.8.8/udp/1', '/ip4/8.8.4.4/udp/1']) strict.record(address, false);
    expect(strict.allowed([...addresses, '/ip4/1.1.1.1/udp/1'])).toEqual(addresses.slice(1));
    expect(holes.allowed(addresses)).toEqual(addresses);
  });
});

describe('slots', () => {
  test('at the limit taken, one past it waits in order, and who leaves the queue is not called', () => {
    const slots = new DialSlots({ dialsAtOnce: 2, dialsWaiting: 3 });
    const begun: string[] = [];
    const take = (name: string) => slots.take(() => begun.push(name));
    const [first, second] = [take('a'), take('b')];
    const [third, fourth] = [take('c'), take('d')];
    take('e');
    expect(begun).toEqual(['a', 'b']);
    expect(() => take('f')).toThrow(expect.objectContaining({ code: 'ERR_CONNECTION_LIMIT' }));
    third();
    first();
    first();
    expect(begun).toEqual(['a', 'b', 'd']);
    second();
    expect(begun).toEqual(['a', 'b', 'd', 'e']);
    fourth();
    expect(begun).toEqual(['a', 'b', 'd', 'e']);
  });
});
