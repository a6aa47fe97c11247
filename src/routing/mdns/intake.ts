/** What comes in from the local network: bounded, read, counted. */
import { RateBound } from '../../actors/rate-bound.js';
import type { Limits } from '../../limits.js';
import type { DatagramEndpoint } from '../../ports.js';
import { decodeMdns, type MdnsAnswer, type MdnsLimits, type MdnsQuery } from '../../wire/mdns.js';

/** How many datagrams came, by what became of them. */
export interface MdnsCounts {
  /** Questions and answers of libp2p. */
  readonly heard: number;
  /** Good messages about other things: a network is full of them. */
  readonly foreign: number;
  /** No DNS message. */
  readonly malformed: number;
  /** Unread, for their host, or all together, sent too many. */
  readonly flooded: number;
  /** Peers for whom there was no room, or that were no peers. */
  readonly refused: number;
}

/** Bounds of {@link MdnsIntake}. */
export type IntakeLimits = MdnsLimits &
  Pick<
    Limits,
    'mdnsHostMessagesBurst' | 'mdnsHostMessagesPerSecond' | 'mdnsHosts' | 'mdnsMessagesBurst' | 'mdnsMessagesPerSecond'
  >;

/** Reads datagrams; never throws. */
export class MdnsIntake {
  readonly #limits: IntakeLimits;
  readonly #all: RateBound;
  /** By host, the one unheard for longest first. */
  readonly #hosts = new Map<string, RateBound>();
  readonly #counts = { heard: 0, foreign: 0, malformed: 0, flooded: 0, refused: 0 };

  constructor(limits: IntakeLimits, nowMs: number) {
    this.#limits = limits;
    this.#all = new RateBound(limits.mdnsMessagesBurst, limits.mdnsMessagesPerSecond, nowMs);
  }

  get counts(): MdnsCounts {
    return { ...this.#counts };
  }

  /** Hosts whose rate is remembered. */
  get hosts(): number {
    return this.#hosts.size;
  }

  /** What a datagram says; `undefined`: nothing to us. */
  read(bytes: Uint8Array, from: DatagramEndpoint, nowMs: number): MdnsQuery | MdnsAnswer | undefined {
    // The host first: one that floods must not use up what the others have together.
    if (!this.#rateOf(from.address, nowMs).take(nowMs) || !this.#all.take(nowMs)) {
      this.#counts.flooded++;
      return undefined;
    }
    let message: MdnsQuery | MdnsAnswer | undefined;
    try {
      message = decodeMdns(bytes, this.#limits);
    } catch {
      this.#counts.malformed++;
      return undefined;
    }
    if (message === undefined) this.#counts.foreign++;
    else this.#counts.heard++;
    return message;
  }

  /** A peer was told of that cannot be taken. */
  refused(): void {
    this.#counts.refused++;
  }

  #rateOf(host: string, nowMs: number): RateBound {
    const { mdnsHostMessagesBurst, mdnsHostMessagesPerSecond, mdnsHosts } = this.#limits;
    const rate = this.#hosts.get(host) ?? new RateBound(mdnsHostMessagesBurst, mdnsHostMessagesPerSecond, nowMs);
    this.#hosts.delete(host);
    this.#hosts.set(host, rate);
    if (this.#hosts.size > mdnsHosts) {
      const oldest = this.#hosts.keys().next();
      if (oldest.done !== true) this.#hosts.delete(oldest.value);
    }
    return rate;
  }
}
