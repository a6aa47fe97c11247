/**
 * A server of the DHT that lies to who asks it, over TCP: its answers are too large, never come, are cut, lead to the asker, in
 * circles, to nobody or to private networks. The query goes on with the others, and loses the stream at most.
 */
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import type { QueryRecord } from '../../src/actors/dht/query-record.js';
import { createNode } from '../../src/create-node.js';
import { LIMITS } from '../../src/limits.js';
import type { KadMessage } from '../../src/wire/kad.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { utf8 } from '../support/decoding.js';
import { all, ANYWHERE, between, PROVIDER, WANTED } from '../support/hostile-dht.js';
import { expectTable, HostileKad, kadFrame, toldPeer, type KadScript } from '../support/hostile-kad.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { invented } from '../support/invented-peers.js';

/** How the last query of providers went. */
async function lastQuery({ node }: Target): Promise<QueryRecord> {
  return eventually('the record of the query', () =>
    node.dhts[0]?.queries.findLast(({ asks }) => asks === 'GET_PROVIDERS'),
  );
}

/** Finds what the honest server knows; answers how that went. */
async function expectFound(target: Target): Promise<QueryRecord> {
  const found = await all(target.node.routing.findProviders(WANTED));
  expect(found.map(({ provider }) => provider.id)).toEqual([PROVIDER]);
  return lastQuery(target);
}

function expectNothingWaits({ node }: Target): void {
  expect(node.dhts[0]?.requests.counts).toMatchObject({ running: 0, waiting: 0 });
}

const answer = (more: Partial<KadMessage>): Uint8Array => kadFrame({ type: 'GET_PROVIDERS', ...more });
const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

describe('answers that fail their stream', () => {
  test.each<[string, string, KadScript]>([
    [
      'of one byte over the limit, by its length',
      'ERR_KAD_TOO_LARGE',
      (stream) => stream.send(encodeVarint(LIMITS.kadMessageBytes + 1)),
    ],
    ['of a length that never ends', 'ERR_KAD_BAD_MESSAGE', (stream) => stream.send(new Uint8Array(16).fill(0xff))],
    ['of 2^52 bytes', 'ERR_KAD_TOO_LARGE', (stream) => stream.send(encodeVarint(2 ** 52))],
    ['that are no message', 'ERR_KAD_BAD_MESSAGE', (stream) => stream.send(Uint8Array.of(3, 0xff, 0xff, 0xff))],
    ['to another question', 'ERR_KAD_UNEXPECTED', (stream) => stream.send(kadFrame({ type: 'PING' }))],
    ['that never come', 'ERR_KAD_TIMEOUT', () => undefined],
    ['that stop in the middle', 'ERR_KAD_TIMEOUT', (stream) => stream.send(half(answer({ key: new Uint8Array(40) })))],
    [
      'that end in the middle',
      'ERR_KAD_ENDED',
      (stream) => {
        stream.send(half(answer({ key: new Uint8Array(40) })));
        stream.end();
      },
    ],
    [
      'that break in the middle',
      'ERR_KAD_ENDED',
      (stream) => {
        stream.send(half(answer({ key: new Uint8Array(40) })));
        stream.reset();
      },
    ],
  ])('%s: %s', async (_, code, script) => {
    const { target, mallory } = await between({ GET_PROVIDERS: script }, { kadRequestTimeoutMs: 2_000 });
    const query = await expectFound(target);
    const peer = query.peers.find(({ id }) => id === mallory.peerId);
    expect([peer?.state, peer?.error, query.answered, query.failed]).toEqual(['failed', code, 1, 1]);
    // The connection stands, and other questions are answered on it.
    await mallory.yamux.expectEcho('the connection goes on');
    expectNothingWaits(target);
    expect(await all(target.node.routing.closestPeers(utf8('anything')))).toHaveLength(2);
    await expectStillServing(target);
  });

  test('that cut the connection: the query ends with the others', async () => {
    const script: KadScript = (stream) => {
      stream.send(half(answer({ key: new Uint8Array(40) })));
      stream.yamux.pipe.raw.socket.resetAndDestroy();
    };
    const { target, mallory } = await between({ GET_PROVIDERS: script });
    const query = await expectFound(target);
    expect(query.peers.find(({ id }) => id === mallory.peerId)?.state).toBe('failed');
    await eventually('it is gone', () => target.node.connections().length === 1);
    expectNothingWaits(target);
    await expectStillServing(target);
  });
});

describe('answers that lead nowhere', () => {
  test('to the node itself, over and over: it never asks itself', async () => {
    const script: KadScript = (stream) => {
      const us = toldPeer(target.node.peerId, target.address.replace(/\/p2p\/.*/, ''));
      stream.send(answer({ closerPeers: Array.from({ length: 20 }, () => us), providerPeers: [us] }));
    };
    const { target } = await between({ GET_PROVIDERS: script });
    const query = await expectFound(target);
    expect([query.refused.self, query.answered, query.peers.length]).toEqual([20, 2, 2]);
    expect(target.events.filter(({ type }) => type === 'connection.failed')).toEqual([]);
    await expectStillServing(target);
  });

  test('in circles: each is asked once', async () => {
    const script: KadScript = (stream) =>
      stream.send(
        answer({
          closerPeers: [mallory, honest, mallory].map(({ peerId }) => toldPeer(peerId, '/ip4/127.0.0.1/tcp/1')),
        }),
      );
    const { target, mallory, honest } = await between({ GET_PROVIDERS: script });
    const query = await expectFound(target);
    expect([query.messages, query.answered]).toEqual([2, 2]);
    expect([mallory, honest].map((peer) => peer.timesAsked('GET_PROVIDERS'))).toEqual([1, 1]);
    await expectStillServing(target);
  });

  test('to thousands of invented peers: as many are heard as one answer may tell, and no more', async () => {
    const closerPeers = Array.from({ length: 5_000 }, (_, index) =>
      toldPeer(invented(100 + index), '/ip4/127.0.0.1/tcp/1'),
    );
    const { target, mallory } = await between({ GET_PROVIDERS: (stream) => stream.send(answer({ closerPeers })) });
    const query = await expectFound(target);
    expect(query.peers.length).toBeLessThanOrEqual(2 + LIMITS.kadPeersPerMessage);
    expect(query.messages).toBeLessThanOrEqual(2 + LIMITS.kadPeersPerMessage);
    expect(query.answered).toBe(2);
    // Who never answered is in no table.
    expect(target.node.dhts[0]?.view.peers).toBe(2);
    await mallory.yamux.expectEcho('the connection goes on');
    expectNothingWaits(target);
    await expectStillServing(target);
  });

  test('to providers by the thousand: as many are told as one answer may tell', async () => {
    const providerPeers = Array.from({ length: 5_000 }, (_, index) => toldPeer(invented(100 + index)));
    const { target } = await between({ GET_PROVIDERS: (stream) => stream.send(answer({ providerPeers })) });
    const found = await all(target.node.routing.findProviders(WANTED));
    expect(found.length).toBe(1 + LIMITS.kadPeersPerMessage);
    await expectStillServing(target);
  });

  test('to private addresses, of a public DHT: nobody is dialed', async () => {
    const places = ['10.0.0.1', '192.168.1.1', '172.16.0.1', '127.0.0.1', '169.254.1.1', '100.64.0.1'];
    const closerPeers = places.map((place, index) => toldPeer(invented(100 + index), `/ip4/${place}/tcp/1`));
    const routing = { dht: { mode: 'server', peers: 'public' } } as const;
    const { target } = await between({ GET_PROVIDERS: (stream) => stream.send(answer({ closerPeers })) }, {}, routing);
    const query = await expectFound(target);
    expect([query.refused.addresses, query.answered, query.peers.length]).toEqual([places.length, 2, 2]);
    expect(target.events.filter(({ type }) => type === 'connection.failed')).toEqual([]);
    await expectStillServing(target);
  });
});

test('a query that waits for a silent peer holds back no other', async () => {
  const { target, mallory } = await between({ GET_PROVIDERS: () => undefined }, { kadRequestTimeoutMs: 60_000 });
  const slow = all(target.node.routing.findProviders(WANTED)).catch(() => 'ended');
  await eventually('the silent peer is asked', () => mallory.timesAsked('GET_PROVIDERS') === 1);
  for (let count = 0; count < 5; count++) {
    expect(await all(target.node.routing.closestPeers(utf8(`key ${count}`)))).toHaveLength(2);
  }
  expect(target.node.dhts[0]?.requests.counts.running).toBe(1);
  await expectStillServing(target);
  // What is under way ends with the node, and leaves nothing: the target is judged after the test.
  await target.node.stop();
  await slow;
});

test('beside a real server, what it holds is found', async () => {
  const target = await startTarget({ routing: ANYWHERE });
  const server = await createNode({ routing: ANYWHERE });
  const owner = await createNode({ routing: { dht: { mode: 'client', peers: 'any' } } });
  try {
    await owner.identify(server.addresses[0] ?? '');
    await eventually('the owner knows the server', () => owner.dhts[0]?.view.peers === 1);
    await firstValueFrom(owner.routing.provide(WANTED));
    await target.node.identify(server.addresses[0] ?? '');
    await HostileKad.join(target, {
      script: { GET_PROVIDERS: (stream) => stream.send(new Uint8Array(16).fill(0xff)) },
    });
    await expectTable(target, 2);
    const found = await all(target.node.routing.findProviders(WANTED));
    expect(found.map(({ provider }) => provider.id)).toEqual([owner.peerId]);
  } finally {
    await owner.stop();
    await server.stop();
  }
  await expectStillServing(target);
});
