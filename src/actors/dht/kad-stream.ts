/**
 * Messages on one stream of the DHT, read one at a time when asked for: what comes meanwhile stays unread, and is given no
 * credit for, so that a peer that sends faster than it is answered waits.
 */
import { Subscription } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import { decodeKad, type KadMessage } from '../../wire/kad.js';
import { decodeVarint } from '../../wire/varint.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** Who hears of a stream. All but the first, second and third may come unasked. */
export interface KadStreamListener {
  /** The message that was asked for. */
  message(message: KadMessage): void;
  /** Bytes that are no message (`ERR_KAD_BAD_MESSAGE`), or too many (`ERR_KAD_TOO_LARGE`); nothing more is read. */
  refused(error: EngineError): void;
  /** The peer closed instead; `isCut`: in the middle of a message. */
  ended(isCut: boolean): void;
  /** Something came, or the peer closed, while nothing is asked for. */
  stirred(): void;
  reset(error: EngineError): void;
  /** What was written is on its way: called after {@link KadStream.write} answered `false`. */
  drained(): void;
}

/** What a {@link KadStream} is made of. */
export interface KadStreamOptions {
  readonly environment: Environment;
  readonly stream: ProtocolStream;
  /** The largest message that is read. */
  readonly maxBytes: number;
  /** Counts bytes of messages that are not whole, negative ones back; `false`: there is no room for them. */
  readonly hold?: (change: number) => boolean;
}

/** The longest length prefix. */
const PREFIX_BYTES = 9;
/** Bytes of the peer kept for the failure report. */
const LAST_BYTES_KEPT = 64;

const UNHEARD: KadStreamListener = {
  message: () => undefined,
  refused: () => undefined,
  ended: () => undefined,
  stirred: () => undefined,
  reset: () => undefined,
  drained: () => undefined,
};

/** One stream. Everything is called inside turns. */
export class KadStream {
  readonly stream: ProtocolStream;
  /** Replaced by each who uses the stream. */
  listener: KadStreamListener = UNHEARD;
  /** Messages sent that have no answer, but that some peers echo (specs.ipfs.tech kad-dht, of ADD_PROVIDER). */
  maySeeEchoes = 0;
  /** The beginning of what came last. */
  lastBytes = new Uint8Array(0);
  readonly #options: KadStreamOptions;
  readonly #subscription = new Subscription();
  readonly #buffer = new ReceiveBuffer();
  #unconsumedBytes = 0;
  #heldBytes = 0;
  /** Size of the message that is coming. */
  #bodyBytes: number | undefined;
  #isReading = false;
  #hasEnded = false;
  #isOver = false;

  constructor(options: KadStreamOptions) {
    this.#options = options;
    this.stream = options.stream;
  }

  /** Begins to hear the stream. */
  start(): void {
    const error = (thrown: unknown): void => this.#fail(thrown);
    this.#subscription.add(this.stream.writable$.subscribe({ next: () => this.listener.drained(), error }));
    this.#subscription.add(
      this.stream.data$.subscribe({
        next: (chunk) => this.#receive(chunk),
        complete: () => {
          this.#hasEnded = true;
          if (this.#isReading) this.#next();
          else this.listener.stirred();
        },
        error,
      }),
    );
    // What came at once may have ended it before there was a subscription to end.
    if (this.#isOver) this.#subscription.unsubscribe();
  }

  /** Whether it is of no more use: reset, refused or left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it lies still between two messages: nothing came that nobody asked for. */
  get isQuiet(): boolean {
    return !this.#isOver && !this.#hasEnded && !this.#isReading && this.#buffer.length === 0;
  }

  /** Asks for the next message; the listener hears of it, perhaps before this call is over. */
  read(): void {
    if (this.#isOver) return;
    this.#isReading = true;
    this.#next();
    this.#settle();
  }

  /** Writes bytes; `false`: wait to hear that they drained. Throws as {@link ProtocolStream.write}. */
  write(bytes: Uint8Array): boolean {
    return this.stream.write(bytes);
  }

  /** Leaves it in good order. */
  close(): void {
    this.#leave();
    // Both sides are done with it: how it ends after that matters to nobody.
    this.stream.close().catch(() => undefined);
  }

  /** Says that nothing more is written, and leaves it when the peer has closed too. */
  closeWrite(): void {
    this.#leave();
    this.stream.closeWrite();
  }

  /** Ends it at once. */
  reset(): void {
    this.#leave();
    this.stream.reset();
  }

  #receive(chunk: Uint8Array): void {
    // Whoever closed or reset the stream needs no credit, and gives none.
    if (this.#isOver) return;
    this.#unconsumedBytes += chunk.length;
    this.#buffer.append(chunk);
    if (!this.#hold(this.#buffer.length)) {
      this.#refuse(tooLarge('too many bytes of answers wait to be whole'));
      return;
    }
    if (this.#isReading) this.#next();
    else this.listener.stirred();
    this.#settle();
  }

  #next(): void {
    let message: KadMessage | undefined;
    try {
      message = this.#take();
    } catch (thrown) {
      this.#refuse(toEngineError(thrown, 'ERR_KAD_BAD_MESSAGE', 'remote', 'bytes that are no message'));
      return;
    }
    if (message !== undefined) {
      this.#isReading = false;
      this.listener.message(message);
    } else if (this.#hasEnded) {
      this.#isReading = false;
      this.listener.ended(this.#bodyBytes !== undefined || this.#buffer.length > 0);
    }
  }

  /** The next message, if it is all here. Its length is judged before its bytes come. */
  #take(): KadMessage | undefined {
    if (this.#bodyBytes === undefined) {
      const head = this.#buffer.peek(PREFIX_BYTES);
      if (head.length > 0) this.lastBytes = head.slice();
      const length = decodeVarint(head);
      if (length === undefined) return undefined;
      const { maxBytes } = this.#options;
      if (length.value > maxBytes) throw tooLarge(`a message of ${length.value} bytes, the limit is ${maxBytes}`);
      this.#buffer.skip(length.size);
      this.#bodyBytes = length.value;
    }
    const body = this.#buffer.take(this.#bodyBytes);
    if (body === undefined) return undefined;
    this.lastBytes = body.slice(0, LAST_BYTES_KEPT);
    this.#bodyBytes = undefined;
    this.#hold(this.#buffer.length);
    return decodeKad(body, this.#options.environment.limits);
  }

  /** Gives credit back: for everything while a message is awaited, else for all but what lies unread. */
  #settle(): void {
    const size = this.#isReading ? this.#unconsumedBytes : this.#unconsumedBytes - this.#buffer.length;
    if (this.#isOver || size <= 0) return;
    this.#unconsumedBytes -= size;
    this.stream.consume(size);
  }

  #hold(bytes: number): boolean {
    const change = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    return this.#options.hold?.(change) ?? true;
  }

  #refuse(error: EngineError): void {
    this.#leave();
    // Malformed, whoever noticed it: protobuf, varint or length.
    const code = error.code === 'ERR_KAD_TOO_LARGE' ? error.code : 'ERR_KAD_BAD_MESSAGE';
    this.listener.refused(
      error.code === code ? error : new EngineError(code, 'remote', error.message, { cause: error }),
    );
  }

  #fail(thrown: unknown): void {
    if (this.#isOver) return;
    this.#leave();
    this.listener.reset(toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', 'the stream was reset'));
  }

  #leave(): void {
    this.#isOver = true;
    this.#isReading = false;
    this.#buffer.drain();
    this.#hold(0);
    this.#subscription.unsubscribe();
  }
}

function tooLarge(message: string): EngineError {
  return new EngineError('ERR_KAD_TOO_LARGE', 'remote', message);
}
