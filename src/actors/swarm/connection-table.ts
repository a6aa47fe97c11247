/** The connections of a node, by address and by peer, and the rule for choosing among several with one peer. */
import type { ConnectionActor } from '../connection/connection-actor.js';

/** What becomes of two connections of dials that crossed, see `crossed-dials.ts`. */
export interface Crossings {
  /** It gives way to another connection with its peer. */
  readonly isSurplus: (connection: ConnectionActor) => boolean;
  /** It is open beside `others`. */
  opened(connection: ConnectionActor, others: readonly ConnectionActor[]): void;
  closed(connection: ConnectionActor): void;
}

const NONE_CROSSED = { isSurplus: () => false };

/** Connections, upgrading ones included. */
export class ConnectionTable {
  readonly #all = new Map<string, ConnectionActor>();
  /** Open connections by peer, oldest first. */
  readonly #byPeer = new Map<string, ConnectionActor[]>();
  readonly #crossed: Crossings;

  /** `crossed` is told of connections as they open and go. */
  constructor(crossed: Crossings) {
    this.#crossed = crossed;
  }

  /** Upgrading ones included. */
  get size(): number {
    return this.#all.size;
  }

  /** Upgrading ones included, oldest first. */
  get all(): readonly ConnectionActor[] {
    return [...this.#all.values()];
  }

  /** Open ones, oldest first. */
  get open(): readonly ConnectionActor[] {
    return this.all.filter((connection) => connection.isOpen);
  }

  /** Peers with an open connection. */
  get peers(): readonly string[] {
    return [...this.#byPeer.keys()];
  }

  get(address: string): ConnectionActor | undefined {
    return this.#all.get(address);
  }

  add(connection: ConnectionActor): void {
    this.#all.set(connection.address, connection);
  }

  /** It is open; answers how many its peer has now: none while nobody has named its other end (see `Secured.name`). */
  opened(connection: ConnectionActor): number {
    const peer = connection.secured?.remotePeer ?? '';
    if (peer === '') return 0;
    const siblings = this.#byPeer.get(peer);
    if (siblings === undefined) this.#byPeer.set(peer, [connection]);
    else {
      this.#crossed.opened(connection, this.of(peer));
      siblings.push(connection);
    }
    return siblings?.length ?? 1;
  }

  /** It is gone; answers whether it was the last open one of its peer. */
  remove(connection: ConnectionActor): boolean {
    this.#all.delete(connection.address);
    this.#crossed.closed(connection);
    const peer = connection.secured?.remotePeer ?? '';
    const siblings = this.#byPeer.get(peer);
    if (siblings?.includes(connection) !== true) return false;
    const rest = siblings.filter((sibling) => sibling !== connection);
    if (rest.length > 0) this.#byPeer.set(peer, rest);
    else this.#byPeer.delete(peer);
    return rest.length === 0;
  }

  /** Open connections with `peer`, oldest first. */
  of(peer: string): readonly ConnectionActor[] {
    return (this.#byPeer.get(peer) ?? []).filter((connection) => connection.isOpen);
  }

  /** The best connection with `peer` for a new stream: see {@link isBetter}. */
  best(peer: string): ConnectionActor | undefined {
    const connections = this.#byPeer.get(peer);
    if (connections === undefined) return undefined;
    let best: ConnectionActor | undefined;
    for (const connection of connections) {
      if (connection.isOpen && (best === undefined || isBetter(connection, best, this.#crossed))) best = connection;
    }
    return best;
  }

  /** Whether the connection of this address gives way to another one with its peer. */
  isSurplus(address: string): boolean {
    const connection = this.#all.get(address);
    return connection !== undefined && this.#crossed.isSurplus(connection);
  }

  /** An open connection that was dialed to this address. */
  at(address: string): ConnectionActor | undefined {
    for (const connection of this.#all.values()) {
      if (connection.isOpen && connection.role === 'dialer' && connection.remoteAddress === address) return connection;
    }
    return undefined;
  }
}

/**
 * Whether `one` is better for a new stream than `other`, which is older: one that takes streams before one that is going
 * away, direct before relayed, of crossed dials the one that is kept, then the one with more streams, then the older. Both
 * ends see the same streams, so both choose the same connection, and the others become idle (go-libp2p's rule).
 */
export function isBetter(
  one: ConnectionActor,
  other: ConnectionActor,
  { isSurplus }: Pick<Crossings, 'isSurplus'> = NONE_CROSSED,
): boolean {
  const byUse = Number(takesStreams(one)) - Number(takesStreams(other));
  const byPath = Number(isRelayed(other)) - Number(isRelayed(one));
  const byStreams = (one.muxer?.streams.size ?? 0) - (other.muxer?.streams.size ?? 0);
  const byRule = Number(isSurplus(other)) - Number(isSurplus(one));
  return (byUse || byPath || byRule || byStreams) > 0;
}

/** Whether a connection can be given a new stream. */
export function takesStreams({ isOpen, muxer }: ConnectionActor): boolean {
  return isOpen && muxer !== undefined && muxer.takesStreams !== false;
}

/** Whether another peer passes the bytes on. */
export function isRelayed({ remoteAddress }: ConnectionActor): boolean {
  return remoteAddress.includes('/p2p-circuit');
}
