/** What a node tells of itself, as plain data. */
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { SwarmEvent } from '../actors/swarm/swarm-events.js';
import type { EngineError } from '../errors.js';
import { connectionInfo, streamInfo, type ConnectionInfo, type StreamInfo } from './connection-info.js';

/** One event of a node. */
export type HostEvent =
  | {
      readonly type: 'connection.opened';
      readonly info: ConnectionInfo;
      /** Address of the dial that made it, e.g. `dial:3`; absent where the other side dialed. */
      readonly dial?: string;
    }
  /** Identify named the other end of a connection that proves no identity. */
  | { readonly type: 'connection.named'; readonly info: ConnectionInfo }
  | { readonly type: 'connection.closed'; readonly info: ConnectionInfo; readonly error?: EngineError }
  /** An upgrade failed: inbound, or outbound before its dial is told. */
  | {
      readonly type: 'connection.failed';
      readonly info: ConnectionInfo;
      readonly error: EngineError;
      /** As of `connection.opened`. */
      readonly dial?: string;
    }
  /** An inbound connection was dropped before its upgrade: by the gater, for its host's rate, or because a scope is full. */
  | { readonly type: 'connection.refused'; readonly remoteAddress: string; readonly error: EngineError }
  /** It is being closed: there are too many, and it is worth least, or there are two of crossed dials with its peer. */
  | { readonly type: 'connection.trimmed'; readonly info: ConnectionInfo }
  | { readonly type: 'peer.connected'; readonly peer: string }
  | { readonly type: 'peer.disconnected'; readonly peer: string }
  | { readonly type: 'stream.opened'; readonly stream: StreamInfo }
  /** An inbound stream was refused, did not agree, or its handler threw. */
  | { readonly type: 'stream.failed'; readonly info: ConnectionInfo; readonly error: EngineError }
  /** The ping monitor had no answer several times in a row, and closes the connection. */
  | { readonly type: 'connection.unanswered'; readonly info: ConnectionInfo; readonly error: EngineError }
  /** Enough others see this node at an address that it did not know; or they do no more. */
  | { readonly type: 'address.confirmed'; readonly address: string }
  | { readonly type: 'address.expired'; readonly address: string }
  /** A source of peers told of one: new, with other addresses, or again after a while. */
  | {
      readonly type: 'peer.discovered';
      /** E.g. `bootstrap`, `mdns`, `dht`. */
      readonly source: string;
      readonly peer: string;
      readonly addresses: readonly string[];
    }
  /** A router failed, or did not end in time, in a call that others went on with. */
  | { readonly type: 'router.problem'; readonly source: string; readonly error: EngineError }
  /** What is kept for others of the DHT could not be read or written; the node goes on. */
  | { readonly type: 'records.problem'; readonly error: EngineError }
  /** A published name could not be renewed, or what is stored of it could not be read; it is tried again. */
  | { readonly type: 'name.problem'; readonly name?: string; readonly error: EngineError }
  /** A peer's signed record does not hold; the rest of what it said was taken. */
  | { readonly type: 'record.refused'; readonly peer: string; readonly error: EngineError }
  /** What is stored of peers could not be read or written, all of it or of one peer; the node goes on. */
  | { readonly type: 'peers.problem'; readonly peer?: string; readonly error: EngineError };

export function hostEvent(event: SwarmEvent): HostEvent {
  switch (event.type) {
    case 'connection.opened':
      return { type: event.type, info: connectionInfo(event.connection), ...dialOf(event.connection) };
    case 'connection.trimmed':
    case 'connection.named':
      return { type: event.type, info: connectionInfo(event.connection) };
    case 'connection.closed':
      return {
        type: event.type,
        info: connectionInfo(event.connection),
        ...(event.error === undefined ? {} : { error: event.error }),
      };
    case 'connection.failed':
      return {
        type: event.type,
        info: connectionInfo(event.connection),
        error: event.error,
        ...dialOf(event.connection),
      };
    case 'stream.failed':
      return { type: event.type, info: connectionInfo(event.connection), error: event.error };
    case 'stream.opened':
      return { type: event.type, stream: streamInfo(event.stream) };
    case 'connection.refused':
    case 'peer.connected':
    case 'peer.disconnected':
      return event;
  }
}

function dialOf({ dial }: ConnectionActor): { readonly dial?: string } {
  return dial === undefined ? {} : { dial };
}
