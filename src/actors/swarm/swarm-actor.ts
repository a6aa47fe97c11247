/**
 * The swarm: the connections of a node and the streams on them. It listens, dials (one dial for all who ask), keeps the
 * connection table, and brings inbound streams to their protocol's handler.
 */
import { Subject, type Observable } from 'rxjs';
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { Transport, TransportConnection, TransportListener } from '../../ports.js';
import { joinPeerAddress, splitPeerAddress } from '../../wire/multiaddr.js';
import { ConnectionActor } from '../connection/connection-actor.js';
import type { MuxerProtocol } from '../connection/muxer.js';
import type { Identity, Role, SecurityProtocol } from '../connection/security.js';
import type { Environment } from '../environment.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { ProtocolStream, StreamHandler } from '../stream/protocol-stream.js';
import { AddressBook } from './address-book.js';
import { DialAttempt } from './dial-attempt.js';
import { PeerTable } from './peer-table.js';
import { ProtocolRegistry } from './protocol-registry.js';
import { negotiateStream, openNegotiatedStream } from './stream-negotiation.js';
import { StreamTable } from './stream-table.js';
import type { SwarmEvent } from './swarm-events.js';

/** What a swarm is made of. */
export interface SwarmOptions {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly transports: readonly Transport[];
  /** Best first. */
  readonly security: readonly SecurityProtocol[];
  /** Best first. */
  readonly muxers: readonly MuxerProtocol[];
}

/** Options of calls that take time. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The connections of one node. */
export class SwarmActor {
  readonly protocols = new ProtocolRegistry();
  readonly addresses = new AddressBook();
  readonly #options: SwarmOptions;
  readonly #environment: Environment;
  readonly #events = new Subject<SwarmEvent>();
  /** Every connection, upgrading ones included, by address. */
  readonly #connections = new Map<string, ConnectionActor>();
  readonly #byPeer = new PeerTable();
  readonly #dials = new Map<string, DialAttempt>();
  readonly #listeners: TransportListener[] = [];
  readonly #streams: StreamTable;
  #upgrading = 0;
  #counter = 0;
  #stopping: (() => void) | undefined;
  #stopped = false;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#streams = new StreamTable(this.#environment, this.protocols, (connection, error) =>
      this.#events.next({ type: 'stream.failed', connection, error }),
    );
  }

  /** Connections and streams as they come and go; published in the turn in which it happens. */
  get events$(): Observable<SwarmEvent> {
    return this.#events;
  }

  /** Addresses listened on, without peer id. */
  get listenAddresses(): readonly string[] {
    return this.#listeners.flatMap((listener) => listener.addresses);
  }

  /** Open connections, oldest first. */
  get connections(): readonly ConnectionActor[] {
    return [...this.#connections.values()].filter((connection) => connection.isOpen);
  }

  /** Live streams whose protocol is agreed. */
  get streams(): readonly ProtocolStream[] {
    return this.#streams.live;
  }

  /** Ids of the peers that we have an open connection with. */
  get peers(): readonly string[] {
    return this.#byPeer.peers;
  }

  /** Listens on a multiaddr; rejects with `ERR_LISTEN_FAILED` or `ERR_TRANSPORT_UNSUPPORTED`. */
  listen(address: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const { transport: plain } = splitPeerAddress(address);
      this.#transportFor(plain).listen(
        plain,
        (transport) => this.#environment.turns.post(() => this.#accept(transport)),
        (listener) => {
          this.#listeners.push(listener);
          resolve(listener.addresses);
        },
        reject,
      );
    });
  }

  /** The oldest open connection with `peer`: the rule for choosing among several. */
  connectionTo(peer: string): ConnectionActor | undefined {
    return this.#byPeer.of(peer).find((connection) => connection.isOpen);
  }

  /**
   * A live connection with `target` (multiaddr, or peer id whose addresses are known), dialed if there is none.
   * Rejects with the failure of the dial.
   */
  async dial(target: string, options: CallOptions = {}): Promise<ConnectionActor> {
    if (this.#stopped) throw new EngineError('ERR_NODE_STOPPED', 'local', 'the node is stopped');
    if (options.signal?.aborted === true) {
      throw new EngineError('ERR_ABORTED', 'local', 'cancelled by the caller', { cause: options.signal.reason });
    }
    const known = this.connectionTo(target); // a connected peer's id as we write it needs no parsing
    if (known !== undefined) return known;
    const { peer, addresses } = this.#resolve(target);
    if (peer === this.#options.identity.peerId) {
      throw new EngineError('ERR_DIAL_SELF', 'local', `${target} is this node`);
    }
    const live = peer === undefined ? this.#connectionAt(addresses[0] ?? '') : this.connectionTo(peer);
    if (live !== undefined) return live;
    if (addresses.length === 0) {
      throw new EngineError('ERR_DIAL_NO_ADDRESS', 'local', `no address is known for ${target}`);
    }
    const key = peer ?? addresses[0] ?? '';
    return this.#joinDial(key, peer, addresses).join(options.signal);
  }

  /**
   * Opens a stream to `target` and agrees on the first of `protocols` that the peer speaks. Reuses a live connection,
   * dials otherwise. Rejects with the named failure of the dial, of multistream, or with `ERR_ABORTED`.
   */
  async openStream(target: string, protocols: readonly string[], options: CallOptions = {}): Promise<ProtocolStream> {
    const connection = await this.dial(target, options);
    return this.openStreamOn(connection, protocols, options);
  }

  /** As {@link openStream}, on a connection at hand. */
  async openStreamOn(
    connection: ConnectionActor,
    protocols: readonly string[],
    options: CallOptions = {},
  ): Promise<ProtocolStream> {
    return openNegotiatedStream(this.#environment, connection, protocols, options.signal, (stream) => {
      this.#streams.keep(stream);
      this.#events.next({ type: 'stream.opened', stream });
    });
  }

  /** Registers a handler of inbound streams. Throws `ERR_PROTOCOL_DUPLICATE`. */
  registerHandler(protocol: string, handler: StreamHandler, maxInboundStreams?: number): void {
    this.protocols.register({
      protocol,
      handler,
      maxInboundStreams: maxInboundStreams ?? this.#environment.limits.streamsPerProtocolInbound,
    });
  }

  /** Identify named the other end of a connection where nobody had: from now on it counts among its peer's. */
  name(connection: ConnectionActor, peer: string): void {
    if (!connection.isOpen || connection.secured?.remotePeer !== '') return;
    connection.secured.name?.(peer);
    if (peer === this.#options.identity.peerId) connection.close();
    else this.#opened(connection, 'connection.named');
  }

  /** Stops listening, cancels dials, closes every connection; resolves when all is gone. */
  stop(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#stopped = true;
    const closing = this.#listeners.splice(0);
    const listeners = closing.map((listener) => new Promise<void>((resolve) => listener.close(resolve)));
    const connections = new Promise<void>((resolve) =>
      this.#environment.turns.post(() => {
        for (const dial of [...this.#dials.values()]) dial.cancel();
        for (const connection of [...this.#connections.values()]) connection.close();
        if (this.#connections.size === 0) resolve();
        else this.#stopping = resolve;
      }),
    );
    return Promise.all([connections, ...listeners]).then(() => this.#events.complete());
  }

  // ------------------------------------------------------------ dialing

  #resolve(target: string): { readonly peer: string | undefined; readonly addresses: readonly string[] } {
    if (!target.startsWith('/')) {
      const peer = parsePeerId(target);
      return { peer, addresses: this.addresses.of(peer) };
    }
    const { transport, peer } = splitPeerAddress(target);
    const known = peer === undefined ? undefined : parsePeerId(peer);
    if (transport === '/') return { peer: known, addresses: known === undefined ? [] : this.addresses.of(known) };
    this.#transportFor(transport);
    return { peer: known, addresses: [transport] };
  }

  #joinDial(key: string, peer: string | undefined, addresses: readonly string[]): DialAttempt {
    const running = this.#dials.get(key);
    if (running !== undefined) return running;
    const attempt = new DialAttempt({
      environment: this.#environment,
      address: `dial:${++this.#counter}`,
      addresses,
      connect: (address, dial) => this.#connect(address, peer, dial),
      onDone: () => this.#dials.delete(key),
    });
    this.#dials.set(key, attempt);
    return attempt;
  }

  #connect(address: string, expectedPeer: string | undefined, dial: DialAttempt): ConnectionActor {
    const transport = this.#transportFor(address);
    const { connections } = this.#environment.limits;
    if (this.#connections.size >= connections) {
      throw new EngineError('ERR_CONNECTION_LIMIT', 'local', `there are ${connections} connections already`);
    }
    const connection = this.#newConnection('dialer', address, expectedPeer, dial);
    const cancel = transport.dial(
      address,
      (raw) => this.#environment.turns.post(() => connection.attach(raw)),
      (error) => this.#environment.turns.post(() => connection.connectFailed(error)),
    );
    connection.start(cancel);
    return connection;
  }

  #accept(transport: TransportConnection): void {
    const { connections, upgradesInProgress } = this.#environment.limits;
    if (this.#stopped || this.#connections.size >= connections || this.#upgrading >= upgradesInProgress) {
      transport.destroy();
      return;
    }
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
    let upgrading = true;
    this.#upgrading++;
    const upgraded = (): void => {
      if (!upgrading) return;
      upgrading = false;
      this.#upgrading--;
    };
    const connection = new ConnectionActor({
      environment: this.#environment,
      address: `conn:${++this.#counter}`,
      role,
      identity,
      security,
      muxers,
      expectedPeer,
      remoteAddress,
      onOpen: () => {
        upgraded();
        this.#opened(connection);
        dial?.opened(connection);
      },
      onStream: (_, stream) => this.#inboundStream(connection, stream),
      onClosed: (_, error) => {
        const wasOpen = !upgrading;
        upgraded();
        this.#closed(connection, wasOpen, error);
        if (!wasOpen)
          dial?.failed(error ?? new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'closed during the upgrade'));
      },
    });
    this.#connections.set(connection.address, connection);
    return connection;
  }

  #opened(connection: ConnectionActor, type: 'connection.opened' | 'connection.named' = 'connection.opened'): void {
    const peer = connection.secured?.remotePeer ?? '';
    const count = peer === '' ? 0 : this.#byPeer.add(peer, connection);
    if (connection.role === 'dialer' && count > 0) this.addresses.add(peer, [connection.remoteAddress]);
    this.#events.next({ type, connection });
    if (count === 1) this.#events.next({ type: 'peer.connected', peer });
    if (count > this.#environment.limits.connectionsPerPeer) connection.close();
  }

  #closed(connection: ConnectionActor, wasOpen: boolean, error: EngineError | undefined): void {
    this.#connections.delete(connection.address);
    if (!wasOpen && error !== undefined) this.#events.next({ type: 'connection.failed', connection, error });
    if (wasOpen) {
      this.#events.next({ type: 'connection.closed', connection, ...(error === undefined ? {} : { error }) });
      const peer = connection.secured?.remotePeer ?? '';
      if (this.#byPeer.remove(peer, connection)) this.#events.next({ type: 'peer.disconnected', peer });
    }
    if (this.#connections.size === 0) this.#stopping?.();
  }

  // ------------------------------------------------------------ streams

  #inboundStream(connection: ConnectionActor, muxed: MuxedStream): void {
    negotiateStream({
      environment: this.#environment,
      connection,
      stream: muxed,
      role: 'listener',
      protocols: this.protocols.list(),
      supports: (protocol) => this.protocols.find(protocol) !== undefined,
      onAgreed: (stream) => this.#serve(connection, stream),
      onFailed: (error) => this.#events.next({ type: 'stream.failed', connection, error }),
    });
  }

  #serve(connection: ConnectionActor, stream: ProtocolStream): void {
    if (this.#streams.serve(connection, stream)) this.#events.next({ type: 'stream.opened', stream });
  }

  // ------------------------------------------------------------ helpers

  #connectionAt(address: string): ConnectionActor | undefined {
    for (const connection of this.#connections.values()) {
      if (connection.isOpen && connection.role === 'dialer' && connection.remoteAddress === address) return connection;
    }
    return undefined;
  }

  #transportFor(address: string): Transport {
    const transport = this.#options.transports.find((candidate) => candidate.handles(address));
    if (transport === undefined) {
      throw new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `no transport handles ${address}`);
    }
    return transport;
  }

  /** Our listen addresses with our peer id. */
  get fullAddresses(): readonly string[] {
    return this.listenAddresses.map((address) => joinPeerAddress(address, this.#options.identity.peerId));
  }
}
