/** Two nodes ask each other everything there is to ask, over streams of a real muxer in virtual time. */
import { describe, expect, test } from '@jest/globals';
import { KadRequests } from '../../../src/actors/dht/kad-requests.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { LIMITS } from '../../../src/limits.js';
import { concat, hex, toHex, utf8 } from '../../support/decoding.js';
import { KAD, kadMessage, kadPair, networkOf, type KadPair } from '../../support/kad-pair.js';
import { during } from '../../support/sim-nodes.js';
import { outcomeOf } from '../../support/streams.js';

const MULTIHASH = hex('1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
const WHOLE_CID = concat(hex('0170'), MULTIHASH);
const TCP = '/ip4/192.0.2.9/tcp/4001';
const BOB = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N';

async function expectCleanEnd(pair: KadPair): Promise<void> {
  expect(await pair.stop()).toEqual({ actors: 0, timers: 0, broken: [] });
}

describe('every message', () => {
  test('FIND_NODE: the closest, with addresses that may be told, never the asker', async () => {
    const pair = await kadPair();
    pair.table.push({ id: BOB, addresses: [TCP, '/ip4/10.0.0.1/tcp/1'] }, { id: pair.client.peerId, addresses: [TCP] });
    const answer = await pair.ask({ type: 'FIND_NODE', key: utf8('any key') });
    expect(answer).toEqual(
      kadMessage({
        type: 'FIND_NODE',
        closerPeers: [{ id: peerIdToBytes(BOB), addresses: [TCP], connection: 'notConnected' }],
      }),
    );
    await expectCleanEnd(pair);
  });

  test('FIND_NODE of the server itself', async () => {
    const pair = await kadPair();
    const id = peerIdToBytes(pair.server.peerId);
    const { closerPeers } = await pair.ask({ type: 'FIND_NODE', key: id });
    expect(closerPeers).toEqual([{ id, addresses: ['/ip4/192.0.2.1/tcp/4001'], connection: 'notConnected' }]);
    await expectCleanEnd(pair);
  });

  test('ADD_PROVIDER by a whole CID, GET_PROVIDERS by its multihash, and the other way round', async () => {
    const pair = await kadPair();
    const id = peerIdToBytes(pair.client.peerId);
    const provider = { id, addresses: [TCP, '/ip4/10.0.0.1/tcp/1'], connection: 'connected' as const };
    await pair.tell({ type: 'ADD_PROVIDER', key: WHOLE_CID, providerPeers: [provider] });
    for (const key of [MULTIHASH, WHOLE_CID]) {
      const answer = await pair.ask({ type: 'GET_PROVIDERS', key });
      expect(answer).toEqual(
        kadMessage({ type: 'GET_PROVIDERS', key, providerPeers: [{ id, addresses: [TCP], connection: 'connected' }] }),
      );
    }
    await expectCleanEnd(pair);
  });

  test('PUT_VALUE is echoed, GET_VALUE tells when it came', async () => {
    const pair = await kadPair();
    const key = utf8('/t/key');
    const record = { key, value: utf8('ok 1') };
    const put = await pair.ask({ type: 'PUT_VALUE', key, record });
    expect(put).toEqual(kadMessage({ type: 'PUT_VALUE', key, record }));
    const got = await pair.ask({ type: 'GET_VALUE', key });
    expect(got).toEqual(
      kadMessage({ type: 'GET_VALUE', key, record: { ...record, timeReceived: '1970-01-01T00:00:00.000000000Z' } }),
    );
    expect((await pair.ask({ type: 'GET_VALUE', key: utf8('/t/other') })).record).toBeUndefined();
    await expectCleanEnd(pair);
  });

  test('PING', async () => {
    const pair = await kadPair();
    expect(await pair.ask({ type: 'PING' })).toEqual(kadMessage({ type: 'PING' }));
    await expectCleanEnd(pair);
  });
});

describe('streams', () => {
  test('one is kept and used again, and closed when it lay unused for long enough', async () => {
    const pair = await kadPair();
    for (let count = 0; count < 5; count++) await pair.ask({ type: 'PING' });
    expect([pair.requests.counts.keptStreams, pair.kad.size]).toEqual([1, 1]);
    await pair.world.advance(LIMITS.kadIdleStreamMs - 1);
    expect(pair.requests.counts.keptStreams).toBe(1);
    await pair.world.advance(1);
    expect([pair.requests.counts.keptStreams, pair.kad.size]).toEqual([0, 0]);
    await expectCleanEnd(pair);
  });

  test('a kept one that the peer has ended costs one more, and no failure', async () => {
    const pair = await kadPair({ kadInboundIdleMs: 10_000 });
    await pair.ask({ type: 'PING' });
    await pair.world.advance(10_000);
    expect(pair.kad.size).toBe(0);
    expect((await pair.ask({ type: 'PING' })).type).toBe('PING');
    await expectCleanEnd(pair);
  });

  test('none is kept on a connection that is to become idle, and one that was is used no more', async () => {
    const pair = await kadPair();
    const { client, server, world } = pair;
    let isSurplus = false;
    const network = { ...networkOf(client), isSurplus: () => isSurplus };
    const requests = new KadRequests({ environment: client.environment, network, protocols: [KAD], address: 'dht' });
    const ping = () => during(world, requests.ask(server.peerId, kadMessage({ type: 'PING' })));
    const streams = (): number => client.swarm.streams.length;
    await ping();
    expect([requests.counts.keptStreams, streams()]).toEqual([1, 1]);
    isSurplus = true;
    await ping();
    await world.advance(100);
    expect([requests.counts.keptStreams, streams()]).toEqual([0, 0]);
    requests.stop();
    await expectCleanEnd(pair);
  });

  test('so many at once to one peer, the others in turn', async () => {
    const pair = await kadPair({ kadRequestsPerPeer: 3, kadRequestsWaiting: 5 });
    const { server, requests, world } = pair;
    const ping = (): Promise<string> => outcomeOf(requests.ask(server.peerId, kadMessage({ type: 'PING' })));
    const outcomes = Array.from({ length: 9 }, ping);
    expect(requests.counts).toEqual({ running: 3, waiting: 5, keptStreams: 0 });
    const ended = await during(world, Promise.all(outcomes));
    expect(ended).toEqual([...Array.from({ length: 8 }, () => 'resolved'), 'ERR_KAD_BUSY']);
    expect(requests.counts).toEqual({ running: 0, waiting: 0, keptStreams: LIMITS.kadIdleStreamsPerPeer });
    await expectCleanEnd(pair);
  });

  test('a signal cancels what runs and what waits', async () => {
    const pair = await kadPair({ kadRequestsPerPeer: 1 });
    const { server, requests, world } = pair;
    const stop = new AbortController();
    const ask = (): Promise<string> =>
      outcomeOf(requests.ask(server.peerId, kadMessage({ type: 'PING' }), { signal: stop.signal }));
    const outcomes = [ask(), ask(), ask()];
    stop.abort();
    expect(await during(world, Promise.all([...outcomes, ask()]))).toEqual(
      Array.from({ length: 4 }, () => 'ERR_ABORTED'),
    );
    expect(requests.counts).toEqual({ running: 0, waiting: 0, keptStreams: 0 });
    await expectCleanEnd(pair);
  });

  test('what is refused resets the stream alone', async () => {
    const pair = await kadPair();
    const key = utf8('/t/key');
    const { requests, server, world } = pair;
    const refused = requests.ask(server.peerId, kadMessage({ type: 'GET_PROVIDERS', key }));
    expect(await during(world, outcomeOf(refused))).toBe('ERR_KAD_ENDED');
    expect(pair.faults).toEqual(['ERR_KAD_BAD_MESSAGE']);
    expect((await pair.ask({ type: 'PING' })).type).toBe('PING');
    await expectCleanEnd(pair);
  });

  test('nobody is there in time', async () => {
    const pair = await kadPair();
    const { requests, world } = pair;
    const asked = outcomeOf(requests.ask(BOB, kadMessage({ type: 'PING' })));
    expect(await during(world, asked)).toBe('ERR_DIAL_NO_ADDRESS');
    await expectCleanEnd(pair);
  });
});

test('what is stored is on the store when it stops', async () => {
  const pair = await kadPair();
  const id = peerIdToBytes(pair.client.peerId);
  await pair.tell({
    type: 'ADD_PROVIDER',
    key: MULTIHASH,
    providerPeers: [{ id, addresses: [TCP], connection: 'notConnected' }],
  });
  await pair.world.settle();
  await expectCleanEnd(pair);
  const keys: string[] = [];
  for await (const [key] of pair.store.query('/kad/')) keys.push(key);
  const { peerId } = pair.client;
  expect(keys).toEqual([`/kad/test/addresses/${peerId}`, `/kad/test/providers/${toHex(MULTIHASH)}/${peerId}`]);
});
