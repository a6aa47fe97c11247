/** Bounds of what a node of the DHT does at once, each at its limit and one past it. */
import { describe, expect, test } from '@jest/globals';
import { RecordProblems, RecordWriter } from '../../../src/actors/records/record-keeping.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeKad } from '../../../src/wire/kad.js';
import { encodeVarintPrefixed } from '../../../src/wire/length-prefixed.js';
import { encodeVarint } from '../../../src/wire/varint.js';
import { concat, utf8 } from '../../support/decoding.js';
import { KAD, kadMessage, kadPair, type KadPair } from '../../support/kad-pair.js';
import { during } from '../../support/sim-nodes.js';
import { outcomeOf } from '../../support/streams.js';

const CLEAN = { actors: 0, timers: 0, broken: [] };
const ping = ({ requests, server }: KadPair): Promise<string> =>
  outcomeOf(requests.ask(server.peerId, kadMessage({ type: 'PING' })));
const resolved = (count: number): readonly string[] => Array.from({ length: count }, () => 'resolved');

test.each([
  [3, { running: 3, waiting: 0 }],
  [4, { running: 3, waiting: 1 }],
])('kadRequestsAtOnce: of %i requests at once three run', async (count, counts) => {
  const pair = await kadPair({ kadRequestsAtOnce: 3 });
  const outcomes = Array.from({ length: count }, () => ping(pair));
  expect(pair.requests.counts).toMatchObject(counts);
  expect(await during(pair.world, Promise.all(outcomes))).toEqual(resolved(count));
  expect(await pair.stop()).toEqual(CLEAN);
});

test.each([
  [3, 3],
  [4, 3],
])('kadIdleStreams: of %i streams that were used three are kept at most', async (count, kept) => {
  const pair = await kadPair({ kadIdleStreams: 3, kadIdleStreamsPerPeer: 8 });
  const outcomes = Array.from({ length: count }, () => ping(pair));
  expect(await during(pair.world, Promise.all(outcomes))).toEqual(resolved(count));
  await pair.world.settle();
  expect([pair.requests.counts.keptStreams, pair.kad.size]).toEqual([kept, kept]);
  expect(await pair.stop()).toEqual(CLEAN);
});

test('kadInboundStreams: the one past the limit is refused, and one more is taken when one has gone', async () => {
  const pair = await kadPair({ kadInboundStreams: 3 });
  const { world, client, server, kad, faults } = pair;
  const streams: ProtocolStream[] = [];
  const open = async (): Promise<void> => {
    const stream = await client.swarm.openStream(server.peerId, [KAD]);
    stream.data$.subscribe({ error: () => undefined });
    stream.write(encodeVarintPrefixed(encodeKad(kadMessage({ type: 'PING' }))));
    streams.push(stream);
  };
  for (let count = 0; count < 3; count++) await during(world, open());
  await world.settle();
  expect([kad.size, faults]).toEqual([3, []]);
  expect(await during(world, outcomeOf(open()))).toBe('ERR_MULTISTREAM_ENDED');
  expect([kad.size, faults]).toEqual([3, ['ERR_KAD_BUSY']]);
  streams[0]?.reset();
  await world.settle();
  await during(world, open());
  expect([kad.size, faults]).toEqual([3, ['ERR_KAD_BUSY']]);
  for (const stream of streams) stream.reset();
  await world.settle();
  expect(await pair.stop()).toEqual(CLEAN);
});

describe('kadAnswersBytes: answers that are not whole hold 100 bytes at most', () => {
  test.each([
    ['one of 100', [100], ['ERR_KAD_TIMEOUT']],
    ['one of 101', [101], ['ERR_KAD_TOO_LARGE']],
    ['two of 50', [50, 50], ['ERR_KAD_TIMEOUT', 'ERR_KAD_TIMEOUT']],
    ['one of 50 and one of 51', [50, 51], ['ERR_KAD_TIMEOUT', 'ERR_KAD_TOO_LARGE']],
  ])('%s', async (_, sizes, codes) => {
    const pair = await kadPair({ kadAnswersBytes: 100 });
    const { server, requests, world } = pair;
    // The length of a longer message, and its beginning.
    const left = sizes.map((size) => concat(encodeVarint(300), new Uint8Array(size - 2)));
    server.swarm.protocols.unregister(KAD);
    server.swarm.protocols.register({
      protocol: KAD,
      maxInboundStreams: 8,
      handler: (stream) => {
        stream.data$.subscribe({ next: (chunk) => stream.consume(chunk.length), error: () => undefined });
        stream.write(left.shift() ?? new Uint8Array(0));
        return stream.closed.catch(() => undefined);
      },
    });
    const message = kadMessage({ type: 'FIND_NODE', key: utf8('k') });
    const asked: Promise<string>[] = [];
    for (let count = 0; count < sizes.length; count++) {
      asked.push(outcomeOf(requests.ask(server.peerId, message)));
      await world.settle();
    }
    expect(await during(world, Promise.all(asked))).toEqual(codes);
    expect(await pair.stop()).toEqual(CLEAN);
  });
});

test.each([
  [3, []],
  [4, ['1 more problems with stored records']],
  [5, ['2 more problems with stored records']],
])('recordReports: of %i problems three are told, and how many are left', (count, rest) => {
  const environment = new Environment({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    ciphers: nodeCiphers,
    limits: { recordReports: 3 },
  });
  const problems = new RecordProblems(environment);
  const told: string[] = [];
  problems.problems$.subscribe(({ key, error }) => told.push(key ?? error.message));
  const tell = (): void => {
    for (let number = 1; number <= count; number++) {
      problems.tell(new EngineError('ERR_KAD_RECORD_DAMAGED', 'local', 'damaged'), `/kad/${number}`);
    }
    problems.tellRest();
  };
  const once = ['/kad/1', '/kad/2', '/kad/3', ...rest];
  tell();
  expect(told).toEqual(once);
  // The next sweep counts anew.
  tell();
  expect(told).toEqual([...once, ...once]);
});

test.each([
  [3, []],
  [4, ['/kad/1']],
  [5, ['/kad/1', '/kad/2']],
])(
  '%i changes where three may wait for the store: the ones that wait for longest are lost, and told',
  async (count, lost) => {
    const clock = new VirtualClock();
    const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: nodeCiphers });
    const problems = new RecordProblems(environment);
    const told: (string | undefined)[] = [];
    problems.problems$.subscribe(({ key, error }) => told.push(key ?? error.message));
    const store = new MemoryDataStore();
    const writer = new RecordWriter({ environment, address: 'test', store, problems, mostChanges: 3 });
    environment.turns.post(() => {
      writer.start();
      for (let number = 1; number <= count; number++) writer.change(`/kad/${number}`, utf8('ok'));
    });
    expect([writer.pending, told]).toEqual([3, lost]);
    await writer.stop();
    const stored: string[] = [];
    for await (const [key] of store.query('/kad/')) stored.push(key);
    expect(stored).toEqual([1, 2, 3, 4, 5].slice(count - 3, count).map((number) => `/kad/${number}`));
  },
);
