/** A real node with the rendezvous parts around it: what the host gives them will be the same. */
import { Environment } from '../../src/actors/environment.js';
import {
  RendezvousClient,
  type RendezvousClientOptions,
  type RendezvousNetwork,
} from '../../src/actors/rendezvous/client.js';
import { RENDEZVOUS_PROTOCOL } from '../../src/actors/rendezvous/exchange.js';
import { RendezvousPoint, type RendezvousPointOptions } from '../../src/actors/rendezvous/server.js';
import { generateIdentity, identityFromPrivateKey } from '../../src/crypto/keys.js';
import type { Host } from '../../src/host/host.js';
import type { Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { liveNode } from './live-node.js';

/** A node, its environment, and how to make clients and points on it. */
export interface RendezvousNode {
  readonly host: Host;
  readonly environment: Environment;
  readonly network: RendezvousNetwork;
  client(point: string, options?: Partial<RendezvousClientOptions>): RendezvousClient;
  point(options?: RendezvousPointOptions): RendezvousPoint;
}

/** Starts one; the node is stopped after the test. */
export async function rendezvousNode(limits: Partial<Limits> = {}): Promise<RendezvousNode> {
  const { privateKeyProtobuf } = generateIdentity(nodeCiphers, systemRandom);
  const host = await liveNode({ privateKey: privateKeyProtobuf, limits });
  const identity = identityFromPrivateKey(nodeCiphers, privateKeyProtobuf);
  const environment = new Environment({ clock: systemClock, random: systemRandom, ciphers: nodeCiphers, limits });
  const network: RendezvousNetwork = {
    self: host.peerId,
    addressesOf: () => host.addresses.map((address) => address.replace(/\/p2p\/.*$/, '')),
    openStream: (peer, protocols, options) => host.openStream(peer, protocols, options),
  };
  let sequence = BigInt(systemClock.wallTime());
  return {
    host,
    environment,
    network,
    client: (point, options = {}) =>
      new RendezvousClient(environment, network, { point, identity, nextSequence: () => sequence++, ...options }),
    point: (options) => {
      const point = new RendezvousPoint(environment, options);
      host.registerHandle(RENDEZVOUS_PROTOCOL, point.handler);
      return point;
    },
  };
}
