/** `bittorrent-tracker` 11.2.3 as the judge of trackers: its tracker, and its client, which finds us and is found. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { Environment } from '../../src/actors/environment.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { udpDatagrams } from '../../src/platform/udp-datagrams.js';
import { infohashOf } from '../../src/routing/tracker/infohash.js';
import { TrackerRouter } from '../../src/routing/tracker/tracker.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { fetchHttp } from '../support/fetch-http.js';
import { invented } from '../support/invented-peers.js';
import { toHex } from '../support/decoding.js';

const BASE = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
const THEIR_ID = toHex(new TextEncoder().encode('-XX0001-abcdefghijkl'));

let peer: Peer;
beforeAll(async () => {
  peer = await startPeer('js-lan');
});
afterAll(() => peer.stop());

describe.each(['http', 'udp'] as const)('over %s', (kind) => {
  const running: TrackerRouter[] = [];
  const environments: Environment[] = [];
  afterEach(async () => {
    for (const router of running.splice(0)) await router.stop();
    expect(
      environments
        .splice(0)
        .map(({ liveActors }) => liveActors)
        .filter((count) => count > 0),
    ).toEqual([]);
  });

  let count = kind === 'http' ? 0 : 100;
  /** A CID that no other test here has announced. */
  const fresh = (): { readonly cid: CID; readonly infohash: string } => {
    const digest = BASE.multihash.digest.slice();
    digest[0] = ++count;
    const multihash = { ...BASE.multihash, digest, bytes: Uint8Array.of(0x12, 0x20, ...digest) };
    const cid = CID.createV1(0x55, multihash);
    return { cid, infohash: toHex(infohashOf(cid)) };
  };

  async function trackerUrl(): Promise<string> {
    return String((await peer.request('tracker'))[kind]);
  }

  /** A node of ours, which takes whoever is at an address for the peer of that number. */
  async function ours(port: number): Promise<TrackerRouter> {
    const environment = new Environment({ clock: systemClock, random: systemRandom, ciphers: {} as never });
    const router = new TrackerRouter(environment, {
      trackers: [await trackerUrl()],
      http: fetchHttp,
      datagrams: udpDatagrams,
      peer: invented(port),
      port: () => port,
      privateAddresses: true,
      resolvePeer: (address) => Promise.resolve(invented(Number(address.split('/').at(-1)))),
    });
    environments.push(environment);
    running.push(router);
    return router;
  }

  const swarm = async (infohash: string): Promise<unknown> => (await peer.request('swarm', { infohash }))['peers'];
  const announced = async (infohash: string, port: number): Promise<readonly string[]> => {
    const { peers } = await peer.request('announce', { url: await trackerUrl(), infohash, peerId: THEIR_ID, port });
    return peers as readonly string[];
  };

  test('its tracker knows us as one who has it, and its client finds us', async () => {
    const { cid, infohash } = fresh();
    const router = await ours(4001);
    expect(await lastValueFrom(router.provide(cid).pipe(toArray()))).toEqual([
      { source: 'tracker', at: await trackerUrl() },
    ]);
    expect(await swarm(infohash)).toEqual([
      { peerId: expect.stringMatching(/^2d5343303031302d[0-9a-f]{24}$/), ip: '127.0.0.1', port: 4001, complete: true },
    ]);
    expect(await announced(infohash, 4002)).toContain('127.0.0.1:4001');
  });

  test('we find its client', async () => {
    const { cid, infohash } = fresh();
    await announced(infohash, 4002);
    const found = await lastValueFrom((await ours(4001)).findProviders(cid).pipe(toArray()));
    expect(found).toEqual([
      { source: 'tracker', provider: { id: invented(4002), addresses: ['/ip4/127.0.0.1/tcp/4002'] } },
    ]);
  });

  test('two of ours find each other; who only looks is not found, and who stops is not either', async () => {
    const { cid, infohash } = fresh();
    const [one, two] = [await ours(4001), await ours(4003)];
    await lastValueFrom(one.provide(cid));
    const found = () => lastValueFrom(two.findProviders(cid).pipe(toArray()));
    expect(await found()).toEqual([
      { source: 'tracker', provider: { id: invented(4001), addresses: ['/ip4/127.0.0.1/tcp/4001'] } },
    ]);
    // Its farewell is over before the node is.
    await two.stop();
    expect(await swarm(infohash)).toMatchObject([{ port: 4001 }]);
    await one.stop();
    expect(await swarm(infohash)).toEqual([]);
    expect(await found()).toEqual([]);
  });
});

test('its own words for a refusal', async () => {
  const environment = new Environment({ clock: systemClock, random: systemRandom, ciphers: {} as never });
  const http = String((await peer.request('tracker'))['http']).replace('/announce', '/scrape-nothing');
  const router = new TrackerRouter(environment, {
    trackers: [http],
    http: fetchHttp,
    peer: invented(1),
    port: () => 4001,
    resolvePeer: () => Promise.reject(new Error('nobody')),
  });
  await expect(lastValueFrom(router.findProviders(BASE), { defaultValue: undefined })).rejects.toMatchObject({
    code: 'ERR_TRACKER_REFUSED',
    message: expect.stringContaining('invalid action in HTTP request'),
  });
  await router.stop();
});
