/**
 * A made network of DHT nodes, for thousands of them: no connections and no bytes, a message is handed to the other node's
 * handler after a while of virtual time. Nodes that are dead refuse after a while, links that are clogged never answer.
 * Everything follows from the seed.
 */
import { Subject } from 'rxjs';
import { Environment } from '../../actors/environment.js';
import { KadRouting, type KadRoutingOptions } from '../../actors/dht/kad-routing.js';
import { compareDistance, KeySpace, type PlacedPeer } from '../../actors/dht/key-space.js';
import type { DhtNetwork, DhtPeerEvent, KadRequester } from '../../actors/dht/network.js';
import { peerIdFromBytes } from '../../crypto/peer-id.js';
import { portableCiphers } from '../../crypto/portable-ciphers.js';
import { EngineError, type ErrorCode } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { Ciphers } from '../../ports.js';
import type { KadMessage, KadPeer } from '../../wire/kad.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';
import { Dice } from '../world/dice.js';

/** Options of {@link KadNetwork}. */
export interface KadNetworkOptions {
  readonly seed: string;
  /** One way, from the least to the most. */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Until somebody who asks a dead node hears that it is. */
  readonly refusalMs?: number;
  /** Until somebody who asks over a clogged link gives up. */
  readonly answerTimeoutMs?: number;
  readonly limits?: Partial<Limits>;
  /** Default: the portable ones. A large network is faster with the platform's hash. */
  readonly ciphers?: Ciphers;
}

/** What a node answers to a message from a peer. */
export type KadAnswer = (message: KadMessage, from: string) => KadMessage;

/** One node. */
export interface KadNode {
  readonly peer: PlacedPeer;
  readonly routing: KadRouting;
  /** As others tell of it. */
  readonly told: KadPeer;
  /** Answers a message; a test may put its own in place. */
  answer: KadAnswer;
  isDead: boolean;
  /** What the swarm tells it of peers. */
  readonly events: Subject<DhtPeerEvent>;
}

/** Nodes, and the time that they live in. */
export class KadNetwork {
  readonly clock = new VirtualClock();
  readonly environment: Environment;
  readonly keySpace: KeySpace;
  readonly nodes: KadNode[] = [];
  /** Bugs that were reported. */
  readonly broken: EngineError[] = [];
  readonly #options: Required<Omit<KadNetworkOptions, 'limits' | 'ciphers'>>;
  readonly #random: SeededRandom;
  readonly #latency: Dice;
  readonly #byId = new Map<string, KadNode>();
  readonly #clogged = new Set<string>();
  /** Keys by what they are the hash of: every node that is asked hashes the same bytes. */
  readonly #keys = new WeakMap<Uint8Array, Uint8Array>();
  #messages = 0;

  constructor({
    seed,
    latencyMs = [10, 150],
    refusalMs = 1_000,
    answerTimeoutMs = 10_000,
    limits = {},
    ciphers = portableCiphers,
  }: KadNetworkOptions) {
    this.#options = { seed, latencyMs, refusalMs, answerTimeoutMs };
    this.#random = new SeededRandom(seed);
    this.#latency = new Dice(seed, 'latency');
    this.environment = new Environment({
      clock: this.clock,
      random: this.#random,
      ciphers,
      // One of each for all nodes, where a real node has its own.
      limits: { kadPlacesCached: MANY_PLACES, kadQueryRecords: 1, ...limits },
      onBroken: (error) => this.broken.push(error),
    });
    this.keySpace = new KeySpace(ciphers, this.environment.limits);
  }

  /** Requests sent so far, of all nodes. */
  get messages(): number {
    return this.#messages;
  }

  /** A node with a key of its own, that knows nobody. */
  add(options: KadRoutingOptions = {}): KadNode {
    const multihash = Uint8Array.of(0x12, 0x20, ...this.#random.bytes('peer-id', 32));
    const peer = this.keySpace.peer(peerIdFromBytes(multihash));
    const events = new Subject<DhtPeerEvent>();
    const routing = new KadRouting(this.environment, this.#swarmOf(peer.id, events), this.#requesterOf(peer.id), {
      rule: 'any',
      keySpace: this.keySpace,
      ...options,
    });
    const node: KadNode = {
      peer,
      routing,
      told: { id: peer.bytes, addresses: [], connection: 'canConnect' },
      answer: (message) => this.#answer(node, message),
      isDead: false,
      events,
    };
    this.nodes.push(node);
    this.#byId.set(peer.id, node);
    return node;
  }

  node(id: string): KadNode | undefined {
    return this.#byId.get(id);
  }

  /** What one asks the other is never answered. */
  clog(from: string, to: string): void {
    this.#clogged.add(`${from} ${to}`);
  }

  isClogged(from: string, to: string): boolean {
    return this.#clogged.size > 0 && this.#clogged.has(`${from} ${to}`);
  }

  /** Connects two nodes, as if each had heard the other say that it serves. */
  introduce(one: KadNode, other: KadNode): void {
    this.environment.turns.post(() => one.events.next({ type: 'peer.answers', peer: other.peer.id }));
    this.environment.turns.post(() => other.events.next({ type: 'peer.answers', peer: one.peer.id }));
  }

  /** Runs until `isDone` says so, nothing is left to happen, or the time is over. Answers whether it is done. */
  async run(isDone: () => boolean, mostMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const endMs = this.clock.now() + mostMs;
    for (;;) {
      // An answer passes two promises on its way into its turn.
      await Promise.resolve();
      await Promise.resolve();
      if (isDone()) return true;
      const { nextDueMs } = this.clock;
      if (nextDueMs === undefined || nextDueMs > endMs) return isDone();
      this.clock.fireNext();
    }
  }

  /** The living nodes, the closest to a key first: what a lookup should find. */
  closest(key: Uint8Array, count: number, but?: string): readonly KadNode[] {
    const found: KadNode[] = [];
    for (const node of this.nodes) {
      if (node.isDead || node.peer.id === but) continue;
      let at = found.length;
      while (at > 0 && compareDistance(key, node.peer.key, (found[at - 1] as KadNode).peer.key) < 0) at--;
      if (at >= count) continue;
      found.splice(at, 0, node);
      if (found.length > count) found.pop();
    }
    return found;
  }

  stop(): void {
    for (const { routing } of this.nodes) routing.stop();
  }

  #answer({ routing }: KadNode, message: KadMessage): KadMessage {
    const { kadBucketPeers } = this.environment.limits;
    const closest = routing.table.nearest(this.#keyOf(message.key), kadBucketPeers);
    const closerPeers = closest.flatMap(({ id }) => this.#byId.get(id)?.told ?? []);
    return { type: message.type, key: message.key, closerPeers, providerPeers: [] };
  }

  #keyOf(bytes: Uint8Array): Uint8Array {
    const known = this.#keys.get(bytes);
    if (known !== undefined) return known;
    const key = this.keySpace.keyOf(bytes);
    this.#keys.set(bytes, key);
    return key;
  }

  #swarmOf(self: string, events: Subject<DhtPeerEvent>): DhtNetwork {
    return {
      self,
      events$: events,
      isConnected: () => false,
      addressesOf: () => [],
      learn: () => undefined,
      openStream: () => Promise.reject(new EngineError('ERR_DIAL_FAILED', 'local', 'there are no streams here')),
    };
  }

  #requesterOf(self: string): KadRequester {
    const send = (to: string, message: KadMessage, signal: AbortSignal | undefined): Promise<KadMessage> =>
      new Promise((resolve, reject) => this.#send({ from: self, to, message, signal, resolve, reject }));
    return {
      ask: (to, message, options) => send(to, message, options?.signal),
      tell: (to, message, options) => send(to, message, options?.signal).then(() => undefined),
    };
  }

  #send({ from, to, message, signal, resolve, reject }: Sending): void {
    this.#messages++;
    const { clock } = this;
    const { refusalMs, answerTimeoutMs } = this.#options;
    const timers: unknown[] = [];
    const after = (delayMs: number, happen: () => void): void => void timers.push(clock.setTimeout(happen, delayMs));
    const fail = (code: ErrorCode, why: string) => (): void => reject(new EngineError(code, 'remote', `${to} ${why}`));
    signal?.addEventListener('abort', () => {
      for (const timer of timers) clock.clearTimeout(timer);
      reject(new EngineError('ERR_ABORTED', 'local', `${to} is asked no more`));
    });
    if (this.isClogged(from, to)) {
      after(answerTimeoutMs, fail('ERR_DIAL_TIMEOUT', 'does not answer'));
      return;
    }
    const other = this.#byId.get(to);
    if (other === undefined || other.isDead) after(refusalMs, fail('ERR_DIAL_FAILED', 'is not there'));
    else {
      after(this.#delayMs(), () => {
        this.environment.turns.post(() => {
          // They are connected now, and each has heard by identify that the other serves.
          other.events.next({ type: 'peer.answers', peer: from });
          const answer = other.answer(message, from);
          after(this.#delayMs(), () => resolve(answer));
        });
      });
    }
  }

  #delayMs(): number {
    const [least, most] = this.#options.latencyMs;
    return least + this.#latency.fraction() * (most - least);
  }
}

interface Sending {
  readonly from: string;
  readonly to: string;
  readonly message: KadMessage;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: KadMessage) => void;
  readonly reject: (error: EngineError) => void;
}

/** Room for every node of the largest network. */
const MANY_PLACES = 65_536;
