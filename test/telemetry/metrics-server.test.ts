/** The page of metrics over HTTP: who may ask, what for, and how many at once. */
import { expect, test } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { LIMITS } from '../../src/limits.js';
import { serveMetrics } from '../../src/platform/metrics-server.js';

const serve = (): ReturnType<typeof serveMetrics> => serveMetrics('/ip4/127.0.0.1/tcp/0', 'text/plain', () => 'page\n');

test('answers GET and HEAD of one path', async () => {
  const page = await serve();
  try {
    const got = await fetch(page.url);
    expect([got.status, got.headers.get('content-length'), await got.text()]).toEqual([200, '5', 'page\n']);
    expect(await (await fetch(page.url, { method: 'HEAD' })).text()).toBe('');
    expect((await fetch(`${page.url}?name=x`)).status).toBe(200);
    expect((await fetch(`${page.url}/x`)).status).toBe(404);
    expect((await fetch(page.url, { method: 'DELETE' })).status).toBe(405);
  } finally {
    await page.close();
  }
});

test('as many connections as may be; one more is closed', async () => {
  const page = await serve();
  const port = Number(new URL(page.url).port);
  const sockets: Socket[] = [];
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    sockets.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  try {
    for (let index = 0; index < LIMITS.metricsClients; index++) await open();
    const asked = new Promise((resolve) =>
      sockets.at(-1)?.once('data', (chunk) => resolve(String(chunk).split('\r\n')[0])),
    );
    sockets.at(-1)?.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await asked).toBe('HTTP/1.1 200 OK');
    const beyond = await open();
    await new Promise((resolve) => {
      beyond.once('close', resolve);
      beyond.resume();
    });
    expect(sockets.filter(({ closed }) => closed).length).toBe(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    await page.close();
  }
});

test.each(['/ip4/0.0.0.0/tcp/0', '/ip4/127.0.0.1/udp/1', 'localhost:9464'])('%s is not taken', async (address) => {
  await expect(serveMetrics(address, 'text/plain', () => '')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('a port that is taken is told', async () => {
  const page = await serve();
  try {
    const address = `/ip4/127.0.0.1/tcp/${new URL(page.url).port}`;
    await expect(serveMetrics(address, 'text/plain', () => '')).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
  } finally {
    await page.close();
  }
});
