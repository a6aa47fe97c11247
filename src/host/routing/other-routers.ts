/** The routers of a node beside its DHTs: neighbours by mDNS, delegated servers, trackers, rendezvous points. */
import type { RouterEntry } from '../../actors/routing/composed-router.js';
import type { Environment } from '../../actors/environment.js';
import { RENDEZVOUS_PROTOCOL } from '../../actors/rendezvous/exchange.js';
import { RendezvousClient } from '../../actors/rendezvous/client.js';
import { RendezvousRouter } from '../../actors/rendezvous/router.js';
import { RendezvousPoint } from '../../actors/rendezvous/server.js';
import type { SwarmActor } from '../../actors/swarm/swarm-actor.js';
import type { Identity } from '../../crypto/identity.js';
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { DataStore, Datagrams, HttpClient } from '../../ports.js';
import { delegatedRouter } from '../../routing/delegated/client.js';
import { Mdns } from '../../routing/mdns/mdns.js';
import type { Discovery, Router, ValueValidator } from '../../routing/router.js';
import { TrackerRouter } from '../../routing/tracker/tracker.js';
import { splitPeerAddress, tcpAddressOf } from '../../wire/multiaddr.js';
import type { NodeRoutingOptions } from './options.js';

/** Ports that a swarm does not need, and some routers do. */
export interface RoutingPorts {
  readonly http?: HttpClient | undefined;
  readonly datagrams?: Datagrams | undefined;
}

/** What these routers stand on. */
export interface OtherRoutersOptions extends RoutingPorts {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly swarm: SwarmActor;
  /** Addresses that we listen on, and those that others may be told. */
  readonly listenAddresses: () => readonly string[];
  readonly ownAddresses: () => readonly string[];
  readonly ipns: ValueValidator | undefined;
  /** Keeps the registrations of a rendezvous point. */
  readonly data: DataStore;
  /** Hears of stored records that are damaged, and of a store that fails. */
  readonly onRecordProblem: (error: EngineError) => void;
  readonly routing: NodeRoutingOptions;
}

/** The routers that `routing` asks for. */
export class OtherRouters {
  readonly entries: readonly RouterEntry[];
  readonly discoveries: readonly Discovery[];
  readonly #mdns: Mdns | undefined;
  readonly #trackers: TrackerRouter | undefined;
  readonly #clients: readonly RendezvousClient[];
  readonly #point: RendezvousPoint | undefined;
  readonly #http: HttpClient | undefined;

  /** Throws `ERR_INVALID_ARGUMENT` for what cannot be: addresses, URLs, a port that is not there. */
  constructor(options: OtherRoutersOptions) {
    const { environment, routing, swarm, http } = options;
    this.#http = http;
    this.#mdns = mdnsOf(options);
    this.#trackers = trackersOf(options);
    this.#clients = (routing.rendezvous ?? []).map((address) => rendezvousClient(options, address));
    const routers: Router[] = [];
    if (this.#mdns !== undefined) routers.push(this.#mdns);
    const { delegated = [] } = routing;
    if (delegated.length > 0) {
      const { ipns } = options;
      routers.push(delegatedRouter(environment, needed(http, 'delegated', 'http'), { endpoints: delegated, ipns }));
    }
    if (this.#trackers !== undefined) routers.push(this.#trackers);
    for (const client of this.#clients) routers.push(new RendezvousRouter(client));
    this.entries = routers.map((router) => ({ router }));
    this.discoveries = this.#mdns === undefined ? [] : [this.#mdns];
    if (routing.rendezvousPoint === true) {
      this.#point = new RendezvousPoint(environment, { store: options.data });
      this.#point.problems$.subscribe(({ error }) => options.onRecordProblem(error));
      swarm.registerHandler(RENDEZVOUS_PROTOCOL, this.#point.handler);
    }
  }

  /** The node listens: what others left with it in an earlier life is read. */
  start(): void {
    this.#point?.start();
  }

  /** Others know us at other addresses now. */
  addressesChanged(): void {
    this.#mdns?.announce();
    for (const client of this.#clients) client.addressesChanged();
  }

  /** Takes back what was told, and ends. Discovery is stopped by who started it. */
  async stop(): Promise<void> {
    const clients = this.#clients.map((client) => client.stop());
    await Promise.all([this.#trackers?.stop(), this.#point?.stop(), ...clients]);
    this.#http?.close();
  }
}

function mdnsOf({ environment, identity, datagrams, listenAddresses, routing: { mdns } }: OtherRoutersOptions) {
  if (mdns === undefined || mdns === false) return undefined;
  const choice = mdns === true ? {} : mdns;
  const port = needed(datagrams, 'mdns', 'datagrams');
  return new Mdns(environment, { ...choice, datagrams: port, peer: identity.peerId, addresses: listenAddresses });
}

function trackersOf(options: OtherRoutersOptions): TrackerRouter | undefined {
  const { environment, identity, swarm, http, datagrams, listenAddresses, routing } = options;
  const { trackers = [], privateAddresses = false } = routing;
  if (trackers.length === 0) return undefined;
  return new TrackerRouter(environment, {
    trackers,
    ...(http === undefined ? {} : { http }),
    ...(datagrams === undefined ? {} : { datagrams }),
    peer: identity.peerId,
    port: () => listenAddresses().flatMap((address) => tcpAddressOf(address)?.port ?? [])[0],
    resolvePeer: async (address, signal) => (await swarm.dial(address, { signal })).secured?.remotePeer ?? '',
    privateAddresses,
  });
}

function rendezvousClient(options: OtherRoutersOptions, address: string): RendezvousClient {
  const { environment, identity, swarm, ownAddresses } = options;
  const { transport, peer } = splitPeerAddress(address);
  if (peer === undefined) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `rendezvous: ${address} does not end in /p2p/<peer id>`);
  }
  const point = parsePeerId(peer);
  swarm.known.addAddresses(point, [transport], 'manual');
  let sequence = 0n;
  const network = {
    self: identity.peerId,
    addressesOf: (id: string) => (id === identity.peerId ? ownAddresses() : swarm.known.addressesOf(id)),
    openStream: swarm.openStream.bind(swarm),
  };
  const nextSequence = (): bigint => {
    const now = BigInt(Math.floor(environment.clock.wallTime()));
    sequence = now > sequence ? now : sequence + 1n;
    return sequence;
  };
  return new RendezvousClient(environment, network, { point, identity, nextSequence });
}

function needed<Port>(port: Port | undefined, router: string, name: string): Port {
  if (port !== undefined) return port;
  throw new EngineError(
    'ERR_INVALID_ARGUMENT',
    'local',
    `routing.${router} takes the port ${name}, which this node lacks`,
  );
}
