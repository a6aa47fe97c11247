/**
 * The upgrade: composes the chain of handlers step by step, as the connection machine orders.
 *
 *   connection - multistream - noise | tls | secio | plaintext - multistream - yamux | mplex | spdy
 *
 * A handler that is done leaves the byte path: its neighbours are linked directly, and the bytes that it had read too
 * far go to the next one first.
 */
import type { Subscription } from 'rxjs';
import { assert, type EngineError, type StateStay } from '../../errors.js';
import type { Environment } from '../environment.js';
import { link, passInward, passOutward, type ConnectionHandler } from '../handler.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { StayLog } from '../stay-log.js';
import type { ConnectionMemory } from './connection-memory.js';
import { createMultistreamHandler, type MultistreamHandler } from './multistream-handler.js';
import { silentMuxer, type Muxer, type MuxerProtocol, type MuxerResources, type MuxerTransport } from './muxer.js';
import type { Identity, Role, Secured, SecurityHandler, SecurityProtocol } from './security.js';

/** What an upgrade is made of, and whom it tells. */
export interface UpgradeOptions {
  readonly environment: Environment;
  readonly connection: ConnectionHandler;
  readonly identity: Identity;
  readonly role: Role;
  readonly expectedPeer: string | undefined;
  readonly security: readonly SecurityProtocol[];
  readonly muxers: readonly MuxerProtocol[];
  /** A dialer with one security protocol begins its handshake behind the proposal: nothing else could be agreed. */
  readonly lazy?: boolean | undefined;
  readonly resources?: (MuxerResources & ConnectionMemory) | undefined;
  readonly transport: MuxerTransport;
  onSelected(protocol: string): void;
  /** `muxer`: agreed in the handshake, or the one that nobody agrees on. */
  onSecured(secured: Secured, muxer: string | undefined): void;
  readonly onStream: (stream: MuxedStream) => void;
  readonly onMuxerEnded: (error?: EngineError) => void;
  /** `farewell`: the last that the peer is told, as it goes on the wire. */
  readonly onFailed: (error: EngineError, farewell?: readonly Uint8Array[]) => void;
}

/** Builds and holds the chain of one connection. */
export class Upgrade {
  readonly #options: UpgradeOptions;
  /** Of the handlers that have left. */
  #left: readonly StayLog[] = [];
  #negotiation: { readonly handler: MultistreamHandler; readonly links: Subscription } | undefined;
  #security: SecurityHandler | undefined;
  #muxer: Muxer | undefined;
  /** The handler that an order has just made; it is linked when the bytes before it were handed over. */
  #arriving: { readonly outer: ConnectionHandler; readonly inner: ConnectionHandler } | undefined;
  /** `undefined` once the chain is taken apart. */
  #links: readonly Subscription[] | undefined = [];

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Stays of every handler of the chain, in the order they came. */
  get stays(): readonly (readonly StateStay[])[] {
    const handlers = [...this.#left, this.#negotiation?.handler, this.#security, this.#muxer];
    return handlers.flatMap((handler) => (handler === undefined ? [] : [handler.stays]));
  }

  /** Negotiates the security protocol on the raw connection. */
  negotiateSecurity(): void {
    const { connection, security, role, lazy } = this.#options;
    this.#negotiate(
      connection,
      security.map(({ id }) => id),
      lazy === true && role === 'dialer' && security.length === 1 && security[0]?.awaitsNothing !== true,
    );
  }

  /** Puts the agreed security handler in its slot; its handshake begins when the bytes before it were handed over. */
  startSecurity(id: string): void {
    const protocol = this.#options.security.find((candidate) => candidate.id === id);
    assert(protocol !== undefined, `security protocol ${id} was selected but never offered`);
    const { environment, connection, role, identity, expectedPeer, muxers, resources } = this.#options;
    this.#security = protocol.create({
      environment,
      memory: resources,
      connection: connection.address,
      role,
      identity,
      expectedPeer,
      muxers: silentMuxer(muxers) === undefined ? muxers.map((muxer) => muxer.id) : [],
      onSecured: (secured) => {
        this.#options.onSecured(secured, secured.muxer ?? silentMuxer(muxers));
        // A muxer agreed inside the handshake, or one that nobody agrees on, is in its slot now: no multistream comes before.
        this.#handOver([]);
      },
      onFailed: this.#options.onFailed,
    });
    this.#arrive(connection, this.#security);
    this.#security.start();
  }

  /** Negotiates the muxer inside the secure channel. */
  negotiateMuxer(): void {
    assert(this.#security !== undefined, 'the muxer is negotiated inside a secure channel');
    this.#negotiate(
      this.#security,
      this.#options.muxers.map(({ id }) => id),
    );
  }

  /** Puts the agreed muxer in its slot. */
  installMuxer(id: string): Muxer {
    const protocol = this.#options.muxers.find((candidate) => candidate.id === id);
    assert(protocol !== undefined, `muxer ${id} was selected but never offered`);
    assert(this.#security !== undefined, 'a muxer runs inside a secure channel');
    const { environment, connection, role, resources, transport, onStream, onMuxerEnded } = this.#options;
    this.#muxer = protocol.create({
      environment,
      connection: connection.address,
      role,
      resources,
      transport,
      onStream,
      onEnded: onMuxerEnded,
    });
    this.#arrive(this.#security, this.#muxer);
    this.#muxer.start();
    return this.#muxer;
  }

  /** The connection is closing: the secure channel says so, behind everything that was sent. */
  closeSecurity(): void {
    this.#security?.close?.();
  }

  /** Takes the chain apart and forgets keys. */
  dispose(): void {
    this.#leaveNegotiation();
    for (const each of this.#links ?? []) each.unsubscribe();
    this.#links = undefined;
    this.#security?.dispose();
  }

  #negotiate(outer: ConnectionHandler, protocols: readonly string[], isLazy = false): void {
    const { environment, connection, role } = this.#options;
    const handler = createMultistreamHandler({
      environment,
      address: `${connection.address}/multistream`,
      connection: connection.address,
      role,
      protocols,
      onSelected: (protocol, leftover) => {
        if (!isLazy) this.#leaveNegotiation();
        this.#options.onSelected(protocol);
        if (!isLazy) this.#handOver(leftover);
      },
      ...(isLazy ? { lazy: { onConfirmed: (leftover) => this.#confirmed(leftover) } } : {}),
      onFailed: this.#options.onFailed,
    });
    this.#negotiation = { handler, links: link(environment, outer, handler, this.#options.onFailed) };
    handler.start();
  }

  #confirmed(leftover: readonly Uint8Array[]): void {
    this.#leaveNegotiation();
    this.#handOver(leftover);
  }

  #leaveNegotiation(): void {
    const negotiation = this.#negotiation;
    if (negotiation === undefined) return;
    this.#negotiation = undefined;
    negotiation.handler.log.pack();
    this.#left = this.#left.concat(negotiation.handler.log);
    negotiation.links.unsubscribe();
    negotiation.handler.dispose();
  }

  /** Links the way out at once; the way in follows when the bytes before it were handed over. */
  #arrive(outer: ConnectionHandler, inner: ConnectionHandler): void {
    const { environment, onFailed } = this.#options;
    this.#keep(passOutward(environment, inner.outbound$, outer, onFailed));
    this.#arriving = { outer, inner };
  }

  #handOver(leftover: readonly Uint8Array[]): void {
    const arriving = this.#arriving;
    if (arriving === undefined) return;
    this.#arriving = undefined;
    const { outer, inner } = arriving;
    if (leftover.length > 0) {
      const { environment, connection } = this.#options;
      inner.receive(
        environment.message({
          direction: 'inbound',
          layer: outer.layer,
          connection: connection.address,
          chunks: leftover,
        }),
      );
    }
    const { environment, onFailed } = this.#options;
    this.#keep(passInward(environment, outer.inbound$, inner, onFailed));
  }

  /** What was handed over may have ended it all. */
  #keep(link: Subscription): void {
    if (this.#links === undefined) link.unsubscribe();
    else this.#links = this.#links.concat(link);
  }
}
