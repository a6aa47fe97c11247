/** Many records to one peer: how they are gathered, and that all of them arrive over one stream. */
import { describe, expect, test } from '@jest/globals';
import { pipelineOf, pipelinesOf } from '../../../src/actors/dht/kad-pipeline.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { LIMITS } from '../../../src/limits.js';
import type { KadMessage } from '../../../src/wire/kad.js';
import { concat } from '../../support/decoding.js';
import { kadMessage, kadPair, type KadPair } from '../../support/kad-pair.js';
import { during } from '../../support/sim-nodes.js';
import { outcomeOf } from '../../support/streams.js';

const CLEAN = { actors: 0, timers: 0, broken: [] };
const TCP = '/ip4/192.0.2.9/tcp/4001';

/** A multihash of its own for each number. */
function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(34);
  key.set([0x12, 0x20]);
  new DataView(key.buffer).setUint32(30, number);
  return key;
}

function records(id: Uint8Array, count: number): readonly KadMessage[] {
  return Array.from({ length: count }, (_, number) =>
    kadMessage({
      type: 'ADD_PROVIDER',
      key: keyOf(number),
      providerPeers: [{ id, addresses: [TCP], connection: 'notConnected' }],
    }),
  );
}

async function stored(pair: KadPair, count: number): Promise<number> {
  let found = 0;
  for (let number = 0; number < count; number++) {
    const providers = await pair.providers.get(keyOf(number));
    if (providers.some(({ id }) => id === pair.client.peerId)) found++;
  }
  return found;
}

describe('gathering', () => {
  const messages = records(new Uint8Array(34).fill(1), 7);
  const size = pipelineOf(messages[0] as KadMessage).bytes.length;

  test.each([
    [7 * size, [7]],
    [7 * size - 1, [6, 1]],
    [3 * size, [3, 3, 1]],
    [2 * size - 1, [1, 1, 1, 1, 1, 1, 1]],
    [1, [1, 1, 1, 1, 1, 1, 1]],
  ])('in %i bytes: %j', (maxBytes, counts) => {
    const pipelines = [...pipelinesOf(messages, maxBytes)];
    expect(pipelines.map(({ messages: count }) => count)).toEqual(counts);
    expect(concat(...pipelines.map(({ bytes }) => bytes))).toEqual(
      concat(...messages.map((message) => pipelineOf(message).bytes)),
    );
    expect(new Set(pipelines.map(({ type }) => type))).toEqual(new Set(['ADD_PROVIDER']));
  });

  test('of nothing is nothing', () => {
    expect([...pipelinesOf([], LIMITS.kadPipelineBytes)]).toEqual([]);
  });
});

describe('tellMany', () => {
  test.each([
    ['in one go', {}],
    ['in several, one after another', { kadPipelineBytes: 1_000 }],
    ['one by one', { kadPipelineBytes: 1 }],
  ])('%s: all arrive, over one stream', async (_, limits) => {
    const pair = await kadPair(limits);
    const { world, requests, server, client } = pair;
    const messages = records(peerIdToBytes(client.peerId), 500);
    await during(world, requests.tellMany(server.peerId, messages));
    await world.settle();
    expect([pair.kad.size, requests.counts]).toEqual([1, { running: 0, waiting: 0, keptStreams: 1 }]);
    expect(await stored(pair, 500)).toBe(500);
    expect(pair.faults).toEqual([]);
    // The stream goes on with what has an answer.
    expect((await pair.ask({ type: 'PING' })).type).toBe('PING');
    expect(pair.kad.size).toBe(1);
    expect(await pair.stop()).toEqual(CLEAN);
  });

  test('nothing to tell is told at once, to nobody', async () => {
    const pair = await kadPair();
    await pair.requests.tellMany('nobody', []);
    expect(pair.requests.counts).toEqual({ running: 0, waiting: 0, keptStreams: 0 });
    expect(await pair.stop()).toEqual(CLEAN);
  });

  test('what cannot be written is an argument of the caller; what was before it has gone', async () => {
    const pair = await kadPair({ kadPipelineBytes: 1 });
    const { world, requests, server, client } = pair;
    const id = peerIdToBytes(client.peerId);
    const broken = kadMessage({
      type: 'ADD_PROVIDER',
      key: keyOf(2),
      providerPeers: [{ id, addresses: ['no address'], connection: 'notConnected' }],
    });
    const told = requests.tellMany(server.peerId, [...records(id, 2), broken, ...records(id, 5)]);
    expect(await during(world, outcomeOf(told))).toBe('ERR_INVALID_ARGUMENT');
    await world.settle();
    expect(await stored(pair, 5)).toBe(1);
    expect(await pair.stop()).toEqual(CLEAN);
  });

  test('a kept stream that the peer has ended costs one more, and no record', async () => {
    const pair = await kadPair({ kadInboundIdleMs: 10_000 });
    const { world, requests, server, client } = pair;
    await pair.ask({ type: 'PING' });
    await world.advance(10_000);
    expect(pair.kad.size).toBe(0);
    await during(world, requests.tellMany(server.peerId, records(peerIdToBytes(client.peerId), 20)));
    await world.settle();
    expect(await stored(pair, 20)).toBe(20);
    expect(await pair.stop()).toEqual(CLEAN);
  });

  test('is cancelled by its signal, between two pipelines too', async () => {
    const pair = await kadPair({ kadPipelineBytes: 1, kadRequestsPerPeer: 1 });
    const { world, requests, server, client } = pair;
    const abort = new AbortController();
    const messages = records(peerIdToBytes(client.peerId), 50);
    const told = outcomeOf(requests.tellMany(server.peerId, messages, { signal: abort.signal }));
    // It waits behind the first of them, and the second behind it.
    const other = requests.tell(server.peerId, messages[0] as KadMessage).then(() => abort.abort());
    expect(await during(world, Promise.all([told, other]))).toEqual(['ERR_ABORTED', undefined]);
    await world.settle();
    expect((await stored(pair, 50)) < 50).toBe(true);
    expect(requests.counts).toMatchObject({ running: 0, waiting: 0 });
    expect(await pair.stop()).toEqual(CLEAN);
  });

  test('rejects where nobody is there, and after the stop', async () => {
    const pair = await kadPair();
    const { world, requests, server, client } = pair;
    const messages = records(peerIdToBytes(client.peerId), 3);
    const nobody = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N';
    expect(await during(world, outcomeOf(requests.tellMany(nobody, messages)))).toBe('ERR_DIAL_NO_ADDRESS');
    requests.stop();
    expect(await outcomeOf(requests.tellMany(server.peerId, messages))).toBe('ERR_NODE_STOPPED');
    expect(await pair.stop()).toEqual(CLEAN);
  });
});
