/** What an embedder sees of a bitswap session. */
import type { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';
import type { StateStay } from '../../errors.js';
import type { BitswapEvent } from './events.js';

/** Options of one want. */
export interface WantOptions {
  /** Cancels it: the promise rejects with `ERR_ABORTED`, the peers that were asked hear a cancel. */
  readonly signal?: AbortSignal | undefined;
}

/** What one peer brought to a session. */
export interface PeerTally {
  readonly blocks: number;
  readonly bytes: number;
  /** Blocks that had come already, and their bytes. */
  readonly duplicates: number;
  readonly duplicateBytes: number;
}

/** What a session received so far. */
export interface SessionStats extends PeerTally {
  readonly peers: ReadonlyMap<string, PeerTally>;
}

/**
 * The wants of one request tree. Peers that have one block of it are asked directly for the others, several share the
 * work, and silent or lying ones lose it to the others.
 */
export interface BitswapSession {
  readonly number: number;
  /** State of its machine: `idle`, `discovering`, `fetching`, or how it ended. */
  readonly state: string;
  readonly stays: readonly StateStay[];
  /** Wants that nobody has delivered yet. */
  readonly openWants: number;
  /** Peers believed to have what it wants. */
  readonly providers: readonly string[];
  readonly stats: SessionStats;
  /** Who was asked for what and answered what. Costs nothing while unobserved. */
  readonly events$: Observable<BitswapEvent>;
  /**
   * Fetches a block from peers; the local store is not looked at. Resolves with verified bytes (a view that nobody
   * writes to), which go to the store in the background: see {@link flush}. Rejects with `ERR_BLOCK_NOT_FOUND` when no
   * peer has it in time, `ERR_BITSWAP_TIMEOUT` when one that has it does not deliver (both list in `details.asked` who
   * said what), `ERR_ABORTED` when cancelled, `ERR_STORE_FAILED` once the store refused a block of this session.
   */
  want(cid: CID, options?: WantOptions): Promise<Uint8Array>;
  /** Names a peer that is believed to have the blocks; it is asked at once, or when it connects. */
  addPeer(peer: string): void;
  /** Resolves when every block delivered so far is in the store; rejects with `ERR_STORE_FAILED` when one is not. */
  flush(): Promise<void>;
  /** Ends it: open wants reject with `ERR_ABORTED`, peers hear cancels. Blocks on their way to the store get there. */
  close(): void;
}
