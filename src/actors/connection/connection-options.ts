/** What a connection is given, and whom it tells. */
import type { EngineError } from '../../errors.js';
import type { Environment } from '../environment.js';
import type { ConnectionResources } from '../policy/connection-resources.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { ConnectionActor } from './connection-actor.js';
import type { MuxerProtocol } from './muxer.js';
import type { Identity, Role, Secured, SecurityProtocol } from './security.js';

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `conn:1`. */
  readonly address: string;
  readonly role: Role;
  readonly identity: Identity;
  readonly security: readonly SecurityProtocol[];
  readonly muxers: readonly MuxerProtocol[];
  /** Whether a dialer that can offer one security protocol only begins its handshake behind the proposal. */
  readonly lazy?: boolean | undefined;
  /** The peer that was dialed, if known. */
  readonly expectedPeer?: string | undefined;
  /** Address of the dial that makes it, e.g. `dial:3`; absent where somebody else dialed. */
  readonly dial?: string | undefined;
  /** Multiaddr text of the other end. */
  readonly remoteAddress: string;
  /** What it may take of the node; absent: nothing is counted. Its owner closes it. */
  readonly resources?: ConnectionResources | undefined;
  /** Secured, and again when identify names whom nobody had: whether it may go on; a refusal ends it. */
  refuse?(connection: ConnectionActor, secured: Secured): EngineError | undefined;
  /** Upgraded: the connection takes and gives streams. */
  onOpen(connection: ConnectionActor): void;
  /** The peer opened a stream. */
  onStream(connection: ConnectionActor, stream: MuxedStream): void;
  /** The connection is gone: the last call. `error` is absent for an orderly close. */
  onClosed(connection: ConnectionActor, error?: EngineError): void;
}
