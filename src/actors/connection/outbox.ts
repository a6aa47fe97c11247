/**
 * The outbox of a connection: what a turn wrote goes out as one gathered write at its end. While the transport is busy
 * it fills up to its mark, where writers are told to wait, and no further than its end.
 */
import type { Environment } from '../environment.js';

/** Where an outbox writes to and whom it tells. */
export interface OutboxOwner {
  /** Writes to the transport; `false` asks to wait for {@link Outbox.drained}. */
  write(chunks: readonly Uint8Array[]): boolean;
  /** The mark was passed: writers wait. */
  congested(): void;
  /** There is room again. */
  relieved(): void;
  /** The end was reached. */
  overflowed(queuedBytes: number): void;
}

/** Bytes on their way to the transport. */
export class Outbox {
  readonly #environment: Environment;
  readonly #owner: OutboxOwner;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #busy = false;
  #congested = false;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor(environment: Environment, owner: OutboxOwner) {
    this.#environment = environment;
    this.#owner = owner;
  }

  /** Bytes waiting here, not counting what the transport has taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues chunks for the end of this turn. */
  push(chunks: readonly Uint8Array[]): void {
    if (this.#closed) return;
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    const { outboxHighWaterBytes, outboxBytes } = this.#environment.limits;
    if (this.#queuedBytes > outboxBytes) {
      this.close();
      this.#owner.overflowed(this.#queuedBytes);
      return;
    }
    if (!this.#congested && this.#queuedBytes > outboxHighWaterBytes) {
      this.#congested = true;
      this.#owner.congested();
    }
    if (!this.#busy) this.#environment.turns.flushLater('write', this.#flush);
  }

  /** The transport has sent what it took. */
  drained(): void {
    this.#busy = false;
    this.#flush();
  }

  /** Queues chunks and writes at once: the connection is about to be dropped. */
  writeLast(chunks: readonly Uint8Array[]): void {
    if (this.#closed) return;
    this.#chunks.push(...chunks);
    this.#flush();
  }

  /** Calls back once, when everything queued was given to the transport. */
  whenEmpty(onEmpty: () => void): void {
    if (this.#chunks.length === 0 && !this.#busy) onEmpty();
    else this.#onEmpty = onEmpty;
  }

  /** Drops what is queued and takes no more. */
  close(): void {
    this.#closed = true;
    this.#chunks = [];
    this.#onEmpty = undefined;
  }

  readonly #flush = (): void => {
    if (this.#busy || this.#closed) return;
    if (this.#chunks.length > 0) {
      const chunks = this.#chunks;
      this.#chunks = [];
      this.#queuedBytes = 0;
      this.#busy = !this.#owner.write(chunks);
    }
    if (this.#congested && this.#queuedBytes <= this.#environment.limits.outboxLowWaterBytes && !this.#busy) {
      this.#congested = false;
      this.#owner.relieved();
    }
    if (!this.#busy && this.#chunks.length === 0 && this.#onEmpty !== undefined) {
      const onEmpty = this.#onEmpty;
      this.#onEmpty = undefined;
      onEmpty();
    }
  };
}
