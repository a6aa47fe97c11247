/** What the server keeps: lives and limits in virtual time, a store that fails, and records that are damaged. */
import { describe, expect, test } from '@jest/globals';
import { ProviderRecords } from '../../../src/actors/dht/provider-records.js';
import { ValueRecords } from '../../../src/actors/dht/value-records.js';
import { Environment } from '../../../src/actors/environment.js';
import { peerIdFromBytes } from '../../../src/crypto/peer-id.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, hex, toHex, utf8 } from '../../support/decoding.js';
import { testValidator } from '../../support/kad-pair.js';
import { outcomeOf } from '../../support/streams.js';

const HOUR_MS = 3_600_000;
const TCP = '/ip4/192.0.2.9/tcp/4001';
const multihash = (seed: number): Uint8Array => concat(hex('1220'), new Uint8Array(32).fill(seed));
const peer = (seed: number): string => peerIdFromBytes(multihash(seed));
const settled = async (): Promise<void> => {
  for (let count = 0; count < 200; count++) await Promise.resolve();
};

/** A clock whose wall can be moved. */
class JumpingClock extends VirtualClock {
  shiftMs = 1_700_000_000_000;

  override wallTime(): number {
    return this.now() + this.shiftMs;
  }
}

function rig(limits: Partial<Limits> = {}, store = new MemoryDataStore()) {
  const clock = new JumpingClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: nodeCiphers, limits });
  const shared = { environment, store, self: peer(250), name: 'test' };
  const providers = new ProviderRecords(shared);
  const values = new ValueRecords({ ...shared, validators: { t: testValidator } });
  const problems: string[] = [];
  for (const records of [providers, values]) records.problems$.subscribe(({ error }) => problems.push(error.code));
  environment.turns.post(() => {
    providers.start();
    values.start();
  });
  const add = (key: number, who: number, addresses = [TCP]): void =>
    environment.turns.post(() => providers.add(multihash(key), { id: peer(who), addresses }));
  const advance = async (durationMs: number): Promise<void> => {
    await settled();
    clock.advance(durationMs);
    await settled();
  };
  const stop = async (): Promise<object> => {
    await Promise.all([providers.stop(), values.stop()]);
    return { actors: environment.liveActors, timers: clock.pendingTimers };
  };
  const stored = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const [key] of store.query('/kad/test/')) keys.push(key);
    return keys;
  };
  return { clock, environment, store, providers, values, problems, add, advance, stop, stored };
}

describe('providers', () => {
  test('addresses live for 24 h, records for 48 h, and then nothing is stored', async () => {
    const { providers, add, advance, stop, stored } = rig();
    await settled();
    add(1, 2);
    await advance(24 * HOUR_MS - 1);
    expect(await providers.get(multihash(1))).toEqual([{ id: peer(2), addresses: [TCP] }]);
    await advance(1);
    expect(await providers.get(multihash(1))).toEqual([{ id: peer(2), addresses: [] }]);
    await advance(24 * HOUR_MS - 1);
    expect(await providers.get(multihash(1))).toEqual([{ id: peer(2), addresses: [] }]);
    await advance(1);
    expect(await providers.get(multihash(1))).toEqual([]);
    await advance(HOUR_MS + LIMITS.recordWriteMs);
    expect([await stored(), providers.counts]).toEqual([[], { keys: 0, records: 0, bytes: 0 }]);
    expect(await stop()).toEqual({ actors: 0, timers: 0 });
  });

  test('one that is provided again lives on, the latest first', async () => {
    const { providers, add, advance, stop } = rig();
    await settled();
    add(1, 2);
    add(1, 3);
    await advance(40 * HOUR_MS);
    add(1, 2);
    await advance(10 * HOUR_MS);
    add(1, 4);
    expect((await providers.get(multihash(1))).map(({ id }) => id)).toEqual([peer(4), peer(2)]);
    await stop();
  });

  test('a wall clock that jumps: forward over a life they are gone, back they count from now', async () => {
    const { clock, providers, add, advance, stop } = rig();
    await settled();
    add(1, 2);
    clock.shiftMs -= 100 * HOUR_MS;
    await advance(HOUR_MS);
    expect((await providers.get(multihash(1))).length).toBe(1);
    await advance(48 * HOUR_MS);
    expect(await providers.get(multihash(1))).toEqual([]);
    add(1, 3);
    clock.shiftMs += 48 * HOUR_MS;
    expect(await providers.get(multihash(1))).toEqual([]);
    await stop();
  });

  test('they come back from the store, damaged ones are told of and left alone', async () => {
    const first = rig();
    await settled();
    first.add(1, 2);
    first.add(1, 3);
    await first.stop();
    await first.store.put(`/kad/test/providers/${toHex(multihash(1))}/${peer(4)}`, hex('ffff'));
    await first.store.put('/kad/test/providers/nonsense', hex(''));
    const second = rig({}, first.store);
    expect((await second.providers.get(multihash(1))).map(({ id }) => id).sort()).toEqual([peer(2), peer(3)].sort());
    expect(second.problems).toEqual(['ERR_KAD_RECORD_DAMAGED', 'ERR_PEER_ID_INVALID']);
    await second.stop();
    expect((await second.stored()).length).toBe(6);
  });

  test('of one key the one that was heard of longest ago goes', async () => {
    const { providers, add, stop } = rig({ kadProvidersPerKey: 3 });
    await settled();
    for (const who of [1, 2, 3, 1, 4]) add(9, who);
    expect((await providers.get(multihash(9))).map(({ id }) => id)).toEqual([peer(4), peer(1), peer(3)]);
    await stop();
  });

  test('a peer that provides too much pushes out its own', async () => {
    const { providers, add, stop } = rig({ kadKeysPerProvider: 3 });
    await settled();
    add(1, 8);
    for (const key of [1, 2, 3, 4]) add(key, 9);
    expect((await providers.get(multihash(1))).map(({ id }) => id)).toEqual([peer(8)]);
    expect(providers.counts).toMatchObject({ keys: 4, records: 4 });
    await stop();
  });

  test.each([{ kadProviderKeys: 20 }, { kadProviderBytes: 8_000 }])(
    'spam over %j: what is closest to us stays',
    async (limits) => {
      const spammed = rig(limits);
      const roomy = rig();
      await settled();
      for (const { add } of [spammed, roomy]) for (let key = 0; key < 200; key++) add(key, key);
      const { keys, bytes } = spammed.providers.counts;
      expect(keys).toBeLessThanOrEqual(20);
      expect(keys).toBeGreaterThan(10);
      expect(bytes).toBeLessThanOrEqual(limits.kadProviderBytes ?? LIMITS.kadProviderBytes);
      // Bits shared with our own hash, worked out here from the hash itself.
      const own = nodeCiphers.hash('sha256', [multihash(250)]);
      const shared = (key: number): number => {
        const hash = nodeCiphers.hash('sha256', [multihash(key)]);
        const bits = (one: Uint8Array): string => [...one].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        return [...bits(hash)].findIndex((bit, index) => bit !== bits(own)[index]);
      };
      const kept: number[] = [];
      const gone: number[] = [];
      for (let key = 0; key < 200; key++) {
        const found = await spammed.providers.get(multihash(key));
        (found.length > 0 ? kept : gone).push(shared(key));
      }
      expect(Math.min(...kept)).toBeGreaterThanOrEqual(Math.max(...gone) - 0);
      await Promise.all([spammed.stop(), roomy.stop()]);
    },
  );

  test('a store that fails is told of, and what was to be written is written later', async () => {
    const { store, problems, add, advance, stop, stored } = rig();
    await settled();
    store.failWith(new Error('broken'), 'writes');
    add(1, 2);
    await advance(LIMITS.recordWriteMs);
    expect([problems, await stored()]).toEqual([['ERR_STORE_FAILED'], []]);
    store.failWith(undefined);
    await advance(LIMITS.recordWriteMs);
    expect((await stored()).length).toBe(2);
    expect(await stop()).toEqual({ actors: 0, timers: 0 });
  });
});

describe('values', () => {
  const key = utf8('/t/key');

  test('live for 48 h', async () => {
    const { values, advance, stop, stored } = rig();
    await values.put(key, utf8('ok'));
    await advance(48 * HOUR_MS - 1);
    expect((await values.get(key))?.value).toEqual(utf8('ok'));
    await advance(1);
    expect(await values.get(key)).toBeUndefined();
    await advance(HOUR_MS);
    expect(await stored()).toEqual([]);
    expect(await stop()).toEqual({ actors: 0, timers: 0 });
  });

  test.each([
    ['another namespace', '/x/key', 'ok', 'ERR_KAD_RECORD_REFUSED'],
    ['a name of every object', '/constructor/key', 'ok', 'ERR_KAD_RECORD_REFUSED'],
    ['no namespace', 'key', 'ok', 'ERR_KAD_RECORD_REFUSED'],
    ['what its validator refuses', '/t/key', 'no', 'ERR_KAD_RECORD_REFUSED'],
    ['10 KiB', '/t/key', 'o'.repeat(10_240), 'resolved'],
    ['one byte more', '/t/key', 'o'.repeat(10_241), 'ERR_KAD_RECORD_REFUSED'],
  ])('%s', async (_, name, value, outcome) => {
    const { values, stop, stored } = rig();
    expect(await outcomeOf(values.put(utf8(name), utf8(value)))).toBe(outcome);
    expect((await stored()).length).toBe(outcome === 'resolved' ? 1 : 0);
    await stop();
  });

  test('a worse one is refused, the same and a better one are taken, whoever comes first', async () => {
    const { values, stop } = rig();
    const puts = ['o2', 'o1', 'o2', 'o3'].map((value) => outcomeOf(values.put(key, utf8(value))));
    expect(await Promise.all(puts)).toEqual(['resolved', 'ERR_KAD_RECORD_REFUSED', 'resolved', 'resolved']);
    expect((await values.get(key))?.value).toEqual(utf8('o3'));
    await stop();
  });

  test('a damaged one is told of, is none, and gives way', async () => {
    const { store, values, problems, stop } = rig();
    await store.put(`/kad/test/values/${toHex(key)}`, hex('ff'));
    expect(await values.get(key)).toBeUndefined();
    await settled();
    expect(problems).toEqual(['ERR_KAD_RECORD_DAMAGED']);
    await values.put(key, utf8('ok'));
    expect((await values.get(key))?.value).toEqual(utf8('ok'));
    await stop();
  });

  test('no more than so many', async () => {
    const { values, stop, stored } = rig({ kadValueKeys: 5 });
    for (let index = 0; index < 12; index++) await values.put(utf8(`/t/${index}`), utf8('ok'));
    expect([values.counts.keys, (await stored()).length]).toEqual([5, 5]);
    await stop();
  });

  test('a store that fails: the put is refused, and what was stored is still there', async () => {
    const { store, values, stop } = rig();
    await values.put(key, utf8('o1'));
    store.failWith(new Error('full'), 'writes');
    expect(await outcomeOf(values.put(key, utf8('o2')))).toBe('ERR_STORE_FAILED');
    store.failWith(undefined);
    expect((await values.get(key))?.value).toEqual(utf8('o1'));
    await stop();
  });
});
