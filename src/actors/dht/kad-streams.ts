/**
 * Streams to peers of the DHT: opened, and after an answer kept for a while for the next request, as go and js do. One
 * timer runs for all that are kept, and only while any is.
 */
import type { Environment } from '../environment.js';
import { KadStream, type KadStreamListener } from './kad-stream.js';
import type { DhtNetwork } from './network.js';

interface Kept {
  readonly peer: string;
  readonly untilMs: number;
}

/** The streams of one requester. */
export class KadStreams {
  readonly #environment: Environment;
  readonly #network: DhtNetwork;
  readonly #protocols: readonly string[];
  /** In the order in which they were given back, which is that in which they are closed. */
  readonly #kept = new Map<KadStream, Kept>();
  readonly #ofPeer = new Map<string, KadStream[]>();
  #timer: unknown;
  #heldBytes = 0;
  #isStopped = false;

  constructor(environment: Environment, network: DhtNetwork, protocols: readonly string[]) {
    this.#environment = environment;
    this.#network = network;
    this.#protocols = protocols;
  }

  /** Streams that wait for a request. */
  get kept(): number {
    return this.#kept.size;
  }

  /** One that was kept for this peer, the last one first. Those of a surplus connection are closed: it is to become idle. */
  take(peer: string): KadStream | undefined {
    for (let stream = this.#last(peer); stream !== undefined; stream = this.#last(peer)) {
      if (!this.#isSurplus(stream)) {
        this.#remove(stream);
        return stream;
      }
      this.#drop(stream);
    }
    return undefined;
  }

  /** Opens one. Rejects with why it could not be; hands it on in a turn. */
  async open(peer: string, signal: AbortSignal): Promise<KadStream> {
    const stream = await this.#network.openStream(peer, this.#protocols, { signal });
    const { kadMessageBytes: maxBytes } = this.#environment.limits;
    return new KadStream({ environment: this.#environment, stream, maxBytes, hold: this.#hold });
  }

  /**
   * Takes one back on which a request was answered. One that is not quiet, that a surplus
   * connection has, or for which there is no room, is closed.
   */
  keep(peer: string, stream: KadStream): void {
    const { kadIdleStreams, kadIdleStreamsPerPeer, kadIdleStreamMs } = this.#environment.limits;
    const others = this.#ofPeer.get(peer) ?? [];
    const isWorthless = this.#isStopped || !stream.isQuiet || this.#isSurplus(stream);
    if (isWorthless || others.length >= kadIdleStreamsPerPeer || kadIdleStreams === 0) {
      stream.close();
      return;
    }
    const [oldest] = this.#kept.size >= kadIdleStreams ? this.#kept.keys() : [];
    if (oldest !== undefined) this.#drop(oldest);
    stream.listener = this.#watch(stream);
    this.#kept.set(stream, { peer, untilMs: this.#environment.turns.nowMs + kadIdleStreamMs });
    this.#ofPeer.set(peer, [...others, stream]);
    if (this.#timer === undefined) this.#setTimer(kadIdleStreamMs);
  }

  /** Closes all, and keeps none any more. */
  stop(): void {
    this.#isStopped = true;
    for (const stream of [...this.#kept.keys()]) this.#drop(stream);
  }

  /** Nobody asks: whatever comes ends it. */
  #watch(stream: KadStream): KadStreamListener {
    const drop = (): void => this.#drop(stream);
    return { message: drop, refused: drop, ended: drop, stirred: drop, reset: drop, drained: () => undefined };
  }

  #last(peer: string): KadStream | undefined {
    return this.#ofPeer.get(peer)?.at(-1);
  }

  #isSurplus({ stream }: KadStream): boolean {
    return this.#network.isSurplus?.(stream.connection.id) === true;
  }

  #drop(stream: KadStream): void {
    this.#remove(stream);
    stream.close();
  }

  #remove(stream: KadStream): void {
    const kept = this.#kept.get(stream);
    if (kept === undefined) return;
    this.#kept.delete(stream);
    const left = this.#ofPeer.get(kept.peer)?.filter((other) => other !== stream) ?? [];
    if (left.length > 0) this.#ofPeer.set(kept.peer, left);
    else this.#ofPeer.delete(kept.peer);
    if (this.#kept.size > 0 || this.#timer === undefined) return;
    this.#environment.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #setTimer(delayMs: number): void {
    const { clock, turns } = this.#environment;
    this.#timer = clock.setTimeout(() => turns.post(() => this.#closeOld()), delayMs);
  }

  #closeOld(): void {
    this.#timer = undefined;
    const { nowMs } = this.#environment.turns;
    for (const [stream, { untilMs }] of [...this.#kept]) {
      if (untilMs > nowMs) {
        this.#setTimer(untilMs - nowMs);
        return;
      }
      this.#drop(stream);
    }
  }

  readonly #hold = (change: number): boolean => {
    this.#heldBytes += change;
    return change <= 0 || this.#heldBytes <= this.#environment.limits.kadAnswersBytes;
  };
}
