/** Options of commands that find peers and content, and the node that they describe. */
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { NodeRoutingOptions } from '../host/routing/options.js';
import { PUBLIC_BOOTSTRAP } from '../routing/bootstrap-list.js';
import { addressFacts } from '../wire/address-class.js';
import type { OptionSpec, Words } from './command.js';

export const ROUTING_OPTIONS = {
  bootstrap: {
    type: 'string',
    value: 'MA',
    multiple: true,
    help: "peers of the DHT to begin with, as full multiaddrs (default: the public network's)",
  },
  lan: { type: 'boolean', help: 'the DHT of local networks, /ipfs/lan/kad/1.0.0, instead of the public one' },
  delegated: { type: 'string', value: 'URL', multiple: true, help: 'servers of HTTP Routing V1 to ask as well' },
  mdns: { type: 'boolean', help: 'look for peers on this network by multicast DNS as well' },
} as const satisfies Record<string, OptionSpec>;

/** How the words want peers and content to be found. Throws `ERR_INVALID_ARGUMENT`. */
export function routingOf(words: Words): NodeRoutingOptions {
  const choice = {
    mode: 'client',
    // Who names a peer on this machine or in its own network means a network of that kind.
    peers: bootstrapOf(words).some(isNear) ? 'any' : words.flag('lan') ? 'private' : 'public',
  } as const;
  const delegated = words.list('delegated');
  return {
    ...(words.flag('lan') ? { lanDht: choice } : { dht: choice }),
    ...(delegated.length === 0 ? {} : { delegated }),
    ...(words.flag('mdns') ? { mdns: true } : {}),
  };
}

/** The peers to begin with. */
export function bootstrapOf(words: Words): readonly string[] {
  const named = words.list('bootstrap');
  return named.length > 0 ? named : PUBLIC_BOOTSTRAP;
}

/** A node that finds things by the words, and joins their network when it has to. */
export function routingNode(words: Words): Pick<CreateNodeOptions, 'bootstrap' | 'routing' | 'security' | 'muxers'> {
  const routing: NodeRoutingOptions = { ...routingOf(words), bootstrapAt: 'need' };
  // Servers of the public network speak both; the chain's own options win where a command has them.
  return { bootstrap: bootstrapOf(words), routing, security: ['noise', 'tls'], muxers: ['yamux'] };
}

/**
 * Connects with the peers to begin with; one that answers is enough. Rejects with `ERR_DIAL_FAILED`, and with the reason
 * where there is only one.
 */
export async function join(host: Host, addresses: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
  const dials = await Promise.allSettled(
    addresses.map(async (address) => {
      const { remotePeer } = await host.dial(address, { signal });
      // Who answers the DHT is told by identify.
      await host.identify(remotePeer, { signal });
      return remotePeer;
    }),
  );
  const joined = dials.flatMap((dial) => (dial.status === 'fulfilled' ? [dial.value] : []));
  if (joined.length > 0 || dials.length === 0) return joined;
  const reasons = dials.flatMap((dial) => (dial.status === 'rejected' ? [dial.reason as unknown] : []));
  if (reasons.length === 1) throw reasons[0];
  throw new EngineError('ERR_DIAL_FAILED', 'remote', 'no --bootstrap peer could be reached', {
    cause: new AggregateError(reasons),
  });
}

function isNear(address: string): boolean {
  const reach = addressFacts(address)?.reach;
  return reach === 'loopback' || reach === 'private' || reach === 'linkLocal' || reach === 'inside';
}
