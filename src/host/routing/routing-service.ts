/**
 * How a node finds peers and content: its routers as one, its DHTs, and what is discovered, joined with the swarm (which
 * dials what is found) and bitswap (which asks for providers). A node without routers has one that says so.
 */
import { EMPTY, map, Subject, type Observable } from 'rxjs';
import type { ProviderSource } from '../../actors/bitswap/provider-search.js';
import { DhtActor } from '../../actors/dht/dht-actor.js';
import type { Environment } from '../../actors/environment.js';
import { ComposedRouter, type RouterEntry } from '../../actors/routing/composed-router.js';
import { DiscoveryHub } from '../../actors/routing/discovery-hub.js';
import { RandomWalk } from '../../actors/routing/random-walk.js';
import type { SwarmActor } from '../../actors/swarm/swarm-actor.js';
import type { DataStore } from '../../ports.js';
import { BootstrapList } from '../../routing/bootstrap-list.js';
import type { RoutedPeer } from '../../routing/router.js';
import { validatorFor, VALIDATORS } from '../../routing/validators/index.js';
import { splitPeerAddress } from '../../wire/multiaddr.js';
import type { HostEvent } from '../host-events.js';
import type { IdentifyService } from '../identify-service.js';
import { dhtNetwork } from './dht-network.js';
import { dhtChoices, type NodeRoutingOptions } from './options.js';

/** What routing stands on. */
export interface RoutingServiceOptions {
  readonly environment: Environment;
  readonly self: string;
  readonly swarm: SwarmActor;
  readonly identify: IdentifyService;
  readonly data: DataStore;
  /** Our own addresses, as others may be told: listened on and confirmed by others. */
  readonly ownAddresses: () => readonly string[];
  /** Peers to begin with, as multiaddrs. */
  readonly bootstrap: readonly string[];
  /** Connections below which discovered peers are dialed. */
  readonly lowWater: number;
  readonly routing: NodeRoutingOptions;
}

/** Routers, DHTs and discovery of one node. */
export class RoutingService {
  readonly router: ComposedRouter;
  readonly dhts: readonly DhtActor[];
  readonly discovery: DiscoveryHub;
  readonly #options: RoutingServiceOptions;
  readonly #notices = new Subject<HostEvent>();
  #dialing = 0;

  constructor(options: RoutingServiceOptions) {
    const { environment, self, routing, bootstrap } = options;
    this.#options = options;
    this.dhts = dhtChoices(routing).map((choice) => this.#newDht(choice));
    const first: readonly RouterEntry[] = this.dhts.map(({ router }) => ({ router }));
    const tiers = [...(first.length === 0 ? [] : [first]), ...(routing.routers ?? [])];
    this.router = new ComposedRouter({ environment, tiers, validatorFor });
    this.discovery = new DiscoveryHub(environment, self);
    const named = bootstrap.filter((address) => splitPeerAddress(address).peer !== undefined);
    if (named.length > 0) this.discovery.add(new BootstrapList(named));
    if (routing.randomWalk !== undefined && routing.randomWalk !== false) {
      const walk = routing.randomWalk === true ? {} : routing.randomWalk;
      this.discovery.add(new RandomWalk(environment, this.router, walk));
    }
    for (const source of routing.discovery ?? []) this.discovery.add(source);
    this.discovery.peers$.subscribe(({ source, peer }) => this.#discovered(source, peer));
    this.router.problems$.subscribe((problem) => this.#notices.next({ type: 'router.problem', ...problem }));
  }

  /** What is discovered, and routers that failed. */
  get notices$(): Observable<HostEvent> {
    return this.#notices;
  }

  /** Providers for bitswap; `undefined` where no router finds any. */
  get providers(): ProviderSource | undefined {
    if (!this.router.can('findProviders')) return undefined;
    const { swarm } = this.#options;
    return {
      find: (cid) =>
        this.router.findProviders(cid).pipe(
          map(({ provider }) => {
            this.#learn(provider);
            return provider.id;
          }),
        ),
      connect: (peer) =>
        swarm.dial(peer).then(
          () => undefined,
          () => undefined,
        ),
    };
  }

  /** The node listens: whoever wants to may come in. */
  start(): void {
    for (const dht of this.dhts) dht.start();
    this.addressesChanged();
    this.discovery.start();
  }

  /** The addresses that others know us at are others now. */
  addressesChanged(): void {
    for (const dht of this.dhts) dht.addressesChanged();
  }

  /** Ends queries, calls and discovery; resolves when everything that was to be written is. */
  async stop(): Promise<void> {
    this.router.stop();
    await Promise.all([this.discovery.stop(), ...this.dhts.map((dht) => dht.stop())]);
    this.#notices.complete();
  }

  #newDht({ name, protocol, ...choice }: ReturnType<typeof dhtChoices>[number]): DhtActor {
    const { environment, self, swarm, identify, data, ownAddresses } = this.#options;
    return new DhtActor({
      environment,
      network: dhtNetwork({ self, swarm, identify, protocol, ownAddresses }),
      data,
      name,
      protocol,
      validators: VALIDATORS,
      ...choice,
      bootstrap: () => this.#bootstrap(),
      register: (handler, maxInboundStreams) => swarm.registerHandler(protocol, handler, maxInboundStreams),
      unregister: () => swarm.protocols.unregister(protocol),
    });
  }

  #bootstrap(): void {
    const { swarm, bootstrap } = this.#options;
    // One that is away is told as `connection.failed`.
    for (const address of bootstrap) swarm.dial(address).catch(() => undefined);
  }

  #learn({ id, addresses }: RoutedPeer): void {
    const { swarm, self } = this.#options;
    if (id !== self && addresses.length > 0) swarm.known.addAddresses(id, addresses, 'routing');
  }

  #discovered(source: string, peer: RoutedPeer): void {
    this.#learn(peer);
    this.#notices.next({ type: 'peer.discovered', source, peer: peer.id, addresses: peer.addresses });
    const { swarm, lowWater, routing, environment } = this.#options;
    const isWanted = routing.dialDiscovered !== false && swarm.peers.length + this.#dialing < lowWater;
    if (!isWanted || this.#dialing >= environment.limits.discoveryDialsAtOnce) return;
    if (swarm.connectionTo(peer.id) !== undefined) return;
    this.#dialing++;
    const ended = (): void => {
      this.#dialing--;
    };
    swarm.dial(peer.id).then(ended, ended);
  }
}

/** What is heard of a node that finds nothing. */
export const NO_NOTICES: Observable<HostEvent> = EMPTY;
