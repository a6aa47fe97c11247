/** What a peer may do wrong on a stream of the DHT: the stream ends with a named failure, and the node goes on. */
import { describe, expect, test } from '@jest/globals';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeKad, type KadMessage } from '../../src/wire/kad.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { KAD, kadMessage, kadPair, type KadPair } from '../support/kad-pair.js';
import { during } from '../support/sim-nodes.js';
import { outcomeOf, Sink } from '../support/streams.js';

const MULTIHASH = hex('1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
const TCP = '/ip4/192.0.2.9/tcp/4001';
const BOB = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N';

const framed = (message: Partial<KadMessage> & Pick<KadMessage, 'type'>): Uint8Array =>
  encodeVarintPrefixed(encodeKad(kadMessage(message)));
const PING = framed({ type: 'PING' });

/** A stream to the server of which every byte is ours. */
async function rawStream(limits: Partial<Limits> = {}): Promise<KadPair & { readonly stream: ProtocolStream }> {
  const pair = await kadPair(limits);
  const stream = await during(pair.world, pair.client.swarm.openStream(pair.server.peerId, [KAD]));
  return { ...pair, stream };
}

/** The server still answers, and leaves nothing behind. */
async function expectStillServing(pair: KadPair): Promise<void> {
  expect((await pair.ask({ type: 'PING' })).type).toBe('PING');
  expect(await pair.stop()).toEqual({ actors: 0, timers: 0, broken: [] });
}

describe('requests', () => {
  const value = { key: utf8('/t/key'), value: utf8('ok') };
  test.each<[string, Uint8Array, string]>([
    ['garbage', encodeVarintPrefixed(hex('ffffffff')), 'ERR_KAD_BAD_MESSAGE'],
    ['a length that never ends', new Uint8Array(16).fill(0xff), 'ERR_KAD_BAD_MESSAGE'],
    ['a type that no version has', encodeVarintPrefixed(hex('0806')), 'ERR_KAD_BAD_MESSAGE'],
    ['groups 8,000 deep', encodeVarintPrefixed(new Uint8Array(8000).fill(0x0b)), 'ERR_KAD_BAD_MESSAGE'],
    ['one byte over the limit, by its length', encodeVarint(LIMITS.kadRequestBytes + 1), 'ERR_KAD_TOO_LARGE'],
    ['nothing', encodeVarintPrefixed(hex('')), 'ERR_KAD_BAD_MESSAGE'],
    ['FIND_NODE without a key', framed({ type: 'FIND_NODE' }), 'ERR_KAD_BAD_MESSAGE'],
    ['GET_PROVIDERS of no multihash', framed({ type: 'GET_PROVIDERS', key: utf8('x') }), 'ERR_KAD_BAD_MESSAGE'],
    [
      'GET_PROVIDERS of a multihash of 81 bytes',
      framed({ type: 'GET_PROVIDERS', key: concat(hex('004f'), new Uint8Array(79)) }),
      'ERR_KAD_BAD_MESSAGE',
    ],
    ['PUT_VALUE without a record', framed({ type: 'PUT_VALUE', key: value.key }), 'ERR_KAD_BAD_MESSAGE'],
    [
      'PUT_VALUE under another key',
      framed({ type: 'PUT_VALUE', key: utf8('/t/other'), record: value }),
      'ERR_KAD_BAD_MESSAGE',
    ],
    [
      'PUT_VALUE of a namespace that nobody validates',
      framed({ type: 'PUT_VALUE', key: utf8('/x/key'), record: { ...value, key: utf8('/x/key') } }),
      'ERR_KAD_RECORD_REFUSED',
    ],
    [
      'PUT_VALUE that does not validate',
      framed({ type: 'PUT_VALUE', key: value.key, record: { ...value, value: utf8('no') } }),
      'ERR_KAD_RECORD_REFUSED',
    ],
    [
      'PUT_VALUE of 10 KiB and one byte',
      framed({ type: 'PUT_VALUE', key: value.key, record: { ...value, value: new Uint8Array(10_241).fill(0x6f) } }),
      'ERR_KAD_RECORD_REFUSED',
    ],
  ])('%s', async (_, bytes, code) => {
    const pair = await rawStream();
    const sink = new Sink(pair.stream);
    pair.stream.write(bytes);
    await pair.world.settle();
    expect([pair.faults, sink.end, sink.length]).toEqual([[code], 'ERR_STREAM_RESET', 0]);
    expect([pair.values.counts.keys, pair.providers.counts.keys]).toEqual([0, 0]);
    await expectStillServing(pair);
  });

  test('the end in the middle of one', async () => {
    const pair = await rawStream();
    pair.stream.write(hex('05 0805'));
    pair.stream.closeWrite();
    await pair.world.settle();
    expect(pair.faults).toEqual(['ERR_KAD_ENDED']);
    await expectStillServing(pair);
  });

  test('a drip of one that never ends is an idle stream', async () => {
    const pair = await rawStream();
    const sink = new Sink(pair.stream);
    pair.stream.write(encodeVarint(LIMITS.kadRequestBytes));
    for (let count = 0; count < 5 && sink.end === 'open'; count++) {
      await pair.world.advance(LIMITS.kadInboundIdleMs / 4);
      if (sink.end === 'open') pair.stream.write(hex('00'));
    }
    expect([sink.end, pair.faults, pair.kad.size]).toEqual(['ERR_STREAM_RESET', [], 0]);
    await expectStillServing(pair);
  });
});

test('providers are only whoever says so itself, with an address that others can use', async () => {
  const pair = await kadPair();
  const self = peerIdToBytes(pair.client.peerId);
  const told = (id: Uint8Array, addresses: string[]) => ({ id, addresses, connection: 'connected' as const });
  const tellAll = (...providerPeers: KadMessage['providerPeers']) =>
    pair.tell({ type: 'ADD_PROVIDER', key: MULTIHASH, providerPeers });
  await tellAll(
    told(peerIdToBytes(BOB), [TCP]),
    told(hex('00'), [TCP]),
    told(self, []),
    told(self, ['/ip4/10.0.0.1/tcp/1']),
  );
  await pair.world.settle();
  expect([pair.providers.counts.records, pair.faults]).toEqual([0, []]);
  await expectStillServing(pair);
});

test('who asks without reading is held back, and dropped when it goes on for too long', async () => {
  const pair = await rawStream();
  const addresses = Array.from({ length: 16 }, (_, port) => `/ip4/192.0.2.9/tcp/${port + 1}`);
  for (let count = 0; count < 20; count++) pair.table.push({ id: BOB, addresses });
  const ask = framed({ type: 'FIND_NODE', key: utf8('k') });
  pair.stream.write(concat(...Array.from({ length: 20_000 }, () => ask)));
  await pair.world.settle();
  expect([pair.kad.size, pair.faults]).toEqual([1, []]);
  await pair.world.advance(LIMITS.kadSendTimeoutMs);
  expect([pair.kad.size, pair.faults]).toEqual([0, ['ERR_KAD_STALLED']]);
  await expectStillServing(pair);
});

test('a thousand requests at once on one stream are answered in turn', async () => {
  const pair = await rawStream();
  const sink = new Sink(pair.stream);
  pair.stream.write(concat(...Array.from({ length: 1000 }, () => PING)));
  pair.stream.closeWrite();
  await pair.world.settle();
  expect([sink.end, sink.length, pair.faults]).toEqual(['completed', 1000 * PING.length, []]);
  await expectStillServing(pair);
});

test('more streams of one peer than it may have', async () => {
  const pair = await kadPair({ kadInboundStreamsPerPeer: 2 });
  const { world, client, server } = pair;
  const streams: ProtocolStream[] = [];
  const open = (): Promise<ProtocolStream> => client.swarm.openStream(server.peerId, [KAD]);
  for (let count = 0; count < 2; count++) {
    const stream = await during(world, open());
    stream.data$.subscribe({ error: () => undefined });
    stream.write(PING);
    streams.push(stream);
  }
  expect(await during(world, outcomeOf(open()))).toBe('ERR_MULTISTREAM_ENDED');
  expect([pair.kad.size, pair.faults]).toEqual([2, ['ERR_KAD_BUSY']]);
  for (const stream of streams) stream.reset();
  await world.settle();
  await expectStillServing(pair);
});

describe('answers', () => {
  test.each<[string, Uint8Array, string]>([
    ['of another type', PING, 'ERR_KAD_UNEXPECTED'],
    ['that are no message', encodeVarintPrefixed(hex('ffff')), 'ERR_KAD_BAD_MESSAGE'],
    ['of 4 MiB and one byte, by its length', encodeVarint(LIMITS.kadMessageBytes + 1), 'ERR_KAD_TOO_LARGE'],
    ['that never come', hex(''), 'ERR_KAD_TIMEOUT'],
  ])('%s', async (_, bytes, code) => {
    const pair = await kadPair();
    const { server, requests, world } = pair;
    server.swarm.protocols.unregister(KAD);
    server.swarm.protocols.register({
      protocol: KAD,
      maxInboundStreams: 8,
      handler: (stream) => {
        stream.data$.subscribe({ next: (chunk) => stream.consume(chunk.length), error: () => undefined });
        stream.write(bytes);
        return stream.closed.catch(() => undefined);
      },
    });
    const asked = requests.ask(server.peerId, kadMessage({ type: 'FIND_NODE', key: utf8('k') }));
    expect(await during(world, outcomeOf(asked))).toBe(code);
    expect(requests.counts).toEqual({ running: 0, waiting: 0, keptStreams: 0 });
    expect(await pair.stop()).toEqual({ actors: 0, timers: 0, broken: [] });
  });
});
