/** How often each host may connect, or be dialed. The table is bounded: the host unseen for longest is forgotten first. */
import type { EngineError } from '../../errors.js';
import { hostKeyOf } from '../../wire/ip.js';
import { RateBound } from '../rate-bound.js';

/** What bounds one way. */
export interface HostRateOptions {
  readonly burst: number;
  readonly perSecond: number;
  /** Hosts remembered at the most. */
  readonly hosts: number;
  /** What is said of a host beyond its rate. */
  readonly refusal: (host: string) => EngineError;
}

/** Rates of connections one way, by host. */
export class HostRates {
  readonly #options: HostRateOptions;
  readonly #hosts = new Map<string, RateBound>();

  constructor(options: HostRateOptions) {
    this.#options = options;
  }

  /** Hosts remembered. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Counts a connection with `ip`; answers the refusal if there are too many with its host. */
  take(ip: Uint8Array, nowMs: number): EngineError | undefined {
    const { burst, perSecond, hosts, refusal } = this.#options;
    const host = hostKeyOf(ip);
    const rate = this.#hosts.get(host) ?? new RateBound(burst, perSecond, nowMs);
    this.#hosts.delete(host);
    this.#hosts.set(host, rate);
    if (this.#hosts.size > hosts) {
      const oldest = this.#hosts.keys().next();
      if (oldest.done !== true) this.#hosts.delete(oldest.value);
    }
    return rate.take(nowMs) ? undefined : refusal(host);
  }
}
