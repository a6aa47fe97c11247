/**
 * Peers that fill a server of the DHT, over TCP: providers over every limit, streams over theirs, and a crowd of identities of
 * one network that wants the routing table. What others put there stays, and so do others.
 */
import { describe, expect, test } from '@jest/globals';
import { commonPrefixBits, KeySpace } from '../../src/actors/dht/key-space.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { concat } from '../support/decoding.js';
import { ANYWHERE } from '../support/hostile-dht.js';
import { expectTable, HostileKad, kadFrame, toldPeer } from '../support/hostile-kad.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { invented } from '../support/invented-peers.js';
import { KAD } from '../support/kad-pair.js';
import { testIdentity } from '../support/noise-side.js';

/** A multihash of SHA-256, by number. */
function multihash(index: number): Uint8Array {
  const bytes = new Uint8Array(34);
  bytes.set([0x12, 0x20]);
  new DataView(bytes.buffer).setUint32(30, index);
  return bytes;
}
const ADDRESS = '/ip4/203.0.113.5/tcp/4001';

/** How many providers the server names for each key, asked by somebody else. */
async function providersOf(asker: HostileKad, ...indices: readonly number[]): Promise<readonly number[]> {
  const questions = indices.map((index) => ({ type: 'GET_PROVIDERS', key: multihash(index) }) as const);
  return (await asker.askAll(questions)).map(({ providerPeers }) => providerPeers.length);
}

/** Sends on one stream, and waits until the server has read all of it: it answers in order. */
async function sendAll({ yamux }: HostileKad, messages: readonly Uint8Array[]): Promise<void> {
  const stream = await yamux.openStream(KAD);
  const ping = kadFrame({ type: 'PING' });
  for (let at = 0; at < messages.length; at += 100) {
    await eventually('the window is open', () => stream.creditBytes > 0);
    stream.send(...messages.slice(at, at + 100), ping);
    await stream.read(ping.length);
  }
  stream.end();
}

describe('providers', () => {
  const spam = async (limits: Partial<Limits>): Promise<{ target: Target; mallory: HostileKad; bob: HostileKad }> => {
    const target = await startTarget({ routing: ANYWHERE, limits });
    const bob = await HostileKad.join(target, { seed: 'bob' });
    const providerPeers = [toldPeer(bob.peerId, ADDRESS)];
    await sendAll(bob, [kadFrame({ type: 'ADD_PROVIDER', key: multihash(1), providerPeers })]);
    const mallory = await HostileKad.join(target);
    return { target, mallory, bob };
  };

  test('of others, forty in each of a thousand messages: none is noted', async () => {
    const { target, mallory, bob } = await spam({});
    const providerPeers = Array.from({ length: 40 }, (_, index) => toldPeer(invented(index), ADDRESS));
    const messages = Array.from({ length: 1_000 }, (_, index) =>
      kadFrame({ type: 'ADD_PROVIDER', key: multihash(index), providerPeers }),
    );
    await sendAll(mallory, messages);
    expect(await providersOf(bob, 0, 1, 999)).toEqual([0, 1, 0]);
    await expectStillServing(target);
  });

  test.each([
    { name: 'at the limit of one provider', keys: 50, kept: 50 },
    { name: 'one past it', keys: 51, kept: 50 },
    { name: 'twenty times it', keys: 1_000, kept: 50 },
  ])(
    'of itself, $name: $kept keys are kept, and what others provide stays',
    async ({ keys, kept }) => {
      const { target, mallory, bob } = await spam({ kadKeysPerProvider: 50 });
      const providerPeers = [toldPeer(mallory.peerId, ADDRESS)];
      const messages = Array.from({ length: keys }, (_, index) =>
        kadFrame({ type: 'ADD_PROVIDER', key: multihash(1_000 + index), providerPeers }),
      );
      await sendAll(mallory, messages);
      const found = await providersOf(bob, ...Array.from({ length: keys }, (_, index) => 1_000 + index));
      expect(found.reduce((sum, count) => sum + count, 0)).toBe(kept);
      expect(await providersOf(bob, 1)).toEqual([1]);
      await mallory.yamux.expectEcho('the connection goes on');
      await expectStillServing(target);
    },
    60_000,
  );

  test.each([
    { name: 'keys in all', limits: { kadProviderKeys: 20 }, most: 20 },
    // A record takes more than a hundred bytes of memory, whatever it is counted as.
    { name: 'bytes in all', limits: { kadProviderBytes: 20_000 }, most: 200 },
  ])('of itself by three of a kind, over the limit of $name: no more are kept', async ({ limits, most }) => {
    const { target, bob } = await spam(limits);
    for (let one = 0; one < 3; one++) {
      const sybil = await HostileKad.join(target, { seed: `sybil ${one}` });
      const providerPeers = [toldPeer(sybil.peerId, ADDRESS)];
      const messages = Array.from({ length: 200 }, (_, index) =>
        kadFrame({ type: 'ADD_PROVIDER', key: multihash(200 * one + index), providerPeers }),
      );
      await sendAll(sybil, messages);
    }
    const found = await providersOf(bob, ...Array.from({ length: 600 }, (_, index) => index));
    const kept = found.reduce((sum, count) => sum + count, 0);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(most);
    await expectStillServing(target);
  });

  test.each([
    { peers: 3, kept: 3 },
    { peers: 4, kept: 3 },
  ])('$peers for one key, of which three may be: $kept are kept', async ({ peers, kept }) => {
    const { target, bob } = await spam({ kadProvidersPerKey: 3 });
    for (let one = 0; one < peers; one++) {
      const sybil = await HostileKad.join(target, { seed: `sybil ${one}` });
      const providerPeers = [toldPeer(sybil.peerId, ADDRESS)];
      await sendAll(sybil, [kadFrame({ type: 'ADD_PROVIDER', key: multihash(7), providerPeers })]);
    }
    expect(await providersOf(bob, 7)).toEqual([kept]);
    await expectStillServing(target);
  });

  test('with addresses by the thousand: as many are kept as one peer may have', async () => {
    const { target, mallory, bob } = await spam({});
    const addresses = Array.from({ length: 2_000 }, (_, index) => `/ip4/203.0.113.5/tcp/${index + 1}`);
    const message = kadFrame({
      type: 'ADD_PROVIDER',
      key: multihash(2),
      providerPeers: [toldPeer(mallory.peerId, ...addresses)],
    });
    await sendAll(mallory, [message]);
    const [provider] = (await bob.ask({ type: 'GET_PROVIDERS', key: multihash(2) })).providerPeers;
    expect(provider?.addresses.length).toBeGreaterThan(0);
    expect(provider?.addresses.length).toBeLessThanOrEqual(LIMITS.kadAddressesPerPeer);
    await expectStillServing(target);
  });
});

describe('questions', () => {
  test('one byte over the limit, by its length: the stream ends, and the next one is answered', async () => {
    const target = await startTarget({ routing: ANYWHERE });
    const mallory = await HostileKad.join(target);
    await mallory.expectRefused(encodeVarint(LIMITS.kadRequestBytes + 1));
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_KAD_TOO_LARGE',
      machine: 'kadInbound',
      state: 'awaitingRequest',
    });
    expect((await mallory.ask({ type: 'PING' })).type).toBe('PING');
    await expectStillServing(target);
  });

  test('on as many streams as one peer may have, and one more: that one is reset', async () => {
    const target = await startTarget({ routing: ANYWHERE, limits: { kadInboundStreamsPerPeer: 4 } });
    const mallory = await HostileKad.join(target);
    const bob = await HostileKad.join(target, { seed: 'bob' });
    for (let count = 0; count < 4; count++) {
      const stream = await mallory.yamux.openStream(KAD);
      stream.send(kadFrame({ type: 'PING' }));
      await stream.read(1);
    }
    await expect(mallory.yamux.openStream(KAD)).rejects.toThrow('closed');
    expect((await bob.ask({ type: 'PING' })).type).toBe('PING');
    await expectStillServing(target);
  });

  test('six thousand on one stream, whose answers nobody reads: dropped when that has lasted too long', async () => {
    const target = await startTarget({ routing: ANYWHERE, limits: { kadSendTimeoutMs: 300 } });
    const mallory = await HostileKad.join(target);
    const bob = await HostileKad.join(target, {
      seed: 'bob',
      listenAddresses: Array.from({ length: 16 }, (_, index) => `/ip4/9.9.9.9/tcp/${index + 1}`),
    });
    const stream = await mallory.yamux.openStream(KAD);
    stream.grants = false;
    const question = kadFrame({ type: 'FIND_NODE', key: new Uint8Array(32).fill(1) });
    stream.send(concat(...Array.from({ length: 6_000 }, () => question)));
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_KAD_STALLED',
      machine: 'kadInbound',
      state: 'sending',
    });
    expect((await bob.ask({ type: 'PING' })).type).toBe('PING');
    await mallory.yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });
});

test('a crowd of identities of one network, all for one bucket: few get in, and who is of another does', async () => {
  const routing = { dht: { mode: 'server', peers: 'public' } } as const;
  const target = await startTarget({ routing });
  const space = new KeySpace(nodeCiphers, LIMITS);
  const { key } = space.peer(target.node.peerId);
  const inBucket = (seed: string): boolean => commonPrefixBits(key, space.peer(testIdentity(seed).peerId).key) === 0;
  const crowd = Array.from({ length: 60 }, (_, index) => `sybil ${index}`)
    .filter(inBucket)
    .slice(0, 12);
  expect(crowd).toHaveLength(12);
  for (const [index, seed] of crowd.entries()) {
    await HostileKad.join(target, { seed, listenAddresses: [`/ip4/8.8.${index}.1/tcp/4001`] });
  }
  await expectTable(target, LIMITS.kadGroupPeersPerBucket);
  const other = Array.from({ length: 60 }, (_, index) => `other ${index}`).find(inBucket) ?? '';
  const bob = await HostileKad.join(target, { seed: other, listenAddresses: ['/ip4/9.9.9.9/tcp/4001'] });
  await expectTable(target, LIMITS.kadGroupPeersPerBucket + 1);
  const [bucket] = target.node.dhts[0]?.view.buckets ?? [];
  expect([bucket?.prefixBits, bucket?.peers.some(({ id }) => id === bob.peerId)]).toEqual([0, true]);
  // In all buckets together as few of that network.
  for (let index = 0; index < 8; index++) {
    await HostileKad.join(target, { seed: `more ${index}`, listenAddresses: [`/ip4/8.8.${100 + index}.1/tcp/4001`] });
  }
  await expectTable(target, LIMITS.kadGroupPeers + 1);
  await expectStillServing(target);
}, 60_000);
