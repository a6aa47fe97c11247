/**
 * The swarm: the connections of a node and the streams on them. It listens, dials (one dial for all who ask), keeps the
 * connection table, and brings inbound streams to their protocol's handler.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError } from '../../errors.js';
import type { Transport, TransportConnection } from '../../ports.js';
import { joinPeerAddress } from '../../wire/multiaddr.js';
import { ConnectionActor } from '../connection/connection-actor.js';
import type { Role } from '../connection/security.js';
import type { Environment } from '../environment.js';
import type { ProtocolStream, StreamHandler } from '../stream/protocol-stream.js';
import type { Peerstore } from '../peers/peerstore.js';
import { Policy } from '../policy/policy.js';
import { Acceptor } from './acceptor.js';
import { ConnectionTable, takesStreams } from './connection-table.js';
import { CrossedDials } from './crossed-dials.js';
import type { DialAttempt } from './dial-attempt.js';
import { isDialable } from './dialable.js';
import { Dialer, type Dialed } from './dialer.js';
import { trackedPeers } from './peer-tracking.js';
import { Listeners } from './listeners.js';
import { ProtocolRegistry } from './protocol-registry.js';
import { checkHalfClose, SoleStreams } from './sole-streams.js';
import { observedConnection, tellConnections } from './standing-connections.js';
import type { SwarmEvent } from './swarm-events.js';
import type { CallOptions, OpenStreamOptions, SwarmDialOptions, SwarmOptions } from './swarm-options.js';
import { aborted, askProtocols } from './stream-negotiation.js';
import { SwarmStreams } from './swarm-streams.js';
import { transportFor } from './transport-for.js';

/** The connections of one node. */
export class SwarmActor {
  readonly protocols = new ProtocolRegistry();
  /** What a peer is known to speak; set by who identifies peers. */
  protocolsOf: (peer: string) => readonly string[] | undefined = () => undefined;
  /** What is known of others. */
  readonly known: Peerstore;
  readonly policy: Policy;
  readonly #options: SwarmOptions;
  readonly #environment: Environment;
  readonly #events = new Subject<SwarmEvent>();
  readonly #connections: ConnectionTable;
  readonly #crossed: CrossedDials;
  readonly #acceptor: Acceptor;
  readonly #dialer: Dialer;
  readonly #listeners: Listeners;
  readonly #streams: SwarmStreams;
  readonly #soleStreams: SoleStreams | undefined;
  #counter = 0;
  #stopping: (() => void) | undefined;
  #stopped = false;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.known = trackedPeers(this.#environment, this.#events);
    this.policy = new Policy(this.#environment, options.policy);
    this.#acceptor = new Acceptor(this.#environment, this.policy, {
      live: () => this.#connections.size,
      upgrade: (transport) => this.#upgradeInbound(transport),
      refused: (remoteAddress, error) => this.#events.next({ type: 'connection.refused', remoteAddress, error }),
    });
    this.#listeners = new Listeners(
      (address) => this.#transportFor(address),
      (transport) => this.#environment.turns.post(() => this.#acceptor.accept(transport)),
    );
    this.#dialer = new Dialer({
      environment: this.#environment,
      ownPeer: options.identity.peerId,
      known: this.known,
      resolver: options.resolver,
      listenAddresses: () => this.listenAddresses,
      isSupported: (address) => options.transports.some((transport) => transport.handles(address)),
      allow: (peer) => this.policy.dialPeer(peer),
      connectionTo: (peer) => this.connectionTo(peer),
      connectionAt: (address) => this.#connections.at(address),
      connect: (address, dialed, attempt) => this.#connect(address, dialed, attempt),
      nextNumber: () => ++this.#counter,
    });
    this.#soleStreams = SoleStreams.with(options.muxers, this.#environment.limits, () => this.connections);
    this.#crossed = new CrossedDials({
      environment: this.#environment,
      ownPeer: options.identity.peerId,
      isOn: options.simultaneousDials !== 'both' && this.#soleStreams === undefined,
      resources: this.policy.resources,
      events: this.#events,
    });
    this.#connections = new ConnectionTable(this.#crossed);
    this.#streams = new SwarmStreams({
      environment: this.#environment,
      protocols: this.protocols,
      policy: this.policy,
      events: this.#events,
      lazyNegotiation: options.lazyNegotiation,
      protocolsOf: (peer) => this.protocolsOf(peer),
    });
    this.#environment.whenObserved((tell) => tellConnections(this.#connections.all, this.streams, tell));
  }

  /** Connections and streams as they come and go; published in the turn in which it happens. */
  get events$(): Observable<SwarmEvent> {
    return this.#events;
  }

  /** Addresses listened on, without peer id. */
  get listenAddresses(): readonly string[] {
    return this.#listeners.addresses;
  }

  /** Open connections, oldest first. */
  get connections(): readonly ConnectionActor[] {
    return this.#connections.open;
  }

  /** Live streams whose protocol is agreed. */
  get streams(): readonly ProtocolStream[] {
    return this.#streams.live;
  }

  /** Ids of the peers that we have an open connection with. */
  get peers(): readonly string[] {
    return this.#connections.peers;
  }

  /** Listens on a multiaddr; rejects with `ERR_LISTEN_FAILED` or `ERR_TRANSPORT_UNSUPPORTED`. */
  listen(address: string): Promise<readonly string[]> {
    return this.#listeners.add(address);
  }

  /** The best open connection with `peer` for a new stream: see `connection-table.ts`. */
  connectionTo(peer: string): ConnectionActor | undefined {
    return this.#connections.best(peer);
  }

  /** Whether the connection of this id gives way to another one with its peer, see `crossed-dials.ts`. */
  isSurplus(id: string): boolean {
    return this.#connections.isSurplus(id);
  }

  /**
   * A live connection with `target` (multiaddr, or peer id whose addresses are known), dialed if there is none.
   * Rejects with the failure of the dial.
   */
  async dial(target: string, options: SwarmDialOptions = {}): Promise<ConnectionActor> {
    if (this.#stopped) throw new EngineError('ERR_NODE_STOPPED', 'local', 'the node is stopped');
    if (options.signal?.aborted === true) throw aborted(options.signal);
    const known = options.force === true ? undefined : this.connectionTo(target); // a connected peer's id as we write it needs no parsing
    if (known !== undefined) return known;
    return this.#dialer.connection(target, options);
  }

  /** What of the addresses that an open connection's peer tells may be dialed, see {@link isDialable}. */
  dialable(addresses: readonly string[], toldBy: ConnectionActor): readonly string[] {
    const context = { weListenOn: this.listenAddresses, toldBy: toldBy.remoteAddress };
    return addresses.filter((address) => isDialable(address, context));
  }

  /**
   * Opens a stream to `target` and agrees on the first of `protocols` that the peer speaks. Reuses a live connection,
   * dials otherwise. Rejects with the named failure of the dial, of multistream, or with `ERR_ABORTED`.
   */
  async openStream(
    target: string,
    protocols: readonly string[],
    options: OpenStreamOptions = {},
  ): Promise<ProtocolStream> {
    const openOn = (connection: ConnectionActor): Promise<ProtocolStream> =>
      this.openStreamOn(connection, protocols, options);
    if (this.#soleStreams !== undefined) {
      return this.#soleStreams.open(target, () => this.dial(target, { ...options, force: true }), openOn);
    }
    const connection = await this.dial(target, options);
    try {
      return await openOn(connection);
    } catch (thrown) {
      // A connection that goes away may lose a stream on its way: nothing was said on it, so another connection will do.
      const other = takesStreams(connection) ? undefined : this.connectionTo(connection.secured?.remotePeer ?? '');
      if (other === undefined || !takesStreams(other) || options.signal?.aborted === true) throw thrown;
      return openOn(other);
    }
  }

  /** As {@link openStream}, on a connection at hand. */
  async openStreamOn(
    connection: ConnectionActor,
    protocols: readonly string[],
    options: OpenStreamOptions = {},
  ): Promise<ProtocolStream> {
    return this.#streams.open(connection, protocols, options);
  }

  /** What the peer says by multistream's `ls` that it speaks; dials as {@link openStream} does. */
  async listProtocols(target: string, { signal }: CallOptions = {}): Promise<readonly string[]> {
    return askProtocols(this.#environment, await this.dial(target, { signal }), signal);
  }

  /** Registers a handler of inbound streams. Throws `ERR_PROTOCOL_DUPLICATE`. */
  registerHandler(protocol: string, handler: StreamHandler, maxInboundStreams?: number): void {
    const most = maxInboundStreams ?? this.#environment.limits.streamsPerProtocolInbound;
    this.protocols.register({ protocol, handler, maxInboundStreams: most });
  }

  /**
   * Identify named the other end of a connection where nobody had: from now on it counts among its peer's, unless that one
   * is refused. Answers the refusal; the connection has failed with it.
   */
  name(connection: ConnectionActor, peer: string): EngineError | undefined {
    if (!connection.isOpen || connection.secured?.remotePeer !== '') return undefined;
    connection.secured.name?.(peer);
    const refused = connection.named();
    if (refused === undefined) this.#opened(connection, 'connection.named');
    return refused;
  }

  /** Stops listening, cancels dials, closes every connection; resolves when all is gone. */
  stop(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#stopped = true;
    const listeners = this.#listeners.close();
    const connections = new Promise<void>((resolve) =>
      this.#environment.turns.post(() => {
        this.#dialer.cancelAll();
        this.#acceptor.stop();
        for (const connection of this.#connections.all) connection.close();
        if (this.#connections.size === 0) resolve();
        else this.#stopping = resolve;
      }),
    );
    return Promise.all([connections, ...listeners]).then(() => this.#events.complete());
  }

  // ------------------------------------------------------------ dialing

  #connect(address: string, { expectedPeer, isTold, isForced }: Dialed, dial: DialAttempt): ConnectionActor {
    const transport = this.#transportFor(address);
    const { connections } = this.#environment.limits;
    if (this.#connections.size >= connections) {
      throw new EngineError('ERR_CONNECTION_LIMIT', 'local', `there are ${connections} connections already`);
    }
    this.policy.dialAddress(address, expectedPeer, isTold);
    const connection = this.#newConnection('dialer', address, expectedPeer, dial);
    if (isForced) this.#crossed.want(connection);
    const cancel = transport.dial(
      address,
      (raw) => this.#environment.turns.post(() => connection.attach(raw)),
      (error) => this.#environment.turns.post(() => connection.connectFailed(error)),
    );
    connection.start(cancel);
    return connection;
  }

  #upgradeInbound(transport: TransportConnection): void {
    const connection = this.#newConnection('listener', transport.remoteAddress, undefined, undefined);
    connection.start();
    connection.attach(transport);
  }

  #newConnection(
    role: Role,
    remoteAddress: string,
    expectedPeer: string | undefined,
    dial: DialAttempt | undefined,
  ): ConnectionActor {
    const { identity, security, muxers } = this.#options;
    const id = `conn:${this.#counter + 1}`;
    const isInbound = role === 'listener';
    const resources = this.policy.resources.openConnection(id, isInbound ? 'inbound' : 'outbound');
    this.#counter++;
    let upgrading = true;
    this.#acceptor.queue.began(remoteAddress, isInbound);
    const upgraded = (): void => {
      if (!upgrading) return;
      upgrading = false;
      this.#acceptor.queue.ended(remoteAddress, isInbound);
    };
    const connection = new ConnectionActor({
      environment: this.#environment,
      address: id,
      resources,
      role,
      identity,
      security,
      muxers,
      lazy: this.#options.lazyNegotiation === true,
      expectedPeer,
      dial: dial?.address,
      remoteAddress,
      refuse: (secured, { remotePeer }) => this.policy.refusesSecured(secured, remotePeer, resources),
      onOpen: () => {
        resources.opened();
        upgraded();
        this.#opened(connection);
        dial?.opened(connection);
        dial = undefined; // an open connection need not keep all that was tried
      },
      onStream: (_, stream) => {
        this.#crossed.used(connection);
        this.#streams.take(connection, stream);
      },
      onClosed: (_, error) => {
        const wasOpen = !upgrading;
        resources.close();
        this.#closed(connection, wasOpen, error, dial?.hasLost(connection) === true);
        upgraded();
        if (wasOpen) return;
        const why = error ?? new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'closed during the upgrade');
        dial?.failed(connection, why);
      },
    });
    resources.evict = (streamId) => connection.muxer?.streams.get(streamId)?.reset();
    this.#connections.add(connection);
    return connection;
  }

  #opened(connection: ConnectionActor, type: 'connection.opened' | 'connection.named' = 'connection.opened'): void {
    const peer = connection.secured?.remotePeer ?? '';
    const count = this.#connections.opened(connection);
    if (this.#environment.observing) {
      this.#environment.observe('seen:connection', connection.address, observedConnection(connection));
    }
    this.#events.next({ type, connection });
    if (count === 1) this.#events.next({ type: 'peer.connected', peer });
    if (count > this.#environment.limits.connectionsPerPeer) connection.close();
  }

  #closed(connection: ConnectionActor, wasOpen: boolean, error: EngineError | undefined, hasLost: boolean): void {
    const wasLast = this.#connections.remove(connection);
    if (!wasOpen && error !== undefined && !hasLost)
      this.#events.next({ type: 'connection.failed', connection, error });
    if (wasOpen) {
      this.#events.next({ type: 'connection.closed', connection, ...(error === undefined ? {} : { error }) });
      if (wasLast) this.#events.next({ type: 'peer.disconnected', peer: connection.secured?.remotePeer ?? '' });
    }
    if (this.#connections.size === 0) this.#stopping?.();
  }

  // ------------------------------------------------------------ helpers

  #transportFor(address: string): Transport {
    if (this.#soleStreams !== undefined) checkHalfClose(address);
    return transportFor(this.#options.transports, address);
  }

  /** Our listen addresses with our peer id. */
  get fullAddresses(): readonly string[] {
    return this.listenAddresses.map((address) => joinPeerAddress(address, this.#options.identity.peerId));
  }
}
