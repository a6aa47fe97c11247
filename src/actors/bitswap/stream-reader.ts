/**
 * Reads the bitswap messages of one stream: waits for whole messages without looking at the same bytes twice, gives
 * credit back as bytes come, and withholds it while the store is behind.
 */
import type { Subscription } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import type { BitswapMessage } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { BlockWriter } from './block-writer.js';
import { MessageReader } from './message-reader.js';
import { describeMessage } from './taps.js';

/** Who hears of what comes on a stream; all calls are in a turn. */
export interface ReaderOwner {
  /** One whole message; may throw an EngineError that blames the peer. */
  message(message: BitswapMessage): void;
  /** Bytes came, of whatever message. */
  arrived(bytes: number): void;
  /** `change` bytes more (or less) are held for a message that is not whole; throws when that is too much. */
  held(change: number): void;
  /** The peer sent what it must not; nothing more is read. */
  refused(error: EngineError): void;
  /** The peer closed its side; `cut`: in the middle of a message. */
  ended(cut: boolean): void;
  reset(error: EngineError): void;
}

/** One stream's messages. */
export class StreamReader {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #writer: BlockWriter;
  readonly #owner: ReaderOwner;
  readonly #messages: MessageReader;
  readonly #subscription: Subscription;
  #owedCredit = 0;
  #heldBytes = 0;
  #stopped = false;

  constructor(environment: Environment, stream: ProtocolStream, writer: BlockWriter, owner: ReaderOwner) {
    this.#environment = environment;
    this.#stream = stream;
    this.#writer = writer;
    this.#owner = owner;
    this.#messages = new MessageReader(environment.limits);
    this.#subscription = stream.data$.subscribe({
      next: (chunk) => this.#receive(chunk),
      complete: () => this.#finish(() => owner.ended(this.#messages.isInMessage)),
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
    this.#messages.append(chunk);
    this.#owner.arrived(chunk.length);
    try {
      while (!this.#stopped) {
        const read = this.#messages.next();
        if (read === undefined) break;
        this.#tap(read.message, read.bytes);
        this.#owner.message(read.message);
      }
      this.#hold(this.#messages.heldBytes - this.#heldBytes);
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.blame !== 'remote') throw thrown;
      this.#finish(() => this.#owner.refused(thrown));
      return;
    }
    this.#giveCredit(chunk.length);
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
