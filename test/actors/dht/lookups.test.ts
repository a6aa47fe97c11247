import { beforeEach, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { EngineError } from '../../../src/errors.js';
import type { ValueValidator } from '../../../src/routing/router.js';
import type { KadNetwork, KadNode } from '../../../src/sim/kad/kad-network.js';
import type { KadMessage, KadPeer, KadRecord } from '../../../src/wire/kad.js';
import { acquainted, collect, leftOver, NOTHING } from './made-network.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const KEY = text('/n/key');
const CONTENT = CID.createV1(0x55, Digest.create(0x12, new Uint8Array(32).fill(5)));

/** Values are numbers in text; the highest is the best. */
const numbers: ValueValidator = {
  validate: (_, value) => {
    if (!/^\d+$/.test(String.fromCharCode(...value)))
      throw new EngineError('ERR_INVALID_ARGUMENT', 'remote', 'no number');
  },
  select: (_, values) => {
    const all = values.map((value) => Number(String.fromCharCode(...value)));
    return all.indexOf(Math.max(...all));
  },
};

/** Servers that keep what they are given, as plainly as can be. */
class Stores {
  readonly values = new Map<string, Uint8Array>();
  readonly providers = new Map<string, KadPeer[]>();

  constructor(node: KadNode) {
    const answer = node.answer;
    node.answer = (message, from) => {
      if (message.type === 'PUT_VALUE' && message.record !== undefined)
        this.values.set(node.peer.id, message.record.value);
      if (message.type === 'ADD_PROVIDER') this.providers.set(node.peer.id, [...message.providerPeers]);
      const value = this.values.get(node.peer.id);
      const record: { record?: KadRecord } =
        message.type === 'PUT_VALUE'
          ? { ...(message.record === undefined ? {} : { record: message.record }) }
          : message.type === 'GET_VALUE' && value !== undefined
            ? { record: { key: message.key, value } }
            : {};
      const providerPeers = message.type === 'GET_PROVIDERS' ? (this.providers.get(node.peer.id) ?? []) : [];
      const answered: KadMessage = { ...answer(message, from), ...record, providerPeers };
      return answered;
    };
  }
}

let network: KadNetwork;
let node: KadNode;
let stores: ReadonlyMap<string, Stores>;

function build(count: number, options: Parameters<typeof acquainted>[2] = {}): void {
  const made = acquainted(count, {}, { validators: { n: numbers }, quorum: 5, ...options });
  ({ network } = made);
  node = made.nodes[0] as KadNode;
  stores = new Map(made.nodes.map((each) => [each.peer.id, new Stores(each)]));
}

const closestTo = (key: Uint8Array): readonly string[] =>
  network.closest(network.keySpace.keyOf(key), 20, node.peer.id).map(({ peer }) => peer.id);
const storedAt = (value: string): readonly string[] =>
  [...stores].filter(([id, store]) => String.fromCharCode(...(store.values.get(id) ?? [])) === value).map(([id]) => id);
const put = (id: string, value: string): unknown => stores.get(id)?.values.set(id, text(value));

beforeEach(() => build(80));

describe('values', () => {
  test('are put at the k closest, who say so', async () => {
    const { values, error } = await collect(network, node.routing.lookups.putValue(KEY, text('7')));
    expect(error).toBeUndefined();
    expect(values.map(({ at }) => at).sort()).toEqual([...closestTo(KEY)].sort());
    expect(new Set(values.map(({ source }) => source))).toEqual(new Set(['dht']));
    expect([...storedAt('7')].sort()).toEqual([...closestTo(KEY)].sort());
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('that are read get better, and end with the quorum', async () => {
    for (const [index, id] of closestTo(KEY).entries()) put(id, index % 2 === 0 ? '7' : '9');
    const { values } = await collect(network, node.routing.lookups.getValue(KEY));
    const heard = values.map(({ value }) => Number(String.fromCharCode(...value)));
    expect(heard.at(-1)).toBe(9);
    expect(heard).toEqual([...new Set(heard)].sort());
    expect(node.routing.records.at(-1)).toMatchObject({ asks: 'GET_VALUE', outcome: 'satisfied' });
  });

  test('are corrected where they are worse, or are not', async () => {
    build(80, { quorum: 1000 });
    const closest = closestTo(KEY);
    for (const [index, id] of closest.entries()) if (index < 10) put(id, index === 3 ? '9' : '7');
    put(closest[15] ?? '', 'no number');
    await collect(network, node.routing.lookups.getValue(KEY));
    await network.run(() => false, 5_000);
    expect([...storedAt('9')].sort()).toEqual([...closest].sort());
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('that no validator takes are as if they were not', async () => {
    for (const id of closestTo(KEY)) put(id, 'garbage');
    expect(await collect(network, node.routing.lookups.getValue(KEY))).toEqual({ values: [], error: undefined });
  });

  test('of a kind that nobody judges, or that are wrong, are not stored', async () => {
    const { lookups } = node.routing;
    expect((await collect(network, lookups.putValue(text('/x/key'), text('7')))).error?.code).toBe(
      'ERR_DHT_NO_VALIDATOR',
    );
    expect((await collect(network, lookups.getValue(text('no slash')))).error?.code).toBe('ERR_DHT_NO_VALIDATOR');
    expect((await collect(network, lookups.putValue(KEY, text('seven')))).error?.code).toBe('ERR_INVALID_ARGUMENT');
    expect(network.messages).toBe(0);
  });

  test('that are worse than our own are not stored; our own are told first', async () => {
    const own: KadRecord[] = [{ key: KEY, value: text('8') }];
    build(80, {
      local: {
        valueOf: () => Promise.resolve(own.at(-1)),
        storeValue: (record) => Promise.resolve(void own.push(record)),
        providersOf: () => Promise.resolve([]),
      },
    });
    const { lookups } = node.routing;
    expect((await collect(network, lookups.putValue(KEY, text('7')))).error?.code).toBe('ERR_DHT_STALE_VALUE');
    const { values } = await collect(network, lookups.getValue(KEY));
    expect(values.map(({ value, from }) => [String.fromCharCode(...value), from])).toEqual([['8', undefined]]);
    expect((await collect(network, lookups.putValue(KEY, text('9')))).error).toBeUndefined();
    expect(own.length).toBe(2);
  });

  test('that nobody takes are an error', async () => {
    for (const each of network.nodes) {
      const { answer } = each;
      each.answer = (message, from) => {
        const { type, key, closerPeers, providerPeers } = answer(message, from);
        return { type, key, closerPeers, providerPeers };
      };
    }
    expect((await collect(network, node.routing.lookups.putValue(KEY, text('7')))).error?.code).toBe(
      'ERR_DHT_NO_ANSWER',
    );
  });
});

describe('content', () => {
  test('is provided at the k closest, and found from anywhere, each provider once', async () => {
    const key = CONTENT.multihash.bytes;
    const { values } = await collect(network, node.routing.lookups.provide(CONTENT));
    expect(values.map(({ at }) => at).sort()).toEqual([...closestTo(key)].sort());
    const other = network.nodes[40] as KadNode;
    const found = await collect(network, other.routing.lookups.findProviders(CONTENT));
    expect(found).toEqual({
      values: [{ source: 'dht', provider: { id: node.peer.id, addresses: [] } }],
      error: undefined,
    });
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('is looked for until there are enough providers', async () => {
    build(80, { providers: 3 });
    for (const [index, id] of closestTo(CONTENT.multihash.bytes).entries()) {
      stores.get(id)?.providers.set(
        id,
        [network.nodes[index + 1], network.nodes[index + 2]].map((each) => (each as KadNode).told),
      );
    }
    const { values } = await collect(network, node.routing.lookups.findProviders(CONTENT));
    expect(values.length).toBe(3);
    expect(node.routing.records.at(-1)?.outcome).toBe('satisfied');
  });

  test('that we know providers of is told at once, without asking where they are enough', async () => {
    const known = { id: '12D3KooWSExt8hTzoaHEhn435BTK6BPNSY1LpTc1j2o9Gw53tXE1', addresses: ['/ip4/1.2.3.4/tcp/1'] };
    build(80, {
      providers: 1,
      local: {
        valueOf: () => Promise.resolve(undefined),
        storeValue: () => Promise.resolve(),
        providersOf: () => Promise.resolve([known, known]),
      },
    });
    const { values } = await collect(network, node.routing.lookups.findProviders(CONTENT));
    expect([values, network.messages]).toEqual([[{ source: 'dht', provider: known }], 0]);
  });
});

describe('peers', () => {
  test('closest to a key are the k closest', async () => {
    const { values } = await collect(network, node.routing.lookups.closestPeers(KEY));
    expect(values.map(({ peer }) => peer.id)).toEqual(closestTo(KEY));
  });

  test('are found as soon as somebody tells where they are', async () => {
    const [sought] = network.nodes.slice(50) as [KadNode];
    const address = '/ip4/5.6.7.8/tcp/4001';
    for (const each of network.nodes) {
      const { answer } = each;
      each.answer = (message, from) => {
        const answered = answer(message, from);
        const closerPeers = answered.closerPeers.map((told) =>
          told === sought.told ? { ...told, addresses: [address] } : told,
        );
        return { ...answered, closerPeers };
      };
    }
    const { values } = await collect(network, node.routing.lookups.findPeer(sought.peer.id));
    expect(values).toEqual([{ source: 'dht', peer: { id: sought.peer.id, addresses: [address] } }]);
    expect(node.routing.records.at(-1)?.outcome).toBe('satisfied');
  });

  test('ourselves are known, and what is no peer id is an error', async () => {
    const { values } = await collect(network, node.routing.lookups.findPeer(node.peer.id));
    expect(values).toEqual([{ source: 'dht', peer: { id: node.peer.id, addresses: [] } }]);
    expect((await collect(network, node.routing.lookups.findPeer('nobody'))).error?.code).toBe('ERR_PEER_ID_INVALID');
    expect(network.messages).toBe(0);
  });
});

describe('an end from outside', () => {
  test('the signal of a call', async () => {
    const abort = new AbortController();
    const ended = collect(network, node.routing.lookups.closestPeers(KEY, { signal: abort.signal }));
    abort.abort();
    expect((await ended).error?.code).toBe('ERR_ABORTED');
    expect((await collect(network, node.routing.lookups.closestPeers(KEY, { signal: abort.signal }))).error?.code).toBe(
      'ERR_ABORTED',
    );
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('the end of the DHT', async () => {
    const ended = collect(network, node.routing.lookups.closestPeers(KEY));
    node.routing.stop();
    expect((await ended).error?.code).toBe('ERR_NODE_STOPPED');
    expect((await collect(network, node.routing.lookups.closestPeers(KEY))).error?.code).toBe('ERR_NODE_STOPPED');
    expect(leftOver(network)).toEqual(NOTHING);
  });
});

test('a table that is empty, and one whose peers are all gone, are errors', async () => {
  build(1);
  expect((await collect(network, node.routing.lookups.closestPeers(KEY))).error?.code).toBe('ERR_DHT_NO_PEERS');
  build(5);
  for (const each of network.nodes.slice(1)) each.isDead = true;
  expect((await collect(network, node.routing.lookups.closestPeers(KEY))).error?.code).toBe('ERR_DHT_NO_ANSWER');
});
