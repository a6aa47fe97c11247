/**
 * The peerstore: what a node knows of others. In memory, bounded in peers, addresses and bytes; the peer unused for
 * longest is forgotten first, one that is connected never. `peer-records.ts` keeps it on a data store.
 */
import { Subject, type Observable } from 'rxjs';
import { LIMITS, type Limits } from '../../limits.js';
import { usedEntry, type AddressSource, type KnownAddress, type PeerEntry } from '../../wire/peer-entry.js';
import { afterDisconnect, joinAddresses, living, ranked, withoutSource } from './addresses.js';
import { bounded, sizeOf } from './bounds.js';

/** What changed: `after` is absent when the peer was forgotten, `before` when it is new. */
export interface PeerChange {
  readonly peer: string;
  readonly before?: PeerEntry;
  readonly after?: PeerEntry;
}

/** What a peer told of itself; what is absent it did not tell. */
export interface Told {
  readonly publicKey?: Uint8Array;
  readonly protocols?: readonly string[];
  readonly agentVersion?: string;
  readonly protocolVersion?: string;
  /** Transport addresses. */
  readonly addresses?: readonly string[];
  /** Whether the addresses are signed, and under which number. */
  readonly sequence?: bigint;
}

/** What a peerstore is made of. */
export interface PeerstoreOptions {
  readonly limits?: Limits;
  /** Milliseconds since 1970: lives of addresses go on while the node does not run. */
  readonly wallTime: () => number;
}

const NOTHING: PeerEntry = { addresses: [], protocols: [], metadata: {}, usedAtMs: 0 };

/** Peers by id. */
export class Peerstore {
  readonly #limits: Limits;
  readonly #wallTime: () => number;
  /** Least recently used first. */
  #entries = new Map<string, PeerEntry>();
  readonly #connected = new Set<string>();
  readonly #changes = new Subject<PeerChange>();
  #bytes = 0;
  /** Reads one peer that is stored and not here yet; absent where nothing is left to be read. */
  #recall: ((peer: string) => Promise<void>) | undefined;
  /** What was looked for one by one: a promise while it is, nothing afterwards. */
  readonly #recalled = new Map<string, Promise<void> | undefined>();

  constructor({ limits = LIMITS, wallTime }: PeerstoreOptions) {
    this.#limits = limits;
    this.#wallTime = wallTime;
  }

  /** Each change, in the turn in which it happens. Use alone is none. */
  get changes$(): Observable<PeerChange> {
    return this.#changes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What all entries cost, near enough. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ids, least recently used first. */
  get peers(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** What is known of `peer`, with the addresses that live. */
  entryOf(peer: string): PeerEntry | undefined {
    const entry = this.#entries.get(peer);
    if (entry === undefined || this.#connected.has(peer)) return entry;
    const addresses = living(entry.addresses, this.#wallTime());
    return addresses === entry.addresses ? entry : { ...entry, addresses };
  }

  /** Transport addresses of `peer`, best first. */
  addressesOf(peer: string): readonly string[] {
    const entry = this.entryOf(peer);
    if (entry === undefined) return [];
    this.#put(peer, this.#entries.get(peer), usedEntry(entry, this.#wallTime()));
    return entry.addresses.map(({ address }) => address);
  }

  /** Waits until `peer` is read, where it may be stored, is not here yet and was not looked for before. */
  reading(peer: string | undefined): Promise<void> | undefined {
    if (peer === undefined || this.#recall === undefined || this.#entries.has(peer)) return undefined;
    if (this.#recalled.has(peer)) return this.#recalled.get(peer);
    const reading = this.#recall(peer).finally(() => this.#recalled.set(peer, undefined));
    this.#recalled.set(peer, reading);
    return reading;
  }

  /** How single peers are read while the stored ones are not all here; `undefined` once they are. */
  recallWith(recall: ((peer: string) => Promise<void>) | undefined): void {
    this.#recall = recall;
    this.#recalled.clear();
  }

  // ------------------------------------------------------------ what is learnt

  /** Adds transport addresses of `peer`. */
  addAddresses(peer: string, texts: readonly string[], source: AddressSource): void {
    this.change(peer, (entry) => ({ ...entry, addresses: this.#joined(peer, entry.addresses, texts, source) }));
  }

  /**
   * What a peer told of itself. Its addresses take the place of those that it told before; signed ones take the place of
   * claimed ones too. Answers false, and takes no address, where a signed record is older than the one at hand.
   */
  told(peer: string, told: Told): boolean {
    const { addresses, sequence, publicKey, protocols, agentVersion, protocolVersion } = told;
    const known = this.#entries.get(peer)?.recordSequence;
    const isStale = sequence !== undefined && known !== undefined && sequence < known;
    this.change(peer, (entry) => ({
      ...entry,
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(protocols === undefined ? {} : { protocols: eachOnce(protocols) }),
      ...(agentVersion === undefined ? {} : { agentVersion }),
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
      ...(sequence === undefined || isStale ? {} : { recordSequence: sequence }),
      ...(addresses === undefined || isStale
        ? {}
        : { addresses: this.#toldAddresses(peer, entry, addresses, sequence) }),
    }));
    return !isStale;
  }

  /** A round trip took this long. */
  measured(peer: string, latencyMs: number): void {
    if (this.#entries.has(peer)) this.change(peer, (entry) => ({ ...entry, latencyMs }));
  }

  /** A connection with `peer` is open: its addresses live as long, and it is not forgotten. */
  connected(peer: string): void {
    this.#connected.add(peer);
    this.change(peer, (entry) => entry);
  }

  /** The last connection with `peer` is gone: the lives of its addresses begin. */
  disconnected(peer: string): void {
    if (!this.#connected.delete(peer)) return;
    const nowMs = this.#wallTime();
    this.change(peer, (entry) => ({ ...entry, addresses: afterDisconnect(entry.addresses, nowMs, this.#limits) }));
    this.#forgetSome();
  }

  // ------------------------------------------------------------ entries

  /** Changes what is known of `peer`, made when it is not known; within bounds, whatever `update` answers. */
  change(peer: string, update: (entry: PeerEntry) => PeerEntry): PeerEntry {
    const before = this.#entries.get(peer);
    const usedAtMs = this.#wallTime();
    const current = before ?? NOTHING;
    const updated = update(current);
    // A visit that changes nothing is a use, and nothing to write or to tell.
    const isSame = before !== undefined && updated === current;
    const after = bounded(usedEntry(updated, usedAtMs), this.#limits);
    this.#put(peer, before, after);
    this.#forgetSome();
    if (!isSame) this.#changes.next({ peer, ...(before === undefined ? {} : { before }), after });
    return after;
  }

  /** Forgets `peer`; answers whether it was known. */
  delete(peer: string): boolean {
    const before = this.#entries.get(peer);
    if (before === undefined) return false;
    this.#entries.delete(peer);
    this.#bytes -= sizeOf(before);
    this.#changes.next({ peer, before });
    return true;
  }

  /** Takes what is stored: it is older than what is here, which is joined with it. */
  restore(stored: readonly (readonly [peer: string, entry: PeerEntry])[]): void {
    const current = this.#entries;
    const oldestFirst = [...stored].sort(([, left], [, right]) => left.usedAtMs - right.usedAtMs);
    this.#entries = new Map();
    this.#bytes = 0;
    for (const [peer, entry] of oldestFirst) {
      if (!current.has(peer)) this.#put(peer, undefined, bounded(entry, this.#limits));
    }
    const older = new Map(stored);
    for (const [peer, entry] of current) {
      this.#put(peer, undefined, bounded(this.#united(entry, older.get(peer)), this.#limits));
    }
    this.#forgetSome();
  }

  #put(peer: string, before: PeerEntry | undefined, after: PeerEntry): void {
    this.#entries.delete(peer);
    this.#entries.set(peer, after);
    this.#bytes += sizeOf(after) - (before === undefined ? 0 : sizeOf(before));
  }

  #forgetSome(): void {
    const { peerstorePeers, peerstoreBytes } = this.#limits;
    if (this.#entries.size <= peerstorePeers && this.#bytes <= peerstoreBytes) return;
    for (const peer of this.#entries.keys()) {
      if (this.#entries.size <= peerstorePeers && this.#bytes <= peerstoreBytes) return;
      if (!this.#connected.has(peer)) this.delete(peer);
    }
  }

  #joined(
    peer: string,
    known: readonly KnownAddress[],
    texts: readonly string[],
    source: AddressSource,
  ): readonly KnownAddress[] {
    const nowMs = this.#wallTime();
    const alive = this.#connected.has(peer) ? known : living(known, nowMs);
    return joinAddresses(alive, texts, source, nowMs, this.#limits);
  }

  #toldAddresses(
    peer: string,
    { addresses: known }: PeerEntry,
    texts: readonly string[],
    sequence: bigint | undefined,
  ): readonly KnownAddress[] {
    if (sequence === undefined) return this.#joined(peer, withoutSource(known, 'identify'), texts, 'identify');
    return this.#joined(peer, withoutSource(known, 'identify', 'signed'), texts, 'signed');
  }

  /** What is here, with what is stored where nothing is here. */
  #united(entry: PeerEntry, older: PeerEntry | undefined): PeerEntry {
    if (older === undefined) return entry;
    const known = new Set(entry.addresses.map(({ address }) => address));
    const others = older.addresses.filter(({ address }) => !known.has(address));
    const metadata = { ...older.metadata, ...entry.metadata };
    const protocols = entry.protocols.length > 0 ? entry.protocols : older.protocols;
    return { ...older, ...entry, metadata, protocols, addresses: ranked([...entry.addresses, ...others]) };
  }
}

/** The list itself where nothing is there twice: it may be that of other peers too. */
function eachOnce(texts: readonly string[]): readonly string[] {
  const once = new Set(texts);
  return once.size === texts.length ? texts : [...once];
}
