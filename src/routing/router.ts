/**
 * The routing interface: who has what, where a peer is, what a key holds. Whatever finds it is a {@link Router}: the DHT,
 * mDNS, a delegated server, a tracker, a rendezvous point, or several of them composed.
 *
 * Every call is an observable that emits as answers come and completes when there are no more. Subscribing starts the work,
 * each subscription anew; unsubscribing ends it. An answer says which router it is from. It errors with an
 * `EngineError` when nothing could be asked, never because one of many did not answer.
 */
import type { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';

/** A peer as a router tells of it: nobody has checked that it is there. */
export interface RoutedPeer {
  /** Peer id in canonical text. */
  readonly id: string;
  /** Multiaddr texts without `/p2p/`. */
  readonly addresses: readonly string[];
  /** What it is said to speak, where the router knows: ids such as `/ipfs/bitswap/1.2.0`, or names such as `transport-bitswap`. */
  readonly protocols?: readonly string[];
}

/** A peer that was found. */
export interface PeerAnswer {
  /** Name of the router that found it. */
  readonly source: string;
  readonly peer: RoutedPeer;
}

/** A peer that is said to have the content. */
export interface ProviderAnswer {
  readonly source: string;
  readonly provider: RoutedPeer;
}

/** A value that passed its validator; later ones of one call are better than earlier ones. */
export interface ValueAnswer {
  readonly source: string;
  readonly value: Uint8Array;
  /** Id of the peer that it came from, where it came from one. */
  readonly from?: string;
}

/** Somebody took what was to be stored. */
export interface StoreAnswer {
  readonly source: string;
  /** Who: a peer id, or the address of a server. */
  readonly at: string;
}

/** Options of every call. */
export interface RoutingOptions {
  /** Ends the call: the observable errors with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** One way to find things. What it cannot do is absent. */
export interface Router {
  /** E.g. `dht`, `lan-dht`, `mdns`, `delegated`, `tracker`, `rendezvous`. */
  readonly name: string;
  /** Where a peer is. Emits what is learnt, the latest last. */
  findPeer?(peer: string, options?: RoutingOptions): Observable<PeerAnswer>;
  /** Who has the content of a CID; each provider once a router. */
  findProviders?(cid: CID, options?: RoutingOptions): Observable<ProviderAnswer>;
  /** Tells that this node has the content. */
  provide?(cid: CID, options?: RoutingOptions): Observable<StoreAnswer>;
  /** The value under a key such as `/ipns/<multihash of a peer id>` (bytes, not text). */
  getValue?(key: Uint8Array, options?: RoutingOptions): Observable<ValueAnswer>;
  /** Stores a value that passes its validator. Errors with the validator's word. */
  putValue?(key: Uint8Array, value: Uint8Array, options?: RoutingOptions): Observable<StoreAnswer>;
  /** The peers whose ids are closest to the hash of a key. */
  closestPeers?(key: Uint8Array, options?: RoutingOptions): Observable<PeerAnswer>;
}

/** Judges values of one namespace, e.g. `ipns` for keys that begin with `/ipns/`. */
export interface ValueValidator {
  /** Throws an `EngineError` that says what is wrong: blame `remote`. */
  validate(key: Uint8Array, value: Uint8Array): void;
  /** Index of the best of values that are all valid; the first among equals. */
  select(key: Uint8Array, values: readonly Uint8Array[]): number;
}

/** Where a discovered peer comes from: `bootstrap`, `mdns`, `dht`, `rendezvous`, `tracker`, or an embedder's own. */
export interface DiscoveredPeer {
  readonly source: string;
  readonly peer: RoutedPeer;
}

/** A source of peers that nobody asked for: each emits what it finds, as often as it finds it. */
export interface Discovery {
  readonly name: string;
  readonly peers$: Observable<DiscoveredPeer>;
  /** Begins and ends; both may be called more than once. `stop` resolves when its sockets and timers are gone. */
  start(): void;
  stop(): Promise<void>;
}
