/** Addresses that failed lately, and for how long they are left alone. A table in memory, the oldest forgotten first. */
import type { Limits } from '../../limits.js';

interface Entry {
  readonly failures: number;
  readonly untilMs: number;
}

/** The bounds of the table. */
export type BackoffLimits = Pick<
  Limits,
  'dialBackoffBaseMs' | 'dialBackoffStepMs' | 'dialBackoffMaxMs' | 'dialBackoffEntries'
>;

/** When an address may be dialed again; for dials that nobody asked for by address. */
export class DialBackoff {
  readonly #limits: BackoffLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** A dial of `peer` at `address` failed. */
  failed(peer: string, address: string, nowMs: number): void {
    const { dialBackoffBaseMs, dialBackoffStepMs, dialBackoffMaxMs, dialBackoffEntries } = this.#limits;
    const key = keyOf(peer, address);
    const known = this.#entries.get(key);
    // Who has been left alone for so long begins anew.
    const failures = known === undefined || nowMs > known.untilMs + dialBackoffMaxMs ? 0 : known.failures;
    const waitMs = Math.min(dialBackoffMaxMs, dialBackoffBaseMs + dialBackoffStepMs * failures ** 2);
    this.#entries.delete(key);
    this.#entries.set(key, { failures: failures + 1, untilMs: nowMs + waitMs });
    if (this.#entries.size <= dialBackoffEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** A dial of `peer` at `address` ended in an open connection. */
  succeeded(peer: string, address: string): void {
    this.#entries.delete(keyOf(peer, address));
  }

  /** Milliseconds until `peer` may be dialed at `address` again; 0 where it may. */
  waitMs(peer: string, address: string, nowMs: number): number {
    return Math.max(0, (this.#entries.get(keyOf(peer, address))?.untilMs ?? nowMs) - nowMs);
  }
}

function keyOf(peer: string, address: string): string {
  return `${peer} ${address}`;
}
