/** The muxer slot of a connection's chain: what the connection asks of yamux and mplex. */
import type { EngineError, StateStay } from '../../errors.js';
import type { Direction } from '../../messages.js';
import type { TransportConnection } from '../../ports.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { Role } from './security.js';

/**
 * What the streams of one connection may take of the node. A muxer that is given it counts each stream in and out, and
 * what it holds beyond the first bytes at its edges: never for each frame. Ids are the muxer's.
 */
export interface MuxerResources {
  /** Counts a stream in. The refusal, if a scope is full: the peer's stream is reset, ours is not opened. */
  openStream(id: number, direction: Direction): EngineError | undefined;
  /** Counts bytes that the stream begins to hold. The refusal, if a scope is full: the stream is reset. */
  reserve(id: number, bytes: number): EngineError | undefined;
  /** Counts a wider window; `false`: the stream goes on with what it has. */
  grow(id: number, bytes: number): boolean;
  /** Gives back what was reserved or grown. */
  release(id: number, bytes: number): void;
  /** The stream is over: all that is counted for it is given back. */
  closeStream(id: number): void;
}

/** The transport below, for a muxer whose stream is the connection itself. */
export interface MuxerTransport {
  /** Half-closes it, once all that was sent has left. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Drops it at once, so that the peer cannot take it for an end. */
  reset(): void;
  /** The connection has failed, for this reason. */
  fail(error: EngineError): void;
}

/** Whose transport a {@link ConnectionTransport} is: the connection's, which ends it and fails by itself. */
export interface TransportOwner extends Pick<MuxerTransport, 'end' | 'fail'> {
  /** `undefined` before there is one. */
  transport(): TransportConnection | undefined;
}

/** What a muxer may do with the transport of a connection. */
export class ConnectionTransport implements MuxerTransport {
  readonly #owner: TransportOwner;

  constructor(owner: TransportOwner) {
    this.#owner = owner;
  }

  end(): void {
    this.#owner.end();
  }

  pause(): void {
    this.#owner.transport()?.pause();
  }

  resume(): void {
    this.#owner.transport()?.resume();
  }

  reset(): void {
    this.#owner.transport()?.reset?.();
  }

  fail(error: EngineError): void {
    this.#owner.fail(error);
  }
}

/** What a muxer is given. */
export interface MuxerOptions {
  readonly environment: Environment;
  /** Address of the connection, e.g. `conn:1`; the muxer's own is `conn:1/yamux`, a stream's `conn:1/yamux/5`. */
  readonly connection: string;
  readonly role: Role;
  /** Absent: nothing is counted. */
  readonly resources?: MuxerResources | undefined;
  /** Absent where the owner's transport is nobody's to end: a muxer that needs it throws. */
  readonly transport?: MuxerTransport;
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
   * Opens a stream. Throws `ERR_CONNECTION_CLOSED` (we are going away, or gone), and of yamux `ERR_YAMUX_BACKLOG` (too
   * many unacknowledged), `ERR_YAMUX_TOO_MANY_STREAMS` and `ERR_YAMUX_GO_AWAY` (the peer takes no more); of the other
   * muxers the same by their own names, where they have it.
   */
  openStream(): MuxedStream;
  /** Whether new streams are taken: nobody is going away. Absent: as long as the connection is open. */
  readonly takesStreams?: boolean;
  /** Live streams. */
  readonly streams: ReadonlyMap<number, MuxedStream>;
  /** No more streams are taken, and the peer is told so where the muxer can (mplex cannot); live ones go on. */
  goAway(code?: number): void;
  /** Resets every stream, sends go-away (yamux), stops machines and timers; after it nothing is published. */
  dispose(error?: EngineError): void;
  /** Sends a ping and calls back with its round-trip time; a muxer without pings never does (mplex). */
  ping(onPong: (roundTripMs: number) => void): void;
  readonly stays: readonly StateStay[];
  readonly state: string;
  /**
   * There where the connection is one stream: whether that is in use (or not ours to open), and whether the peer has ended
   * its half, which then does not end the connection.
   */
  readonly sole?: { readonly isTaken: boolean; readonly isHalfOpen: boolean };
}

/** A muxer protocol that the upgrade can negotiate. */
export interface MuxerProtocol {
  /** Its multistream id, e.g. `/yamux/1.0.0`. */
  readonly id: string;
  /** It is in its slot without a word on the wire, on both sides; then there is no other to choose. */
  readonly isSilent?: true;
  create(options: MuxerOptions): Muxer;
}

/** The id of the muxer that needs no negotiation, where it is the one configured. */
export function silentMuxer(muxers: readonly MuxerProtocol[]): string | undefined {
  return muxers.find(({ isSilent }) => isSilent === true)?.id;
}
