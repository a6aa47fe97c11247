/** The delegated routing server on real sockets: clients that send garbage, nothing, too much, or leave. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { concatWith, from, interval, map, NEVER, of, repeat } from 'rxjs';
import type { Environment } from '../../src/actors/environment.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { NodeHttpServer, type HttpServerBounds } from '../../src/platform/http-server.js';
import { DelegatedRoutingServer, type ServedRequest } from '../../src/routing/delegated/server.js';
import { CID_TEXT, peer, PEERS, realEnvironment, TableRouter, toyValidator } from '../routing/delegated/support.js';

const [first] = PEERS;
const PATH = `/routing/v1/providers/${CID_TEXT}`;
const NOTHING = '/routing/v1/providers/bafkqaaa';
const STREAM = `GET ${PATH} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n`;
const PLAIN = `GET ${NOTHING} HTTP/1.1\r\nHost: x\r\n\r\n`;
const LAST = `GET ${NOTHING} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

let environment: Environment;
let router: TableRouter;
let server: DelegatedRoutingServer;
let port = 0;
let served: ServedRequest[] = [];
const sockets = new Set<Socket>();

async function ready(bounds: HttpServerBounds = {}, limits: Partial<Limits> = {}): Promise<void> {
  environment = realEnvironment(limits);
  router = new TableRouter();
  server = new DelegatedRoutingServer(environment, new NodeHttpServer(bounds), { router, ipns: toyValidator });
  served = [];
  server.served$.subscribe((request) => served.push(request));
  port = Number(new URL(await server.listen()).port);
}

/** A client of bytes. `closed` resolves to all that it was sent. */
function client(...texts: readonly (string | Uint8Array)[]): { socket: Socket; closed: Promise<string> } {
  const socket = connect({ host: '127.0.0.1', port });
  sockets.add(socket);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  for (const one of texts) socket.write(one);
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}
const answers = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1] ?? '');
const isServing = async (): Promise<void> => expect(answers(await client(LAST).closed)).toEqual(['200']);
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await server.stop();
  await until(() => environment.liveActors === 0 && router.live === 0);
});

const garbage: { name: string; text: string | Uint8Array; status: string }[] = [
  { name: 'bytes of no protocol', text: Uint8Array.of(0, 1, 2, 3, 13, 10, 13, 10), status: '400' },
  { name: 'a multistream header', text: '\u0013/multistream/1.0.0\n', status: '400' },
  { name: 'a method of nobody', text: 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n', status: '400' },
  { name: 'no host', text: `GET ${NOTHING} HTTP/1.1\r\n\r\n`, status: '400' },
  {
    name: 'a head over its bound',
    text: `GET ${NOTHING} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
    status: '431',
  },
  { name: 'a target over the bound of heads', text: `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, status: '431' },
  {
    name: 'fields over the bound of heads',
    text: `GET ${NOTHING} HTTP/1.1\r\n${'X: y\r\n'.repeat(10_000)}`,
    status: '431',
  },
  {
    name: 'a length and chunks',
    text: `PUT /routing/v1/ipns/${first} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
    status: '400',
  },
  {
    name: 'a length that is none',
    text: `PUT /routing/v1/ipns/${first} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n`,
    status: '400',
  },
];
test.each(garbage)('$name: $status, and the server goes on', async ({ text, status }) => {
  await ready();
  expect(answers(await client(text).closed)).toEqual([status]);
  await isServing();
});

describe('slowness', () => {
  test('half a head is waited for up to its time', async () => {
    await ready({ headTimeoutMs: 50, requestTimeoutMs: 60 });
    const slow = [client(`GET ${NOTHING} HTT`), client(`GET ${NOTHING} HTTP/1.1\r\nHost: x\r\nX-`)];
    expect((await Promise.all(slow.map(({ closed }) => closed))).map(answers)).toEqual([['408'], ['408']]);
    await isServing();
  });

  test('half a body is waited for up to its time', async () => {
    await ready({ headTimeoutMs: 50, requestTimeoutMs: 60 });
    const type = 'Content-Type: application/vnd.ipfs.ipns-record';
    const { closed } = client(
      `PUT /routing/v1/ipns/${first} HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 100\r\n\r\nab`,
    );
    expect(answers(await closed)).toEqual(['408']);
    expect(router.values.size).toBe(0);
    await isServing();
  });

  test('a connection that says nothing is closed', async () => {
    await ready({ idleMs: 50 });
    expect(await client().closed).toBe('');
  });

  test('a client that does not read is held back, and left when it never does', async () => {
    await ready({ idleMs: 200 }, { httpRoutingRecords: 1_000_000 });
    const addresses = Array.from({ length: 32 }, (_, index) => `/dns4/${'a'.repeat(200)}/tcp/${index + 1}`);
    let found = 0;
    // As fast as the event loop goes round, without end.
    router.providers.set(
      CID_TEXT,
      interval(0).pipe(
        map(() => (found++, peer(first, addresses))),
        repeat(),
      ),
    );
    const { socket } = client(STREAM);
    socket.pause();
    await until(() => served.length === 1);
    // Some socket buffers and the bound of what waits, and no more.
    expect(served[0]?.answers).toBeLessThanOrEqual(found);
    const recordBytes = 32 * 220;
    expect((served[0]?.answers ?? 0) * recordBytes).toBeLessThan(16 * 1024 * 1024);
    expect(router.live).toBe(0);
  });
});

describe('too much', () => {
  test('a body without end is refused at its bound, and the connection ends', async () => {
    await ready();
    const type = 'Content-Type: application/vnd.ipfs.ipns-record';
    const { socket, closed } = client(
      `PUT /routing/v1/ipns/${first} HTTP/1.1\r\nHost: x\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `1000\r\n${'\u0001'.repeat(4096)}\r\n`;
    const more = setInterval(() => socket.write(chunk), 1);
    const text = await closed;
    clearInterval(more);
    // A socket that is closed on a writer may lose what it was told.
    expect(['400', undefined]).toContain(answers(text)[0]);
    expect(router.values.size).toBe(0);
    await isServing();
  });

  test('as many requests on one connection as may be; the next one is not served', async () => {
    await ready({}, { httpRoutingServedAtOnce: 2_000 });
    const { httpServerRequestsPerConnection: bound } = LIMITS;
    const got = answers(await client(PLAIN.repeat(bound + 1)).closed);
    expect([got.length, new Set(got.slice(0, bound)), got[bound]]).toEqual([bound + 1, new Set(['200']), '503']);
    await isServing();
  });

  test('thousands of searches at once: as many as may be run, the rest hear 429', async () => {
    await ready();
    router.providers.set(CID_TEXT, NEVER);
    const holding = Array.from({ length: LIMITS.httpRoutingServedAtOnce }, () => client(STREAM));
    await until(() => router.live === LIMITS.httpRoutingServedAtOnce);
    const flood = Array.from({ length: 20 }, () => client(PLAIN.repeat(99) + LAST));
    const got = (await Promise.all(flood.map(({ closed }) => closed))).flatMap(answers);
    expect([got.length, new Set(got), router.live]).toEqual([2_000, new Set(['429']), LIMITS.httpRoutingServedAtOnce]);
    for (const { socket } of holding) socket.destroy();
    await until(() => router.live === 0);
    await isServing();
  });

  test('as many connections as may be; one more is dropped', async () => {
    await ready({ connections: 2 });
    const held = [client(), client()];
    await Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await client(LAST).closed).toBe('');
    held[0]!.socket.destroy();
    await held[0]!.closed;
    // The server hears of it in its own time.
    for (let text = ''; text === '';) text = await client(LAST).closed;
  });
});

describe('leaving', () => {
  test('in the middle of a stream, two hundred times: no search stays', async () => {
    await ready({}, { httpRoutingServedAtOnce: 200 });
    router.providers.set(CID_TEXT, of(peer(first)).pipe(concatWith(NEVER)));
    for (let round = 0; round < 4; round++) {
      const clients = Array.from({ length: 50 }, () => client(STREAM));
      await Promise.all(clients.map(({ socket }) => new Promise((resolve) => socket.once('data', resolve))));
      expect(router.live).toBe(50);
      for (const [index, { socket }] of clients.entries()) {
        if (index % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
      await until(() => router.live === 0 && environment.liveActors === 0);
    }
    expect(served).toHaveLength(200);
    await isServing();
  });

  test('before anything is found, and in the middle of a body', async () => {
    await ready();
    router.providers.set(CID_TEXT, NEVER);
    const waiting = client(STREAM);
    await until(() => router.live === 1);
    waiting.socket.destroy();
    await until(() => router.live === 0);
    const type = 'Content-Type: application/vnd.ipfs.ipns-record';
    const writing = client(
      `PUT /routing/v1/ipns/${first} HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 100\r\n\r\nab`,
    );
    await new Promise((resolve) => writing.socket.once('connect', resolve));
    writing.socket.destroy();
    await writing.closed;
    await isServing();
    expect(router.values.size).toBe(0);
  });

  test('half-closing after the request is no leaving', async () => {
    await ready();
    router.providers.set(CID_TEXT, from([peer(first)]));
    const { socket, closed } = client(STREAM.replace('Host', 'Connection: close\r\nHost'));
    socket.end();
    expect(answers(await closed)).toEqual(['200']);
  });
});
