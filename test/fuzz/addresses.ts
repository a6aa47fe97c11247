/**
 * Addresses as text: records of others' names (dnsaddr), lines of users. Any text is an address or none; only what says that
 * it throws may throw, by name; and what is a name can be resolved to an address.
 */
import assert from 'node:assert/strict';
import { addressFacts } from '../../src/wire/address-class.js';
import { addressShape, ipGroupOf, portOf } from '../../src/wire/address-shape.js';
import { afterName, dnsaddrRecords, namePartOf, withHost } from '../../src/wire/dns-address.js';
import { ipOf, parseIpRange } from '../../src/wire/ip.js';
import * as multiaddr from '../../src/wire/multiaddr.js';
import { unixPathOf, webSocketAddressOf } from '../../src/wire/transport-address.js';
import { utf8 } from '../support/decoding.js';
import { nearly } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

const PEER = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7';

const SAMPLES: readonly string[] = [
  '/ip4/127.0.0.1/tcp/4001',
  `/ip4/1.2.3.4/tcp/4001/p2p/${PEER}`,
  `/ip4/1.2.3.4/tcp/4001/ipfs/${PEER}`,
  `/ip4/1.2.3.4/tcp/4001/p2p/${PEER}/p2p-circuit`,
  '/ip6/::ffff:1.2.3.4/tcp/1/ws',
  '/ip6zone/eth0/ip6/fe80::1/tcp/4001',
  '/dns4/example.com/tcp/443/wss',
  '/dns/example.com/tcp/443/tls/sni/other.example/ws',
  `/dnsaddr/bootstrap.libp2p.io/p2p/${PEER}`,
  '/unix/run/node.sock',
  '/memory/a',
  'dnsaddr=/ip4/1.2.3.4/tcp/4001',
  '10.0.0.0/8',
  '2001:db8::/32',
];

/** What never throws. */
const QUIET: Readonly<Record<string, (text: string) => unknown>> = {
  addressFacts,
  addressShape,
  portOf,
  ipGroupOf,
  namePartOf,
  ipOf,
  unixPathOf,
  webSocketAddressOf,
  tcpAddressOf: multiaddr.tcpAddressOf,
  componentsOf: multiaddr.componentsOf,
  dnsaddrRecords: (text) => dnsaddrRecords([text]),
};

/** What throws for text that is no address. */
const LOUD: Readonly<Record<string, (text: string) => unknown>> = {
  splitPeerAddress: multiaddr.splitPeerAddress,
  multiaddrToBytes: multiaddr.multiaddrToBytes,
  parseIpRange,
};

function judge(text: string): void {
  for (const [name, read] of Object.entries(QUIET)) {
    try {
      read(text);
    } catch (thrown) {
      assert.fail(`${name} threw: ${(thrown as Error).stack}`);
    }
  }
  for (const read of Object.values(LOUD)) {
    try {
      read(text);
    } catch (thrown) {
      assertNamed(thrown, ['local'], /^ERR_INVALID_ARGUMENT$/);
    }
  }
  const part = namePartOf(text);
  if (part === undefined) return;
  afterName(text);
  if (part.kind !== 'dnsaddr') assert.notEqual(ipOf(withHost(text, '1.2.3.4')), undefined);
}

export const ADDRESS_TARGETS: readonly FuzzTarget[] = [
  target(
    'address text',
    nearly(SAMPLES.map(utf8)).map((bytes) => Buffer.from(bytes).toString('utf8')),
    judge,
  ),
];
