/** Whoever speaks to the inspector's server and should not, while a good page goes on. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { openFileSource } from '../../src/inspect/file-source.js';
import { LIMITS } from '../../src/limits.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { ask, TestPage } from '../support/inspected.js';
import { watchSockets } from '../support/open-sockets.js';
import { someHeader, someRecord } from '../support/watching.js';

const COUNT = 5_000;
const traceText = [
  headerLine(someHeader()),
  ...Array.from({ length: COUNT }, (_, seq) => recordLine(someRecord(seq))),
].join('');
async function* pieces(): AsyncGenerator<string> {
  for (let at = 0; at < traceText.length; at += 65_536) yield traceText.slice(at, at + 65_536);
}

let server: InspectServer;
let good: TestPage;
let openSince: () => readonly object[];
let token: string;
let host: string;

beforeEach(async () => {
  openSince = watchSockets();
  const source = await openFileSource([{ id: 'main', open: pieces }]);
  server = await serveInspector({ source, assets: await readInspectAssets(['/nowhere']) });
  good = await TestPage.open(server.url);
  token = new URL(server.url).searchParams.get('token') ?? '';
  host = new URL(server.url).host;
});
afterEach(async () => {
  // Whatever the others did, the good page has all of the trace, is the only one left, and the port is free in the end.
  good.credit(2 * COUNT);
  await good.until(() => good.all('end').length > 0);
  expect(good.records).toHaveLength(COUNT);
  while (server.pages > 1) await new Promise((resolve) => setImmediate(resolve));
  await server.close();
  await good.closed;
  while (openSince().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await expect(ask(server.url, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

describe('the page over HTTP', () => {
  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/page.css', 'text/css; charset=utf-8'],
  ])('%s is served with every header that keeps it alone', async (target, type) => {
    const { status, headers } = await ask(server.url, target);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    const head = await ask(server.url, target, { method: 'HEAD' });
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
  });

  test.each([
    '/..',
    '/../package.json',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/.%00./page.js',
    '/page.js/',
    '//page.js',
    '/PAGE.JS',
    '/__proto__',
    '/constructor',
    '/watch',
    '*',
    'http://elsewhere.example/',
  ])('%s is nothing here', async (target) => {
    const { status, headers } = await ask(server.url, target);
    expect(status).toBe(404);
    expect(headers['content-security-policy']).toBe(POLICY);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])('%s is not answered', async (method) => {
    expect((await ask(server.url, '/', { method })).status).toBe(405);
  });

  test('a request with a body is not read', async () => {
    const answer = await ask(server.url, '/', { body: 'x'.repeat(100_000), headers: { 'content-length': '100000' } });
    expect(answer.status).toBe(413);
  });

  test('a head over the bound is cut off', async () => {
    const answer = await ask(server.url, '/', { headers: { cookie: 'x'.repeat(LIMITS.inspectRequestBytes) } });
    expect(answer.status).toBe(431);
  });

  test.each(['', 'x', '0'.repeat(64), 'undefined'])('with the token "%s" the page is not served', async (wrong) => {
    expect((await ask(server.url, `/?token=${wrong}`)).status).toBe(403);
  });
});

describe('a name that leads here', () => {
  const foreign = (): readonly string[] => [
    'evil.example',
    `evil.example:${server.port}`,
    `127.0.0.1.evil.example:${server.port}`,
    `localhost.evil.example:${server.port}`,
    `127.0.0.2:${server.port}`,
    `0.0.0.0:${server.port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `127.0.0.1:${server.port}:80`,
    `127.0.0.1:${server.port}@evil.example`,
  ];

  test('is no host of ours, for the page and for the socket', async () => {
    for (const name of foreign()) {
      expect([name, (await ask(server.url, `/?token=${token}`, { headers: { host: name } })).status]).toEqual([
        name,
        403,
      ]);
      await expect(TestPage.open(server.url, { headers: { host: name } })).rejects.toThrow('refused: 403');
    }
  });

  test.each(['127.0.0.1', '[::1]', 'localhost'])('%s is', async (name) => {
    const itself = `${name}:${server.port}`;
    expect((await ask(server.url, '/', { headers: { host: itself, origin: `http://${itself}` } })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  const foreign = (): readonly string[] => [
    'https://evil.example',
    'null',
    `https://127.0.0.1:${server.port}`,
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    `http://evil.example:${server.port}`,
    'file://',
  ];

  test('reaches neither the page nor the socket, with the right token', async () => {
    for (const origin of foreign()) {
      expect([origin, (await ask(server.url, '/', { headers: { origin } })).status]).toEqual([origin, 403]);
      await expect(TestPage.open(server.url, { origin })).rejects.toThrow('refused: 403');
    }
  });
});

describe('a socket', () => {
  test.each(['', 'x', '0'.repeat(64), 'token.'])('with the token "%s" is refused', async (wrong) => {
    await expect(TestPage.open(server.url, { token: wrong })).rejects.toThrow('refused: 403');
    await expect(TestPage.open(server.url, { query: `?token=${wrong}` })).rejects.toThrow('refused: 403');
  });

  test('may show its token in the query', async () => {
    const page = await TestPage.open(server.url, { query: `?token=${token}` });
    await page.until(() => page.all('hello').length === 1);
    page.close();
    await page.closed;
  });

  test.each(['/', '/watch/', '/other'])('at %s is refused', async (path) => {
    await expect(TestPage.open(server.url, { path })).rejects.toThrow('refused: 404');
  });

  test('one more than the bound is refused, until one goes', async () => {
    const pages: TestPage[] = [];
    while (server.pages < LIMITS.inspectPages) pages.push(await TestPage.open(server.url));
    await expect(TestPage.open(server.url)).rejects.toThrow('refused: 503');
    pages[0]?.close();
    await pages[0]?.closed;
    while (server.pages === LIMITS.inspectPages) await new Promise((resolve) => setImmediate(resolve));
    pages.push(await TestPage.open(server.url));
    for (const page of pages) page.close();
    await Promise.all(pages.map(({ closed }) => closed));
  });

  test.each([
    ['a message over the bound', 'x'.repeat(LIMITS.inspectMessageBytes + 1), 1009],
    ['a message at the bound that says nothing', 'x'.repeat(LIMITS.inspectMessageBytes), 1000],
    ['no JSON', '{"type":', 1000],
    ['bytes', Buffer.from([1, 2, 3]), 1003],
    ['a nest of brackets', '['.repeat(100_000), 1000],
  ])('that says %s is hung up on', async (_, said, code) => {
    const page = await TestPage.open(server.url);
    page.socket.send(said);
    expect(await page.closed).toBe(code);
    expect(page.all('refusal').map(({ id }) => id)).toEqual(code === 1000 ? [-1] : []);
  });

  test('that is torn down in the middle of the trace leaves nothing behind', async () => {
    for (let tries = 0; tries < 20; tries++) {
      const page = await TestPage.open(server.url);
      page.credit(COUNT);
      await page.until(() => page.records.length > 0);
      page.socket.terminate();
      await page.closed;
    }
  });

  test('that never gives credit is told who is there, and nothing of the trace', async () => {
    const page = await TestPage.open(server.url);
    page.credit(0);
    await page.until(() => page.all('hello').length === 1);
    page.socket.ping();
    await new Promise((resolve) => page.socket.once('pong', resolve));
    expect(page.records).toEqual([]);
    page.close();
    await page.closed;
  });

  test('that sends noise instead of frames is dropped', async () => {
    const page = await TestPage.open(server.url);
    const raw = (page.socket as unknown as { readonly _socket: { write(bytes: Uint8Array): void } })._socket;
    raw.write(randomBytes(4096));
    await page.closed;
  });
});

test('a connection that asks for nothing, and more of them than there may be', async () => {
  const sockets = Array.from({ length: LIMITS.inspectSockets + 10 }, () => {
    const socket = connect({ host: '127.0.0.1', port: server.port });
    socket.on('error', () => undefined);
    return socket;
  });
  // Those past the bound are dropped; the others wait.
  await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  for (const socket of sockets) socket.destroy();
  for (const socket of sockets) if (!socket.closed) await new Promise((end) => socket.once('close', end));
});

test('only loopback is listened on', async () => {
  expect(new URL(server.url)).toMatchObject({ hostname: '127.0.0.1', port: String(server.port) });
  expect(host).toBe(`127.0.0.1:${server.port}`);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  await expect(ask(`http://127.0.0.2:${server.port}`, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
