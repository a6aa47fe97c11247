/** Options of commands that find peers and content, and the node that they describe. */
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { NodeRoutingOptions } from '../host/routing/options.js';
import { PUBLIC_BOOTSTRAP } from '../routing/bootstrap-list.js';
import { addressFacts } from '../wire/address-class.js';
import { splitPeerAddress } from '../wire/multiaddr.js';
import type { OptionSpec, Words } from './command.js';
import { printNote } from './output.js';

/** The word of `--bootstrap` for an empty list. */
export const NOBODY = 'none';

export const ROUTING_OPTIONS = {
  bootstrap: {
    type: 'string',
    value: 'MA',
    multiple: true,
    help: "peers of the DHT to begin with, as full multiaddrs, or none: no DHT (default: the public network's)",
  },
  lan: { type: 'boolean', help: 'the DHT of local networks, /ipfs/lan/kad/1.0.0, instead of the public one' },
  delegated: { type: 'string', value: 'URL', multiple: true, help: 'servers of HTTP Routing V1 to ask as well' },
  mdns: { type: 'boolean', help: 'look for peers on this network by multicast DNS as well' },
} as const satisfies Record<string, OptionSpec>;

/** How the words want peers and content to be found. Throws `ERR_INVALID_ARGUMENT`. */
export function routingOf(words: Words): NodeRoutingOptions {
  const bootstrap = bootstrapOf(words);
  const choice = {
    mode: 'client',
    // Who names a peer on this machine or in its own network means a network of that kind.
    peers: bootstrap.some(isNear) ? 'any' : words.flag('lan') ? 'private' : 'public',
  } as const;
  const delegated = words.list('delegated');
  return {
    ...(bootstrap.length === 0 ? {} : words.flag('lan') ? { lanDht: choice } : { dht: choice }),
    ...(delegated.length === 0 ? {} : { delegated }),
    ...(words.flag('mdns') ? { mdns: true } : {}),
  };
}

/** The peers to begin with. */
export function bootstrapOf(words: Words): readonly string[] {
  return bootstrapIn(words) ?? PUBLIC_BOOTSTRAP;
}

/** The peers that `--bootstrap` names; `undefined` without it. Throws `ERR_INVALID_ARGUMENT`. */
export function bootstrapIn(words: Words): readonly string[] | undefined {
  const named = words.list('bootstrap');
  if (named.length === 0) return undefined;
  if (named.includes(NOBODY)) return [];
  for (const address of named) {
    if (addressFacts(address) !== undefined && splitPeerAddress(address).peer !== undefined) continue;
    const what = `--bootstrap takes full multiaddrs that end in /p2p/<peer id>, or ${NOBODY}, got "${address}"`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
  }
  return named;
}

/** A node that finds things by the words, and joins their network when it has to. */
export function routingNode(words: Words): Pick<CreateNodeOptions, 'bootstrap' | 'routing' | 'security' | 'muxers'> {
  const routing: NodeRoutingOptions = { ...routingOf(words), bootstrapAt: 'need' };
  // Servers of the public network speak both; the chain's own options win where a command has them.
  return { bootstrap: bootstrapOf(words), routing, security: ['noise', 'tls'], muxers: ['yamux'] };
}

/**
 * Connects with the peers to begin with; the first that answers the DHT is enough. Rejects with `ERR_DIAL_FAILED`, and with
 * the reason where there is only one; where the words name servers or mDNS to ask as well, that is only noted.
 */
export async function join(host: Host, words: Words): Promise<void> {
  const addresses = bootstrapOf(words);
  const reasons: unknown[] = [];
  const dials = addresses.map(async (address) => {
    try {
      const { remotePeer } = await host.dial(address);
      // Who answers the DHT is told by identify.
      await host.identify(remotePeer);
    } catch (thrown) {
      reasons.push(thrown);
    }
  });
  await new Promise<void>((resolve) => {
    for (const dial of dials) void dial.then(() => host.dhts.some(({ view }) => view.peers > 0) && resolve());
    void Promise.all(dials).then(() => resolve());
  });
  if (reasons.length < addresses.length || addresses.length === 0) return;
  const error =
    reasons.length === 1
      ? reasons[0]
      : new EngineError('ERR_DIAL_FAILED', 'remote', `none of ${reasons.length} bootstrap peers could be reached`, {
          cause: reasons[0],
        });
  if (words.list('delegated').length === 0 && !words.flag('mdns')) throw error;
  printNote(`the DHT is left out: ${(error as Error).message}`);
}

/** Whether an address is of this machine or of a network of somebody. */
export function isNear(address: string): boolean {
  const reach = addressFacts(address)?.reach;
  return reach === 'loopback' || reach === 'private' || reach === 'linkLocal' || reach === 'inside';
}
