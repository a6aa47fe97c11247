/** What a point keeps over its restarts: lives in virtual time, order and cookies, limits, a store that fails or is damaged. */
import { describe, expect, test } from '@jest/globals';
import type { RendezvousPointOptions } from '../../../src/actors/rendezvous/server.js';
import { sealPeerRecord } from '../../../src/crypto/peer-record.js';
import type { Identity } from '../../../src/crypto/identity.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { RendezvousDiscoverResponse } from '../../../src/wire/rendezvous.js';
import { decodePointRecord, encodePointRecord, encodeRegistrationRecord } from '../../../src/wire/rendezvous-stored.js';
import { hex, toHex, utf8 } from '../../support/decoding.js';
import { framed, NOTHING_LEFT, RendezvousNet, settled, someone } from '../../support/rendezvous-net.js';

const HOUR_MS = 3_600_000;
const BEGIN_MS = 1_700_000_000_000;
const POINT = '/rendezvous/point';
const [alice, bob, carol] = [someone(), someone(), someone()];
const record = (identity: Identity): Uint8Array => sealPeerRecord(identity, 1n, ['/ip4/127.0.0.1/tcp/4001']);
const keyOf = (identity: Identity, namespace: string): string =>
  `/rendezvous/registrations/${identity.peerId}/${toHex(utf8(namespace))}`;

/** A clock whose wall can be moved. */
class JumpingClock extends VirtualClock {
  shiftMs = BEGIN_MS;

  override wallTime(): number {
    return this.now() + this.shiftMs;
  }
}

interface LifeOptions extends RendezvousPointOptions {
  readonly store?: MemoryDataStore;
  readonly wallMs?: number;
  readonly limits?: Partial<Limits>;
  readonly seed?: number;
}

/** One life of a point; each draws other random bytes. */
let lives = 0;
async function life({ store = new MemoryDataStore(), wallMs = BEGIN_MS, limits, ...options }: LifeOptions = {}) {
  const clock = new JumpingClock();
  clock.shiftMs = wallMs;
  const net = new RendezvousNet(limits, { clock, seed: ++lives });
  const point = net.point({ ...options, store });
  const problems: string[] = [];
  point.problems$.subscribe(({ error }) => problems.push(error.code));
  point.start();
  const register = async (identity: Identity, namespace: string, ttlSeconds = 7_200): Promise<unknown> => {
    const request = { type: 'REGISTER', namespace, signedPeerRecord: record(identity), ttlSeconds } as const;
    return await net.ask(identity.peerId, request);
  };
  const discover = async (request: object = {}): Promise<RendezvousDiscoverResponse> =>
    (await net.ask(bob.peerId, { type: 'DISCOVER', ...request })) as RendezvousDiscoverResponse;
  const names = async (request?: object): Promise<string> => {
    const { status, registrations } = await discover(request);
    return status === 'OK' ? registrations.map(({ namespace }) => namespace).join(' ') : String(status);
  };
  const advance = async (durationMs: number): Promise<void> => {
    await settled();
    clock.advance(durationMs);
    await settled();
  };
  const stop = async (): Promise<object> => {
    await point.stop();
    return net.left;
  };
  const stored = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const [key] of store.query('/rendezvous/registrations/')) keys.push(key);
    return keys.sort();
  };
  return { clock, net, point, store, problems, register, discover, names, advance, stop, stored };
}

describe('after a restart', () => {
  test('who was registered is told as before: the record, the order, what is left of the life', async () => {
    const first = await life();
    await first.register(bob, 'ä', 3 * 3_600);
    await first.register(alice, 'meeting');
    await first.register(carol, 'meeting', 3 * 3_600);
    await first.register(bob, 'other');
    await first.register(alice, 'meeting');
    expect(await first.stop()).toEqual(NOTHING_LEFT);
    const second = await life({ store: first.store, wallMs: BEGIN_MS + HOUR_MS + 400 });
    expect((await second.discover()).registrations).toEqual([
      { namespace: 'ä', signedPeerRecord: record(bob), ttlSeconds: 7_200 },
      { namespace: 'meeting', signedPeerRecord: record(carol), ttlSeconds: 7_200 },
      { namespace: 'other', signedPeerRecord: record(bob), ttlSeconds: 3_600 },
      { namespace: 'meeting', signedPeerRecord: record(alice), ttlSeconds: 3_600 },
    ]);
    expect([second.problems, await second.stop()]).toEqual([[], NOTHING_LEFT]);
  });

  test('a life goes on to its end by wall time, to the millisecond, and then nothing is stored', async () => {
    const first = await life();
    await first.register(alice, 'short');
    await first.register(alice, 'long', 3 * 3_600);
    await first.register(bob, 'gone');
    await first.stop();
    const second = await life({ store: first.store, wallMs: BEGIN_MS + HOUR_MS });
    await second.register(bob, 'gone');
    await second.advance(HOUR_MS - 1);
    expect(await second.names()).toBe('short long gone');
    await second.advance(1);
    expect(await second.names()).toBe('long gone');
    await second.stop();
    const third = await life({ store: first.store, wallMs: BEGIN_MS + 3 * HOUR_MS });
    expect([await third.names(), third.point.size]).toEqual(['', 0]);
    await third.advance(LIMITS.recordWriteMs);
    expect([await third.stored(), third.problems, await third.stop()]).toEqual([[], [], NOTHING_LEFT]);
  });

  test('what nobody asks for is swept, and the sweep ends with the last', async () => {
    const { register, advance, stored, point, net, stop } = await life();
    await register(alice, 'a');
    await advance(LIMITS.recordWriteMs);
    expect(await stored()).toEqual([keyOf(alice, 'a')]);
    await advance(2 * HOUR_MS + LIMITS.recordSweepMs);
    await advance(LIMITS.recordWriteMs);
    expect([await stored(), point.size, net.clock.pendingTimers, await stop()]).toEqual([[], 0, 0, NOTHING_LEFT]);
  });

  test('who unregistered stays away; who asks while the store is read waits for it', async () => {
    const first = await life();
    await first.register(alice, 'a');
    await first.register(alice, 'b');
    await first.advance(LIMITS.recordWriteMs);
    await first.net.send(alice.peerId, framed({ type: 'UNREGISTER', namespace: 'a' }));
    await first.net.send(bob.peerId, framed({ type: 'UNREGISTER', namespace: 'b' }));
    await first.stop();
    const second = await life({ store: first.store });
    expect([await second.names(), await second.stored()]).toEqual(['b', [keyOf(alice, 'b')]]);
    await second.stop();
  });

  test('what is killed loses what was not yet written, and nothing more', async () => {
    const first = await life();
    await first.register(alice, 'written');
    await first.advance(LIMITS.recordWriteMs);
    await first.register(alice, 'not yet');
    const second = await life({ store: first.store });
    expect(await second.names()).toBe('written');
    await Promise.all([first.stop(), second.stop()]);
  });

  test('without a store it is as ever: nothing is left', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    point.start();
    await net.ask(alice.peerId, { type: 'REGISTER', namespace: 'a', signedPeerRecord: record(alice) });
    expect([point.size, net.left]).toEqual([1, NOTHING_LEFT]);
    await point.stop();
  });
});

describe('cookies', () => {
  test('lead on over restarts: to what was registered since, in either life, and to nothing else', async () => {
    const first = await life();
    await first.register(alice, 'one');
    await first.register(bob, 'one');
    const page = await first.discover({ namespace: 'one', limit: 1 });
    const all = await first.discover();
    // Its number is the highest, and is gone with it.
    await first.net.send(bob.peerId, framed({ type: 'UNREGISTER', namespace: 'one' }));
    await first.register(carol, 'one');
    await first.stop();
    const second = await life({ store: first.store });
    expect(await second.names({ namespace: 'one', cookie: page.cookie })).toBe('one');
    expect(await second.names({ cookie: all.cookie })).toBe('one');
    await second.register(bob, 'two');
    expect(await second.names({ cookie: all.cookie })).toBe('one two');
    expect(await second.names({ namespace: 'two', cookie: page.cookie })).toBe('E_INVALID_COOKIE');
    await second.stop();
  });

  test('of a life that was killed tell of all that came after it, whatever was written', async () => {
    const first = await life();
    for (const namespace of ['a', 'b', 'c']) await first.register(alice, namespace);
    const { cookie } = await first.discover();
    const second = await life({ store: first.store });
    expect(await second.names({ cookie })).toBe('');
    await second.register(alice, 'd');
    expect(await second.names({ cookie })).toBe('d');
    await Promise.all([first.stop(), second.stop()]);
  });

  const point = async ({ store }: { readonly store: MemoryDataStore }) => decodePointRecord((await store.get(POINT))!);

  test.each<[what: string, harm: (store: MemoryDataStore) => Promise<void>, problems: string[]]>([
    ['is damaged', (store) => store.put(POINT, hex('ff')), ['ERR_RENDEZVOUS_RECORD_DAMAGED']],
    [
      'has a key that is none',
      (store) => store.put(POINT, encodePointRecord({ cookieKey: hex('01'), highestNumber: 9 })),
      ['ERR_RENDEZVOUS_RECORD_DAMAGED'],
    ],
    ['is lost', (store) => store.delete(POINT), []],
    [
      'has no numbers left',
      async (store) => {
        const { cookieKey } = await point({ store });
        await store.put(POINT, encodePointRecord({ cookieKey, highestNumber: 2 ** 53 - 2 ** 40 }));
      },
      [],
    ],
  ])('are refused by name where what they were made with %s; all is told anew, in order', async (_, harm, problems) => {
    const first = await life();
    for (const namespace of ['c', 'a', 'b']) await first.register(alice, namespace);
    const { cookie } = await first.discover();
    await first.stop();
    await harm(first.store);
    const second = await life({ store: first.store });
    expect(await second.names({ cookie })).toBe('E_INVALID_COOKIE');
    const page = await second.discover({ limit: 2 });
    expect(page.registrations.map(({ namespace }) => namespace)).toEqual(['c', 'a']);
    expect(second.problems).toEqual(problems);
    await second.stop();
    // From there on they hold again.
    const third = await life({ store: first.store });
    expect(await third.names({ cookie: page.cookie })).toBe('b');
    expect((await point(third)).highestNumber).toBe(2 ** 41 + 3);
    await third.stop();
  });

  test('of a life whose numbers could not be reserved are refused in the next', async () => {
    const first = await life();
    await first.register(alice, 'a');
    const old = await first.discover();
    await first.stop();
    first.store.failWith(new Error('read only'), 'writes');
    const second = await life({ store: first.store });
    expect(await second.names({ cookie: old.cookie })).toBe('E_INVALID_COOKIE');
    await second.register(bob, 'b');
    const { cookie } = await second.discover();
    first.store.failWith(undefined);
    await second.stop();
    expect(second.problems).toEqual(['ERR_STORE_FAILED']);
    const third = await life({ store: first.store });
    expect(await third.names({ cookie })).toBe('E_INVALID_COOKIE');
    expect(await third.names({ cookie: old.cookie })).toBe('E_INVALID_COOKIE');
    expect([await third.names(), third.problems]).toEqual(['a b', []]);
    await third.stop();
  });
});

describe('a store that is not as it should be', () => {
  const forged = record(alice);
  forged[forged.length - 1]! ^= 1;
  const times = { number: 1, registeredAtMs: BEGIN_MS, expiresAtMs: BEGIN_MS + 2 * HOUR_MS };
  const written = (signedPeerRecord: Uint8Array): Uint8Array =>
    encodeRegistrationRecord({ ...times, signedPeerRecord });

  test.each<[what: string, key: string, bytes: Uint8Array, code: string]>([
    ['no record', keyOf(alice, 'x'), hex('ffff'), 'ERR_RENDEZVOUS_RECORD_DAMAGED'],
    ['a record whose signature is damaged', keyOf(alice, 'x'), written(forged), 'ERR_RENDEZVOUS_RECORD_DAMAGED'],
    ['the record of another', keyOf(alice, 'x'), written(record(bob)), 'ERR_RENDEZVOUS_RECORD_DAMAGED'],
    ['a record over the limit', keyOf(alice, 'x'), written(new Uint8Array(8_193)), 'ERR_RENDEZVOUS_RECORD_DAMAGED'],
    ['an empty namespace', keyOf(alice, ''), written(record(alice)), 'ERR_RENDEZVOUS_RECORD_DAMAGED'],
    [
      'a namespace of 256 bytes',
      keyOf(alice, 'a'.repeat(256)),
      written(record(alice)),
      'ERR_RENDEZVOUS_RECORD_DAMAGED',
    ],
    ['a key that is none', '/rendezvous/registrations/nonsense', written(record(alice)), 'ERR_PEER_ID_INVALID'],
  ])('%s is told of, left alone and not served; the others are', async (_, key, bytes, code) => {
    const first = await life();
    await first.register(alice, 'a');
    await first.register(bob, 'b');
    await first.stop();
    await first.store.put(key, bytes);
    const second = await life({ store: first.store });
    expect([await second.names(), second.problems]).toEqual(['a b', [code]]);
    expect([await second.stop(), await second.stored()]).toEqual([
      NOTHING_LEFT,
      [keyOf(alice, 'a'), keyOf(bob, 'b'), key].sort(),
    ]);
  });

  test('a dialect that the point no longer takes is not served', async () => {
    const first = await life();
    await first.register(alice, 'a');
    await first.stop();
    const second = await life({ store: first.store, dialects: ['rust'] });
    expect([await second.names(), second.problems]).toEqual(['', ['ERR_RENDEZVOUS_RECORD_DAMAGED']]);
    await second.stop();
  });

  test('limits that were lowered hold: the oldest stay, the others leave the store; none lasts for longer', async () => {
    const first = await life();
    for (const namespace of ['d', 'c', 'b', 'a']) await first.register(alice, namespace, 72 * 3_600);
    await first.register(bob, 'b', 72 * 3_600);
    await first.stop();
    const limits = { rendezvousPeerRegistrations: 2, rendezvousMaxTtlSeconds: 3 * 3_600 };
    const second = await life({ store: first.store, limits });
    const { registrations } = await second.discover();
    expect(registrations.map(({ namespace, ttlSeconds }) => [namespace, ttlSeconds])).toEqual([
      ['d', 10_800],
      ['c', 10_800],
      ['b', 10_800],
    ]);
    await second.stop();
    expect(await second.stored()).toEqual([keyOf(alice, 'c'), keyOf(alice, 'd'), keyOf(bob, 'b')].sort());
  });

  test.each([3, 2])('of five stored, %i that all may have are kept, and no more is stored', async (most) => {
    const first = await life();
    for (const namespace of ['a', 'b', 'c', 'd', 'e']) await first.register(alice, namespace);
    await first.stop();
    const second = await life({ store: first.store, limits: { rendezvousTotalRegistrations: most } });
    await settled();
    expect(second.point.size).toBe(most);
    expect(await second.register(bob, 'late')).toMatchObject({ status: 'E_UNAVAILABLE' });
    await second.stop();
    expect(await second.stored()).toHaveLength(most);
  });

  test('one that cannot be read: the point serves, and goes on where it can be read again', async () => {
    const first = await life();
    await first.register(alice, 'a');
    await first.stop();
    first.store.failWith(new Error('broken'), 'all');
    const second = await life({ store: first.store });
    expect(await second.names()).toBe('');
    expect(await second.register(bob, 'b')).toMatchObject({ status: 'OK' });
    await second.advance(LIMITS.recordWriteMs);
    expect(new Set(second.problems)).toEqual(new Set(['ERR_STORE_FAILED']));
    first.store.failWith(undefined);
    await second.advance(LIMITS.recordWriteMs);
    expect([await second.names(), await second.stop()]).toEqual(['b', NOTHING_LEFT]);
    const third = await life({ store: first.store });
    expect((await third.names()).split(' ').sort()).toEqual(['a', 'b']);
    await third.stop();
  });

  test('one that is full: registrations are served, told of, and written when there is room', async () => {
    const first = await life({ store: new MemoryDataStore({ capacityBytes: 200 }) });
    expect(await first.register(alice, 'a')).toMatchObject({ status: 'OK' });
    await first.advance(LIMITS.recordWriteMs);
    expect([await first.names(), first.problems, await first.stored()]).toEqual(['a', ['ERR_STORE_FAILED'], []]);
    first.store.setCapacity(10_000);
    await first.advance(LIMITS.recordWriteMs);
    expect(await first.stored()).toEqual([keyOf(alice, 'a')]);
    expect(await first.stop()).toEqual(NOTHING_LEFT);
  });

  test.each([
    [3, []],
    [4, ['ERR_STORE_FAILED']],
  ])('rendezvousChanges: of %i that wait, three are written', async (count, problems) => {
    const first = await life({ limits: { rendezvousChanges: 3 } });
    for (let index = 0; index < count; index++) await first.register(alice, `name ${index}`);
    await first.stop();
    expect([(await first.stored()).length, first.problems]).toEqual([3, problems]);
  });
});

describe('a wall clock that jumps', () => {
  test('over their lives: they are gone; back: they begin again, and no more than once', async () => {
    const { clock, register, names, discover, stop } = await life();
    await register(alice, 'a');
    clock.shiftMs += 2 * HOUR_MS;
    expect(await names()).toBe('');
    await register(alice, 'b');
    clock.shiftMs -= 100 * HOUR_MS;
    clock.advance(HOUR_MS);
    expect((await discover()).registrations).toMatchObject([{ namespace: 'b', ttlSeconds: 7_200 }]);
    clock.advance(2 * HOUR_MS - 1);
    expect(await names()).toBe('b');
    clock.advance(1);
    expect(await names()).toBe('');
    expect(await stop()).toEqual(NOTHING_LEFT);
  });

  test('back over a restart: they begin with the new life, once', async () => {
    const first = await life();
    await first.register(alice, 'a');
    await first.stop();
    const second = await life({ store: first.store, wallMs: BEGIN_MS - 1_000 * HOUR_MS });
    expect((await second.discover()).registrations).toMatchObject([{ namespace: 'a', ttlSeconds: 7_200 }]);
    await second.stop();
    const third = await life({ store: first.store, wallMs: BEGIN_MS - 999 * HOUR_MS });
    expect((await third.discover()).registrations).toMatchObject([{ namespace: 'a', ttlSeconds: 3_600 }]);
    await third.stop();
  });
});
