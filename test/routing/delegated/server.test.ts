/** The delegated routing server in virtual time: what it answers, what it refuses, and what it holds for whom. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { concatWith, from, NEVER, of, Subject, throwError } from 'rxjs';
import type { Environment } from '../../../src/actors/environment.js';
import { parsePeerId, peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import { delegatedRouter } from '../../../src/routing/delegated/client.js';
import {
  DelegatedRoutingServer,
  type DelegatedServerOptions,
  type ServedRequest,
} from '../../../src/routing/delegated/server.js';
import type { RoutedPeer } from '../../../src/routing/router.js';
import { SimulatedHttp } from '../../../src/sim/simulated-http.js';
import type { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { toHex, utf8 } from '../../support/byte-texts.js';
import {
  CID_TEXT,
  failingRouter,
  peer,
  PEERS,
  settled,
  TableRouter,
  toyValidator,
  virtualEnvironment,
} from './support.js';

const cid = CID.parse(CID_TEXT);
const [first, second] = PEERS;
const PEER_CID = 'bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l';
const NDJSON = { accept: 'application/x-ndjson' };
const RECORD_TYPE = 'application/vnd.ipfs.ipns-record';
const key = new Uint8Array([...utf8('/ipns/'), ...peerIdToBytes(first)]);
const FOUND = 'public, max-age=300, stale-while-revalidate=172800, stale-if-error=172800';
const NOTHING = 'public, max-age=15, stale-while-revalidate=172800, stale-if-error=172800';

let environment: Environment;
let clock: VirtualClock;
let network: SimulatedHttp;
let router: TableRouter;
let server: DelegatedRoutingServer;
let url = '';
let served: ServedRequest[];

async function ready(limits: Partial<Limits> = {}, options: Partial<DelegatedServerOptions> = {}): Promise<void> {
  ({ environment, clock } = virtualEnvironment(limits));
  network = new SimulatedHttp({ clock });
  router = new TableRouter();
  server = new DelegatedRoutingServer(environment, network, { router, ipns: toyValidator, ...options });
  served = [];
  server.served$.subscribe((request) => served.push(request));
  url = await server.listen();
}

interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request, its whole answer. */
function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body?: Uint8Array,
): Promise<Asked> {
  return settled(
    clock,
    (async () => {
      const response = await network.request({ method, url: `${url}${path}`, headers, body });
      let text = '';
      for await (const chunk of response.body) text += new TextDecoder().decode(chunk);
      return { status: response.status, headers: response.headers, body: text };
    })(),
  );
}

afterEach(async () => {
  await server.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect({ actors: environment.liveActors, timers: clock.pendingTimers, searches: router.live }).toEqual({
    actors: 0,
    timers: 0,
    searches: 0,
  });
});

const line = (found: RoutedPeer) =>
  JSON.stringify({
    Schema: 'peer',
    ID: found.id,
    Addrs: found.addresses,
    ...(found.protocols === undefined ? {} : { Protocols: found.protocols }),
  });
const both = [peer(first, ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/udp/1/quic-v1'], ['transport-bitswap']), peer(second)];

describe('answers', () => {
  test('providers as a list, with the headers of the spec', async () => {
    await ready();
    router.providers.set(CID_TEXT, from(both));
    expect(await ask(`/routing/v1/providers/${CID_TEXT}`)).toEqual({
      status: 200,
      headers: {
        'access-control-allow-methods': 'GET, OPTIONS',
        'access-control-allow-origin': '*',
        'cache-control': FOUND,
        'content-type': 'application/json',
        'last-modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
        vary: 'Accept',
        'x-content-type-options': 'nosniff',
      },
      body: `{"Providers":[${both.map(line).join(',')}]}`,
    });
    expect(served).toMatchObject([
      { method: 'GET', target: `/routing/v1/providers/${CID_TEXT}`, status: 200, answers: 2 },
    ]);
  });

  test('providers as a stream, each line as it is found', async () => {
    await ready();
    const found = new Subject<RoutedPeer>();
    router.providers.set(CID_TEXT, found);
    const lines: string[] = [];
    const whole = (async () => {
      const { headers, body } = await network.request({
        method: 'GET',
        url: `${url}/routing/v1/providers/${CID_TEXT}`,
        headers: NDJSON,
      });
      for await (const chunk of body) lines.push(new TextDecoder().decode(chunk));
      return headers;
    })();
    const turn = async () => {
      for (let round = 0; round < 4; round++) {
        clock.advance(5);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await turn();
    expect(lines).toEqual([]);
    found.next(both[0]!);
    await turn();
    expect(lines).toEqual([`${line(both[0]!)}\n`]);
    found.next(both[1]!);
    found.complete();
    expect(await settled(clock, whole)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'cache-control': FOUND,
    });
    expect(lines).toEqual(both.map((one) => `${line(one)}\n`));
  });

  test('nothing: 200 and nothing in it, kept for a short time; 404 for closest peers', async () => {
    await ready();
    const none = [
      ['/routing/v1/providers/bafkqaaa', {}, 200, '{"Providers":[]}'],
      ['/routing/v1/providers/bafkqaaa', NDJSON, 200, ''],
      [`/routing/v1/peers/${PEER_CID}`, {}, 200, '{"Peers":[]}'],
      [`/routing/v1/peers/${PEER_CID}`, NDJSON, 200, ''],
      ['/routing/v1/dht/closest/peers/bafkqaaa', {}, 404, '{"Peers":[]}'],
      ['/routing/v1/dht/closest/peers/bafkqaaa', NDJSON, 404, ''],
    ] as const;
    for (const [path, headers, status, body] of none) {
      const answer = await ask(path, headers);
      expect([path, answer]).toEqual([
        path,
        expect.objectContaining({ status, body, headers: expect.objectContaining({ 'cache-control': NOTHING }) }),
      ]);
    }
    const name = await ask(`/routing/v1/ipns/${PEER_CID}`, { accept: RECORD_TYPE });
    expect(name).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': NOTHING },
    });
  });

  test('a peer id in each of its forms, and closest peers of a CID or a peer', async () => {
    await ready();
    router.peers.set(first, peer(first, ['/ip4/1.2.3.4/tcp/1']));
    const base36 = `k51qzi5uqu5dgutdk6i1ynyzgkqngpha5xpgia3a5qqp4jsh0u4csozksxel2r`;
    const forms = [first, PEER_CID, ...(parsePeerId(base36) === first ? [base36] : [])];
    for (const form of forms)
      expect((await ask(`/routing/v1/peers/${form}`)).body).toBe(
        `{"Peers":[${line(peer(first, ['/ip4/1.2.3.4/tcp/1']))}]}`,
      );
    router.closest.set(toHex(cid.multihash.bytes), both);
    router.closest.set(toHex(peerIdToBytes(first)), [peer(second)]);
    expect((await ask(`/routing/v1/dht/closest/peers/${CID_TEXT}`)).body).toBe(
      `{"Peers":[${both.map(line).join(',')}]}`,
    );
    expect((await ask(`/routing/v1/dht/closest/peers/${first}`)).body).toBe(`{"Peers":[${line(peer(second))}]}`);
    expect((await ask(`/routing/v1/dht/closest/peers/${PEER_CID}`)).body).toBe(`{"Peers":[${line(peer(second))}]}`);
  });

  test('what filters leave', async () => {
    await ready();
    router.providers.set(CID_TEXT, from(both));
    const left = await ask(
      `/routing/v1/providers/${CID_TEXT}?filter-addrs=quic-v1&filter-protocols=TRANSPORT-BITSWAP%2Cx`,
    );
    expect(left.body).toBe(`{"Providers":[${line({ ...both[0]!, addresses: ['/ip4/1.2.3.4/udp/1/quic-v1'] })}]}`);
    expect((await ask(`/routing/v1/providers/${CID_TEXT}?filter-addrs=webrtc`)).body).toBe('{"Providers":[]}');
  });

  test('an IPNS record: the best, with how long it may be kept', async () => {
    await ready({}, { lifeOf: () => ({ ttlMs: 90_000, expiresAtMs: 784_111_777_000 + 3_600_500 }) });
    expect((await ask(`/routing/v1/ipns/${first}`, { accept: RECORD_TYPE }, 'PUT', Uint8Array.of(1, 7))).status).toBe(
      406,
    );
    const type = { 'content-type': RECORD_TYPE };
    expect((await ask(`/routing/v1/ipns/${PEER_CID}`, type, 'PUT', Uint8Array.of(1, 7))).status).toBe(200);
    expect(router.values.get(toHex(key))).toEqual(Uint8Array.of(1, 7));
    const { headers, status, body } = await ask(`/routing/v1/ipns/${PEER_CID}`, { accept: RECORD_TYPE });
    expect({ status, body }).toEqual({ status: 200, body: '\u0001\u0007' });
    expect(headers).toMatchObject({
      'content-type': RECORD_TYPE,
      'cache-control': 'public, max-age=90, stale-while-revalidate=3600, stale-if-error=3600',
      // SHA-256 of 01 07.
      etag: `"${toHex(environment.ciphers.hash('sha256', [Uint8Array.of(1, 7)]))}"`,
      expires: 'Sun, 06 Nov 1994 09:49:37 GMT',
      vary: 'Accept',
    });
  });

  test.each([
    [{}, 'public, max-age=60'],
    [
      { ttlMs: 7_200_000, expiresAtMs: 784_111_777_000 + 60_500 },
      'public, max-age=60, stale-while-revalidate=60, stale-if-error=60',
    ],
    [{ expiresAtMs: 784_111_777_000 - 1 }, 'no-store'],
  ])('a record of life %j is kept: %s', async (life, expected) => {
    await ready({}, { lifeOf: () => life });
    router.values.set(toHex(key), Uint8Array.of(1));
    const { headers } = await ask(`/routing/v1/ipns/${first}`, { accept: '*/*' });
    expect(headers['cache-control']).toBe(expected);
  });

  test('a preflight', async () => {
    await ready();
    expect(await ask(`/routing/v1/providers/${CID_TEXT}`, {}, 'OPTIONS')).toEqual({
      status: 204,
      headers: { 'access-control-allow-methods': 'GET, OPTIONS', 'access-control-allow-origin': '*' },
      body: '',
    });
  });

  test('our own client finds there what the router finds', async () => {
    await ready();
    router.providers.set(CID_TEXT, from(both));
    const answers: unknown[] = [];
    const found = delegatedRouter(environment, network, { endpoints: [url] }).findProviders!(cid);
    await settled(
      clock,
      new Promise<void>((resolve) => found.subscribe({ next: (one) => answers.push(one), complete: resolve })),
    );
    expect(answers).toEqual(both.map((provider) => ({ source: 'delegated', provider })));
  });
});

const put = (path: string, type = RECORD_TYPE, body = Uint8Array.of(1)) => ({
  path,
  method: 'PUT',
  headers: { 'content-type': type },
  body,
});
const get = (path: string, headers = {}) => ({ path, method: 'GET', headers, body: undefined });
const refusals: {
  name: string;
  status: number;
  request: { path: string; method: string; headers: object; body: Uint8Array | undefined };
}[] = [
  { name: 'a path of nobody', status: 400, request: get('/') },
  { name: 'a path above', status: 400, request: get('/routing/v1/providers') },
  { name: 'a path below', status: 400, request: get('/routing/v1/providers/a/b') },
  { name: 'a version of nobody', status: 400, request: get(`/routing/v2/providers/${CID_TEXT}`) },
  { name: 'a path that climbs', status: 400, request: get('/routing/v1/../../etc/passwd') },
  { name: 'words for a CID', status: 422, request: get('/routing/v1/providers/words') },
  { name: 'half an escape', status: 422, request: get('/routing/v1/providers/%e0%a4%a') },
  { name: 'a long CID', status: 422, request: get(`/routing/v1/providers/z${'1'.repeat(10_000)}`) },
  { name: 'words for a peer', status: 422, request: get('/routing/v1/peers/words') },
  { name: 'a CID for a peer', status: 422, request: get(`/routing/v1/peers/${CID_TEXT}`) },
  { name: 'words for a key', status: 422, request: get('/routing/v1/dht/closest/peers/words') },
  {
    name: 'a filter of too many names',
    status: 422,
    request: get(`/routing/v1/providers/${CID_TEXT}?filter-addrs=${'a,'.repeat(65)}`),
  },
  { name: 'words for a name', status: 400, request: get('/routing/v1/ipns/words', { accept: RECORD_TYPE }) },
  { name: 'a record in no type', status: 406, request: get(`/routing/v1/ipns/${first}`) },
  {
    name: 'a record in another type',
    status: 406,
    request: get(`/routing/v1/ipns/${first}`, { accept: 'application/json' }),
  },
  { name: 'to put words', status: 406, request: put(`/routing/v1/ipns/${first}`, 'text/plain') },
  { name: 'to put under words', status: 400, request: put('/routing/v1/ipns/words') },
  {
    name: 'to put what is not valid',
    status: 400,
    request: put(`/routing/v1/ipns/${first}`, RECORD_TYPE, Uint8Array.of(2)),
  },
  {
    name: 'to put what is too long',
    status: 400,
    request: put(`/routing/v1/ipns/${first}`, RECORD_TYPE, new Uint8Array(10_241).fill(1)),
  },
  { name: 'to put a provider', status: 501, request: put(`/routing/v1/providers/${CID_TEXT}`) },
  { name: 'to delete', status: 501, request: { ...put(`/routing/v1/peers/${first}`), method: 'DELETE' } },
];

describe('refuses', () => {
  test.each(refusals)('$name: $status', async ({ status, request: { path, method, headers, body } }) => {
    await ready();
    const answer = await ask(path, headers as Record<string, string>, method, body);
    expect(answer).toMatchObject({ status, headers: { 'access-control-allow-origin': '*' } });
    expect(router.values.size).toBe(0);
  });

  test('what its router does not do: 501', async () => {
    await ready({}, { router: { name: 'poor' } });
    const asked = [`providers/${CID_TEXT}`, `peers/${first}`, `dht/closest/peers/${CID_TEXT}`].map((path) =>
      ask(`/routing/v1/${path}`),
    );
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([501, 501, 501]);
    expect((await ask(`/routing/v1/ipns/${first}`, { accept: RECORD_TYPE })).status).toBe(501);
    expect(
      (await ask(`/routing/v1/ipns/${first}`, { 'content-type': RECORD_TYPE }, 'PUT', Uint8Array.of(1))).status,
    ).toBe(501);
  });

  test('a record to put as long as may be is taken', async () => {
    await ready();
    const record = new Uint8Array(10_240).fill(1);
    expect((await ask(`/routing/v1/ipns/${first}`, { 'content-type': RECORD_TYPE }, 'PUT', record)).status).toBe(200);
  });

  test('more searches at once than may be: 429, and when to come again', async () => {
    await ready({ httpRoutingServedAtOnce: 2 });
    router.providers.set(CID_TEXT, NEVER);
    const held = [1, 2].map(() =>
      network.request({ method: 'GET', url: `${url}/routing/v1/providers/${CID_TEXT}`, headers: {} }),
    );
    for (const request of held) request.catch(() => undefined);
    for (let round = 0; round < 3; round++) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(router.live).toBe(2);
    const refused = (async () =>
      network.request({ method: 'GET', url: `${url}/routing/v1/providers/bafkqaaa`, headers: {} }))();
    for (let round = 0; round < 6; round++) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    // The time of a search is bounded: then there is room again.
    clock.advance(30_000);
    expect((await ask('/routing/v1/providers/bafkqaaa')).status).toBe(200);
  });
});

describe('a search', () => {
  const path = `/routing/v1/providers/${CID_TEXT}`;
  const many = (count: number) =>
    from(Array.from({ length: count }, (_, index) => peer(first, [`/ip4/1.2.3.4/tcp/${index + 1}`])));

  test('ends at its time, and what was found stands', async () => {
    await ready();
    router.providers.set(CID_TEXT, of(both[1]!).pipe(concatWith(NEVER)));
    const begunMs = clock.now();
    expect((await ask(path)).body).toBe(`{"Providers":[${line(both[1]!)}]}`);
    // The request, the head, the body and its end each take a millisecond of the way.
    expect(clock.now() - begunMs).toBe(30_004);
    expect((await ask(path, NDJSON)).body).toBe(`${line(both[1]!)}\n`);
  });

  test('ends at as many as the answer holds: a list, a stream, a bucket', async () => {
    await ready({ httpRoutingRecords: 150 });
    router.providers.set(CID_TEXT, many(1_000).pipe(concatWith(NEVER)));
    expect((JSON.parse((await ask(path)).body) as { Providers: unknown[] }).Providers).toHaveLength(100);
    expect((await ask(path, NDJSON)).body.trim().split('\n')).toHaveLength(150);
    router.closest.set(
      toHex(cid.multihash.bytes),
      Array.from({ length: 30 }, () => peer(first)),
    );
    const closest = await ask(`/routing/v1/dht/closest/peers/${CID_TEXT}`);
    expect((JSON.parse(closest.body) as { Peers: unknown[] }).Peers).toHaveLength(20);
  });

  test('tells of as many addresses of a peer as may be', async () => {
    await ready();
    const addresses = Array.from({ length: 33 }, (_, index) => `/ip4/1.2.3.4/tcp/${index + 1}`);
    router.providers.set(CID_TEXT, of(peer(first, addresses)));
    const { Providers } = JSON.parse((await ask(path)).body) as { Providers: { Addrs: string[] }[] };
    expect(Providers[0]?.Addrs).toEqual(addresses.slice(0, 32));
  });

  test('ends when more waits for its reader than may: what waits is still given', async () => {
    await ready({ httpRoutingServedQueueBytes: 500 });
    router.providers.set(CID_TEXT, many(1_000));
    const { body } = await ask(path, NDJSON);
    const sizeBytes = line(peer(first, ['/ip4/1.2.3.4/tcp/1'])).length + 1;
    // One is read as it comes or waits; then as many as pass 500 bytes, and the one that came when they did.
    const count = body.trim().split('\n').length;
    expect(count).toBeGreaterThanOrEqual(Math.floor(500 / sizeBytes));
    expect(count).toBeLessThanOrEqual(Math.ceil(500 / sizeBytes) + 3);
  });

  test('that fails: 500 and the code alone; in the middle, the answer is cut off', async () => {
    await ready({}, { router: failingRouter(new EngineError('ERR_DIAL_FAILED', 'remote', 'secret words')) });
    expect(await ask(path)).toMatchObject({ status: 500, body: 'ERR_DIAL_FAILED\n' });
    await server.stop();
    await ready({}, { router: failingRouter(new Error('a bug')) });
    expect(await ask(path, NDJSON)).toMatchObject({ status: 500, body: 'ERR_ENGINE_ASSERTION\n' });
    await server.stop();
    await ready();
    router.providers.set(
      CID_TEXT,
      of(both[0]!).pipe(concatWith(throwError(() => new EngineError('ERR_DIAL_FAILED', 'remote', 'x')))),
    );
    await expect(ask(path, NDJSON)).rejects.toMatchObject({ code: 'ERR_HTTP_FAILED' });
  });

  test.each([{}, NDJSON])('ends when its client leaves: %j', async (headers) => {
    await ready();
    router.providers.set(CID_TEXT, of(both[0]!).pipe(concatWith(NEVER)));
    const controller = new AbortController();
    const request = network.request({ method: 'GET', url: `${url}${path}`, headers, signal: controller.signal });
    request.catch(() => undefined);
    for (let round = 0; round < 3; round++) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([router.live, environment.liveActors]).toEqual([1, 1]);
    controller.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect([router.live, environment.liveActors]).toEqual([0, 0]);
    expect(served).toHaveLength(1);
  });

  test('ends when the server stops', async () => {
    await ready();
    router.providers.set(CID_TEXT, of(both[0]!).pipe(concatWith(NEVER)));
    const asked = ask(path, NDJSON);
    asked.catch(() => undefined);
    for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
    await server.stop();
    await expect(asked).rejects.toMatchObject({ code: 'ERR_HTTP_FAILED' });
    expect([router.live, environment.liveActors]).toEqual([0, 0]);
  });
});
