/** What a swarm tells. */
import type { EngineError } from '../../errors.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** What the swarm tells of its connections and streams. */
export type SwarmEvent =
  | { readonly type: 'connection.opened'; readonly connection: ConnectionActor }
  /** Identify named the other end of a connection that proves no identity. */
  | { readonly type: 'connection.named'; readonly connection: ConnectionActor }
  | { readonly type: 'connection.closed'; readonly connection: ConnectionActor; readonly error?: EngineError }
  | { readonly type: 'connection.failed'; readonly connection: ConnectionActor; readonly error: EngineError }
  /** An inbound connection was dropped before its upgrade. */
  | { readonly type: 'connection.refused'; readonly remoteAddress: string; readonly error: EngineError }
  /** The connection manager closes it. */
  | { readonly type: 'connection.trimmed'; readonly connection: ConnectionActor }
  | { readonly type: 'peer.connected'; readonly peer: string }
  | { readonly type: 'peer.disconnected'; readonly peer: string }
  | { readonly type: 'stream.opened'; readonly stream: ProtocolStream }
  | { readonly type: 'stream.failed'; readonly connection: ConnectionActor; readonly error: EngineError };
