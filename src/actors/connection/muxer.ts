/** The muxer slot of a connection's chain: what the connection asks of yamux. */
import type { EngineError, StateStay } from '../../errors.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { Role } from './security.js';

/** What a muxer is given. */
export interface MuxerOptions {
  readonly environment: Environment;
  /** Address of the connection, e.g. `conn:1`; the muxer's own is `conn:1/yamux`, a stream's `conn:1/yamux/5`. */
  readonly connection: string;
  readonly role: Role;
  /**
   * The peer opened a stream. Called in the turn in which it came, before any of its data is published. Who subscribes to
   * it, then or later, accepts it; until then it counts among the unacknowledged, of which there may be 256.
   */
  onStream(stream: MuxedStream): void;
  /** The session is over: `error` is absent after a go-away without reason and all streams done. Called once. */
  onEnded(error?: EngineError): void;
}

/** A muxer: plaintext in, streams out. */
export interface Muxer extends ConnectionHandler {
  /** Begins keep-alive; called once, when it is linked to the secure channel. */
  start(): void;
  /**
   * Opens a stream. Throws, of yamux (of spdy the same, but for the first), `ERR_YAMUX_BACKLOG` (too many
   * unacknowledged), `ERR_YAMUX_TOO_MANY_STREAMS`, `ERR_YAMUX_GO_AWAY` (the peer takes no more) or `ERR_CONNECTION_CLOSED` (we are going away, or gone).
   */
  openStream(): MuxedStream;
  /** Live streams. */
  readonly streams: ReadonlyMap<number, MuxedStream>;
  /** Tells the peer that no more streams are taken; live ones go on. */
  goAway(code?: number): void;
  /** Resets every stream, sends go-away, stops machines and timers; after it nothing is published. */
  dispose(error?: EngineError): void;
  /** Sends a ping and calls back with its round-trip time. */
  ping(onPong: (roundTripMs: number) => void): void;
  readonly stays: readonly StateStay[];
  readonly state: string;
}

/** A muxer protocol that the upgrade can negotiate. */
export interface MuxerProtocol {
  /** Its multistream id, e.g. `/yamux/1.0.0`. */
  readonly id: string;
  create(options: MuxerOptions): Muxer;
}
