/**
 * ConnectionMessage: what passes between two actors of a connection's chain, as an RxJS event.
 *
 * A message carries bytes or an event. Inbound messages travel from the socket towards the protocols and are unwrapped
 * by each handler; outbound ones travel the other way and are wrapped. A message is never changed once made; its
 * chunks are views that nobody writes to.
 */
import type { EngineError } from './errors.js';

/** Which handler of the chain published a message. */
export type Layer =
  | 'transport'
  | 'multistream'
  | 'secio'
  | 'noise'
  | 'tls'
  | 'plaintext'
  | 'yamux'
  | 'mplex'
  | 'spdy'
  | 'stream'
  | 'protocol';

/** `inbound`: from the socket towards the protocols. */
export type Direction = 'inbound' | 'outbound';

/**
 * What happened, where a message carries no bytes or more than bytes.
 *
 * The chain's own events, which every handler passes on inward unless it ends there:
 * - `transport.ended`: the peer will send nothing more.
 * - `transport.failed`: the transport is gone; `error` says why.
 * - `transport.congested` / `transport.drained`: the outbox passed its mark / has room again.
 * A muxed stream's events:
 * - `stream.remoteClosed`: the peer will write nothing more on this stream.
 * - `stream.reset`: the stream is gone at once; `error` says by whom.
 * - `stream.writable`: `write` may go on.
 * - `stream.closed`: both directions are done.
 * Handlers add what is worth seeing (`multistream.selected`, `secio.secured`, `yamux.frame` ...), with plain values.
 */
export interface MessageEvent {
  readonly type: string;
  readonly [detail: string]: string | number | boolean | readonly string[] | undefined;
}

/** One event between two actors. Immutable. */
export interface ConnectionMessage {
  /** Dense, ascending number of this node's messages: a total order. */
  readonly sequence: number;
  /** Milliseconds of the node's clock at the beginning of the turn. */
  readonly timeMs: number;
  readonly direction: Direction;
  readonly layer: Layer;
  /** Address of the connection, e.g. `conn:1`. */
  readonly connection: string;
  /** Muxer's stream id, where the message belongs to one stream. */
  readonly stream?: number | undefined;
  /** The bytes, in order, in as many pieces as they were made or came; empty for a pure event. */
  readonly chunks: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly length: number;
  readonly event?: MessageEvent | undefined;
  readonly error?: EngineError | undefined;
}
