/**
 * Accepted connections that wait for their upgrade. Upgrades cost key operations, so they are bounded, in all and for each
 * host; who comes when there is no room waits in order, and is dropped only when the queue is full: then the host that has
 * most waiting gives way. Nothing is read from who waits.
 */
import type { Limits } from '../../limits.js';
import type { TransportConnection } from '../../ports.js';
import { hostKeyOf, ipOf } from '../../wire/ip.js';

interface Waiting {
  readonly transport: TransportConnection;
  readonly host: string | undefined;
}

/** Who the queue serves. */
export interface AcceptQueueOwner {
  /** Does this later in the same turn. */
  later(work: () => void): void;
  /** Starts the upgrade of a connection: it counts until {@link AcceptQueue.ended}. */
  begin(transport: TransportConnection): void;
  /** Drops a connection for which there is no room. */
  drop(transport: TransportConnection): void;
}

/** Upgrades under way, and who waits for one. */
export class AcceptQueue {
  readonly #limits: Limits;
  readonly #owner: AcceptQueueOwner;
  readonly #upgrading = new Map<string, number>();
  #waiting: Waiting[] = [];
  #total = 0;

  constructor(limits: Limits, owner: AcceptQueueOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Connections that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Takes a connection: begins its upgrade, lets it wait, or drops it or another. */
  offer(transport: TransportConnection): void {
    const host = hostOf(transport.remoteAddress);
    if (this.#hasRoom(host)) {
      this.#owner.begin(transport);
      return;
    }
    this.#waiting.push({ transport, host });
    if (this.#waiting.length > this.#limits.acceptQueue) this.#owner.drop(this.#takeSurplus().transport);
  }

  /** An upgrade begins, inbound or outbound. */
  began(remoteAddress: string, isInbound: boolean): void {
    this.#total++;
    this.#count(isInbound ? hostOf(remoteAddress) : undefined, 1);
  }

  /** It is over; who waits is served. */
  ended(remoteAddress: string, isInbound: boolean): void {
    this.#total--;
    this.#count(isInbound ? hostOf(remoteAddress) : undefined, -1);
    if (this.#waiting.length > 0) this.#owner.later(() => this.#serve());
  }

  /** Drops everybody who waits. */
  clear(): void {
    for (const { transport } of this.#waiting.splice(0)) transport.destroy();
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#total < this.#limits.upgradesInProgress) {
      const index = this.#waiting.findIndex(({ host }) => this.#hasRoom(host));
      const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (next === undefined) return;
      this.#owner.begin(next.transport);
    }
  }

  #hasRoom(host: string | undefined): boolean {
    const { upgradesInProgress, upgradesPerHost } = this.#limits;
    if (this.#total >= upgradesInProgress) return false;
    return host === undefined || (this.#upgrading.get(host) ?? 0) < upgradesPerHost;
  }

  /** The last to come of the host that has most waiting; the first such host among equals. */
  #takeSurplus(): Waiting {
    const counts = new Map<string | undefined, number>();
    for (const { host } of this.#waiting) counts.set(host, (counts.get(host) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const last = this.#waiting.findLastIndex(({ host }) => counts.get(host) === most);
    return this.#waiting.splice(last, 1)[0] as Waiting;
  }

  #count(host: string | undefined, change: 1 | -1): void {
    if (host === undefined) return;
    const count = (this.#upgrading.get(host) ?? 0) + change;
    if (count > 0) this.#upgrading.set(host, count);
    else this.#upgrading.delete(host);
  }
}

function hostOf(address: string): string | undefined {
  const ip = ipOf(address);
  return ip === undefined ? undefined : hostKeyOf(ip);
}
