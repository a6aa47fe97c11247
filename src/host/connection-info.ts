/** Snapshots of connections and streams: plain data for embedders and the command line. */
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { ProtocolStream } from '../actors/stream/protocol-stream.js';
import type { StateStay } from '../errors.js';
import type { Direction } from '../messages.js';

/** One connection as it is now. */
export interface ConnectionInfo {
  /** Address in the actor tree, e.g. `conn:1`. */
  readonly id: string;
  readonly direction: Direction;
  /** Dotted state of the connection machine. */
  readonly state: string;
  readonly remotePeer: string;
  readonly remoteAddress: string;
  readonly security: string | undefined;
  readonly muxer: string | undefined;
  /** What the handshake agreed, e.g. `{ curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' }`. */
  readonly agreed: Readonly<Record<string, string>>;
  readonly streams: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Every state that it went through, with times, oldest first. */
  readonly timeline: readonly StateStay[];
}

/** One stream as it is now. */
export interface StreamInfo {
  /** Address in the actor tree, e.g. `conn:1/yamux/5`. */
  readonly id: string;
  readonly connection: string;
  readonly remotePeer: string;
  readonly protocol: string;
  readonly direction: Direction;
}

export function connectionInfo(connection: ConnectionActor): ConnectionInfo {
  return {
    id: connection.address,
    direction: connection.direction,
    state: connection.state,
    remotePeer: connection.secured?.remotePeer ?? '',
    remoteAddress: connection.remoteAddress,
    security: connection.security,
    muxer: connection.muxerProtocol,
    agreed: connection.secured?.agreed ?? {},
    streams: connection.muxer?.streams.size ?? 0,
    ...connection.traffic,
    timeline: connection.stays,
  };
}

export function streamInfo(stream: ProtocolStream): StreamInfo {
  return {
    id: stream.address,
    connection: stream.connection.id,
    remotePeer: stream.connection.remotePeer,
    protocol: stream.protocol,
    direction: stream.direction,
  };
}
