/**
 * The peerstore on a data store, one record a peer. Reading begins with the node and is waited for by nobody: a peer that
 * is asked for before its turn is read alone. What changes is gathered and written together.
 */
import { Subject, type Observable, type Subscription } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import { decodePeerEntry, encodePeerEntry, type PeerEntry } from '../../wire/peer-entry.js';
import type { Environment } from '../environment.js';
import { ChangeBatch } from './change-batch.js';
import type { Peerstore } from './peerstore.js';

const PREFIX = '/peers/';

/** A record that could not be read, or a store that failed; the node goes on. */
export interface PeerRecordProblem {
  /** Whose record; absent where it is no one's alone. */
  readonly peer?: string;
  readonly error: EngineError;
}

/** Keeps a peerstore on a data store. */
export class PeerRecords {
  readonly #environment: Environment;
  readonly #peers: Peerstore;
  readonly #store: DataStore;
  readonly #problems = new Subject<PeerRecordProblem>();
  readonly #dirty = new Set<string>();
  /** Peers whose record a newer engine wrote: theirs to keep. */
  readonly #foreign = new Set<string>();
  readonly #writer: ChangeBatch;
  #subscription: Subscription | undefined;
  #begin!: () => void;
  readonly #reading = new Promise<void>((resolve) => (this.#begin = resolve)).then(() => this.#readAll());
  #reported = 0;
  #unreported = 0;
  #stopping = false;

  constructor(environment: Environment, peers: Peerstore, store: DataStore) {
    this.#environment = environment;
    this.#peers = peers;
    this.#store = store;
    this.#writer = new ChangeBatch({
      environment,
      address: 'peers/writer',
      pauseMs: environment.limits.peerstoreWriteMs,
      work: () => this.#write(),
    });
  }

  /** Damaged and newer records, and failures of the store. */
  get problems$(): Observable<PeerRecordProblem> {
    return this.#problems;
  }

  /** Begins to write what changes; nothing is written before all is read. */
  start(): void {
    this.#writer.start();
    this.#subscription = this.#peers.changes$.subscribe(({ peer }) => {
      this.#dirty.add(peer);
      this.#writer.changed();
    });
    this.#peers.recallWith((peer) => this.#readOne(peer));
  }

  /** Begins to read: when the node's embedder is there to hear of problems. */
  readStored(): void {
    this.#begin();
  }

  /** Resolves when all that is stored is read. */
  get read(): Promise<void> {
    return this.#reading;
  }

  /** Writes what is left. Resolves when it is written, or could not be. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#subscription?.unsubscribe();
    this.#begin();
    // To the end: what was learnt meanwhile is to be joined with what is stored before it is written.
    await this.#reading;
    await this.#writer.stop();
    await this.#write().catch(() => undefined);
  }

  // ------------------------------------------------------------ reading

  async #readAll(): Promise<void> {
    const { peerstorePeers } = this.#environment.limits;
    const stored: [peer: string, entry: PeerEntry][] = [];
    const surplus: string[] = [];
    try {
      for await (const [key, record] of this.#store.query(PREFIX)) {
        const peer = key.slice(PREFIX.length);
        const entry = this.#decode(peer, record);
        if (entry === undefined) continue;
        if (stored.length < peerstorePeers) stored.push([peer, entry]);
        else surplus.push(peer);
        if (surplus.length >= peerstorePeers) break;
      }
    } catch (thrown) {
      this.#report(undefined, toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the peers that are stored'));
    }
    this.#environment.turns.post(() => {
      this.#peers.recallWith(undefined);
      // One that was deleted meanwhile stays deleted.
      const isGone = (peer: string): boolean => this.#dirty.has(peer) && this.#peers.entryOf(peer) === undefined;
      this.#peers.restore(stored.filter(([peer]) => !isGone(peer)));
      for (const peer of surplus) this.#dirty.add(peer);
      if (surplus.length > 0 && !this.#stopping) this.#writer.changed();
      this.#reportRest();
    });
  }

  async #readOne(peer: string): Promise<void> {
    try {
      const record = await this.#store.get(PREFIX + peer);
      const entry = record === undefined ? undefined : this.#decode(peer, record);
      if (entry === undefined) return;
      this.#environment.turns.post(() => {
        if (this.#peers.entryOf(peer) === undefined && !this.#dirty.has(peer)) this.#peers.restore([[peer, entry]]);
      });
    } catch (thrown) {
      this.#report(peer, toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading a peer that is stored'));
    }
  }

  #decode(peer: string, record: Uint8Array): PeerEntry | undefined {
    try {
      return decodePeerEntry(record);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_PEERSTORE_DAMAGED', 'local', 'the record of a peer does not decode');
      if (error.code === 'ERR_PEERSTORE_VERSION') this.#foreign.add(peer);
      this.#report(peer, error);
      return undefined;
    }
  }

  // ------------------------------------------------------------ writing

  async #write(): Promise<void> {
    // What is not read yet may be newer than this engine, and is not to be written over.
    await this.#reading;
    const peers = [...this.#dirty].filter((peer) => !this.#foreign.has(peer));
    this.#dirty.clear();
    for (const [index, peer] of peers.entries()) {
      const entry = this.#peers.entryOf(peer);
      try {
        if (entry === undefined) await this.#store.delete(PREFIX + peer);
        else await this.#store.put(PREFIX + peer, encodePeerEntry(entry));
      } catch (thrown) {
        for (const left of peers.slice(index)) this.#dirty.add(left);
        this.#report(peer, toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing a peer'));
        throw thrown;
      }
    }
  }

  #report(peer: string | undefined, error: EngineError): void {
    if (this.#reported >= this.#environment.limits.peerstoreReports) {
      this.#unreported++;
      return;
    }
    this.#reported++;
    this.#environment.turns.post(() => this.#problems.next({ ...(peer === undefined ? {} : { peer }), error }));
  }

  #reportRest(): void {
    if (this.#unreported > 0) {
      const message = `${this.#unreported} more records of peers could not be read`;
      this.#problems.next({ error: new EngineError('ERR_PEERSTORE_DAMAGED', 'local', message) });
    }
    this.#reported = 0;
    this.#unreported = 0;
  }
}
