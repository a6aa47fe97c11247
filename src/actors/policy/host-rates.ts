/** How often each host may connect. The table is bounded: the host unseen for longest is forgotten first. */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import { hostKeyOf } from '../../wire/ip.js';
import { RateBound } from '../rate-bound.js';

/** Rates of inbound connections, by host. */
export class HostRates {
  readonly #limits: Limits;
  readonly #hosts = new Map<string, RateBound>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Hosts remembered. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Counts a connection of `ip`; answers the refusal if its host connects too often. */
  take(ip: Uint8Array, nowMs: number): EngineError | undefined {
    const { hostConnectionsBurst, hostConnectionsPerSecond, hostRates } = this.#limits;
    const host = hostKeyOf(ip);
    const rate = this.#hosts.get(host) ?? new RateBound(hostConnectionsBurst, hostConnectionsPerSecond, nowMs);
    this.#hosts.delete(host);
    this.#hosts.set(host, rate);
    if (this.#hosts.size > hostRates) {
      const oldest = this.#hosts.keys().next();
      if (oldest.done !== true) this.#hosts.delete(oldest.value);
    }
    if (rate.take(nowMs)) return undefined;
    const message = `${host} connects more than ${hostConnectionsPerSecond} times a second`;
    return new EngineError('ERR_CONNECTION_RATE', 'remote', message, { details: { stage: 'accept' } });
  }
}
