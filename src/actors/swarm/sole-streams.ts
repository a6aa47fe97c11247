/** Streams where a connection carries one alone: each takes a connection of its own, within the bound for a peer. */
import { parsePeerTarget } from '../../crypto/peer-target.js';
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import { webSocketAddressOf } from '../../wire/transport-address.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import { silentMuxer, type MuxerProtocol } from '../connection/muxer.js';

/** Whether it can be asked for a stream: without a muxer it has one to give, and only to who dialed. */
export function isFree(connection: ConnectionActor): boolean {
  return connection.isOpen && connection.muxer?.sole?.isTaken !== true;
}

/**
 * A stream without a muxer ends by the half-close of its transport. A WebSocket has none: its Close ends both halves, and
 * what the other side was still to send would be lost without a word. Throws `ERR_TRANSPORT_UNSUPPORTED`.
 */
export function checkHalfClose(address: string): void {
  if (webSocketAddressOf(address) === undefined) return;
  const why = 'without a muxer a transport must know half-close, and a WebSocket does not';
  throw new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `${address}: ${why}`);
}

/** The streams of a swarm without a muxer: finds, or waits for, a connection for each. */
export class SoleStreams {
  readonly #connectionsPerPeer: number;
  readonly #connections: () => readonly ConnectionActor[];
  /** Dials under way, by peer or address. */
  readonly #dialing = new Map<string, number>();

  constructor(connectionsPerPeer: number, connections: () => readonly ConnectionActor[]) {
    this.#connectionsPerPeer = connectionsPerPeer;
    this.#connections = connections;
  }

  /** For a swarm with these muxers; `undefined` where its connections carry many streams. */
  static with(
    muxers: readonly MuxerProtocol[],
    { connectionsPerPeer }: Limits,
    connections: () => readonly ConnectionActor[],
  ): SoleStreams | undefined {
    return silentMuxer(muxers) === undefined ? undefined : new SoleStreams(connectionsPerPeer, connections);
  }

  /**
   * Opens a stream on a connection that is free; `dial` brings one if there is none, and `openOn` takes its stream.
   * Rejects with `ERR_CONNECTION_LIMIT`, and with what those reject with.
   */
  async open<Stream>(
    target: string,
    dial: () => Promise<ConnectionActor>,
    openOn: (connection: ConnectionActor) => Promise<Stream>,
  ): Promise<Stream> {
    for (;;) {
      const connection = await this.#counted(target, dial);
      try {
        return await openOn(connection);
      } catch (thrown) {
        // Somebody else was faster: the next one is dialed.
        if (!(thrown instanceof EngineError) || thrown.code !== 'ERR_CONNECTION_TAKEN') throw thrown;
      }
    }
  }

  async #counted(target: string, dial: () => Promise<ConnectionActor>): Promise<ConnectionActor> {
    const key = keyOf(target);
    const known = this.#connections().filter(
      ({ secured, role, remoteAddress }) => secured?.remotePeer === key || (role === 'dialer' && remoteAddress === key),
    );
    const dialing = this.#dialing.get(key) ?? 0;
    const free = known.find(isFree);
    if (free !== undefined) return free;
    if (known.length + dialing >= this.#connectionsPerPeer) {
      const what = `${known.length} connections with ${key} have their stream, and ${dialing} are being dialed`;
      throw new EngineError('ERR_CONNECTION_LIMIT', 'local', what);
    }
    this.#dialing.set(key, dialing + 1);
    try {
      return await dial();
    } finally {
      const left = (this.#dialing.get(key) ?? 1) - 1;
      if (left > 0) this.#dialing.set(key, left);
      else this.#dialing.delete(key);
    }
  }
}

/** The peer, or the address where none is named. */
function keyOf(target: string): string {
  const { peer, address } = parsePeerTarget(target);
  return peer ?? address ?? '/';
}
