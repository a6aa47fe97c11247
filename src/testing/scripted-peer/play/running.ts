/** What playing a script gives: a running script, and what it came to. */
import type { Exchanged } from './transcript.js';

/** A script that plays. */
export interface Running {
  /**
   * Where to find us, with our peer id: for a listener the address that it listens on, for a dialer the one that it
   * dials. Rejects with `ERR_LISTEN_FAILED`.
   */
  readonly address: Promise<string>;
  /**
   * Resolves when every step is done and the connection is closed. Rejects with a `ScriptFailure`, or with the
   * transport's `EngineError` when there is no connection. A rejection that nobody takes is not reported to the process.
   */
  readonly outcome: Promise<Outcome>;
  /** Ends it now, drops the connection, and rejects {@link outcome}. */
  stop(): void;
}

/** What a script came to when every step did what it should. */
export interface Outcome {
  /** Our peer id. */
  readonly localPeer: string;
  /** The peer that proved itself in the handshake; plaintext proves nothing and is believed. */
  readonly remotePeer: string | undefined;
  /** Everything sent and received, oldest first. */
  readonly exchanged: readonly Exchanged[];
  /** What expectations kept with `as`, decoded. */
  readonly saved: Readonly<Record<string, unknown>>;
  /** Everything exchanged, as text. */
  toString(): string;
}
