/** Delegated routing against helia's: our client at its server, its client at our server. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { concatWith, from, lastValueFrom, NEVER, take, toArray } from 'rxjs';
import { base64 } from 'multiformats/bases/base64';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { EngineError } from '../../../src/errors.js';
import { NodeHttpClient } from '../../../src/platform/http-client.js';
import { NodeHttpServer } from '../../../src/platform/http-server.js';
import { delegatedRouter } from '../../../src/routing/delegated/client.js';
import { DelegatedRoutingServer } from '../../../src/routing/delegated/server.js';
import type { ValueValidator } from '../../../src/routing/router.js';
import { startPeer, type Peer } from '../../peers/peers.js';
import { suiteFor } from '../../support/live-suites.js';
import { toHex } from '../../support/byte-texts.js';
import { CID_TEXT, peer, PEERS, realEnvironment, TableRouter } from './support.js';

const suite = await suiteFor('js-delegated');
const cid = CID.parse(CID_TEXT);
const [first, second, third] = PEERS;
/** Byte for byte what was told: whether a record is valid is for others to say. */
const taking: ValueValidator = { validate: () => undefined, select: () => 0 };

suite('helia and delegated routing', () => {
  let helia: Peer;
  beforeAll(async () => {
    helia = await startPeer('js-delegated');
  }, 300_000);
  afterAll(() => helia.stop());

  describe('our client, its server', () => {
    const environment = realEnvironment();
    const http = new NodeHttpClient();
    const ours = (validator: ValueValidator = taking) => {
      const port = /\/tcp\/(\d+)/.exec(helia.addresses[0])?.[1] ?? '';
      return delegatedRouter(environment, http, { endpoints: [`http://127.0.0.1:${port}`], ipns: validator });
    };
    afterAll(() => http.close());
    afterEach(() => expect(environment.liveActors).toBe(0));

    test('providers, streamed', async () => {
      const found = [
        { id: first, addresses: ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/udp/4001/quic-v1'] },
        { id: second, addresses: [] },
      ];
      await helia.request('serveProviders', { cid: CID_TEXT, found });
      const answers = await lastValueFrom(ours().findProviders!(cid).pipe(toArray()));
      expect(answers).toEqual(found.map((provider) => ({ source: 'delegated', provider })));
    });

    test('nobody has it', async () => {
      const other = CID.parse('bafkqaaa');
      expect(await lastValueFrom(ours().findProviders!(other).pipe(toArray()))).toEqual([]);
    });

    test('what is found comes before the search is over, and leaving ends it there', async () => {
      const stalling = CID.parse('bafkqaalb');
      await helia.request('serveProviders', {
        cid: stalling.toString(),
        found: [{ id: third, addresses: [] }],
        stalls: true,
      });
      const got = await lastValueFrom(ours().findProviders!(stalling).pipe(take(1)));
      expect(got).toEqual({ source: 'delegated', provider: { id: third, addresses: [] } });
      while (Number((await helia.request('left'))['left']) < 1);
    });

    test('a peer, and one that it does not know', async () => {
      await helia.request('servePeer', { peer: first, addresses: ['/dns4/example.com/tcp/443/tls/ws'] });
      const [answer] = await lastValueFrom(ours().findPeer!(first).pipe(toArray()));
      expect(answer).toEqual({
        source: 'delegated',
        peer: { id: first, addresses: [expect.stringMatching(/^\/dns4\/example\.com\/tcp\/443\/(tls\/ws|wss)$/)] },
      });
      expect(await lastValueFrom(ours().findPeer!(second).pipe(toArray()))).toEqual([]);
    });

    test('the closest peers, in its order', async () => {
      const key = cid.multihash.bytes;
      const found = [third, first, second].map((id) => ({ id, addresses: [] }));
      await helia.request('serveClosest', { key: base64.encode(key), found });
      const answers = await lastValueFrom(ours().closestPeers!(key).pipe(toArray()));
      expect(answers).toEqual(found.map((one) => ({ source: 'delegated', peer: one })));
    });

    test('an IPNS record that it takes, and gives back', async () => {
      const made = await helia.request('makeRecord', { value: '/ipfs/bafkqaaa', sequence: 7 });
      const [key, record] = [made['key'], made['record']].map((text) => base64.decode(text as string)) as [
        Uint8Array,
        Uint8Array,
      ];
      expect(await lastValueFrom(ours().getValue!(key).pipe(toArray()))).toEqual([]);
      const [stored] = await lastValueFrom(ours().putValue!(key, record).pipe(toArray()));
      expect(stored).toEqual({ source: 'delegated', at: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
      expect(await lastValueFrom(ours().getValue!(key).pipe(toArray()))).toEqual([
        { source: 'delegated', value: record },
      ]);
      const forged = record.slice();
      forged[10]! ^= 1;
      await expect(lastValueFrom(ours().putValue!(key, forged))).rejects.toMatchObject({
        code: 'ERR_HTTP_ROUTING_STATUS',
      });
      // And the validator has the last word on what it gives.
      const refusing: ValueValidator = {
        ...taking,
        validate: () => {
          throw new EngineError('ERR_BLOCK_MISMATCH', 'remote', 'not today');
        },
      };
      await expect(lastValueFrom(ours(refusing).getValue!(key))).rejects.toMatchObject({ code: 'ERR_BLOCK_MISMATCH' });
    });
  });

  describe('its client, our server', () => {
    const environment = realEnvironment();
    const router = new TableRouter();
    const server = new DelegatedRoutingServer(environment, new NodeHttpServer(), { router, ipns: taking });
    let url = '';
    beforeAll(async () => {
      url = await server.listen();
    });
    afterAll(async () => {
      await server.stop();
      expect(environment.liveActors).toBe(0);
    });
    beforeEach(() => router.providers.clear());

    test('providers, streamed and filtered', async () => {
      const found = [
        peer(first, ['/ip4/127.0.0.1/tcp/4001', '/ip4/127.0.0.1/udp/4001/quic-v1'], ['transport-bitswap']),
        peer(second, ['/ip4/127.0.0.1/tcp/4002']),
        peer(third),
      ];
      router.providers.set(CID_TEXT, from(found));
      const all = await helia.request('getProviders', { url, cid: CID_TEXT });
      expect(all['list']).toEqual(found.map((one) => ({ protocols: [], ...one })));
      const quic = await helia.request('getProviders', { url, cid: CID_TEXT, filterAddrs: ['quic-v1', 'unknown'] });
      expect(quic['list']).toEqual([
        { id: first, addresses: ['/ip4/127.0.0.1/udp/4001/quic-v1'], protocols: ['transport-bitswap'] },
        { id: third, addresses: [], protocols: [] },
      ]);
      const unknown = await helia.request('getProviders', { url, cid: CID_TEXT, filterProtocols: ['unknown'] });
      expect((unknown['list'] as { id: string }[]).map(({ id }) => id)).toEqual([second, third]);
    });

    test('a client that has enough ends the search', async () => {
      router.providers.set(CID_TEXT, from([peer(first)]).pipe(concatWith(NEVER)));
      const some = await helia.request('getProviders', { url, cid: CID_TEXT, limit: 1 });
      expect(some['list']).toEqual([{ id: first, addresses: [], protocols: [] }]);
      while (router.live > 0) await helia.request('left');
    });

    test('peers and closest peers', async () => {
      router.peers.set(first, peer(first, ['/ip4/127.0.0.1/tcp/4001']));
      expect((await helia.request('getPeers', { url, peer: first }))['list']).toEqual([
        { id: first, addresses: ['/ip4/127.0.0.1/tcp/4001'], protocols: [] },
      ]);
      expect((await helia.request('getPeers', { url, peer: second }))['list']).toEqual([]);
      router.closest.set(toHex(cid.multihash.bytes), [peer(third), peer(second)]);
      router.closest.set(toHex(peerIdToBytes(first)), [peer(first)]);
      const closest = await helia.request('getClosestPeers', { url, cid: CID_TEXT });
      expect((closest['list'] as { id: string }[]).map(({ id }) => id)).toEqual([third, second]);
      expect((await helia.request('getClosestPeers', { url, cid: 'bafkqaaa' }))['list']).toEqual([]);
    });

    test('an IPNS record that we take, and give back', async () => {
      const { name, record, key } = await helia.request('makeRecord', { value: '/ipfs/bafkqaaa', sequence: 1 });
      await expect(helia.request('getIPNS', { url, name })).rejects.toThrow(/NotFoundError|No matching records/);
      await helia.request('putIPNS', { url, name, record });
      expect(toHex(router.values.get(toHex(base64.decode(key as string)))!)).toBe(
        toHex(base64.decode(record as string)),
      );
      const { record: got } = await helia.request('getIPNS', { url, name });
      expect(got).toBe(record);
      await helia.request('judge', { key, record: got });
    });
  });
});
