/** How a node finds peers and content. */
import type { AddressRule } from '../../actors/dht/address-rules.js';
import type { DhtMode } from '../../actors/dht/dht-actor.js';
import type { ProvideStrategy } from '../../actors/dht/providing/strategy.js';
import type { RouterEntry } from '../../actors/routing/composed-router.js';
import type { RandomWalkOptions } from '../../actors/routing/random-walk.js';
import type { MdnsOptions } from '../../routing/mdns/mdns.js';
import type { Discovery, ValueValidator } from '../../routing/router.js';

export type { DhtMode } from '../../actors/dht/dht-actor.js';

/** One DHT. */
export interface DhtChoice {
  /**
   * `client` asks and does not answer; `server` answers as well, whether or not others can reach it; `auto` answers while it
   * has an address that its peers can reach. Default `auto`.
   */
  readonly mode?: DhtMode;
  /**
   * Where its peers are: `public` takes only those with public addresses, `private` only those of local networks, `any` all,
   * which is for tests and closed networks. Default: `public` for `/ipfs/kad/1.0.0`, `private` for `/ipfs/lan/kad/1.0.0`.
   */
  readonly peers?: AddressRule;
  /** Disjoint paths of each query: dearer, and harder to mislead. Default 1. */
  readonly paths?: number;
}

/** Multicast DNS. */
export type MdnsChoice = Pick<MdnsOptions, 'loopback' | 'silent' | 'queryIntervalMs' | 'port' | 'group' | 'interfaces'>;

/** Routers and discovery of a node; what is absent is off. */
export interface NodeRoutingOptions {
  /** Kademlia on `/ipfs/kad/1.0.0`. */
  readonly dht?: boolean | DhtChoice;
  /** Kademlia on `/ipfs/lan/kad/1.0.0`, beside the public one. */
  readonly lanDht?: boolean | DhtChoice;
  /** Peers on the same network, by multicast DNS. */
  readonly mdns?: boolean | MdnsChoice;
  /** Base URLs of servers of HTTP Routing V1, asked together. */
  readonly delegated?: readonly string[];
  /** URLs of BitTorrent trackers (`http:`, `https:`, `udp:`). */
  readonly trackers?: readonly string[];
  /** Whether addresses of private networks and of this machine that trackers tell are tried. Default: no. */
  readonly privateAddresses?: boolean;
  /** Rendezvous points to register with and to ask: full multiaddrs. */
  readonly rendezvous?: readonly string[];
  /** Whether this node is a rendezvous point for others. Default: no. */
  readonly rendezvousPoint?: boolean;
  /** Whether random keys are looked up now and then, for the peers on the way. Default: no; the DHT refreshes its table anyway. */
  readonly randomWalk?: boolean | RandomWalkOptions;
  /** Which of the content that is added is provided in the DHTs, and again before it is forgotten. Default `roots`. */
  readonly provide?: ProvideStrategy;
  /** Whether discovered peers are dialed while the node has fewer connections than its low water. Default: yes. */
  readonly dialDiscovered?: boolean;
  /**
   * When the bootstrap peers are dialed: `start` (default), or `need`, when a search finds that it knows nobody to ask.
   */
  readonly bootstrapAt?: 'start' | 'need';
  /** Judges of values of further namespaces, or of `ipns` and `pk` instead of ours: a key under `/NAME/` goes to `NAME`'s. */
  readonly validators?: Readonly<Record<string, ValueValidator>>;
  /** Routers of the embedder's own, tiers after ours. */
  readonly routers?: readonly (readonly RouterEntry[])[];
  /** Sources of peers of the embedder's own. */
  readonly discovery?: readonly Discovery[];
}

/** A DHT that a node has, every choice made. */
export interface ChosenDht {
  readonly name: string;
  readonly protocol: string;
  readonly mode: DhtMode;
  readonly rule: AddressRule;
  readonly paths?: number;
}

/** The DHTs of `options`, the public one first. */
export function dhtChoices({ dht, lanDht }: NodeRoutingOptions): readonly ChosenDht[] {
  return [
    ...chosen('dht', '/ipfs/kad/1.0.0', 'public', dht),
    ...chosen('lan-dht', '/ipfs/lan/kad/1.0.0', 'private', lanDht),
  ];
}

function chosen(
  name: string,
  protocol: string,
  usual: AddressRule,
  choice: boolean | DhtChoice | undefined,
): readonly ChosenDht[] {
  if (choice === undefined || choice === false) return [];
  const { mode = 'auto', peers: rule = usual, paths } = choice === true ? {} : choice;
  return [{ name, protocol, mode, rule, ...(paths === undefined ? {} : { paths }) }];
}
