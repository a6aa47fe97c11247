/** Writes to the transport: at once, or each piece in a timer of its own, so that the pieces arrive apart. */
import type { Clock, TransportConnection } from '../../../ports.js';

/** The way out of a script. */
export class PacedWriter {
  readonly #clock: Clock;
  readonly #connection: TransportConnection;
  readonly #onIdle: () => void;
  #queue: Uint8Array[] = [];
  #timer: unknown;

  constructor(clock: Clock, connection: TransportConnection, onIdle: () => void) {
    this.#clock = clock;
    this.#connection = connection;
    this.#onIdle = onIdle;
  }

  /** Whether everything was handed to the transport. */
  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  write(bytes: Uint8Array, paced: boolean): void {
    if (bytes.length === 0) return;
    if (!paced && this.isIdle) {
      this.#connection.write([bytes]);
      return;
    }
    this.#queue.push(bytes);
    this.#timer ??= this.#clock.setTimeout(() => this.#writeNext(), 0);
  }

  /** Writes no more. */
  stop(): void {
    this.#queue = [];
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #writeNext(): void {
    this.#timer = undefined;
    const piece = this.#queue.shift();
    if (piece !== undefined) this.#connection.write([piece]);
    if (this.#queue.length > 0) this.#timer = this.#clock.setTimeout(() => this.#writeNext(), 0);
    else this.#onIdle();
  }
}
