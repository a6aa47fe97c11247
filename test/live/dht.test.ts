/** Our DHT among others': today's of js-libp2p, and that of 2020 over secio and mplex. */
import { describe, test } from '@jest/globals';
import { liveDhtSuite, type LiveDhtNetwork } from '../support/live-dht-suite.js';
import { ensurePeer } from '../peers/peers.js';

const NETWORKS: readonly LiveDhtNetwork[] = [
  { peer: 'js-kad', nodes: 20, cidVersion: 1, security: ['noise'], muxers: ['yamux'] },
  { peer: 'js-secio-kad', nodes: 8, cidVersion: 0, security: ['secio'], muxers: ['mplex'] },
];

for (const network of NETWORKS) {
  const readiness = await ensurePeer(network.peer);
  if (readiness.ready) liveDhtSuite(network);
  else describe(network.peer, () => test.skip(`is missing: ${readiness.reason}`, () => undefined));
}
