/** The security slot of a connection's chain: what the upgrade asks of noise, TLS, secio and plaintext. */
import type { Identity } from '../../crypto/identity.js';
import type { EngineError, StateStay } from '../../errors.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import type { ConnectionMemory } from './connection-memory.js';

export type { Identity } from '../../crypto/identity.js';

/** Which end of the connection we are: the one that dialed or the one that was dialed. */
export type Role = 'dialer' | 'listener';

/** What a finished handshake proved and agreed. */
export interface Secured {
  /**
   * Canonical peer id text of the proven remote identity. Of a protocol that proves none and exchanges none
   * (`/plaintext/1.0.0`): the peer that was dialed; where none was, empty until {@link name} is called.
   */
  readonly remotePeer: string;
  /** Nobody has proven who the remote is: whoever answered may be anybody. */
  readonly unproven?: true;
  /** There where nobody has said who the remote is: takes what identify says. Called once at most. */
  readonly name?: (peer: string) => void;
  /** The remote public key in the libp2p keys protobuf, as it was received; empty if none was. */
  readonly remotePublicKeyProtobuf: Uint8Array;
  /** The muxer agreed inside the handshake (noise extension); absent: the inner multistream follows. */
  readonly muxer?: string | undefined;
  /** What a person wants to see, e.g. `{ curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' }`. */
  readonly agreed: Readonly<Record<string, string>>;
}

/** What a security handler is given. */
export interface SecurityOptions {
  readonly environment: Environment;
  /** Where a handler whose frames are large counts one in the middle of arriving; absent: nothing is counted. */
  readonly memory?: ConnectionMemory | undefined;
  /** Address of the connection, e.g. `conn:1`; the handler's own is `conn:1/noise`. */
  readonly connection: string;
  readonly role: Role;
  readonly identity: Identity;
  /** The peer that was dialed, if known: another one fails with `ERR_PEER_ID_MISMATCH`. */
  readonly expectedPeer?: string | undefined;
  /** Muxers to offer or accept inside the handshake, best first. */
  readonly muxers: readonly string[];
  /**
   * The channel is up. Called once, in the middle of a turn; plaintext that came with the last handshake message is
   * published on `inbound$` after this returns, so the owner links the next handler before it returns.
   */
  onSecured(secured: Secured): void;
  /**
   * The handshake or, later, the channel failed; the connection has to be dropped. Called at most once. `farewell` is what
   * the peer is to be told before, as it goes on the wire.
   */
  onFailed(error: EngineError, farewell?: readonly Uint8Array[]): void;
}

/**
 * A security handler: handshakes, then seals and opens.
 *
 * After `onSecured` it publishes plaintext on `inbound$` and takes plaintext in `send`. It gathers what a turn sends and
 * seals it in as few frames as the limits allow at the `seal` stage of the turn. Chain events (`transport.ended`,
 * `transport.congested` ...) are passed inward once secured; before that, an end fails the handshake by name.
 */
export interface SecurityHandler extends ConnectionHandler {
  /** Begins the handshake; called once, when it is linked to the connection. */
  start(): void;
  /** We are closing: what tells the peer so inside the channel is sealed behind everything sent so far. */
  close?(): void;
  /** Stays of the handshake machine, for the timeline of a failure report and of `dial`. */
  readonly stays: readonly StateStay[];
  /** Forgets keys and stops the machine; after it nothing is published. */
  dispose(): void;
}

/** A security protocol that the upgrade can negotiate. */
export interface SecurityProtocol {
  /** Its multistream id, e.g. `/noise`. */
  readonly id: string;
  /** It waits for nothing of the peer's: whoever dials must hear that it was agreed before it goes on. */
  readonly awaitsNothing?: true;
  create(options: SecurityOptions): SecurityHandler;
}
