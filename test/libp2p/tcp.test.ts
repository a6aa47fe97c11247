/** Our TCP as a transport of js-libp2p, where the compliance suite does not look: addresses, refusals, stubborn peers. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Connection, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface';
import { defaultLogger } from '@libp2p/logger';
import { multiaddr } from '@multiformats/multiaddr';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createChart, tcp } from '../../src/libp2p/index.js';
import '../support/js-libp2p.js';

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

const servers: Server[] = [];
const sockets: Socket[] = [];

/** A raw server that never ends its own half. */
async function stubborn(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.resume();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Hands the raw connection out instead of upgrading it. */
const raw = {
  upgradeOutbound: (connection: MultiaddrConnection) => Promise.resolve(connection as unknown as Connection),
} as unknown as Upgrader;

function transport(limits: Parameters<typeof createChart>[0] = {}): Transport {
  return tcp({ chart: createChart(limits) })({ logger: defaultLogger() });
}
async function dialed(port: number, limits?: Parameters<typeof createChart>[0]): Promise<MultiaddrConnection> {
  const options = { upgrader: raw, signal: new AbortController().signal };
  return (await transport(limits).dial(
    multiaddr(`/ip4/127.0.0.1/tcp/${port}`),
    options,
  )) as unknown as MultiaddrConnection;
}

test.each([
  ['/ip4/127.0.0.1/tcp/4001', true],
  [`/ip6/::1/tcp/4001/p2p/${PEER}`, true],
  ['/dns4/example.com/tcp/4001', true],
  ['/ip4/127.0.0.1/udp/4001/quic-v1', false],
  ['/ip4/127.0.0.1/tcp/4001/ws', false],
  [`/ip4/127.0.0.1/tcp/4001/p2p/${PEER}/p2p-circuit`, false],
])('%s is ours to dial and listen on: %s', (text, isOurs) => {
  const address = multiaddr(text);
  expect(transport().dialFilter([address])).toEqual(isOurs ? [address] : []);
  expect(transport().listenFilter([address])).toEqual(isOurs ? [address] : []);
});

describe('a dial', () => {
  test('that nobody answers fails with the class that js-libp2p knows', async () => {
    const port = await stubborn();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(dialed(port)).rejects.toMatchObject({
      name: 'ConnectionFailedError',
      cause: { code: 'ERR_TRANSPORT_REFUSED' },
    });
  });

  test('that was given up fails with the reason', async () => {
    const signal = AbortSignal.abort(new TypeError('enough'));
    const dial = transport().dial(multiaddr('/ip4/127.0.0.1/tcp/1'), { upgrader: raw, signal });
    await expect(dial).rejects.toThrow('enough');
  });
});

describe('closing a connection whose peer never ends', () => {
  test('drops it when the signal says so', async () => {
    const connection = await dialed(await stubborn());
    const giveUp = new AbortController();
    const closing = connection.close({ signal: giveUp.signal });
    giveUp.abort(new TypeError('enough'));
    await expect(closing).rejects.toThrow('enough');
  });

  test('drops it after a while without a signal', async () => {
    const connection = await dialed(await stubborn(), { limits: { closeTimeoutMs: 10 } });
    await connection.close();
    expect(connection.status).toBe('closed');
  });
});

test('a listener that is closed frees its port, and says so once', async () => {
  const listener = transport().createListener({ upgrader: raw });
  const said: string[] = [];
  for (const type of ['listening', 'close'] as const) listener.addEventListener(type, () => void said.push(type));
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'));
  const [address] = listener.getAddrs();
  await expect(listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))).rejects.toThrow('already listening');
  await expect(
    transport()
      .createListener({ upgrader: raw })
      .listen(address ?? multiaddr('/')),
  ).rejects.toMatchObject({
    name: 'ListenError',
    cause: { code: 'ERR_LISTEN_FAILED' },
  });
  await Promise.all([listener.close(), listener.close()]);
  expect([said, listener.getAddrs()]).toEqual([['listening', 'close'], []]);
  const again = transport().createListener({ upgrader: raw });
  await again.listen(address ?? multiaddr('/'));
  await again.close();
});
