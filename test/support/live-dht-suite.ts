/** What every network of DHT peers that are not ours has to do with two nodes of ours among them, both ways. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { filter, firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { ValueValidator } from '../../src/routing/router.js';
import { startPeer, type Peer, type PeerName } from '../peers/peers.js';
import { tableHolds } from './dht-table.js';

/** A network of others. */
export interface LiveDhtNetwork {
  readonly peer: PeerName;
  readonly nodes: number;
  readonly cidVersion: 0 | 1;
  readonly security: CreateNodeOptions['security'];
  readonly muxers: CreateNodeOptions['muxers'];
}

/** A peer as the commands of the live peers tell of it. */
interface Told {
  readonly peerId: string;
  readonly addresses: readonly string[];
}

const SUITE_MS = 300_000;
const SHA2_256 = 0x12;
const RAW = 0x55;

/** As `test/peers/kad.mjs` has it: a value begins with a number, and the greatest is the best. */
const numbered: ValueValidator = {
  validate: (_, value) => {
    if (!/^\d/.test(Buffer.from(value).toString('latin1'))) throw new Error('a value of /v/ begins with a number');
  },
  select: (_, values) => {
    const ranks = values.map((value) => Number.parseInt(Buffer.from(value).toString('latin1'), 10));
    return ranks.indexOf(Math.max(...ranks));
  },
};

/** A CID of these words. */
export function cidOfText(text: string, version: 0 | 1): CID {
  const digest = Digest.create(SHA2_256, createHash('sha256').update(text).digest());
  return version === 0 ? CID.createV0(digest) : CID.createV1(RAW, digest);
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

/** Runs the suite. */
export function liveDhtSuite({ peer: name, nodes, cidVersion, security, muxers }: LiveDhtNetwork): void {
  describe(`two nodes of ours among ${nodes} of ${name}`, () => {
    let theirs: Peer;
    let list: readonly Told[] = [];
    let client: Host;
    let server: Host;

    const newNode = (mode: 'client' | 'server'): Promise<Host> =>
      createNode({
        ...(security === undefined ? {} : { security }),
        ...(muxers === undefined ? {} : { muxers }),
        bootstrap: [list[0]!.addresses[0]!],
        routing: { dht: { mode, peers: 'any' }, validators: { v: numbered } },
      });

    beforeAll(async () => {
      theirs = await startPeer(name, ['--nodes', String(nodes)]);
      await theirs.request('mesh', {}, SUITE_MS);
      await theirs.request('waitTables', { n: nodes - 1 });
      ({ list } = (await theirs.request('nodes')) as unknown as { readonly list: readonly Told[] });
      [server, client] = await Promise.all([newNode('server'), newNode('client')]);
      await Promise.all([tableHolds(server, nodes), tableHolds(client, nodes)]);
    }, SUITE_MS);

    afterAll(async () => {
      await Promise.all([client, server].map((node) => node.stop()));
      await theirs.stop();
    }, SUITE_MS);

    test('our client is in no table of theirs, our server in each that met it', async () => {
      const ids = list.map(({ peerId }) => peerId);
      expect(client.dhts[0]!.view).toMatchObject({ mode: 'client' });
      expect(server.dhts[0]!.view).toMatchObject({ mode: 'server' });
      const found = await theirs.request('findPeer', { peerId: server.peerId, node: nodes - 1 });
      expect(found).toMatchObject({ peerId: server.peerId });
      const { peers } = (await theirs.request('getClosestPeers', {
        key: base64(peerIdToBytes(client.peerId)),
        node: 1,
      })) as unknown as {
        readonly peers: readonly Told[];
      };
      expect(peers.map(({ peerId }) => peerId)).not.toContain(client.peerId);
      expect(ids).not.toContain(server.peerId);
    });

    test('what they provide we find', async () => {
      const cid = cidOfText(`theirs ${name}`, cidVersion);
      const last = list[nodes - 1]!;
      await theirs.request('provide', { cid: cid.toString(), node: nodes - 1 }, SUITE_MS);
      for (const node of [client, server]) {
        const found = await all(node.routing.findProviders(cid));
        expect(found.map(({ source, provider }) => [source, provider.id])).toEqual([['dht', last.peerId]]);
        expect(found[0]!.provider.addresses.length).toBeGreaterThan(0);
      }
    });

    test('what we provide they find, and our other node', async () => {
      const cid = cidOfText(`ours ${name}`, cidVersion);
      const stored = await all(server.routing.provide(cid));
      expect(stored.length).toBeGreaterThanOrEqual(Math.min(nodes, 15));
      const { providers } = (await theirs.request('findProviders', {
        cid: cid.toString(),
        node: 2,
        enough: 1,
      })) as unknown as {
        readonly providers: readonly Told[];
      };
      expect(providers.map(({ peerId }) => peerId)).toEqual([server.peerId]);
      const found = await all(client.routing.findProviders(cid));
      expect(found.map(({ provider }) => provider.id)).toEqual([server.peerId]);
    });

    test('what is added to a node of ours is provided by itself', async () => {
      const [providing] = server.providing;
      const provided = firstValueFrom(providing!.events$.pipe(filter(({ type }) => type === 'region.provided')));
      const { cid } = await server.add(
        (async function* () {
          yield bytesOf(`added ${name}`);
        })(),
      );
      await provided;
      expect(providing!.counts).toMatchObject({ keys: 1, keysNew: 0, keysProvided: 1 });
      // Those of 2020 look for the whole CID, which of version 0 is the multihash.
      const asked = cidVersion === 0 ? CID.createV0(cid.multihash as never) : cid;
      const { providers } = (await theirs.request('findProviders', {
        cid: asked.toString(),
        node: 4,
        enough: 1,
      })) as unknown as { readonly providers: readonly Told[] };
      expect(providers.map(({ peerId }) => peerId)).toEqual([server.peerId]);
    });

    test('a node that knows one of them finds the others, and ours', async () => {
      const fresh = await newNode('client');
      try {
        await tableHolds(fresh, 1);
        for (const id of [list[nodes - 1]!.peerId, list[Math.floor(nodes / 2)]!.peerId, server.peerId]) {
          const found = await all(fresh.routing.findPeer(id));
          expect(found.at(-1)?.peer.id).toBe(id);
          expect(found.at(-1)?.peer.addresses.length).toBeGreaterThan(0);
        }
      } finally {
        await fresh.stop();
      }
    });

    test('values, both ways, the better one wins', async () => {
      const theirKey = bytesOf(`/v/their ${name}`);
      await theirs.request(
        'putValue',
        { key: base64(theirKey), value: base64(bytesOf('1 from them')), node: 3 },
        SUITE_MS,
      );
      const read = await all(client.routing.getValue(theirKey));
      expect(Buffer.from(read.at(-1)!.value).toString()).toBe('1 from them');
      const stored = await all(client.routing.putValue(theirKey, bytesOf('2 from us')));
      expect(stored.length).toBeGreaterThanOrEqual(Math.min(nodes, 15));
      const { value } = (await theirs.request('getValue', { key: base64(theirKey), node: 0 })) as {
        readonly value: string;
      };
      expect(Buffer.from(value, 'base64').toString()).toBe('2 from us');
    });

    test('the closest peers are those that they are', async () => {
      const key = bytesOf(`closest ${name}`);
      const target = createHash('sha256').update(key).digest();
      const distance = (id: string): string => {
        const place = createHash('sha256').update(peerIdToBytes(id)).digest();
        return Buffer.from(place.map((byte, index) => byte ^ target[index]!)).toString('hex');
      };
      const ids = [...list.map(({ peerId }) => peerId), server.peerId];
      const closest = ids.sort((left, right) => (distance(left) < distance(right) ? -1 : 1)).slice(0, 20);
      const found = await all(client.routing.closestPeers(key));
      expect(found.map(({ peer }) => peer.id)).toEqual(closest);
      const [record] = client.dhts[0]!.queries.slice(-1);
      // Of fewer than twenty, every one is asked.
      const outcome = ids.length < 20 ? 'exhausted' : 'finished';
      expect(record).toMatchObject({ asks: 'FIND_NODE', outcome, closest });
    });
  });
}
