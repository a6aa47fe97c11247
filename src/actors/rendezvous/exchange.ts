/** What both sides of a rendezvous exchange do with a stream: one message is read, bounded, and what came is kept for a report. */
import { Subscription } from 'rxjs';
import { EngineError } from '../../errors.js';
import { decodeVarintPrefixed } from '../../wire/length-prefixed.js';
import { decodeVarint } from '../../wire/varint.js';
import { decodeRendezvous, type RendezvousMessage } from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

export const RENDEZVOUS_PROTOCOL = '/rendezvous/1.0.0';

/** The longest length prefix. */
const PREFIX_BYTES = 9;
/** What a report shows is less. */
const KEPT_BYTES = 256;

/** Hears the one message that is due, or why there is none. Called inside turns. */
export interface MessageListener {
  onMessage(message: RendezvousMessage): void;
  onInvalid(): void;
  onTooLarge(): void;
  /** The peer closed or reset before the message was whole. */
  onEnded(): void;
}

/** Reads one message. */
export class MessageReader {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #listener: MessageListener;
  readonly #subscription = new Subscription();
  readonly #buffer = new ReceiveBuffer();
  #over = false;
  /** The beginning of what came. */
  lastBytes: Uint8Array = new Uint8Array(0);
  cause: unknown;

  constructor(environment: Environment, stream: ProtocolStream, listener: MessageListener) {
    this.#environment = environment;
    this.#stream = stream;
    this.#listener = listener;
  }

  start(): void {
    this.#subscription.add(
      this.#stream.data$.subscribe({
        next: (chunk) => this.#receive(chunk),
        complete: () => this.#ended(undefined),
        error: (error: unknown) => this.#ended(error),
      }),
    );
    // What came at once may have ended it before there was a subscription to end.
    if (this.#over) this.#subscription.unsubscribe();
  }

  /** Reads no more. */
  stop(): void {
    this.#over = true;
    this.#subscription.unsubscribe();
  }

  #receive(chunk: Uint8Array): void {
    this.#stream.consume(chunk.length);
    if (this.#over) return;
    this.#buffer.append(chunk);
    const { rendezvousMessageBytes: maxBytes } = this.#environment.limits;
    this.lastBytes = this.#buffer.peek(KEPT_BYTES);
    try {
      // The length alone says whether it is worth waiting for; the rest is put together once.
      const head = this.lastBytes.subarray(0, PREFIX_BYTES);
      const size = sizeOf(head, maxBytes);
      if (size === undefined || this.#buffer.length < size) return;
      const whole = decodeVarintPrefixed(this.#buffer.peek(size), maxBytes);
      if (whole === undefined) return;
      const message = decodeRendezvous(whole.value, this.#environment.limits);
      this.stop();
      this.#listener.onMessage(message);
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      this.cause = thrown;
      this.stop();
      if (thrown.code === 'ERR_WIRE_TOO_LARGE') this.#listener.onTooLarge();
      else this.#listener.onInvalid();
    }
  }

  #ended(cause: unknown): void {
    if (this.#over) return;
    this.cause = cause;
    this.#over = true;
    this.#listener.onEnded();
  }
}

/** The bytes of the first message with its prefix, once its length is there. Throws as {@link decodeVarintPrefixed}. */
function sizeOf(head: Uint8Array, maxBytes: number): number | undefined {
  const length = decodeVarint(head);
  if (length === undefined) return undefined;
  if (length.value > maxBytes) {
    throw new EngineError('ERR_WIRE_TOO_LARGE', 'remote', `message of ${length.value} bytes, the limit is ${maxBytes}`);
  }
  return length.size + length.value;
}
