/**
 * The two ends of a security handler, and its end: what noise, TLS, secio and plaintext have in common. Each publishes what it
 * unwraps and wraps, tells what passes inside, and fails once.
 */
import type { EngineError } from '../../errors.js';
import type { ConnectionMessage, Direction, Layer, MessageEvent } from '../../messages.js';
import { ChainSubject } from '../chain-subject.js';
import type { SecurityOptions } from './security.js';

/** Ends of one security handler. */
export class SecurityEnds {
  readonly address: string;
  readonly inbound = new ChainSubject<ConnectionMessage>();
  readonly outbound = new ChainSubject<ConnectionMessage>();
  readonly #options: SecurityOptions;
  readonly #layer: Layer;
  readonly #release: () => void;
  #disposed = false;

  /** `release` forgets keys and stops machines; it is called once. */
  constructor(options: SecurityOptions, layer: Layer, release: () => void) {
    this.address = `${options.connection}/${layer}`;
    this.#options = options;
    this.#layer = layer;
    this.#release = release;
  }

  /** Whether the handler is over: nothing is published any more. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Publishes on the end that leads `direction`. */
  publish(direction: Direction, chunks: readonly Uint8Array[], event?: MessageEvent, error?: EngineError): void {
    const end = direction === 'inbound' ? this.inbound : this.outbound;
    end.next(this.#message(direction, chunks, event, error));
  }

  /** Shows what happened to who listens; nothing is passed on. */
  show(direction: Direction, chunks: readonly Uint8Array[], event: MessageEvent): void {
    this.#message(direction, chunks, event);
  }

  /** Tells a trace that wants it what passes inside the channel. */
  tellPlaintext(direction: Direction, chunks: readonly Uint8Array[]): void {
    if (chunks.length > 0) this.#options.environment.plaintext(direction, this.address, chunks);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }

  /** Ends with `error`, if it has not ended; `farewell` is the last that goes on the wire. */
  fail(error: EngineError, farewell?: readonly Uint8Array[]): void {
    if (this.#disposed) return;
    this.dispose();
    this.#options.onFailed(error, farewell);
  }

  #message(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { environment, connection } = this.#options;
    return environment.message({ direction, layer: this.#layer, connection, chunks, event, error });
  }
}
