/** The transport suite over TCP, WebSocket with and without TLS, Unix domain sockets, duplex streams and memory. */
import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair, PassThrough, Readable } from 'node:stream';
import { connectionOf, duplexTransport } from '../../src/platform/duplex-transport.js';
import { tcpTransport } from '../../src/platform/tcp-transport.js';
import { unixTransport } from '../../src/platform/unix-transport.js';
import { websocketTransport } from '../../src/platform/websocket-transport.js';
import { MemoryNetwork } from '../../src/sim/memory-transport.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { unixMultiaddr } from '../../src/wire/transport-address.js';
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

for (const each of [tcp, websocket, websocketOverTls, unix, duplex, pipes, memory]) transportSuite(each);

test.each([
  { what: 'objects', streams: new Readable({ objectMode: true }) },
  { what: 'text', streams: new PassThrough({ encoding: 'utf8' }) },
])('streams of $what are refused', ({ streams }) => {
  expect(() => connectionOf({ readable: streams, writable: new PassThrough() })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});
