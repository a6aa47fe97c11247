/** What a node hears beside its connections, from programs of others: delegated routing, multicast DNS, trackers. */
import { CID } from 'multiformats/cid';
import { filter, firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import { NodeHttpServer } from '../../../src/platform/http-server.js';
import { infohashOf } from '../../../src/routing/tracker/infohash.js';
import { collect } from '../../support/live-bytes.js';
import { freeMulticastPort } from '../../support/multicast.js';
import { expectEqual } from './expecting.js';
import type { Recipe } from './recipe.js';
import { startedPeer } from './started-peer.js';

const CONTENT_BYTES = 200;
const CONTENT = CID.parse('bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui');

export const LIVE_NETWORK: readonly Recipe[] = [
  {
    name: 'delegated-routing-asked-helia',
    title: "helia's delegated routing server tells who has a block, and helia gives it",
    peers: ['js-delegated', 'js-modern'],
    packed: true,
    record: async (recording) => {
      const router = await startedPeer(recording, 'js-delegated');
      const owner = await startedPeer(recording, 'js-modern', ['--helia']);
      const { cids } = await owner.request('addBlocks', { count: 1, size: CONTENT_BYTES, seed: 3 });
      const [cid = ''] = cids as readonly string[];
      const found = [
        { id: owner.peerId, addresses: owner.addresses.map((address) => address.replace(/\/p2p\/.*/, '')) },
      ];
      await router.request('serveProviders', { cid, found });
      const port = /\/tcp\/(\d+)/.exec(router.addresses[0])?.[1] ?? '';
      const delegated = [`http://127.0.0.1:${port}`];
      const node = await recording.start({ security: ['noise'], listen: [], limits: {}, routing: { delegated } });
      expectEqual((await collect(node.cat(cid))).length, CONTENT_BYTES, 'bytes that we got');
    },
  },
  {
    name: 'delegated-routing-served-to-helia',
    title: "helia's delegated routing client asks us who has a block, and we ask a DHT of js-libp2p",
    peers: ['js-delegated', 'js-kad'],
    packed: true,
    redacted: true,
    record: async (recording) => {
      const network = await startedPeer(recording, 'js-kad', ['--nodes', '2']);
      await network.request('mesh');
      await network.request('waitTables', { n: 1 });
      await network.request('provide', { cid: CONTENT.toString(), node: 1 });
      const helia = await startedPeer(recording, 'js-delegated');
      const [first] = network.addresses;
      const routing = { dht: { mode: 'client', peers: 'any' } } as const;
      const node = await recording.start({ security: ['noise'], listen: [], limits: {}, bootstrap: [first], routing });
      const server = node.routingServer(new NodeHttpServer());
      const url = await server.listen();
      const { list } = await helia.request('getProviders', { url, cid: CONTENT.toString() });
      await server.stop();
      expectEqual((list as readonly unknown[]).length, 1, 'providers that helia heard of');
    },
  },
  {
    name: 'mdns-with-js-libp2p',
    title: "multicast DNS on loopback with js-libp2p's: each finds the other",
    peers: ['js-lan'],
    record: async (recording) => {
      const port = await freeMulticastPort();
      const mdns = { loopback: true, port, interfaces: ['127.0.0.1'] };
      const routing = { mdns, dialDiscovered: false };
      const node = await recording.start({ security: ['noise'], limits: {}, routing });
      const heard = firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'peer.discovered')));
      const neighbour = await startedPeer(recording, 'js-lan', ['--mdns-port', String(port), '--mdns-interval', '300']);
      await heard;
      expectEqual((await all(node.routing.findPeer(neighbour.peerId)))[0]?.peer.id, neighbour.peerId, 'who is there');
      while (!neighbour.events.some(({ event }) => event === 'found'))
        await new Promise((next) => setTimeout(next, 50));
    },
  },
  {
    name: 'trackers-of-bittorrent-tracker',
    title: 'bittorrent-tracker over HTTP and over UDP: who else has the content is found, and that we have it is told',
    peers: ['js-lan', 'js-modern'],
    packed: true,
    record: async (recording) => {
      const tracker = await startedPeer(recording, 'js-lan');
      const owner = await startedPeer(recording, 'js-modern');
      const { http, udp } = (await tracker.request('tracker')) as { readonly http?: string; readonly udp?: string };
      const trackers = [String(http), String(udp)];
      const port = Number(/\/tcp\/(\d+)/.exec(owner.addresses[0])?.[1]);
      const infohash = Buffer.from(infohashOf(CONTENT)).toString('hex');
      const peerId = Buffer.from('-XX0001-abcdefghijkl').toString('hex');
      await tracker.request('announce', { url: trackers[0], infohash, peerId, port, left: 0 });
      const routing = { trackers, privateAddresses: true };
      const node = await recording.start({ security: ['noise'], limits: {}, routing });
      expectEqual((await all(node.routing.findProviders(CONTENT)))[0]?.provider.id, owner.peerId, 'who has it');
      expectEqual((await all(node.routing.provide(CONTENT))).length, trackers.length, 'trackers that were told');
    },
  },
];

const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));
