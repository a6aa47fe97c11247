/** What a node tells of itself, as plain data. */
import type { SwarmEvent } from '../actors/swarm/swarm-events.js';
import type { EngineError } from '../errors.js';
import { connectionInfo, streamInfo, type ConnectionInfo, type StreamInfo } from './connection-info.js';

/** One event of a node. */
export type HostEvent =
  | { readonly type: 'connection.opened'; readonly info: ConnectionInfo }
  /** Identify named the other end of a connection that proves no identity. */
  | { readonly type: 'connection.named'; readonly info: ConnectionInfo }
  | { readonly type: 'connection.closed'; readonly info: ConnectionInfo; readonly error?: EngineError }
  /** An upgrade failed: inbound, or outbound before its dial is told. */
  | { readonly type: 'connection.failed'; readonly info: ConnectionInfo; readonly error: EngineError }
  | { readonly type: 'peer.connected'; readonly peer: string }
  | { readonly type: 'peer.disconnected'; readonly peer: string }
  | { readonly type: 'stream.opened'; readonly stream: StreamInfo }
  /** An inbound stream was refused, did not agree, or its handler threw. */
  | { readonly type: 'stream.failed'; readonly info: ConnectionInfo; readonly error: EngineError };

export function hostEvent(event: SwarmEvent): HostEvent {
  switch (event.type) {
    case 'connection.opened':
    case 'connection.named':
      return { type: event.type, info: connectionInfo(event.connection) };
    case 'connection.closed':
      return {
        type: event.type,
        info: connectionInfo(event.connection),
        ...(event.error === undefined ? {} : { error: event.error }),
      };
    case 'connection.failed':
    case 'stream.failed':
      return { type: event.type, info: connectionInfo(event.connection), error: event.error };
    case 'stream.opened':
      return { type: event.type, stream: streamInfo(event.stream) };
    case 'peer.connected':
    case 'peer.disconnected':
      return event;
  }
}
