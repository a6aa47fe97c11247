/** The HTTP server over sockets: heads, bodies at their reader's pace, and failures. What clients do to it: test/hostile. */
import { afterEach, expect, test } from '@jest/globals';
import { NodeHttpClient } from '../../src/platform/http-client.js';
import { NodeHttpServer } from '../../src/platform/http-server.js';
import { LIMITS } from '../../src/limits.js';
import type { HttpHandler, HttpListener, HttpServerRequest } from '../../src/ports.js';

const listeners: HttpListener[] = [];
const client = new NodeHttpClient();
const listen = async (handler: HttpHandler): Promise<string> => {
  const listener = await new NodeHttpServer().listen({ host: '127.0.0.1', port: 0 }, handler);
  listeners.push(listener);
  return listener.url;
};
const request = (url: string, method = 'GET', headers: Record<string, string> = {}, body?: Uint8Array) =>
  client.request({ method, url, headers, body });
const textOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

afterEach(async () => {
  client.close();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

test('hands on method, target, headers and body, and answers', async () => {
  let heard: HttpServerRequest | undefined;
  const url = await listen(async (one) => {
    heard = one;
    return { status: 201, headers: { 'x-a': 'b' }, body: bytes(`got ${await textOf(one.body)}`) };
  });
  const response = await request(`${url}/a%20b?c=d`, 'PUT', { 'X-One': '1' }, bytes('hello'));
  expect([
    response.status,
    response.headers['x-a'],
    response.headers['content-length'],
    await textOf(response.body),
  ]).toEqual([201, 'b', '9', 'got hello']);
  expect(heard).toMatchObject({
    method: 'PUT',
    target: '/a%20b?c=d',
    headers: { 'x-one': '1' },
    remoteAddress: '127.0.0.1',
  });
});

test('pieces go out as they come', async () => {
  let next: (text: string) => void = () => undefined;
  async function* body() {
    for (;;) {
      const text = await new Promise<string>((resolve) => (next = resolve));
      if (text === '') return;
      yield bytes(text);
    }
  }
  const url = await listen(() => Promise.resolve({ status: 200, headers: {}, body: body() }));
  const { body: got } = await request(url);
  const iterator = got[Symbol.asyncIterator]();
  for (const text of ['one', 'two']) {
    const read = iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    next(text);
    expect(Buffer.from((await read).value as Uint8Array).toString()).toBe(text);
  }
  next('');
  expect((await iterator.next()).done).toBe(true);
});

test('a reader that stops holds the body back, and one that leaves ends it', async () => {
  let pulled = 0;
  let ended = false;
  async function* body() {
    try {
      for (;;) {
        pulled++;
        yield new Uint8Array(64 * 1024);
      }
    } finally {
      ended = true;
    }
  }
  const url = await listen(({ target }) =>
    Promise.resolve({ status: 200, headers: {}, body: target === '/endless' ? body() : bytes('ok') }),
  );
  const iterator = (await request(`${url}/endless`)).body[Symbol.asyncIterator]();
  await iterator.next();
  // Other requests pass the time until nothing moves any more.
  for (let before = -1; before !== pulled;) {
    before = pulled;
    for (let round = 0; round < 20; round++) await textOf((await request(url)).body);
  }
  // Socket buffers, and no more.
  expect(pulled * 64 * 1024).toBeLessThan(64 * 1024 * 1024);
  await iterator.return?.();
  while (!ended) await textOf((await request(url)).body);
});

test('what throws is 500 before the head, and cut off after it', async () => {
  async function* broken() {
    yield bytes('some');
    throw new Error('gone');
  }
  const url = await listen(({ target }) => {
    if (target === '/early') throw new Error('secret');
    return Promise.resolve({ status: 200, headers: {}, body: broken() });
  });
  const early = await request(`${url}/early`);
  expect([early.status, await textOf(early.body)]).toEqual([500, '']);
  const late = await request(url);
  await expect(textOf(late.body)).rejects.toMatchObject({ code: 'ERR_HTTP_FAILED' });
});

test('a status without a body has no length', async () => {
  const url = await listen(() => Promise.resolve({ status: 204, headers: {}, body: new Uint8Array(0) }));
  const response = await request(url);
  expect([response.status, response.headers['content-length'], await textOf(response.body)]).toEqual([
    204,
    undefined,
    '',
  ]);
});

test('as many header fields as may be are heard, those beyond are not', async () => {
  let count = 0;
  const url = await listen(({ headers }) => {
    count = Object.keys(headers).length;
    return Promise.resolve({ status: 204, headers: {}, body: new Uint8Array(0) });
  });
  const fields = (many: number) => Object.fromEntries(Array.from({ length: many }, (_, index) => [`x-${index}`, '1']));
  // Two are sent with every request: host and connection.
  for (const many of [LIMITS.httpHeaderFields - 2, LIMITS.httpHeaderFields + 10]) {
    await textOf((await request(url, 'GET', fields(many))).body);
    expect(count).toBe(LIMITS.httpHeaderFields);
  }
});

test('a client asks on as many connections at once as may be, and keeps a few', async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const url = await listen(async () => {
    most = Math.max(most, ++open);
    await new Promise<void>((resolve) => waiting.push(resolve));
    open--;
    return { status: 200, headers: {}, body: bytes('ok') };
  });
  const all = Array.from({ length: LIMITS.httpSocketsPerHost + 4 }, async () => textOf((await request(url)).body));
  let answered = 0;
  while (answered < all.length) {
    const release = waiting.shift();
    if (release === undefined || (open < LIMITS.httpSocketsPerHost && answered === 0)) {
      if (release !== undefined) waiting.unshift(release);
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    release();
    answered++;
  }
  expect(await Promise.all(all)).toEqual(all.map(() => 'ok'));
  expect(most).toBe(LIMITS.httpSocketsPerHost);
});

test('an address that is taken', async () => {
  const url = await listen(() => Promise.reject(new Error('unused')));
  const port = Number(new URL(url).port);
  await expect(
    new NodeHttpServer().listen({ host: '127.0.0.1', port }, () => Promise.reject(new Error('unused'))),
  ).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED', blame: 'local' });
});
