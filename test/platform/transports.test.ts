/** The transport suite over TCP, WebSocket with and without TLS, Unix domain sockets, duplex streams and memory. */
import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { duplexPair, PassThrough, Readable } from 'node:stream';
import { WebSocketServer } from 'ws';
import { connectionOf, duplexTransport } from '../../src/platform/duplex-transport.js';
import { FairReading } from '../../src/platform/fair-reading.js';
import { tcpTransport } from '../../src/platform/tcp-transport.js';
import { unixTransport } from '../../src/platform/unix-transport.js';
import { websocketTransport } from '../../src/platform/websocket-transport.js';
import type { TransportConnection, TransportListener } from '../../src/ports.js';
import { MemoryNetwork } from '../../src/sim/memory-transport.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { unixMultiaddr } from '../../src/wire/transport-address.js';
import { eventually } from '../support/hostile-pipe.js';
import { TEST_CERTIFICATE } from '../support/test-certificate.js';
import { transportSuite, type TransportCase } from './transport-suite.js';

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

const tcp: TransportCase = {
  name: 'tcp',
  hasHalfClose: true,
  make: async () => ({
    transport: tcpTransport,
    listenOn: '/ip4/127.0.0.1/tcp/0',
    nobodyAt: '/ip4/127.0.0.1/tcp/1',
    ends: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/,
  }),
  addresses: [
    ['/ip4/127.0.0.1/tcp/4001', true],
    [`/ip6/::1/tcp/4001/p2p/${PEER}`, true],
    ['/dns4/localhost/tcp/4001', true],
    ['/ip4/127.0.0.1/tcp/4001/ws', false],
    ['/ip4/127.0.0.1/udp/4001', false],
    [unixMultiaddr('/tmp/socket'), false],
    ['nonsense', false],
  ],
};

/** Every read costs all that a pass may spend: whatever comes behind it waits for its turn. */
const tcpInTurn: TransportCase = {
  ...tcp,
  name: 'tcp, read in turn',
  make: async () => {
    let ms = 0;
    const reading = new FairReading({ now: () => ms++, afterPoll: (fire) => void setImmediate(fire) });
    return { ...(await tcp.make()), transport: reading.share(tcpTransport) };
  },
};

const WEBSOCKET_ADDRESSES: TransportCase['addresses'] = [
  ['/ip4/127.0.0.1/tcp/80/ws', true],
  [`/ip6/::1/tcp/80/ws/p2p/${PEER}`, true],
  ['/dns4/example.com/tcp/443/wss', true],
  ['/dns/example.com/tcp/443/tls/ws', true],
  ['/ip4/127.0.0.1/tcp/443/tls/sni/example.com/ws', true],
  ['/ip4/127.0.0.1/tcp/80', false],
  ['/ip4/127.0.0.1/tcp/443/tls', false],
  ['/ip4/127.0.0.1/tcp/80/ws/ws', false],
  ['/ip4/127.0.0.1/udp/80/ws', false],
  ['nonsense', false],
];

const websocket: TransportCase = {
  name: 'websocket',
  hasHalfClose: false,
  make: async () => ({
    transport: websocketTransport(),
    listenOn: '/ip4/127.0.0.1/tcp/0/ws',
    nobodyAt: '/ip4/127.0.0.1/tcp/1/ws',
    ends: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws$/,
  }),
  addresses: WEBSOCKET_ADDRESSES,
};

const websocketOverTls: TransportCase = {
  ...websocket,
  name: 'websocket over TLS',
  make: async () => ({
    transport: websocketTransport({ server: TEST_CERTIFICATE, client: { ca: TEST_CERTIFICATE.cert } }),
    listenOn: '/ip4/127.0.0.1/tcp/0/tls/ws',
    nobodyAt: '/ip4/127.0.0.1/tcp/1/tls/ws',
    ends: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/tls\/ws$/,
  }),
};

const unix: TransportCase = {
  name: 'unix',
  hasHalfClose: true,
  make: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'swarmchart-'));
    return {
      transport: unixTransport,
      listenOn: unixMultiaddr(join(folder, 'a socket')),
      nobodyAt: unixMultiaddr(join(folder, 'nobody')),
      ends: /^\/unix\/%2F.*a%20socket$/,
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
  addresses: [
    ['/unix/%2Ftmp%2Fsocket', true],
    ['/unix/tmp/socket', true],
    [`/unix/tmp/socket/p2p/${PEER}`, true],
    [`/unix/%2Ftmp%2Fsocket/p2p/${PEER}`, true],
    ['/unix', false],
    ['/ip4/127.0.0.1/tcp/80', false],
    ['nonsense', false],
  ],
};

const duplex: TransportCase = {
  name: 'duplex',
  hasHalfClose: true,
  make: async () => {
    const transport = duplexTransport({
      connect: (name) => {
        const [near, far] = duplexPair();
        // Node 20 leaves the other end of a pair as it is; what has a system below it hears that its peer is gone.
        near.once('close', () => near.writableFinished || far.destroy(new Error('the other end is gone')));
        transport.accept(name, far);
        return near;
      },
    });
    return { transport, listenOn: '/memory/a', nobodyAt: '/memory/nobody', ends: /^\/memory\/a$/ };
  },
  addresses: [
    ['/memory/a', true],
    [`/memory/a/p2p/${PEER}`, true],
    ['/ip4/127.0.0.1/tcp/80', false],
    ['nonsense', false],
  ],
};

/** As a child process has them: two pipes, each one way. */
const pipes: TransportCase = {
  ...duplex,
  name: 'a pair of pipes',
  make: async () => {
    const transport = duplexTransport({
      connect: (name) => {
        const [there, back] = [new PassThrough(), new PassThrough()];
        transport.accept(name, { readable: there, writable: back });
        return { readable: back, writable: there };
      },
    });
    return { transport, listenOn: '/memory/a', nobodyAt: '/memory/nobody', ends: /^\/memory\/a$/ };
  },
};

const memory: TransportCase = {
  ...duplex,
  name: 'memory',
  make: async () => {
    const clock = new VirtualClock();
    return {
      transport: new MemoryNetwork({ clock, latencyMs: 1 }).transport,
      listenOn: '/memory/a',
      nobodyAt: '/memory/nobody',
      ends: /^\/memory\/(?:a|dialer-\d+)$/,
      step: () => void clock.fireNext(),
    };
  },
};

for (const each of [tcp, tcpInTurn, websocket, websocketOverTls, unix, duplex, pipes, memory]) transportSuite(each);

test.each([
  { what: 'objects', streams: new Readable({ objectMode: true }) },
  { what: 'text', streams: new PassThrough({ encoding: 'utf8' }) },
])('streams of $what are refused', ({ streams }) => {
  expect(() => connectionOf({ readable: streams, writable: new PassThrough() })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});

/** Listens with the test's certificate, and dials with the given text in the place of the address. */
async function dialedOverTls(ca: string | undefined, addressOf: (port: string) => string): Promise<string> {
  const transport = websocketTransport({ server: TEST_CERTIFICATE, ...(ca === undefined ? {} : { client: { ca } }) });
  const listener = await new Promise<TransportListener>((resolve, reject) => {
    transport.listen('/ip4/127.0.0.1/tcp/0/tls/ws', (accepted) => accepted.destroy(), resolve, reject);
  });
  const port = listener.addresses[0]?.split('/')[4] ?? '';
  const outcome = await new Promise<string>((resolve) => {
    transport.dial(
      addressOf(port),
      (connection) => {
        connection.destroy();
        resolve('connected');
      },
      ({ code, message }) => resolve(`${code} ${message}`),
    );
  });
  await new Promise<void>((resolve) => listener.close(resolve));
  return outcome;
}

test.each([
  {
    name: 'an IP address in the certificate',
    ca: true,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/tls/ws`,
    outcome: /^connected$/,
  },
  {
    name: 'the older /wss',
    ca: true,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/wss`,
    outcome: /^connected$/,
  },
  {
    name: 'a name in the certificate',
    ca: true,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/tls/sni/localhost/ws`,
    outcome: /^connected$/,
  },
  {
    name: 'another name',
    ca: true,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/tls/sni/other.example/ws`,
    outcome: /^ERR_TRANSPORT_FAILED .*other\.example/,
  },
  {
    name: 'an authority that we do not know',
    ca: false,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/tls/ws`,
    outcome: /^ERR_TRANSPORT_FAILED .*self-signed/,
  },
  {
    name: 'plain WebSocket to a TLS port',
    ca: true,
    addressOf: (port: string) => `/ip4/127.0.0.1/tcp/${port}/ws`,
    outcome: /^ERR_/,
  },
])('TLS: $name', async ({ ca, addressOf, outcome }) => {
  expect(await dialedOverTls(ca ? TEST_CERTIFICATE.cert : undefined, addressOf)).toMatch(outcome);
});

test.each([
  { name: 'plain', address: '/ip4/127.0.0.1/tcp/0/ws' },
  { name: 'TLS', address: '/ip4/127.0.0.1/tcp/0/tls/ws' },
])('$name: an upgrade that is through makes room for the next one', async ({ address }) => {
  const accepted: TransportConnection[] = [];
  const transport = websocketTransport({
    server: TEST_CERTIFICATE,
    client: { ca: TEST_CERTIFICATE.cert },
    limits: { websocketUpgrades: 1 },
  });
  const listener = await new Promise<TransportListener>((resolve, reject) => {
    transport.listen(address, (connection) => accepted.push(connection), resolve, reject);
  });
  const dialed: TransportConnection[] = [];
  for (let count = 0; count < 3; count++) {
    dialed.push(
      await new Promise<TransportConnection>((resolve, reject) => {
        transport.dial(listener.addresses[0] ?? '', resolve, reject);
      }),
    );
  }
  expect(accepted.length).toBe(3);
  for (const connection of [...dialed, ...accepted]) connection.destroy();
  await new Promise<void>((resolve) => listener.close(resolve));
});

test.each([
  { bytes: 65_536, messages: [65_536] },
  { bytes: 65_537, messages: [65_536, 1] },
  { bytes: 200_000, messages: [65_536, 65_536, 65_536, 3_392] },
])('a WebSocket write of $bytes bytes is sent as messages of $messages', async ({ bytes, messages }) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const heard: number[] = [];
  server.on('connection', (socket) => socket.on('message', (data: Buffer) => heard.push(data.length)));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await new Promise<TransportConnection>((resolve, reject) => {
    websocketTransport().dial(`/ip4/127.0.0.1/tcp/${port}/ws`, resolve, reject);
  });
  connection.write([new Uint8Array(bytes)]);
  await eventually('all came', () => heard.reduce((sum, size) => sum + size, 0) === bytes);
  expect(heard).toEqual(messages);
  connection.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('a listener on /tls/ws without a certificate says what it lacks', async () => {
  const failure = new Promise((_, reject) => {
    websocketTransport().listen(
      '/ip4/127.0.0.1/tcp/0/tls/ws',
      () => undefined,
      () => undefined,
      reject,
    );
  });
  await expect(failure).rejects.toMatchObject({
    code: 'ERR_LISTEN_FAILED',
    message: expect.stringContaining('it takes a certificate and its key') as unknown,
  });
});

test.each([
  { bytes: 103, code: 'ERR_TRANSPORT_REFUSED' },
  { bytes: 104, code: 'ERR_INVALID_ARGUMENT' },
])('a socket whose path has $bytes bytes: $code', async ({ bytes, code }) => {
  const path = `/tmp/${'x'.repeat(bytes - 5)}`;
  const dialed = new Promise((_, reject) => unixTransport.dial(unixMultiaddr(path), () => undefined, reject));
  await expect(dialed).rejects.toMatchObject({ code });
  if (code === 'ERR_TRANSPORT_REFUSED') return;
  const listened = new Promise((_, reject) => {
    unixTransport.listen(
      unixMultiaddr(path),
      () => undefined,
      () => undefined,
      reject,
    );
  });
  await expect(listened).rejects.toMatchObject({ code });
});
