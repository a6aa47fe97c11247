/** The delegated router in virtual time: what it asks, what it emits, and what servers of every kind do to it. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, take, toArray, type Observable } from 'rxjs';
import type { Environment } from '../../../src/actors/environment.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import type { HttpClient, HttpHandler, HttpServerRequest, HttpServerResponse } from '../../../src/ports.js';
import { delegatedRouter, type DelegatedRouterOptions } from '../../../src/routing/delegated/client.js';
import { SimulatedHttp } from '../../../src/sim/simulated-http.js';
import type { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { thrownCode, utf8 } from '../../support/decoding.js';
import { CID_TEXT, PEERS, settled, toyValidator, virtualEnvironment } from './support.js';

const cid = CID.parse(CID_TEXT);
const [first, second, third] = PEERS;
const record = (id: string, addresses: readonly string[] = [], more = {}) =>
  JSON.stringify({ Schema: 'peer', ID: id, Addrs: addresses, ...more });
const NDJSON = { 'content-type': 'application/x-ndjson' };
const JSON_HEADERS = { 'content-type': 'application/json' };
const RECORD = { 'content-type': 'application/vnd.ipfs.ipns-record' };
const ipnsKey = (id: string) => new Uint8Array([...utf8('/ipns/'), ...peerIdToBytes(id)]);

let environment: Environment;
let clock: VirtualClock;
let network: SimulatedHttp;
const heard: HttpServerRequest[] = [];

function ready(limits: Partial<Limits> = {}): void {
  ({ environment, clock } = virtualEnvironment(limits));
  network = new SimulatedHttp({ clock });
  heard.length = 0;
}

async function serve(port: number, handler: HttpHandler): Promise<string> {
  const { url } = await network.listen({ host: '10.0.0.2', port }, (request) => {
    heard.push(request);
    return handler(request);
  });
  return url;
}

const answering =
  (
    status: number,
    headers: Readonly<Record<string, string>>,
    body: HttpServerResponse['body'] | string = '',
  ): HttpHandler =>
  () =>
    Promise.resolve({ status, headers, body: typeof body === 'string' ? utf8(body) : body });

async function* never(): AsyncGenerator<Uint8Array> {
  yield* [];
  await new Promise(() => undefined);
}
async function* thenNever(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield utf8(piece);
  await new Promise(() => undefined);
}
async function* endless(piece: string): AsyncGenerator<Uint8Array> {
  for (;;) yield utf8(piece);
}

const router = (
  endpoints: readonly string[],
  options: Partial<DelegatedRouterOptions> = {},
  http: HttpClient = network,
) => delegatedRouter(environment, http, { endpoints, ipns: toyValidator, ...options });

/** What a call emitted, and how it ended. */
async function outcome(call: Observable<unknown>): Promise<{ answers: unknown[]; error?: EngineError }> {
  const answers: unknown[] = [];
  return settled(
    clock,
    new Promise((resolve) =>
      call.subscribe({
        next: (answer) => answers.push(answer),
        complete: () => resolve({ answers }),
        error: (error: EngineError) => resolve({ answers, error }),
      }),
    ),
  );
}
const provider = (id: string, addresses: readonly string[] = []) => ({
  source: 'delegated',
  provider: { id, addresses },
});

afterEach(() => {
  expect({ actors: environment.liveActors, timers: clock.pendingTimers }).toEqual({ actors: 0, timers: 0 });
});

describe('what is asked', () => {
  test('providers: the CID as version 1, the filters, both types', async () => {
    ready();
    const url = await serve(80, answering(200, NDJSON));
    const filters = { addrs: ['tcp', '!ip6'], protocols: ['transport-bitswap'] };
    await outcome(
      router([`${url}/some/where/`], { filters }).findProviders!(
        CID.parse('QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n'),
      ),
    );
    expect(heard[0]).toMatchObject({
      method: 'GET',
      target:
        '/some/where/routing/v1/providers/bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku?filter-addrs=tcp,!ip6&filter-protocols=transport-bitswap',
      headers: { accept: 'application/x-ndjson, application/json;q=0.8', 'accept-encoding': 'identity' },
    });
  });

  test('a peer, the closest peers, an IPNS name: each in its form', async () => {
    ready();
    const url = await serve(80, answering(404, {}));
    const ours = router([url]);
    await outcome(ours.findPeer!(first));
    await outcome(ours.closestPeers!(cid.multihash.bytes));
    await outcome(ours.getValue!(ipnsKey(first)));
    expect(heard.map(({ target, headers }) => [target, headers['accept']])).toEqual([
      [
        '/routing/v1/peers/bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l',
        'application/x-ndjson, application/json;q=0.8',
      ],
      [
        // The same multihash, under raw.
        `/routing/v1/dht/closest/peers/${CID.createV1(0x55, cid.multihash).toString()}`,
        'application/x-ndjson, application/json;q=0.8',
      ],
      [expect.stringMatching(/^\/routing\/v1\/ipns\/k51/), 'application/vnd.ipfs.ipns-record'],
    ]);
  });

  test('what cannot be asked is said at once, or has no answers', async () => {
    ready();
    const ours = router([await serve(80, answering(404, {}))]);
    expect((await outcome(ours.findPeer!('nobody'))).error?.code).toBe('ERR_PEER_ID_INVALID');
    expect((await outcome(ours.closestPeers!(utf8('/ipns/x')))).error?.code).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(ours.getValue!(utf8('/pk/x')))).toEqual({ answers: [] });
    expect(await outcome(ours.getValue!(utf8('/ipns/x')))).toEqual({ answers: [] });
    expect((await outcome(ours.putValue!(utf8('/pk/x'), Uint8Array.of(1)))).error?.code).toBe(
      'ERR_HTTP_ROUTING_UNSUPPORTED',
    );
    expect((await outcome(ours.putValue!(ipnsKey(first), Uint8Array.of(2)))).error?.code).toBe('ERR_BLOCK_MISMATCH');
    expect(heard).toEqual([]);
  });

  test('endpoints: what is none is refused, one to as many as may be are taken', () => {
    ready({ httpRoutingEndpoints: 2 });
    const code = (...endpoints: string[]) => thrownCode(() => router(endpoints));
    const wrong = [
      [],
      ['a'],
      ['ftp://a'],
      ['http://a/?b'],
      ['http://a/#b'],
      ['http://me@a'],
      ['http://a', 'http://b', 'http://c'],
    ];
    expect(wrong.map((endpoints) => code(...endpoints))).toEqual(wrong.map(() => 'ERR_INVALID_ARGUMENT'));
    expect(code('http://a', 'https://b/c')).toBe('nothing was thrown');
    expect(Object.keys(router(['http://a'], { ipns: undefined })).sort()).toEqual([
      'closestPeers',
      'findPeer',
      'findProviders',
      'name',
    ]);
  });
});

describe('what is emitted', () => {
  test('each line when it has come, each provider once, what the filters leave', async () => {
    ready();
    const quic = '/ip4/1.2.3.4/udp/1/quic-v1';
    const tcp = '/ip4/1.2.3.4/tcp/1';
    const url = await serve(
      80,
      answering(
        200,
        NDJSON,
        thenNever(
          `${record(first, [quic, tcp])}\n${record(second, [quic])}\n`,
          `${record(first, [tcp])}\n${record(third, [tcp])}\n`,
        ),
      ),
    );
    const calls = router([url], { filters: { addrs: ['tcp'] } }).findProviders!(cid).pipe(take(2), toArray());
    expect(await settled(clock, lastValueFrom(calls))).toEqual([provider(first, [tcp]), provider(third, [tcp])]);
    // Leaving ended the request.
    expect(heard[0]?.signal.aborted).toBe(true);
  });

  test('a list; records of no use to us are skipped, and so are peer ids that are none', async () => {
    ready();
    const records = [record(first), '{"Schema":"other"}', '{"Schema":"peer"}', record('nobody'), record(second)];
    const url = await serve(80, answering(200, JSON_HEADERS, `{"Providers":[${records.join(',')}]}`));
    expect(await outcome(router([url]).findProviders!(cid))).toEqual({ answers: [provider(first), provider(second)] });
  });

  test('a peer: only the one that was asked for, and no address that names another', async () => {
    ready();
    const own = ['/ip4/1.2.3.4/tcp/1', `/ip4/1.2.3.4/tcp/2/p2p/${first}`, `/ip4/1.2.3.4/tcp/3/p2p/${second}`];
    const url = await serve(
      80,
      answering(200, NDJSON, `${record(second, ['/ip4/6.6.6.6/tcp/6'])}\n${record(first, own)}\n`),
    );
    expect(await outcome(router([url]).findPeer!(first))).toEqual({
      answers: [{ source: 'delegated', peer: { id: first, addresses: ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4/tcp/2'] } }],
    });
  });

  test('a value that its validator takes; a better one after it, and no worse', async () => {
    ready();
    const values = [Uint8Array.of(1, 5), Uint8Array.of(1, 3), Uint8Array.of(1, 9), Uint8Array.of(2, 99)];
    const urls = await Promise.all(
      values.map((value, index) =>
        serve(81 + index, async () => {
          await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), index * 100));
          return { status: 200, headers: RECORD, body: value };
        }),
      ),
    );
    const failures: string[] = [];
    const ours = router(urls, { onFailure: (at, { code }) => failures.push(`${at} ${code}`) });
    const { answers } = await outcome(ours.getValue!(ipnsKey(first)));
    expect(answers).toEqual([values[0], values[2]].map((value) => ({ source: 'delegated', value })));
    expect(failures).toEqual(['http://10.0.0.2:84 ERR_BLOCK_MISMATCH']);
  });

  test('what a server of another type says is no value', async () => {
    ready();
    const url = await serve(80, answering(200, { 'content-type': 'text/plain' }, 'no record found'));
    expect(await outcome(router([url]).getValue!(ipnsKey(first)))).toEqual({ answers: [] });
  });

  test('a value is put, and whoever took it is told', async () => {
    ready();
    const bodies: Uint8Array[] = [];
    const taking: HttpHandler = async ({ body }) => {
      for await (const chunk of body) bodies.push(chunk);
      return { status: 200, headers: {}, body: new Uint8Array(0) };
    };
    const urls = [await serve(81, taking), await serve(82, answering(400, {}))];
    const failures: string[] = [];
    const ours = router(urls, { onFailure: (at, { code }) => failures.push(`${at} ${code}`) });
    expect(await outcome(ours.putValue!(ipnsKey(first), Uint8Array.of(1, 2)))).toEqual({
      answers: [{ source: 'delegated', at: urls[0] }],
    });
    expect(bodies).toEqual([Uint8Array.of(1, 2)]);
    expect(heard[0]).toMatchObject({ method: 'PUT', headers: { 'content-type': 'application/vnd.ipfs.ipns-record' } });
    expect(failures).toEqual([`${urls[1]} ERR_HTTP_ROUTING_STATUS`]);
  });
});

describe('several endpoints', () => {
  test('one that fails takes nothing from the others; all that fail are one error', async () => {
    ready();
    const good = await serve(81, answering(200, NDJSON, `${record(first)}\n`));
    const bad = await serve(82, answering(500, {}));
    expect(await outcome(router([bad, good, 'http://10.0.0.9']).findProviders!(cid))).toEqual({
      answers: [provider(first)],
    });
    const { error } = await outcome(router([bad, 'http://10.0.0.9']).findProviders!(cid));
    expect(error).toMatchObject({ code: 'ERR_HTTP_FAILED', blame: 'remote' });
    expect(error?.message).toMatch(/^all 2 endpoints failed: .*status 500/);
  });
});

const one = `${record(first)}\n`;
/** What a server does, the code that the call ends with, where the request was then, and how much came before. */
const hostile: { name: string; handler: HttpHandler; code: string; state: string; answers?: number }[] = [
  {
    name: 'answers nothing',
    handler: () => new Promise(() => undefined),
    code: 'ERR_HTTP_ROUTING_TIMEOUT',
    state: 'awaitingHead',
  },
  {
    name: 'stops after the head',
    handler: answering(200, NDJSON, never()),
    code: 'ERR_HTTP_ROUTING_STALLED',
    state: 'streaming',
  },
  {
    name: 'stops in the middle of a line',
    handler: answering(200, NDJSON, thenNever(`${one}{"Schema":`)),
    code: 'ERR_HTTP_ROUTING_STALLED',
    state: 'streaming',
    answers: 1,
  },
  {
    name: 'stops in the middle of a list',
    handler: answering(200, JSON_HEADERS, thenNever('{"Providers":[')),
    code: 'ERR_HTTP_ROUTING_STALLED',
    state: 'streaming',
  },
  {
    name: 'sends a byte now and then',
    handler: answering(200, NDJSON, trickle()),
    code: 'ERR_HTTP_ROUTING_TIMEOUT',
    state: 'streaming',
  },
  {
    name: 'sends records without end',
    handler: answering(200, NDJSON, endless(one)),
    code: 'ERR_HTTP_ROUTING_TOO_LARGE',
    state: 'streaming',
    answers: 1,
  },
  {
    name: 'sends records of no use without end',
    handler: answering(200, NDJSON, endless('{"Schema":"x"}\n')),
    code: 'ERR_HTTP_ROUTING_TOO_LARGE',
    state: 'streaming',
  },
  {
    name: 'sends a line without end',
    handler: answering(200, NDJSON, endless('x'.repeat(1000))),
    code: 'ERR_HTTP_ROUTING_TOO_LARGE',
    state: 'streaming',
  },
  {
    name: 'sends empty lines without end',
    handler: answering(200, NDJSON, endless('\n'.repeat(60_000))),
    code: 'ERR_HTTP_ROUTING_TOO_LARGE',
    state: 'streaming',
  },
  {
    name: 'sends a list without end',
    handler: answering(200, JSON_HEADERS, endless(' '.repeat(60_000))),
    code: 'ERR_HTTP_ROUTING_TOO_LARGE',
    state: 'streaming',
  },
  {
    name: 'sends what is no JSON',
    handler: answering(200, NDJSON, `${one}oops\n${one}`),
    code: 'ERR_HTTP_ROUTING_BAD_JSON',
    state: 'streaming',
    answers: 1,
  },
  {
    name: 'ends in the middle of a record',
    handler: answering(200, NDJSON, `${one}{"Schema":"pe`),
    code: 'ERR_HTTP_ROUTING_BAD_JSON',
    state: 'streaming',
    answers: 1,
  },
  {
    name: 'sends a list that is none',
    handler: answering(200, JSON_HEADERS, '{"Providers":5}'),
    code: 'ERR_HTTP_ROUTING_BAD_JSON',
    state: 'streaming',
  },
  {
    name: 'sends brackets',
    handler: answering(200, JSON_HEADERS, '['.repeat(100_000)),
    code: 'ERR_HTTP_ROUTING_BAD_JSON',
    state: 'streaming',
  },
  {
    name: 'sends a page',
    handler: answering(200, { 'content-type': 'text/html' }, '<html>'),
    code: 'ERR_HTTP_ROUTING_BAD_TYPE',
    state: 'awaitingHead',
  },
  { name: 'names no type', handler: answering(200, {}, one), code: 'ERR_HTTP_ROUTING_BAD_TYPE', state: 'awaitingHead' },
  {
    name: 'sends it packed',
    handler: answering(200, { ...NDJSON, 'content-encoding': 'gzip' }, one),
    code: 'ERR_HTTP_ROUTING_BAD_TYPE',
    state: 'awaitingHead',
  },
  {
    name: 'is lost in the middle',
    handler: answering(200, NDJSON, cut()),
    code: 'ERR_HTTP_ROUTING_ENDED',
    state: 'streaming',
    answers: 1,
  },
  ...[400, 401, 403, 422, 500, 502, 503, 204, 100].map((status) => ({
    name: `says ${status}`,
    handler: answering(status, NDJSON, one),
    code: 'ERR_HTTP_ROUTING_STATUS',
    state: 'awaitingHead',
  })),
  { name: 'says 501', handler: answering(501, {}), code: 'ERR_HTTP_ROUTING_UNSUPPORTED', state: 'awaitingHead' },
  ...[
    'http://10.0.0.3/',
    'https://10.0.0.2/',
    'http://10.0.0.2:81/',
    '//10.0.0.3/x',
    'http://[',
    'file:///etc/passwd',
    'data:,x',
  ].map((location) => ({
    name: `points to ${location}`,
    handler: answering(302, { location }),
    code: 'ERR_HTTP_ROUTING_REDIRECT',
    state: 'awaitingHead',
  })),
  { name: 'points nowhere', handler: answering(301, {}), code: 'ERR_HTTP_ROUTING_REDIRECT', state: 'awaitingHead' },
  {
    name: 'points to itself',
    handler: answering(307, { location: '?again' }),
    code: 'ERR_HTTP_ROUTING_REDIRECT',
    state: 'awaitingHead',
  },
];

async function* cut(): AsyncGenerator<Uint8Array> {
  yield utf8(one);
  throw new Error('gone');
}
function trickle(): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), 10_000));
        return { done: false, value: utf8(' ') };
      },
    }),
  };
}

describe('a server that', () => {
  test.each(hostile)('$name: $code', async ({ handler, code, state, answers = 0 }) => {
    ready();
    const url = await serve(80, handler);
    const ended = await outcome(router([url]).findProviders!(cid));
    expect({ code: ended.error?.code, state: ended.error?.details.state, answers: ended.answers.length }).toEqual({
      code,
      state,
      answers,
    });
    expect(ended.error).toMatchObject({ blame: 'remote', details: { machine: 'httpRoutingRequest' } });
    expect(heard.every(({ signal }) => signal.aborted)).toBe(true);
    // What a byte now and then asked for fires once more.
    clock.advance(20_000);
  });

  test('cannot be connected with in time', async () => {
    ready();
    const silent: HttpClient = {
      request: ({ signal }) =>
        new Promise((_, reject) =>
          signal?.addEventListener('abort', () => reject(new EngineError('ERR_ABORTED', 'local', 'aborted'))),
        ),
      close: () => undefined,
    };
    const { error } = await outcome(router(['http://10.0.0.2'], {}, silent).findProviders!(cid));
    expect(error).toMatchObject({ code: 'ERR_HTTP_ROUTING_TIMEOUT', details: { state: 'connecting' } });
  });

  test('is not there', async () => {
    ready();
    const { error } = await outcome(router(['http://10.0.0.2']).findProviders!(cid));
    expect(error).toMatchObject({ code: 'ERR_HTTP_FAILED', details: { state: 'connecting' } });
  });

  test('says 404 has nothing', async () => {
    ready();
    const url = await serve(80, answering(404, {}, 'not found'));
    expect(await outcome(router([url]).findProviders!(cid))).toEqual({ answers: [] });
    expect((await outcome(router([url]).putValue!(ipnsKey(first), Uint8Array.of(1)))).error?.code).toBe(
      'ERR_HTTP_ROUTING_STATUS',
    );
  });

  test('points elsewhere in its own origin is followed once, but not with what is to be stored', async () => {
    ready();
    const url = await serve(80, ({ target }) =>
      target === '/moved'
        ? answering(200, NDJSON, one)({} as never)
        : answering(308, { location: '/moved' })({} as never),
    );
    expect(await outcome(router([url]).findProviders!(cid))).toEqual({ answers: [provider(first)] });
    expect((await outcome(router([url]).putValue!(ipnsKey(first), Uint8Array.of(1)))).error?.code).toBe(
      'ERR_HTTP_ROUTING_REDIRECT',
    );
  });

  test('sends a value over its bound', async () => {
    ready({ httpRoutingValueBytes: 4 });
    const served = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 4, 5)];
    const codes = [];
    for (const [index, value] of served.entries()) {
      const url = await serve(81 + index, answering(200, RECORD, value));
      codes.push((await outcome(router([url]).getValue!(ipnsKey(first)))).error?.code);
    }
    expect(codes).toEqual([undefined, 'ERR_HTTP_ROUTING_TOO_LARGE']);
  });
});

describe('a server that is asked too often', () => {
  const EPOCH_MS = 784_111_777_000;
  test.each([
    { name: 'names seconds', headers: { 'retry-after': '7' }, status: 429, waitedMs: 7_000 },
    { name: 'names a date', headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:42 GMT' }, status: 429, waitedMs: 5_000 },
    {
      name: 'names a date that has passed',
      headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:30 GMT' },
      status: 429,
      waitedMs: 0,
    },
    { name: 'names nothing', headers: {}, status: 429, waitedMs: 1_000 },
    { name: 'names nonsense', headers: { 'retry-after': 'soon' }, status: 429, waitedMs: 1_000 },
    { name: 'names seconds with 503', headers: { 'retry-after': '3' }, status: 503, waitedMs: 3_000 },
  ])('and $name is asked again after $waitedMs ms', async ({ headers, status, waitedMs }) => {
    ready();
    const at: number[] = [];
    const url = await serve(80, () => {
      at.push(clock.now());
      return answering(at.length === 1 ? status : 200, at.length === 1 ? headers : NDJSON, one)({} as never);
    });
    expect(await outcome(router([url]).findProviders!(cid))).toEqual({ answers: [provider(first)] });
    // Two ways of a millisecond lie between.
    expect(at.map((ms) => ms - EPOCH_MS - 1)).toEqual([
      0,
      Math.max(0, waitedMs - (headers['retry-after']?.startsWith('Sun') === true ? 2 : 0)) + 2,
    ]);
  });

  test('for longer than a call waits: it fails, and so do those after it, unasked, until the time has come', async () => {
    ready();
    const url = await serve(80, () =>
      answering(heard.length === 1 ? 429 : 200, { ...NDJSON, 'retry-after': '100' }, one)({} as never),
    );
    const ours = router([url]);
    expect((await outcome(ours.findProviders!(cid))).error).toMatchObject({
      code: 'ERR_HTTP_ROUTING_THROTTLED',
      details: { state: 'awaitingHead' },
    });
    expect((await outcome(ours.findProviders!(cid))).error).toMatchObject({
      code: 'ERR_HTTP_ROUTING_THROTTLED',
      details: { state: 'idle' },
    });
    expect(heard).toHaveLength(1);
    clock.advance(95_000);
    // Now a call waits for the rest of it.
    expect(await outcome(ours.findProviders!(cid))).toEqual({ answers: [provider(first)] });
    expect(heard).toHaveLength(2);
  });

  test('a rest is believed up to its bound', async () => {
    ready();
    const url = await serve(80, () =>
      answering(heard.length === 1 ? 429 : 200, { ...NDJSON, 'retry-after': '9999999999' }, one)({} as never),
    );
    const ours = router([url]);
    await outcome(ours.findProviders!(cid));
    clock.advance(3_600_000);
    expect(await outcome(ours.findProviders!(cid))).toEqual({ answers: [provider(first)] });
  });

  test('twice in one call fails it', async () => {
    ready();
    const url = await serve(80, answering(429, {}));
    expect((await outcome(router([url]).findProviders!(cid))).error?.code).toBe('ERR_HTTP_ROUTING_THROTTLED');
    expect(heard).toHaveLength(2);
  });
});

describe('a caller', () => {
  test('that cancels hears so, wherever the call is', async () => {
    ready();
    const url = await serve(80, answering(200, NDJSON, thenNever(one)));
    const controller = new AbortController();
    const calls = router([url]).findProviders!(cid, { signal: controller.signal });
    const seen = outcome(calls);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await seen).error).toMatchObject({ code: 'ERR_ABORTED', blame: 'local' });
    expect((await outcome(calls)).error?.code).toBe('ERR_ABORTED');
  });

  test('that asks much waits for a slot, in order, and within a bound', async () => {
    ready({ httpRoutingRequestsAtOnce: 2, httpRoutingRequestsWaiting: 1 });
    const url = await serve(80, answering(200, NDJSON, one));
    const ours = router([url]);
    const all = await Promise.all([1, 2, 3, 4].map(() => outcome(ours.findProviders!(cid))));
    expect(all.map(({ error, answers }) => error?.code ?? answers.length)).toEqual([1, 1, 1, 'ERR_HTTP_ROUTING_BUSY']);
    expect(await outcome(ours.findProviders!(cid))).toEqual({ answers: [provider(first)] });
  });

  test('that leaves the queue makes room in it', async () => {
    ready({ httpRoutingRequestsAtOnce: 1, httpRoutingRequestsWaiting: 1 });
    const url = await serve(80, answering(200, NDJSON, one));
    const ours = router([url]);
    const begun = outcome(ours.findProviders!(cid));
    ours.findProviders!(cid).subscribe().unsubscribe();
    const waited = outcome(ours.findProviders!(cid));
    expect([(await begun).answers.length, (await waited).answers.length]).toEqual([1, 1]);
    expect(heard).toHaveLength(2);
  });
});
