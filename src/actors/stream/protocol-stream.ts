/**
 * A stream whose protocol is agreed, as embedders and protocol handlers use it. The facade over a {@link MuxedStream}:
 * reading with explicit credit or by iteration, writing with back-pressure, half-close and reset.
 */
import type { Observable } from 'rxjs';
import type { EngineError } from '../../errors.js';
import type { Direction } from '../../messages.js';

/** Who is at the other end of a stream. */
export interface StreamConnection {
  /** Address of the connection, e.g. `conn:1`. */
  readonly id: string;
  readonly remotePeer: string;
  readonly remoteAddress: string;
  readonly direction: Direction;
}

/** A live stream. */
export interface ProtocolStream extends AsyncIterable<Uint8Array> {
  readonly id: number;
  /** Address in the actor tree, e.g. `conn:1/yamux/5`. */
  readonly address: string;
  readonly protocol: string;
  readonly direction: Direction;
  readonly connection: StreamConnection;

  /**
   * Queues bytes for the peer; the engine keeps the view, so do not write to it afterwards. `false`: wait for
   * `writable$` before writing more. Throws `ERR_STREAM_CLOSED` after `closeWrite`, `ERR_STREAM_RESET` after a reset (the
   * cause says why), and `ERR_STREAM_QUEUE_FULL`, queueing nothing, where more than 16 MiB would wait.
   */
  write(bytes: Uint8Array): boolean;
  /** Emits when `write` may go on after it answered `false`; completes when the stream can take no more. */
  readonly writable$: Observable<void>;
  /** Resolves when `write` may go on (at once, if it may now); rejects when the stream has failed. */
  whenWritable(): Promise<void>;

  /**
   * The peer's bytes. One subscriber. Completes when the peer half-closes, errors on a reset; an observer without an
   * error handler does not hear of it, and nothing is thrown at the process. Whoever subscribes says with `consume` what
   * was used, or the peer stops when its window is exhausted. Who unsubscribes before the end reads no more: what still
   * comes is dropped.
   */
  readonly data$: Observable<Uint8Array>;
  /** Gives `size` bytes back to the peer's credit. */
  consume(size: number): void;
  /**
   * Iterates the peer's bytes; each chunk is consumed when the next one is asked for. Instead of `data$`. Leaving the loop
   * before the end does not reset the stream: what still comes is dropped, and writing goes on until `closeWrite`.
   */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>;

  /** Half-close: the peer hears that nothing more comes, when all that is queued was sent. */
  closeWrite(): void;
  /** Half-closes and drops whatever still comes; resolves with {@link closed}. */
  close(): Promise<void>;
  /** Ends both directions at once. */
  reset(code?: number): void;
  /** Resolves when both directions are done, rejects with the reason of a reset. Never an unhandled rejection. */
  readonly closed: Promise<void>;
  /** Why it ended, if it did not end well. */
  readonly error: EngineError | undefined;
}

/** Handles inbound streams of a protocol. A throw or rejection resets the stream. */
export type StreamHandler = (stream: ProtocolStream) => void | Promise<void>;
