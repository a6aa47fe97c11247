/**
 * How a node finds peers and content: its routers as one, its DHTs, and what is discovered, joined with the swarm (which
 * dials what is found) and bitswap (which asks for providers). A node without routers has one that says so.
 */
import type { CID } from 'multiformats/cid';
import { concat, defer, from, ignoreElements, map, Subject, type Observable } from 'rxjs';
import type { ProviderSource } from '../../actors/bitswap/provider-search.js';
import { DhtActor } from '../../actors/dht/dht-actor.js';
import type { DhtNetwork } from '../../actors/dht/network.js';
import { KadRecords } from '../../actors/dht/kad-records.js';
import { validatorIn } from '../../actors/dht/value-choice.js';
import type { Environment } from '../../actors/environment.js';
import { Ipns } from '../../actors/ipns/ipns.js';
import { ComposedRouter, type RouterEntry } from '../../actors/routing/composed-router.js';
import { DiscoveryHub } from '../../actors/routing/discovery-hub.js';
import { RandomWalk } from '../../actors/routing/random-walk.js';
import type { SwarmActor } from '../../actors/swarm/swarm-actor.js';
import { BootstrapList } from '../../routing/bootstrap-list.js';
import { DelegatedRoutingServer } from '../../routing/delegated/server.js';
import type { RoutedPeer } from '../../routing/router.js';
import { toEngineError } from '../../errors.js';
import type { HttpServer } from '../../ports.js';
import { valueValidators } from '../../routing/validators/index.js';
import type { ValueValidator } from '../../routing/router.js';
import { splitPeerAddress } from '../../wire/multiaddr.js';
import type { HostEvent } from '../host-events.js';
import type { IdentifyService } from '../identify-service.js';
import type { HostOptions } from '../options.js';
import type { PeerServices } from '../peer-services.js';
import { dhtNetwork } from './dht-network.js';
import { dhtChoices, type ChosenDht } from './options.js';
import { OtherRouters } from './other-routers.js';
import { Providing } from './providing.js';

/** What routing stands on. */
export interface RoutingServiceOptions extends Pick<
  HostOptions,
  'identity' | 'data' | 'resolver' | 'routing' | 'bootstrap' | 'http' | 'datagrams'
> {
  readonly environment: Environment;
  readonly swarm: SwarmActor;
  readonly identify: IdentifyService;
  readonly services: Pick<PeerServices, 'ownAddresses' | 'notices$'>;
  /** Connections below which discovered peers are dialed. */
  readonly lowWater: number;
}

/** Routers, DHTs, names and discovery of one node. */
export class RoutingService {
  readonly router: ComposedRouter;
  readonly dhts: readonly DhtActor[];
  readonly names: Ipns;
  readonly discovery: DiscoveryHub;
  /** What is provided, by DHT. */
  readonly providing: readonly Providing[];
  readonly #options: RoutingServiceOptions;
  readonly #others: OtherRouters;
  readonly #self: string;
  readonly #notices = new Subject<HostEvent>();
  readonly #validators: Readonly<Record<string, ValueValidator>>;
  #dialing = 0;
  #joining: Promise<void> | undefined;

  constructor(options: RoutingServiceOptions) {
    const { environment, identity, swarm, routing = {}, bootstrap = [], services } = options;
    this.#options = options;
    this.#self = identity.peerId;
    const { ciphers, limits, clock } = environment;
    this.#validators = Object.fromEntries(
      valueValidators({ ciphers, limits, wallTime: () => clock.wallTime() }, routing.validators),
    );
    const dhts = dhtChoices(routing).map((choice) => this.#newDht(choice));
    this.dhts = dhts.map(({ dht }) => dht);
    this.providing = dhts.map((parts) => this.#newProviding(parts));
    this.#others = new OtherRouters({
      ...options,
      routing,
      listenAddresses: () => swarm.listenAddresses,
      ownAddresses: () => services.ownAddresses,
      ipns: this.#validators['ipns'],
      onRecordProblem: (error) => this.#notices.next({ type: 'records.problem', error }),
    });
    const first: readonly RouterEntry[] = [...this.dhts.map(({ router }) => ({ router })), ...this.#others.entries];
    const tiers = [...(first.length === 0 ? [] : [first]), ...(routing.routers ?? [])];
    const validatorFor = (key: Uint8Array): ValueValidator | undefined => validatorIn(this.#validators, key);
    this.router = new ComposedRouter({ environment, tiers, validatorFor });
    this.names = new Ipns({ ...options, router: this.router });
    this.discovery = new DiscoveryHub(environment, this.#self);
    const named = bootstrap.filter((address) => splitPeerAddress(address).peer !== undefined);
    if (named.length > 0 && routing.bootstrapAt !== 'need') this.discovery.add(new BootstrapList(named));
    if (routing.randomWalk !== undefined && routing.randomWalk !== false) {
      const walk = routing.randomWalk === true ? {} : routing.randomWalk;
      this.discovery.add(new RandomWalk(environment, this.router, walk));
    }
    for (const source of [...this.#others.discoveries, ...(routing.discovery ?? [])]) this.discovery.add(source);
    this.discovery.peers$.subscribe(({ source, peer }) => this.#discovered(source, peer));
    services.notices$.subscribe(({ type }) => {
      if (type === 'address.confirmed' || type === 'address.expired') this.#addressesChanged();
    });
    this.router.problems$.subscribe((problem) => this.#notices.next({ type: 'router.problem', ...problem }));
    this.names.problems$.subscribe((problem) => this.#notices.next({ type: 'name.problem', ...problem }));
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
        this.#whenJoined(this.router.findProviders(cid)).pipe(map((answer) => this.#learn(answer.provider))),
      connect: (peer) =>
        swarm.dial(peer).then(
          () => undefined,
          () => undefined,
        ),
    };
  }

  /** A server of what the routers find, over HTTP Routing V1; see `Host.routingServer`. */
  server(http: HttpServer): DelegatedRoutingServer {
    return new DelegatedRoutingServer(this.#options.environment, http, {
      router: this.router,
      ipns: this.#validators['ipns'],
    });
  }

  /** The node listens: whoever wants to may come in. */
  start(): void {
    const { swarm, routing, bootstrap = [] } = this.#options;
    for (const dht of this.dhts) dht.start();
    for (const one of this.providing) one.start();
    this.#others.start();
    if (this.#isOn) {
      this.names.start();
      this.discovery.start();
    }
    if (routing?.bootstrapAt === 'need') return;
    // A bootstrap peer that is away is told as `connection.failed`; the node runs without it.
    for (const address of bootstrap) swarm.dial(address).catch(() => undefined);
  }

  /** Content was added to the node: it is provided where the strategy says so. Resolves when that is stored; never rejects. */
  async added(cids: readonly CID[], areRoots: boolean): Promise<void> {
    const storing = this.providing.map((one) => one.added(cids, areRoots));
    for (const outcome of await Promise.allSettled(storing)) {
      if (outcome.status === 'fulfilled') continue;
      const what = 'what is to be provided was not stored';
      const error = toEngineError(outcome.reason, 'ERR_STORE_FAILED', 'local', what);
      this.#notices.next({ type: 'records.problem', error });
    }
  }

  /**
   * Connects with the peers to begin with. Resolves when one of them answers a DHT of ours, or all have said that they do
   * not or have failed, which is told as `connection.failed`.
   */
  join(): Promise<void> {
    this.#joining ??= this.#connect();
    return this.#joining;
  }

  #connect(): Promise<void> {
    const { swarm, identify, bootstrap = [] } = this.#options;
    const asked = bootstrap.map(async (address) => identify.of(await swarm.dial(address)));
    const all = Promise.allSettled(asked).then(() => {
      this.#joining = undefined;
    });
    return new Promise((resolve) => {
      void all.then(resolve);
      for (const one of asked)
        void one.then(
          () => !this.#isAlone && resolve(),
          () => undefined,
        );
    });
  }

  /** Whether no DHT of ours knows anybody. */
  get #isAlone(): boolean {
    return this.dhts.every(({ routing }) => routing.table.size === 0);
  }

  /** Ends queries, calls and discovery; a promise only where there is something to wait for. */
  stop(): Promise<void> | undefined {
    this.router.stop();
    if (this.#isOn) return this.#end();
    this.#notices.complete();
    return undefined;
  }

  /** A node that was asked to find nothing has nothing of this. */
  get #isOn(): boolean {
    return this.#options.routing !== undefined;
  }

  async #end(): Promise<void> {
    await Promise.all(this.providing.map((one) => one.stop()));
    await Promise.all([
      this.names.stop(),
      this.discovery.stop(),
      this.#others.stop(),
      ...this.dhts.map((dht) => dht.stop()),
    ]);
    this.#notices.complete();
  }

  #addressesChanged(): void {
    for (const dht of this.dhts) dht.addressesChanged();
    this.#others.addressesChanged();
  }

  #newDht({ name, protocol, ...choice }: ChosenDht): { readonly dht: DhtActor; readonly network: DhtNetwork } {
    const { environment, swarm, identify, data, services } = this.#options;
    const ownAddresses = (): readonly string[] => services.ownAddresses;
    const records = new KadRecords({ environment, store: data, self: this.#self, name, validators: this.#validators });
    records.problems$.subscribe(({ error }) => this.#notices.next({ type: 'records.problem', error }));
    const network = dhtNetwork({ self: this.#self, swarm, identify, protocol, ownAddresses });
    const dht = new DhtActor({
      environment,
      network,
      records,
      name,
      protocol,
      validators: this.#validators,
      ...choice,
      bootstrap: () => {
        if (this.#options.routing?.bootstrapAt !== 'need') void this.join();
      },
      register: (handler, maxInboundStreams) => swarm.registerHandler(protocol, handler, maxInboundStreams),
      unregister: () => swarm.protocols.unregister(protocol),
    });
    return { dht, network };
  }

  #newProviding({ dht, network }: { readonly dht: DhtActor; readonly network: DhtNetwork }): Providing {
    const { environment, data, routing } = this.#options;
    const providing = new Providing({ environment, dht, network, data, strategy: routing?.provide ?? 'roots' });
    providing.problems$.subscribe(({ error }) => this.#notices.next({ type: 'records.problem', error }));
    return providing;
  }

  /** As the call, which waits for the peers to begin with while nobody else is known. */
  #whenJoined<Answer>(call: Observable<Answer>): Observable<Answer> {
    return defer(() => {
      return this.dhts.length > 0 && this.#isAlone ? concat(from(this.join()).pipe(ignoreElements()), call) : call;
    });
  }

  /** Answers whom it was about. */
  #learn({ id, addresses }: RoutedPeer): string {
    const { swarm } = this.#options;
    if (id !== this.#self && addresses.length > 0) swarm.known.addAddresses(id, addresses, 'routing');
    return id;
  }

  #discovered(source: string, peer: RoutedPeer): void {
    this.#learn(peer);
    this.#notices.next({ type: 'peer.discovered', source, peer: peer.id, addresses: peer.addresses });
    const { swarm, lowWater, routing, environment } = this.#options;
    const isWanted = routing?.dialDiscovered !== false && swarm.peers.length + this.#dialing < lowWater;
    if (!isWanted || this.#dialing >= environment.limits.discoveryDialsAtOnce) return;
    if (swarm.connectionTo(peer.id) !== undefined) return;
    this.#dialing++;
    const ended = (): void => {
      this.#dialing--;
    };
    swarm.dial(peer.id).then(ended, ended);
  }
}
