/** How a node finds peers and content. */
import type { RouterEntry } from '../../actors/routing/composed-router.js';
import type { RandomWalkOptions } from '../../actors/routing/random-walk.js';
import type { Discovery } from '../../routing/router.js';

/** Whether a node answers queries of others. */
export type DhtMode =
  /** Asks, and does not answer. */
  | 'client'
  /** Answers as well, whether or not others can reach it. */
  | 'server'
  /** Answers when it has an address that others can reach: on the public network one that several of them have seen it at. */
  | 'auto';

/** One DHT. */
export interface DhtChoice {
  /** Default `auto`. */
  readonly mode?: DhtMode;
  /**
   * Where its peers are: `public` takes only those with public addresses, `private` only those of local networks, `any` all,
   * which is for tests and closed networks. Default: `public` for `/ipfs/kad/1.0.0`, `private` for `/ipfs/lan/kad/1.0.0`.
   */
  readonly peers?: 'public' | 'private' | 'any';
  /** Disjoint paths of each query: dearer, and harder to mislead. Default 1. */
  readonly paths?: number;
}

/** What is provided: told to the routers, and again before it is forgotten. */
export type ProvideStrategy =
  /** Every block that is added. */
  | 'all'
  /** The roots of what is added. */
  | 'roots'
  | 'none';

/** Routers and discovery of a node; what is absent is off. */
export interface NodeRoutingOptions {
  /** Kademlia on `/ipfs/kad/1.0.0`. */
  readonly dht?: boolean | DhtChoice;
  /** Kademlia on `/ipfs/lan/kad/1.0.0`, beside the public one. */
  readonly lanDht?: boolean | DhtChoice;
  /** Peers on the same network, by multicast DNS. */
  readonly mdns?: boolean;
  /** Base URLs of servers of HTTP Routing V1, asked together. */
  readonly delegated?: readonly string[];
  /** URLs of BitTorrent trackers (`http:`, `https:`, `udp:`). */
  readonly trackers?: readonly string[];
  /** Rendezvous points to register with and to ask: full multiaddrs. */
  readonly rendezvous?: readonly string[];
  /** Whether this node is a rendezvous point for others. Default: no. */
  readonly rendezvousPoint?: boolean;
  /** Whether random keys are looked up now and then, for the peers on the way. Default: no; the DHT refreshes its table anyway. */
  readonly randomWalk?: boolean | RandomWalkOptions;
  /** Default `roots`, where a router can provide. */
  readonly provide?: ProvideStrategy;
  /** Whether discovered peers are dialed while the node has fewer connections than its low water. Default: yes. */
  readonly dialDiscovered?: boolean;
  /** Routers of the embedder's own, tiers after ours. */
  readonly routers?: readonly (readonly RouterEntry[])[];
  /** Sources of peers of the embedder's own. */
  readonly discovery?: readonly Discovery[];
}
