/**
 * The scopes of a node: system, transient, one for each peer and protocol that is in use, one for each connection. What
 * is not in use has no scope, so that memory is bounded by what is counted.
 */
import type { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { Direction } from '../../messages.js';
import { RenewedMap, RenewedSet } from '../renewed.js';
import { ConnectionResources } from './connection-resources.js';
import { emptyHolding, reserve, resourceOf, ResourceScope, type ScopeLimits, type ScopeSnapshot } from './scope.js';

/** Limits of the scopes, where they differ from the defaults in `limits.ts`. */
export interface ResourceOptions {
  readonly system?: ScopeLimits;
  /** What is not agreed yet: connections under upgrade, streams without a protocol. */
  readonly transient?: ScopeLimits;
  /** Each peer. */
  readonly peer?: ScopeLimits;
  /** Each protocol. */
  readonly protocol?: ScopeLimits;
  /** Each connection, its streams included. */
  readonly connection?: ScopeLimits;
  /** Each stream. */
  readonly stream?: Pick<ScopeLimits, 'memoryBytes'>;
  /** Single peers by id, on top of `peer`. */
  readonly peers?: Readonly<Record<string, ScopeLimits>>;
  /** Single protocols by id, on top of `protocol`. */
  readonly protocols?: Readonly<Record<string, ScopeLimits>>;
}

/** Every scope as it is now, for people. Peers, protocols and connections that use nothing are not listed. */
export interface ResourcesSnapshot {
  readonly system: ScopeSnapshot;
  readonly transient: ScopeSnapshot;
  readonly peers: Readonly<Record<string, ScopeSnapshot>>;
  readonly protocols: Readonly<Record<string, ScopeSnapshot>>;
  readonly connections: Readonly<Record<string, ScopeSnapshot>>;
}

/** Counts what the node's peers make it hold. */
export class ResourceManager {
  readonly system: ResourceScope;
  readonly transient: ResourceScope;
  readonly bytesPerStream: number;
  readonly streamMemoryBytes: number;
  /** Connections with streams that have no protocol yet. */
  readonly negotiating = new RenewedSet<ConnectionResources>();
  readonly #limits: Required<Pick<ResourceOptions, 'peer' | 'protocol' | 'connection' | 'peers' | 'protocols'>>;
  readonly #bytesPerConnection: number;
  readonly #peers = new Map<string, ResourceScope>();
  readonly #protocols = new RenewedMap<string, ResourceScope>();
  readonly #connections = new Map<string, ConnectionResources>();

  constructor(limits: Limits, options: ResourceOptions = {}) {
    this.bytesPerStream = limits.resourceBytesPerStream;
    this.#bytesPerConnection = limits.resourceBytesPerConnection;
    this.streamMemoryBytes = options.stream?.memoryBytes ?? limits.resourceStreamMemoryBytes;
    this.system = new ResourceScope('system', {
      connections: limits.connections,
      streams: limits.resourceSystemStreams,
      memoryBytes: limits.resourceSystemMemoryBytes,
      ...options.system,
    });
    this.transient = new ResourceScope('transient', {
      connections: limits.resourceTransientConnections,
      streams: limits.resourceTransientStreams,
      memoryBytes: limits.resourceTransientMemoryBytes,
      ...options.transient,
    });
    this.#limits = {
      // One more each way than may stay open: a connection beyond the bound is told so in order.
      peer: {
        connections: 2 * (limits.connectionsPerPeer + 1),
        streams: limits.resourcePeerStreams,
        memoryBytes: limits.resourcePeerMemoryBytes,
        ...options.peer,
      },
      protocol: {
        streams: limits.resourceProtocolStreams,
        memoryBytes: limits.resourceProtocolMemoryBytes,
        ...options.protocol,
      },
      connection: { memoryBytes: limits.resourceConnectionMemoryBytes, ...options.connection },
      peers: options.peers ?? {},
      protocols: options.protocols ?? {},
    };
  }

  /** Counts a connection in. Throws `ERR_RESOURCE_LIMIT`. */
  openConnection(address: string, direction: Direction): ConnectionResources {
    const own = new ResourceScope(address, this.#limits.connection);
    const scopes = [own, this.system, this.transient];
    const held = emptyHolding();
    const one = resourceOf('connections', direction);
    const blame = direction === 'inbound' ? 'remote' : 'local';
    let refused: EngineError | undefined;
    for (const [resource, amount] of [[one, 1] as const, ['memoryBytes', this.#bytesPerConnection] as const]) {
      refused ??= reserve(scopes, resource, amount, { blame });
      if (refused === undefined) held[resource] = amount;
    }
    if (refused !== undefined) {
      for (const scope of scopes) scope.count(one, -held[one]);
      throw refused;
    }
    const resources = new ConnectionResources(this, own, direction, held);
    this.#connections.set(address, resources);
    return resources;
  }

  /** Calls back once, when the last stream of a connection has ended; never for one that is gone. */
  onceIdle(connection: string, idle: () => void): void {
    const resources = this.#connections.get(connection);
    if (resources !== undefined) resources.onceIdle = idle;
  }

  /** The protocol of a connection's stream is agreed. Answers the refusal, if the protocol's scope is full. */
  agreed(connection: string, streamId: number, protocol: string): EngineError | undefined {
    return this.#connections.get(connection)?.agreed(streamId, protocol);
  }

  /**
   * The transient scope is full of streams: whoever has most of them gives one up for `asker`, if that one has fewer. So
   * peers that open streams and never negotiate share among themselves, and leave room for the others. Answers whether.
   */
  makeRoom(asker: ConnectionResources): boolean {
    let most = asker;
    for (const other of this.negotiating) if (other.unagreedStreams > most.unagreedStreams) most = other;
    if (most.unagreedStreams <= asker.unagreedStreams + 1) return false;
    most.giveWay();
    return true;
  }

  /** The scope of a peer; made when it is first asked for. Call {@link tidy} when done with it. */
  peer(id: string): ResourceScope {
    const { peer, peers } = this.#limits;
    const own = peers[id];
    const limits = own === undefined ? peer : { ...peer, ...own };
    return this.#peers.get(id) ?? kept(this.#peers, id, new ResourceScope(`peer:${id}`, limits));
  }

  /** The scope of a protocol; made when it is first asked for. Call {@link tidy} when done with it. */
  protocol(id: string): ResourceScope {
    const known = this.#protocols.get(id);
    if (known !== undefined) return known;
    const { protocol, protocols } = this.#limits;
    return kept(this.#protocols, id, new ResourceScope(`protocol:${id}`, { ...protocol, ...protocols[id] }));
  }

  /** Forgets a scope of a peer or protocol that uses nothing. */
  tidy(scope: ResourceScope): void {
    if (!scope.isEmpty) return;
    const [kind = '', ...id] = scope.name.split(':');
    if (kind === 'peer') this.#peers.delete(id.join(':'));
    else if (kind === 'protocol') this.#protocols.delete(id.join(':'));
  }

  /** Forgets a connection's scope. */
  forget(scope: ResourceScope): void {
    this.#connections.delete(scope.name);
  }

  get snapshot(): ResourcesSnapshot {
    return {
      system: this.system.snapshot,
      transient: this.transient.snapshot,
      peers: snapshots(this.#peers),
      protocols: snapshots(this.#protocols),
      connections: snapshots(this.#connections),
    };
  }
}

function kept(
  scopes: { set(id: string, scope: ResourceScope): unknown },
  id: string,
  scope: ResourceScope,
): ResourceScope {
  scopes.set(id, scope);
  return scope;
}

function snapshots(scopes: ReadonlyMap<string, { readonly snapshot: ScopeSnapshot }>): Record<string, ScopeSnapshot> {
  return Object.fromEntries([...scopes].map(([id, scope]) => [id, scope.snapshot]));
}
