/**
 * The outbox of a connection: what a turn wrote goes out as one gathered write at its end. While the transport is busy
 * it fills up to its mark, where writers are told to wait, and no further than its end.
 */
import { EngineError } from '../../errors.js';
import type { Environment } from '../environment.js';
import type { ConnectionMemory } from './connection-memory.js';

/** Where an outbox writes to and whom it tells. */
export interface OutboxOwner {
  /** Writes to the transport; `false` asks to wait for {@link Outbox.drained}. */
  write(chunks: readonly Uint8Array[]): boolean;
  /** The mark was passed: writers wait. */
  congested(): void;
  /** There is room again. */
  relieved(): void;
  /** The end was reached, or the node has no memory for what waits: the outbox is closed. */
  failed(error: EngineError): void;
}

/** Bytes on their way to the transport. */
export class Outbox {
  readonly #environment: Environment;
  readonly #owner: OutboxOwner;
  readonly #memory: ConnectionMemory | undefined;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #busy = false;
  #congested = false;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor(environment: Environment, owner: OutboxOwner, memory?: ConnectionMemory) {
    this.#environment = environment;
    this.#owner = owner;
    this.#memory = memory;
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
      const what = `${this.#queuedBytes} bytes wait for a peer that does not read`;
      this.#fail(new EngineError('ERR_OUTBOX_OVERFLOW', 'remote', what));
      return;
    }
    if (!this.#congested && this.#queuedBytes > outboxHighWaterBytes) {
      // A burst that leaves when this turn ends costs nothing for long; who stays above the mark is counted.
      const refused = this.#memory?.reserveOwn(outboxHighWaterBytes);
      if (refused !== undefined) {
        this.#fail(refused);
        return;
      }
      this.#congested = true;
      this.#owner.congested();
    }
    if (!this.#busy) {
      const { turns, limits } = this.#environment;
      turns.flushLater('write', this.#flush, this.#queuedBytes > limits.gatherBytes);
    }
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

  /** Takes no more; what is queued is dropped, or written first where the transport is not busy (`flushes`). */
  close(flushes = false): void {
    if (flushes) this.#flush();
    this.#closed = true;
    this.#chunks = [];
    this.#onEmpty = undefined;
  }

  #fail(error: EngineError): void {
    this.close();
    this.#owner.failed(error);
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
      this.#memory?.releaseOwn(this.#environment.limits.outboxHighWaterBytes);
      this.#owner.relieved();
    }
    if (!this.#busy && this.#chunks.length === 0 && this.#onEmpty !== undefined) {
      const onEmpty = this.#onEmpty;
      this.#onEmpty = undefined;
      onEmpty();
    }
  };
}
