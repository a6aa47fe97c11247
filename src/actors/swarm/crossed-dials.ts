/**
 * Two peers that dial each other at once end with two connections where one would do. Both sides keep the one that the peer
 * with the smaller id dialed (its bytes compared, a prefix before what it begins); the other one is surplus: it gets no new
 * stream of ours, and is closed once it is idle.
 *
 * Dials are no part of it: each goes on when the peer's comes in. Were they cancelled, both could be, for the two ends of a
 * connection are not open at the same moment (go-libp2p-swarm 79, rust-libp2p 752).
 */
import type { Subject } from 'rxjs';
import { peerIdToBytes } from '../../crypto/peer-id.js';
import { crossedDialsMachine, type CrossedDialsEffect } from '../../machines/crossed-dials.js';
import { toHex } from '../../wire/hex.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ResourceManager } from '../policy/resource-manager.js';
import { isRelayed, takesStreams, type Crossings } from './connection-table.js';
import type { SwarmEvent } from './swarm-events.js';

/** Nodes of earlier generations kept both. */
const SINCE_GENERATION = 3;

/** What crossed dials ask of their swarm. */
export interface CrossedDialsOptions {
  readonly environment: Environment;
  readonly ownPeer: string;
  /** Whether one of the two is to go. */
  readonly isOn: boolean;
  /** Tells when a connection has no stream any more. */
  readonly resources: Pick<ResourceManager, 'onceIdle'>;
  /** Hears what is closed here. */
  readonly events: Subject<SwarmEvent>;
}

/** Two connections with one peer. */
interface Pair {
  readonly kept: ConnectionActor;
  readonly surplus: ConnectionActor;
  readonly machine: MachineActor<typeof crossedDialsMachine>;
}

/** The crossed dials of one node. */
export class CrossedDials implements Crossings {
  readonly #options: CrossedDialsOptions;
  readonly #isOn: boolean;
  /** By each of the two. */
  readonly #pairs = new Map<ConnectionActor, Pair>();
  /** Opened beside another one because somebody wanted two. */
  readonly #wanted = new WeakSet<ConnectionActor>();
  #count = 0;

  constructor(options: CrossedDialsOptions) {
    this.#options = options;
    this.#isOn = options.isOn && options.environment.generation >= SINCE_GENERATION;
  }

  /** Whether another connection with the same peer is the one for new streams. */
  readonly isSurplus = (connection: ConnectionActor): boolean => this.#pairs.get(connection)?.surplus === connection;

  /** The connection is dialed although there may be one: it stays. */
  want(connection: ConnectionActor): void {
    this.#wanted.add(connection);
  }

  /** It is open beside others with its peer. */
  opened(connection: ConnectionActor, others: readonly ConnectionActor[]): void {
    if (!this.#isOn || !this.#mayPair(connection)) return;
    const other = others.find((one) => this.#mayPair(one) && this.#areCrossed(one, connection));
    if (other !== undefined) this.#pair(other, connection);
  }

  /** The peer opened a stream on it. */
  used(connection: ConnectionActor): void {
    const pair = this.#pairs.get(connection);
    if (pair?.surplus === connection) pair.machine.send({ type: 'surplus.used' });
  }

  /** It is gone. */
  closed(connection: ConnectionActor): void {
    const pair = this.#pairs.get(connection);
    if (pair === undefined) return;
    this.#pairs.delete(pair.kept);
    this.#pairs.delete(pair.surplus);
    pair.machine.send({ type: 'pair.parted' });
  }

  /** A claim to be somebody makes nobody's connection a surplus one. */
  #mayPair(connection: ConnectionActor): boolean {
    const { secured } = connection;
    const isProved = secured !== undefined && secured.remotePeer !== '' && secured.name === undefined;
    return isProved && !this.#wanted.has(connection) && !this.#pairs.has(connection);
  }

  /** One dialed by each side, alike in their path, at about the same time: what comes later is meant as another one. */
  #areCrossed(one: ConnectionActor, other: ConnectionActor): boolean {
    const { crossedDialsMs } = this.#options.environment.limits;
    if (one.role === other.role || isRelayed(one) !== isRelayed(other)) return false;
    return Math.abs(one.createdAtMs - other.createdAtMs) <= crossedDialsMs;
  }

  #pair(one: ConnectionActor, other: ConnectionActor): void {
    const { environment, ownPeer } = this.#options;
    const peer = one.secured?.remotePeer ?? '';
    const [dialed, accepted] = one.role === 'dialer' ? [one, other] : [other, one];
    const [kept, surplus] = isBefore(ownPeer, peer) ? [dialed, accepted] : [accepted, dialed];
    const machine = spawnMachine(environment, crossedDialsMachine, {
      address: `crossed:${++this.#count}`,
      input: { graceMs: environment.limits.crossedDialsGraceMs },
      perform: (effect) => this.#perform(pair, effect),
      broken: () => undefined,
    });
    const pair: Pair = { kept, surplus, machine };
    this.#pairs.set(kept, pair);
    this.#pairs.set(surplus, pair);
    machine.start();
  }

  #perform(pair: Pair, effect: CrossedDialsEffect): void {
    switch (effect.type) {
      case 'judge.surplus':
        this.#judge(pair);
        return;
      case 'close.surplus':
        this.#options.events.next({ type: 'connection.trimmed', connection: pair.surplus });
        pair.surplus.close();
        return;
      case 'report.failed':
        return;
      default:
        effect satisfies never;
    }
  }

  #judge({ kept, surplus, machine }: Pair): void {
    if (!takesStreams(kept) || !takesStreams(surplus)) machine.send({ type: 'pair.parted' });
    else if (hasStreams(surplus)) {
      machine.send({ type: 'surplus.busy' });
      this.#watch(surplus, machine);
    } else machine.send({ type: 'surplus.idle' });
  }

  #watch(surplus: ConnectionActor, machine: Pair['machine']): void {
    const { environment, resources } = this.#options;
    // In a turn of its own: the muxer is in the middle of ending the stream.
    resources.onceIdle(surplus.address, () =>
      environment.turns.post(() => {
        if (machine.done) return;
        if (hasStreams(surplus)) this.#watch(surplus, machine);
        else machine.send({ type: 'surplus.idle' });
      }),
    );
  }
}

function hasStreams({ muxer }: ConnectionActor): boolean {
  return (muxer?.streams.size ?? 0) > 0;
}

function isBefore(one: string, other: string): boolean {
  return toHex(peerIdToBytes(one)) < toHex(peerIdToBytes(other));
}
