/**
 * Reads the bitswap messages of one stream: waits for whole messages without looking at the same bytes twice, gives
 * credit back as bytes come, and withholds it while the store is behind.
 */
import type { Subscription } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import { decodeBitswapLength, decodeBitswapMessage, type BitswapMessage } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { BlockWriter } from './block-writer.js';
import { describeMessage } from './taps.js';

/** Who hears of what comes on a stream; all calls are in a turn. */
export interface ReaderOwner {
  /** One whole message; may throw an EngineError that blames the peer. */
  message(message: BitswapMessage): void;
  /** `change` bytes more (or less) of a message that is not whole are held; throws when that is too much. */
  held(change: number): void;
  /** The peer sent what it must not; nothing more is read. */
  refused(error: EngineError): void;
  /** The peer closed its side; `cut`: in the middle of a message. */
  ended(cut: boolean): void;
  reset(error: EngineError): void;
}

/** The prefix of a message is at most this long. */
const PREFIX_BYTES = 9;

/** One stream's messages. */
export class StreamReader {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #writer: BlockWriter;
  readonly #owner: ReaderOwner;
  readonly #buffer = new ReceiveBuffer();
  readonly #subscription: Subscription;
  /** Size of the message that is coming, once its prefix is here. */
  #awaitedBytes: number | undefined;
  #owedCredit = 0;
  #heldBytes = 0;
  #stopped = false;

  constructor(environment: Environment, stream: ProtocolStream, writer: BlockWriter, owner: ReaderOwner) {
    this.#environment = environment;
    this.#stream = stream;
    this.#writer = writer;
    this.#owner = owner;
    this.#subscription = stream.data$.subscribe({
      next: (chunk) => this.#receive(chunk),
      complete: () => this.#finish(() => owner.ended(this.#buffer.length > 0)),
      error: (thrown: unknown) =>
        this.#finish(() => owner.reset(toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', 'bitswap: stream reset'))),
    });
    // The stream may have had everything already, and ended while we subscribed.
    if (this.#stopped) this.#subscription.unsubscribe();
  }

  /** Whether it reads nothing more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Reads nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#hold(-this.#heldBytes);
    this.#subscription?.unsubscribe();
  }

  #finish(tell: () => void): void {
    if (this.#stopped) return;
    this.stop();
    tell();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#stopped) return;
    this.#buffer.append(chunk);
    try {
      this.#readMessages();
      this.#hold(this.#buffer.length - this.#heldBytes);
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.blame !== 'remote') throw thrown;
      this.#finish(() => this.#owner.refused(thrown));
      return;
    }
    this.#giveCredit(chunk.length);
  }

  #readMessages(): void {
    const { limits } = this.#environment;
    while (!this.#stopped) {
      if (this.#awaitedBytes === undefined) {
        const length = decodeBitswapLength(this.#buffer.peek(PREFIX_BYTES), 0, limits);
        if (length === undefined) return;
        this.#buffer.skip(length.size);
        this.#awaitedBytes = length.value;
      }
      const body = this.#buffer.take(this.#awaitedBytes);
      if (body === undefined) return;
      this.#awaitedBytes = undefined;
      const message = decodeBitswapMessage(body, limits);
      this.#tap(message, body.length);
      this.#owner.message(message);
    }
  }

  #hold(change: number): void {
    if (change === 0) return;
    this.#heldBytes += change;
    this.#owner.held(change);
  }

  #giveCredit(size: number): void {
    this.#owedCredit += size;
    if (!this.#writer.congested) {
      this.#payCredit();
      return;
    }
    if (this.#owedCredit === size) this.#writer.whenRoom(() => this.#payCredit());
  }

  #payCredit(): void {
    const owed = this.#owedCredit;
    this.#owedCredit = 0;
    if (owed > 0 && !this.#stopped) this.#stream.consume(owed);
  }

  #tap(message: BitswapMessage, bytes: number): void {
    this.#environment.message({
      direction: 'inbound',
      layer: 'protocol',
      connection: this.#stream.connection.id,
      stream: this.#stream.id,
      event: describeMessage(message, bytes),
    });
  }
}
