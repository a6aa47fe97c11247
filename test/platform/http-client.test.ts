/** The HTTP client over sockets: what servers that follow no rule do to it, and what it leaves behind. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { LIMITS } from '../../src/limits.js';
import { NodeHttpClient } from '../../src/platform/http-client.js';
import type { HttpRequest, HttpResponse } from '../../src/ports.js';
import { TEST_CERTIFICATE } from '../support/test-certificate.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();
const clients: NodeHttpClient[] = [];

async function raw(
  onData: (socket: Socket, text: string) => void,
  tls?: { key: string; cert: string },
): Promise<string> {
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => onData(socket, bytes.toString('latin1')));
  };
  const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
  server.on('tlsClientError', () => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(ca?: string): NodeHttpClient {
  const made = new NodeHttpClient({ ca });
  clients.push(made);
  return made;
}

afterEach(async () => {
  for (const one of clients.splice(0)) one.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  ...more,
});
const textOf = async ({ body }: HttpResponse): Promise<string> => {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString('latin1');
  return text;
};
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    (thrown: unknown) => (thrown as { code: string }).code,
  );

test('sends what it is told, and hands on head and body', async () => {
  let seen = '';
  const url = await raw((socket, text) => {
    seen += text;
    socket.write('HTTP/1.1 203 Maybe\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 2\r\n\r\nok');
  });
  let connected = 0;
  const response = await client().request({
    method: 'PUT',
    url: `${url}/a?b=c`,
    headers: { 'content-type': 'x/y' },
    body: Uint8Array.of(104, 105),
    onConnected: () => connected++,
  });
  expect(response).toMatchObject({ status: 203, headers: { 'x-two': 'a, b' } });
  expect([await textOf(response), connected]).toEqual(['ok', 1]);
  expect(seen).toMatch(/^PUT \/a\?b=c HTTP\/1\.1\r\ncontent-type: x\/y\r\ncontent-length: 2\r\n[^]*\r\n\r\nhi$/);
});

test('does not follow, and does not unpack', async () => {
  const url = await raw((socket) =>
    socket.write('HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc'),
  );
  const response = await client().request(get(url));
  expect([response.status, response.headers['location'], await textOf(response)]).toEqual([302, '/x', 'abc']);
});

test('keeps a connection for the next request, and makes a new one where that was closed as it wrote', async () => {
  const requests = new Map<Socket, number>();
  const url = await raw((socket) => {
    const count = (requests.get(socket) ?? 0) + 1;
    requests.set(socket, count);
    if (count === 3) socket.resetAndDestroy();
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const asker = client();
  const got: string[] = [];
  for (let round = 0; round < 3; round++) got.push(await textOf(await asker.request(get(url))));
  expect([got, [...requests.values()]]).toEqual([
    ['ok', 'ok', 'ok'],
    [3, 1],
  ]);
});

describe('connections that are kept', () => {
  /** A server that holds requests until `count` wait, and then answers them all; what it has seen of connections. */
  async function gathering(): Promise<{
    url: string;
    expect(count: number): void;
    opened(): number;
    closed: Promise<unknown>;
  }> {
    const seen = new Set<Socket>();
    const waiting: Socket[] = [];
    let wanted = 0;
    let onClosed: (socket: Socket) => void = () => undefined;
    const closed = new Promise((resolve) => (onClosed = resolve));
    const url = await raw((socket) => {
      if (!seen.has(socket)) socket.once('close', () => onClosed(socket));
      seen.add(socket);
      waiting.push(socket);
      if (waiting.length < wanted) return;
      for (const one of waiting.splice(0)) one.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    return { url, expect: (count) => (wanted = count), opened: () => seen.size, closed };
  }
  const KEPT = LIMITS.httpSocketsKept;
  const askTogether = async (asker: NodeHttpClient, server: Awaited<ReturnType<typeof gathering>>, count: number) => {
    server.expect(count);
    const asking = Array.from({ length: count }, async () => textOf(await asker.request(get(server.url))));
    expect(await Promise.all(asking)).toEqual(Array.from({ length: count }, () => 'ok'));
    // A socket is given back when its answer has ended, in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
  };

  test('as many as may be are all used again', async () => {
    const [asker, server] = [client(), await gathering()];
    await askTogether(asker, server, KEPT);
    await askTogether(asker, server, KEPT);
    expect(server.opened()).toBe(KEPT);
  });

  test('one more is closed by us as soon as its answer has ended', async () => {
    const [asker, server] = [client(), await gathering()];
    await askTogether(asker, server, KEPT + 1);
    await server.closed;
    await askTogether(asker, server, KEPT + 1);
    expect(server.opened()).toBe(KEPT + 2);
  });

  test('one that is idle for as long as may be is closed by us, and one that is used before is not', async () => {
    const timeouts = jest.spyOn(Socket.prototype, 'setTimeout');
    const [asker, server] = [client(), await gathering()];
    await askTogether(asker, server, 1);
    await askTogether(asker, server, 1);
    expect(server.opened()).toBe(1);
    expect(timeouts.mock.calls.map(([ms]) => ms)).toContain(LIMITS.httpSocketKeptMs);
    timeouts.mockRestore();
    const impatient = new NodeHttpClient({ limits: { httpSocketKeptMs: 20 } });
    clients.push(impatient);
    const another = await gathering();
    await askTogether(impatient, another, 1);
    // Nobody else closes it: the server waits, and the client is open.
    await another.closed;
    await askTogether(impatient, another, 1);
    expect(another.opened()).toBe(2);
  });

  test('the time of one that is kept is not that of an answer under way', async () => {
    let answer: () => void = () => undefined;
    const url = await raw((socket) => {
      answer = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      idle.then(answer, answer);
    });
    let passed: () => void = () => undefined;
    const idle = new Promise<void>((resolve) => (passed = resolve));
    const impatient = new NodeHttpClient({ limits: { httpSocketKeptMs: 1 } });
    clients.push(impatient);
    const timeouts = jest.spyOn(Socket.prototype, 'emit').mockImplementation(function (this: Socket, event, ...rest) {
      if (event === 'timeout') passed();
      return EventEmitter.prototype.emit.call(this, event, ...rest);
    });
    const text = textOf(await impatient.request(get(url)));
    expect(await text).toBe('ok');
    timeouts.mockRestore();
  });
});

const heads: { name: string; answer: string; code: string }[] = [
  { name: 'garbage', answer: '\u0000\u0001garbage\r\n\r\n', code: 'ERR_HTTP_BAD_RESPONSE' },
  { name: 'another protocol', answer: '\u0013/multistream/1.0.0\n', code: 'ERR_HTTP_BAD_RESPONSE' },
  {
    name: 'a head over its bound',
    answer: `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
    code: 'ERR_HTTP_BAD_RESPONSE',
  },
  {
    name: 'fields without end',
    answer: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`,
    code: 'ERR_HTTP_BAD_RESPONSE',
  },
  {
    name: 'two lengths',
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    code: 'ERR_HTTP_BAD_RESPONSE',
  },
  {
    name: 'a length and chunks',
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    code: 'ERR_HTTP_BAD_RESPONSE',
  },
];
test.each(heads)('$name: $code', async ({ answer, code }) => {
  const url = await raw((socket) => socket.write(answer, 'latin1'));
  expect(await codeOf(client().request(get(url)))).toBe(code);
});

test('a connection that ends before the head, or is not there', async () => {
  const url = await raw((socket) => socket.end());
  expect(await codeOf(client().request(get(url)))).toBe('ERR_HTTP_FAILED');
  const closed = servers.splice(0)[0]!;
  await new Promise((resolve) => closed.close(resolve));
  expect(await codeOf(client().request(get(url)))).toBe('ERR_HTTP_FAILED');
  expect(await codeOf(client().request(get('ftp://127.0.0.1/')))).toBe('ERR_INVALID_ARGUMENT');
  expect(await codeOf(client().request(get('words')))).toBe('ERR_INVALID_ARGUMENT');
});

const bodies: { name: string; answer: string; code: string }[] = [
  { name: 'shorter than it says', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', code: 'ERR_HTTP_FAILED' },
  {
    name: 'cut between chunks',
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    code: 'ERR_HTTP_FAILED',
  },
];
test.each(bodies)('a body that is $name throws after what came', async ({ answer, code }) => {
  const url = await raw((socket) => socket.end(answer));
  const { body } = await client().request(get(url));
  let text = '';
  const read = async () => {
    for await (const chunk of body) text += Buffer.from(chunk).toString();
  };
  expect([await codeOf(read()), text]).toEqual([code, 'abc']);
});

test('chunks that are none throw', async () => {
  const url = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'));
  const { body } = await client().request(get(url));
  const read = async () => {
    for await (const chunk of body) expect(chunk.length).toBe(0);
  };
  expect(await codeOf(read())).toBe('ERR_HTTP_BAD_RESPONSE');
});

describe('a request that is not wanted any more', () => {
  test('before it begins', async () => {
    const url = await raw(() => undefined);
    expect(await codeOf(client().request(get(url, { signal: AbortSignal.abort() })))).toBe('ERR_ABORTED');
    expect(sockets.size).toBe(0);
  });

  test('while the head is awaited: the server sees the connection close', async () => {
    const controller = new AbortController();
    let closed: Promise<unknown> | undefined;
    const url = await raw((socket) => {
      closed = new Promise((resolve) => socket.once('close', resolve));
      controller.abort();
    });
    expect(await codeOf(client().request(get(url, { signal: controller.signal })))).toBe('ERR_ABORTED');
    await closed;
  });

  test('in the middle of the body, or by leaving it', async () => {
    const closes: Promise<unknown>[] = [];
    const url = await raw((socket) => {
      closes.push(new Promise((resolve) => socket.once('close', resolve)));
      socket.write('HTTP/1.1 200 OK\r\n\r\nabc');
    });
    const controller = new AbortController();
    const aborted = await client().request(get(url, { signal: controller.signal }));
    const read = async () => {
      for await (const chunk of aborted.body) {
        expect(chunk.length).toBe(3);
        controller.abort();
      }
    };
    expect(await codeOf(read())).toBe('ERR_ABORTED');
    const left = await client().request(get(url));
    for await (const chunk of left.body) {
      expect(Buffer.from(chunk).toString()).toBe('abc');
      break;
    }
    await Promise.all(closes);
    expect(closes).toHaveLength(2);
  });
});

test('over TLS: with a certificate that is trusted, and not with another', async () => {
  const own = TEST_CERTIFICATE;
  let connected = 0;
  const url = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), own);
  const trusting = await client(own.cert).request(get(url, { onConnected: () => connected++ }));
  expect([await textOf(trusting), connected]).toEqual(['ok', 1]);
  expect(await codeOf(client().request(get(url, { onConnected: () => connected++ })))).toBe('ERR_HTTP_FAILED');
  expect(connected).toBe(1);
});
