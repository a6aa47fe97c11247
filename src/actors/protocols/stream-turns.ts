/**
 * Reading and writing a stream inside the node's turns: an answer made in the turn in which its question came leaves in
 * the same write, and costs no promise. Both keep to the peer's pace.
 */
import { Subscription } from 'rxjs';
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** What an answering side makes of what comes. */
export interface Responder {
  /** The answer to a chunk, or nothing. */
  answer(chunk: Uint8Array): Uint8Array | undefined;
  /** The peer will send nothing more; by default our side is closed. A throw resets the stream. */
  ended?(): void;
}

/**
 * Answers a stream until both sides are done. What comes while an answer waits for the peer to read is kept unread, and
 * credit for it goes back only when its answer went through: a peer that does not read is not read from, and what is
 * kept is bounded by its window. Resolves when the stream is closed; rejects with what reset it, or with what the
 * responder threw.
 */
export function respond(environment: Environment, stream: ProtocolStream, responder: Responder): Promise<void> {
  return new Promise((resolve, reject) => {
    const responding = new Responding(stream, responder, reject);
    stream.closed.then(resolve, reject).finally(() => responding.leave());
    environment.turns.post(() => responding.start());
  });
}

class Responding {
  readonly #stream: ProtocolStream;
  readonly #responder: Responder;
  readonly #reject: (reason: unknown) => void;
  readonly #subscription = new Subscription();
  #waiting: Uint8Array[] = [];
  /** Bytes whose answer waits for the peer to read. */
  #owedBytes = 0;
  #isBlocked = false;
  #hasEnded = false;

  constructor(stream: ProtocolStream, responder: Responder, reject: (reason: unknown) => void) {
    this.#stream = stream;
    this.#responder = responder;
    this.#reject = reject;
  }

  start(): void {
    // Failures of the stream are told by `closed`.
    const error = (): void => this.leave();
    this.#subscription.add(this.#stream.writable$.subscribe({ next: () => this.#unblock(), error }));
    this.#subscription.add(
      this.#stream.data$.subscribe({
        next: (chunk) => {
          this.#waiting.push(chunk);
          this.#work();
        },
        complete: () => {
          this.#hasEnded = true;
          this.#work();
        },
        error,
      }),
    );
  }

  leave(): void {
    this.#subscription.unsubscribe();
    this.#waiting = [];
  }

  #unblock(): void {
    this.#isBlocked = false;
    this.#work();
  }

  #work(): void {
    try {
      this.#settle();
      while (!this.#isBlocked && this.#waiting.length > 0) this.#take(this.#waiting.shift() ?? NO_BYTES);
      if (this.#isBlocked || !this.#hasEnded) return;
      this.#hasEnded = false;
      if (this.#responder.ended === undefined) this.#stream.closeWrite();
      else this.#responder.ended();
    } catch (thrown) {
      this.leave();
      this.#reject(thrown);
      this.#stream.reset();
    }
  }

  #take(chunk: Uint8Array): void {
    this.#owedBytes += chunk.length;
    const answer = this.#responder.answer(chunk);
    if (answer !== undefined) this.#isBlocked = !this.#stream.write(answer);
    this.#settle();
  }

  /** Gives credit back for what was answered. */
  #settle(): void {
    if (this.#isBlocked || this.#owedBytes === 0) return;
    const size = this.#owedBytes;
    this.#owedBytes = 0;
    this.#stream.consume(size);
  }
}

const NO_BYTES = new Uint8Array(0);

/** What {@link writeZeros} writes at once: the largest frame that peers send. */
const ZEROS = new Uint8Array(64 * 1024);

/**
 * Writes `size` zero bytes as fast as the peer takes them, then calls back. A stream that fails on the way ends it
 * without a word: `closed` says why.
 */
export function writeZeros(stream: ProtocolStream, size: bigint, onWritten: () => void): void {
  let left = size;
  const subscription = new Subscription();
  const write = (): void => {
    try {
      while (left > 0n) {
        const part = left < ZEROS.length ? ZEROS.subarray(0, Number(left)) : ZEROS;
        left -= BigInt(part.length);
        if (!stream.write(part)) break;
      }
      if (left > 0n) return;
      subscription.unsubscribe();
      onWritten();
    } catch {
      subscription.unsubscribe();
    }
  };
  subscription.add(stream.writable$.subscribe({ next: write, error: () => undefined }));
  write();
}
