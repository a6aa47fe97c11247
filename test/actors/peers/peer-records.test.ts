/** The peerstore on a data store: what survives, how often it writes, and what damaged or newer records do. */
import { describe, expect, test } from '@jest/globals';
import { PeerRecords, type PeerRecordProblem } from '../../../src/actors/peers/peer-records.js';
import { Peerstore } from '../../../src/actors/peers/peerstore.js';
import { Environment } from '../../../src/actors/environment.js';
import type { Limits } from '../../../src/limits.js';
import type { DataStore } from '../../../src/ports.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodePeerEntry } from '../../../src/wire/peer-entry.js';
import { hex, utf8 } from '../../support/decoding.js';

const ADDRESS = '/ip4/192.0.2.1/tcp/4001';

/** Counts what is asked of a store. */
class CountingStore extends MemoryDataStore {
  puts: string[] = [];
  override put(key: string, value: Uint8Array): Promise<void> {
    this.puts.push(key);
    return super.put(key, value);
  }
}

function open(data: DataStore, limits: Partial<Limits> = {}) {
  const clock = new VirtualClock(1_764_000_000_000);
  const broken: string[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    limits,
    onBroken: ({ message }) => broken.push(message),
  });
  const peers = new Peerstore({ limits: environment.limits, wallTime: () => clock.wallTime() });
  const records = new PeerRecords(environment, peers, data);
  const problems: PeerRecordProblem[] = [];
  records.problems$.subscribe((problem) => problems.push(problem));
  records.start();
  records.readStored();
  const settle = async (): Promise<void> => {
    for (let hop = 0; hop < 50; hop++) await Promise.resolve();
  };
  return { clock, environment, peers, records, problems, broken, settle };
}

const codes = (problems: readonly PeerRecordProblem[]) => problems.map(({ peer, error }) => [peer, error.code]);

test('what is known comes back after a stop, with the addresses that live', async () => {
  const data = new MemoryDataStore();
  const first = open(data);
  first.peers.connected('p');
  first.peers.addAddresses('p', [ADDRESS], 'dialed');
  first.peers.told('p', { agentVersion: 'a/1', protocols: ['/x'], publicKey: hex('01'), sequence: 9n, addresses: [] });
  first.peers.measured('p', 1.5);
  await first.records.stop();
  expect([first.environment.liveActors, first.clock.pendingTimers, first.broken]).toEqual([0, 0, []]);
  const second = open(data);
  await second.records.read;
  expect(second.peers.entryOf('p')).toMatchObject({
    agentVersion: 'a/1',
    protocols: ['/x'],
    publicKey: hex('01'),
    recordSequence: 9n,
    latencyMs: 1.5,
  });
  expect(second.peers.addressesOf('p')).toEqual([ADDRESS]);
  await second.records.stop();
});

test('a thousand changes of ten peers are ten writes, after the pause', async () => {
  const data = new CountingStore();
  const { clock, peers, records, settle } = open(data);
  await records.read;
  for (let step = 0; step < 1000; step++) peers.told(`peer ${step % 10}`, { agentVersion: `a/${step}` });
  await settle();
  expect(data.puts).toEqual([]);
  clock.advance(4_999);
  await settle();
  expect(data.puts).toEqual([]);
  clock.advance(1);
  await settle();
  expect(data.puts).toEqual(Array.from({ length: 10 }, (_, index) => `/peers/peer ${index}`));
  clock.advance(60_000);
  await settle();
  expect(data.puts.length).toBe(10);
  await records.stop();
  expect(data.puts.length).toBe(10);
});

test('what changed last is written at the stop; what was forgotten is gone', async () => {
  const data = new CountingStore();
  const { peers, records } = open(data, { peerstorePeers: 2 });
  for (const peer of ['a', 'b', 'c']) peers.addAddresses(peer, [ADDRESS], 'dialed');
  await records.stop();
  const stored: string[] = [];
  for await (const [key] of data.query('')) stored.push(key);
  expect(stored).toEqual(['/peers/b', '/peers/c']);
});

describe('while it reads', () => {
  /** A store that answers no query until it is told to. */
  class SlowStore extends MemoryDataStore {
    release!: () => void;
    readonly #released = new Promise<void>((resolve) => (this.release = resolve));
    override async *query(prefix: string): AsyncIterable<readonly [string, Uint8Array]> {
      await this.#released;
      yield* super.query(prefix);
    }
  }

  async function slow() {
    const data = new SlowStore();
    const entry = {
      addresses: [{ address: ADDRESS, source: 'manual' as const }],
      protocols: [],
      metadata: {},
      usedAtMs: 1,
    };
    for (const peer of ['p', 'q']) await data.put(`/peers/${peer}`, encodePeerEntry(entry));
    return { data, ...open(data) };
  }

  test('a peer that is asked for is read alone', async () => {
    const { data, peers, records } = await slow();
    expect(peers.size).toBe(0);
    await peers.reading('p');
    expect(peers.addressesOf('p')).toEqual([ADDRESS]);
    expect(peers.reading('p')).toBeUndefined();
    await peers.reading('nobody');
    expect(peers.reading('nobody')).toBeUndefined();
    data.release();
    await records.read;
    expect(peers.peers).toEqual(['q', 'p']);
    expect(peers.reading('another')).toBeUndefined();
    await records.stop();
  });

  test('what is learnt meanwhile is not written over, and what is deleted stays deleted', async () => {
    const { data, peers, records } = await slow();
    peers.told('p', { agentVersion: 'new' });
    await peers.reading('q');
    peers.delete('q');
    data.release();
    await records.stop();
    expect(peers.entryOf('p')).toMatchObject({ agentVersion: 'new', addresses: [{ address: ADDRESS }] });
    expect(await data.get('/peers/q')).toBeUndefined();
  });
});

describe('records that do not read', () => {
  test('a damaged one is told and skipped; the peer is written again when it is met', async () => {
    const data = new MemoryDataStore();
    await data.put('/peers/bad', utf8('not a record'));
    await data.put('/peers/good', encodePeerEntry({ addresses: [], protocols: ['/x'], metadata: {}, usedAtMs: 1 }));
    const { peers, records, problems } = open(data);
    await records.read;
    expect(codes(problems)).toEqual([['bad', 'ERR_PEERSTORE_DAMAGED']]);
    expect(peers.peers).toEqual(['good']);
    peers.told('bad', { agentVersion: 'a/1' });
    await records.stop();
    const again = open(data);
    await again.records.read;
    expect([again.problems, again.peers.entryOf('bad')?.agentVersion]).toEqual([[], 'a/1']);
    await again.records.stop();
  });

  test('one of a newer version is told and left as it is, whatever becomes of the peer', async () => {
    const newer = hex('0802 0102 0304');
    const data = new CountingStore();
    await data.put('/peers/p', newer);
    data.puts = [];
    const { peers, records, problems } = open(data);
    peers.told('p', { agentVersion: 'a/1' });
    await records.read;
    expect(codes(problems)).toEqual([['p', 'ERR_PEERSTORE_VERSION']]);
    peers.told('p', { agentVersion: 'a/2' });
    peers.delete('p');
    await records.stop();
    expect(data.puts).toEqual([]);
    expect(await data.get('/peers/p')).toEqual(newer);
  });

  test('sixteen are told one by one, the rest counted', async () => {
    const data = new MemoryDataStore();
    for (let index = 0; index < 1000; index++) await data.put(`/peers/${index}`, hex('ff'));
    const { records, problems } = open(data);
    await records.read;
    expect(problems.length).toBe(17);
    expect(problems.at(-1)?.error.message).toBe('984 more records of peers could not be read');
    await records.stop();
  });
});

describe('a store that fails', () => {
  test('reads: told, and the node goes on with what it learns', async () => {
    const data = new MemoryDataStore();
    data.failWith(new Error('bad sector'), 'reads');
    const { peers, records, problems } = open(data);
    await records.read;
    expect(codes(problems)).toEqual([[undefined, 'ERR_STORE_FAILED']]);
    peers.addAddresses('p', [ADDRESS], 'dialed');
    await records.stop();
    data.failWith(undefined);
    expect(await data.get('/peers/p')).toBeDefined();
  });

  test('writes: told, and tried again after the pause', async () => {
    const data = new MemoryDataStore();
    const { clock, peers, records, problems, settle } = open(data);
    await records.read;
    data.failWith(new Error('disk full'), 'writes');
    peers.addAddresses('p', [ADDRESS], 'dialed');
    peers.addAddresses('q', [ADDRESS], 'dialed');
    clock.advance(5_000);
    await settle();
    expect(codes(problems)).toEqual([['p', 'ERR_STORE_FAILED']]);
    data.failWith(undefined);
    clock.advance(5_000);
    await settle();
    expect([await data.get('/peers/p'), await data.get('/peers/q')].map((record) => record !== undefined)).toEqual([
      true,
      true,
    ]);
    await records.stop();
  });
});

test('more stored than are kept: the surplus goes', async () => {
  const data = new MemoryDataStore();
  const entry = encodePeerEntry({ addresses: [], protocols: [], metadata: {}, usedAtMs: 1 });
  for (const peer of ['a', 'b', 'c', 'd']) await data.put(`/peers/${peer}`, entry);
  const { peers, records } = open(data, { peerstorePeers: 2 });
  await records.read;
  expect(peers.size).toBe(2);
  await records.stop();
  const left: string[] = [];
  for await (const [key] of data.query('/peers/')) left.push(key);
  expect(left.length).toBe(2);
});
