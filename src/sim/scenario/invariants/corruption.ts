/** A connection on which a byte was changed does not live: whatever layer it hit, somebody notices and ends it. */
import type { NetworkEvent, SimNetwork } from '../../world/network.js';
import type { Report } from './watch.js';

/** Checks `corruption.caught`. */
export class CorruptionWatch {
  readonly #report: Report;
  /** Connections that took a changed byte and are open, with the event. */
  readonly #open = new Map<string, NetworkEvent>();
  #count = 0;

  constructor(network: SimNetwork, report: Report) {
    this.#report = report;
    network.watch((event) => {
      if (event.event === 'corrupted') {
        this.#count++;
        this.#open.set(event.connection, event);
      } else if (event.event === 'closed') this.#open.delete(event.connection);
    });
  }

  /** Changed bytes. */
  get count(): number {
    return this.#count;
  }

  /** Whether every connection that took one is closed. */
  get isSettled(): boolean {
    return this.#open.size === 0;
  }

  /** Reports the connections that live on when they had time to end. */
  reportUnsettled(): void {
    for (const { connection, atMs, dialer } of this.#open.values()) {
      const message = `a byte was changed at ${Math.round(atMs)} ms, and the connection is open`;
      const where = { node: dialer, actor: connection, machine: 'connection', state: 'open' };
      this.#report({ invariant: 'corruption.caught', ...where, message });
    }
  }
}
