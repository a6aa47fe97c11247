/** One stream of a muxer, as the handlers inside it see it: the outermost hop of a stream's own chain. */
import type { EngineError, StateStay } from '../../errors.js';
import type { Direction } from '../../messages.js';
import type { ConnectionHandler } from '../handler.js';

/** What each side may still send, in bytes. */
export interface StreamCredit {
  readonly send: number;
  readonly receive: number;
}

/**
 * A muxed stream.
 *
 * `inbound$` publishes the data that came (in the pieces it came in) and the stream's events: `stream.remoteClosed`,
 * `stream.reset` (with `error`), `stream.writable`, `stream.closed`. Nothing is published while nobody is subscribed:
 * until then data waits, bounded by the window (mplex, which has none, resets a stream on which too much waits). The first subscription accepts a stream that the peer opened. `send`
 * takes data; what the window does not let out is queued. Credit is re-granted to the peer only when `consume` says that
 * bytes were used.
 */
export interface MuxedStream extends ConnectionHandler {
  /** The muxer's id of the stream: odd from the dialer, even from the listener. */
  readonly id: number;
  /** `outbound`: opened by us. */
  readonly direction: Direction;
  /** Whether `send` may go on without queueing more than it should. */
  readonly writable: boolean;
  /** Bytes queued that the window or the connection held back. */
  readonly queuedBytes: number;
  /** Bytes that came and were not yet consumed. */
  readonly unconsumedBytes: number;
  /** Absent where the muxer has no windows. */
  readonly credit?: StreamCredit | undefined;
  /** Says that `size` bytes were used: they go back to the peer's credit, at half a window. */
  consume(size: number): void;
  /** Half-close: what is queued is sent, then FIN. A second call does nothing. */
  closeWrite(): void;
  /**
   * Nobody reads any more: what waits and what still comes is dropped, and consumed. Once our side is closed too, the
   * peer gets `streamFinTimeoutMs` to finish before it is reset.
   */
  closeRead(): void;
  /** Ends both directions at once; the peer hears RST with `code` (yamux: in the length field; spdy: as the status). */
  reset(code?: number): void;
  /** Stays of the stream's machine. */
  readonly stays: readonly StateStay[];
  /** Dotted state of the stream's machine, for people. */
  readonly state: string;
  /** Why it ended, if it did not end well. */
  readonly error: EngineError | undefined;
}
