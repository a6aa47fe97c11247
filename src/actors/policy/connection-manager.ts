/**
 * The connection manager: which connections are kept. It trims down to the low mark when there are more than the high
 * one, and keeps named peers connected. Nothing of it runs while there is nothing to trim and nobody to keep.
 */
import { Subject, type Observable, type Subscription } from 'rxjs';
import { parsePeerId } from '../../crypto/peer-id.js';
import { parsePeerTarget } from '../../crypto/peer-target.js';
import { EngineError } from '../../errors.js';
import { connectionTrimMachine, type ConnectionTrimEffect } from '../../machines/connection-trim.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { KeptPeer } from './kept-peer.js';
import { PeerTags } from './peer-tags.js';
import { trimOrder, type TrimCandidate } from './trim-order.js';

/** How connections are kept. What is absent is taken from `limits.ts`. */
export interface ConnectionManagerOptions {
  /** Trimming begins above so many open connections. `Infinity`: never. */
  readonly highWater?: number;
  /** It ends at so many. */
  readonly lowWater?: number;
  /** A connection younger than this is not trimmed. */
  readonly graceMs?: number;
  /** Between two attempts, while above the high mark. */
  readonly checkMs?: number;
  /** Of two connections with one peer, one dialed by each side at once: whether one or both are kept. Default: `one`. */
  readonly simultaneousDials?: 'one' | 'both';
  /** Peers to keep connected: ids whose addresses are known, or multiaddrs ending in `/p2p/<peer id>`. */
  readonly keepAlive?: readonly string[];
}

/** A connection was trimmed. */
export interface TrimNotice {
  readonly type: 'connection.trimmed';
  readonly connection: ConnectionActor;
}

/** What the manager sees of the swarm. */
export interface ManagedSwarm {
  readonly events$: Observable<{ readonly type: string; readonly peer?: string }>;
  /** Open ones, oldest first. */
  readonly connections: readonly ConnectionActor[];
  connectionTo(peer: string): ConnectionActor | undefined;
  dial(target: string): Promise<unknown>;
}

/** Keeps and trims the connections of one node. */
export class ConnectionManager {
  readonly tags: PeerTags;
  readonly #environment: Environment;
  readonly #swarm: ManagedSwarm;
  readonly #options: ConnectionManagerOptions;
  readonly #marks: { readonly high: number; readonly low: number; readonly graceMs: number; readonly checkMs: number };
  readonly #events = new Subject<TrimNotice>();
  readonly #kept = new Map<string, KeptPeer>();
  readonly #watching: Subscription;
  #trim: MachineActor<typeof connectionTrimMachine> | undefined;
  #trims = 0;

  /** Throws `ERR_INVALID_ARGUMENT` for marks that cannot be. */
  constructor(environment: Environment, swarm: ManagedSwarm, options: ConnectionManagerOptions = {}) {
    const { limits, turns } = environment;
    this.#environment = environment;
    this.#swarm = swarm;
    this.#options = options;
    this.tags = new PeerTags(limits, () => turns.nowMs);
    const high = options.highWater ?? limits.connectionsHighWater;
    this.#marks = {
      high,
      low: options.lowWater ?? Math.min(limits.connectionsLowWater, high),
      graceMs: options.graceMs ?? limits.connectionGraceMs,
      checkMs: options.checkMs ?? limits.connectionTrimMs,
    };
    const { low, graceMs, checkMs } = this.#marks;
    if (!(low >= 0 && low <= high && graceMs >= 0 && checkMs > 0)) {
      const what = `0 <= lowWater <= highWater, graceMs >= 0 and checkMs > 0, got ${low}, ${high}, ${graceMs}, ${checkMs}`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
    this.#watching = swarm.events$.subscribe((event) => this.#hear(event.type, event.peer));
  }

  /** Connections as they are trimmed. */
  get events$(): Observable<TrimNotice> {
    return this.#events;
  }

  /** Trimming ends at so many connections; below it the node may look for more. */
  get lowWater(): number {
    return this.#marks.low;
  }

  /** Peers that are kept connected, with the state of each. */
  get keptPeers(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#kept].map(([peer, { state }]) => [peer, state]));
  }

  /** Begins with the peers that the options name. */
  start(): void {
    for (const target of this.#options.keepAlive ?? []) this.keepAlive(target);
  }

  /** Keeps a peer connected from now on; answers its id. Throws `ERR_INVALID_ARGUMENT` without an id, and beyond the bound. */
  keepAlive(target: string): string {
    const peer = parsePeerTarget(target).peer ?? parsePeerId('');
    if (this.#kept.has(peer)) return peer;
    const { keepAlivePeers } = this.#environment.limits;
    if (this.#kept.size >= keepAlivePeers) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${keepAlivePeers} peers are kept connected already`);
    }
    const kept = new KeptPeer({ environment: this.#environment, peer, dial: () => this.#swarm.dial(target) });
    this.#kept.set(peer, kept);
    this.#environment.turns.post(() => kept.start(this.#swarm.connectionTo(peer) !== undefined));
    return peer;
  }

  /** Keeps a peer no longer; its connection stays. Answers whether it was kept. */
  release(peer: string): boolean {
    const kept = this.#kept.get(peer);
    this.#kept.delete(peer);
    this.#environment.turns.post(() => kept?.release());
    return kept !== undefined;
  }

  /** Ends everything; the swarm closes the connections. */
  stop(): void {
    this.#watching.unsubscribe();
    for (const peer of [...this.#kept.keys()]) this.release(peer);
    this.#environment.turns.post(() => this.#trim?.send({ type: 'local.stop' }));
    this.#events.complete();
  }

  #hear(type: string, peer = ''): void {
    if (type === 'peer.connected') this.#kept.get(peer)?.connected();
    else if (type === 'peer.disconnected') this.#kept.get(peer)?.disconnected();
    else if (type === 'connection.opened') this.#checkHigh();
    else if (type === 'connection.closed' && this.#trim !== undefined && this.#isWithin) {
      this.#trim.send({ type: 'connections.within' });
    }
  }

  get #isWithin(): boolean {
    return this.#swarm.connections.length <= this.#marks.high;
  }

  #checkHigh(): void {
    if (this.#trim?.done === false || this.#isWithin) return;
    this.#trim = spawnMachine(this.#environment, connectionTrimMachine, {
      address: `trim:${++this.#trims}`,
      input: { checkMs: this.#marks.checkMs },
      perform: (effect) => this.#perform(effect),
      broken: () => undefined,
    });
    // Later in this turn: who hears of the new connection may tag it first.
    const trim = this.#trim;
    this.#environment.turns.post(() => trim.start());
  }

  #perform(effect: ConnectionTrimEffect): void {
    switch (effect.type) {
      case 'trim.connections':
        this.#trimNow();
        this.#trim?.send({ type: this.#isWithin ? 'connections.within' : 'trim.done' });
        return;
      case 'report.failed':
        return;
      default:
        effect satisfies never;
    }
  }

  #trimNow(): void {
    const open = this.#swarm.connections;
    const byId = new Map(open.map((connection) => [connection.address, connection]));
    const candidates = open.map((connection) => this.#candidateOf(connection));
    const count = open.length - this.#marks.low;
    for (const { id } of trimOrder(candidates, count, this.#environment.turns.nowMs, this.#marks.graceMs)) {
      const connection = byId.get(id);
      if (connection === undefined) continue;
      this.#events.next({ type: 'connection.trimmed', connection });
      connection.close();
    }
  }

  #candidateOf(connection: ConnectionActor): TrimCandidate {
    const peer = connection.secured?.remotePeer ?? '';
    const streams = [...(connection.muxer?.streams.values() ?? [])];
    return {
      id: connection.address,
      peer,
      openedAtMs: connection.createdAtMs,
      value: this.tags.valueOf(peer),
      isKept: this.#kept.has(peer) || this.tags.isProtected(peer),
      isSurplus: this.#swarm.connectionTo(peer) !== connection,
      streams: streams.length,
      ownStreams: streams.filter(({ direction }) => direction === 'outbound').length,
    };
  }
}
