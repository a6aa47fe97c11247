import { expect, test } from '@jest/globals';
import { multiaddrFromBytes, multiaddrToBytes, splitPeerAddress } from '../../src/wire/multiaddr.js';
import { unixMultiaddr, unixPathOf, webSocketAddressOf, webSocketMultiaddr } from '../../src/wire/transport-address.js';
import { toHex, utf8 } from '../support/decoding.js';

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

test.each([
  { text: '/ip4/127.0.0.1/tcp/80/ws', host: '127.0.0.1', port: 80, family: 4, tls: false, serverName: undefined },
  { text: '/ip6/::1/tcp/80/ws', host: '::1', port: 80, family: 6, tls: false, serverName: undefined },
  { text: '/ip4/127.0.0.1/tcp/443/wss', host: '127.0.0.1', port: 443, family: 4, tls: true, serverName: undefined },
  { text: '/ip4/127.0.0.1/tcp/443/tls/ws', host: '127.0.0.1', port: 443, family: 4, tls: true, serverName: undefined },
  {
    text: '/dns4/a.example/tcp/443/wss',
    host: 'a.example',
    port: 443,
    family: 'dns',
    tls: true,
    serverName: 'a.example',
  },
  {
    text: '/ip4/127.0.0.1/tcp/443/tls/sni/b.example/ws',
    host: '127.0.0.1',
    port: 443,
    family: 4,
    tls: true,
    serverName: 'b.example',
  },
])('$text', ({ text, ...expected }) => {
  expect(webSocketAddressOf(text)).toEqual(expected);
  expect(webSocketAddressOf(`${text}/p2p/${PEER}`)).toEqual(expected);
});

test('WebSocket addresses are written with /tls/ws', () => {
  expect(webSocketMultiaddr('::1', 5, true)).toBe('/ip6/::1/tcp/5/tls/ws');
  expect(webSocketMultiaddr('127.0.0.1', 5, false)).toBe('/ip4/127.0.0.1/tcp/5/ws');
});

// Code 400 as a varint, then the path with its length (multiformats/multiaddr protocols.csv).
test.each([
  { text: '/unix/%2Frun%2Fnode.sock', path: '/run/node.sock', canonical: '/unix/%2Frun%2Fnode.sock' },
  { text: '/unix/run/node.sock', path: '/run/node.sock', canonical: '/unix/%2Frun%2Fnode.sock' },
  { text: '/unix/node', path: '/node', canonical: '/unix/%2Fnode' },
  { text: '/unix/tcp/80', path: '/tcp/80', canonical: '/unix/%2Ftcp%2F80' },
  { text: '/unix/a b', path: '/a b', canonical: '/unix/%2Fa%20b' },
])('$text is the path $path', ({ text, path, canonical }) => {
  expect(unixPathOf(text)).toBe(path);
  expect(unixPathOf(`${text}/p2p/${PEER}`)).toBe(path);
  expect(unixMultiaddr(path)).toBe(canonical);
  expect(splitPeerAddress(`${text}/p2p/${PEER}`)).toEqual({ transport: canonical, peer: PEER });
  const bytes = multiaddrToBytes(text);
  expect(toHex(bytes)).toBe(`9003${path.length.toString(16).padStart(2, '0')}${toHex(utf8(path))}`);
  expect(multiaddrFromBytes(bytes)).toBe(canonical);
});

test.each(['/ip4/127.0.0.1/tcp/80', '/memory/a', 'run/node.sock', '/unix', '', '/'])('"%s" is no path', (text) => {
  expect(unixPathOf(text)).toBeUndefined();
});
