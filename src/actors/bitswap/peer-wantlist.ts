/**
 * What one peer wants of us: bounded, in order of priority. A want is ready to be looked up, being looked up, or waiting
 * for a block that we do not have yet.
 */
import type { CID } from 'multiformats/cid';
import type { Limits } from '../../limits.js';
import { cidMultihash } from '../../wire/bitswap-cid.js';
import type { Wantlist, WantlistEntry, WantType } from '../../wire/bitswap.js';
import { RenewedMap } from '../renewed.js';
import { cidFromBytes, multihashKey, type BlockKey } from './keys.js';
import type { BitswapPeer } from './peer.js';

/** One want of a peer. */
export interface PeerWant {
  readonly key: BlockKey;
  readonly cid: CID;
  readonly priority: number;
  readonly wantType: WantType;
  readonly sendDontHave: boolean;
  /** `gone`: cancelled, replaced, or answered. */
  state: 'ready' | 'reading' | 'waiting' | 'gone';
}

/** Which peers wait for a block that we do not have, by key. */
export class WaitingWants {
  readonly #peers = new Map<BlockKey, Set<BitswapPeer>>();

  /** Keys that somebody waits for. */
  get size(): number {
    return this.#peers.size;
  }

  add(key: BlockKey, peer: BitswapPeer): void {
    const peers = this.#peers.get(key);
    if (peers === undefined) this.#peers.set(key, new Set([peer]));
    else peers.add(peer);
  }

  delete(key: BlockKey, peer: BitswapPeer): void {
    const peers = this.#peers.get(key);
    if (peers?.delete(peer) === true && peers.size === 0) this.#peers.delete(key);
  }

  peersFor(key: BlockKey): readonly BitswapPeer[] {
    return [...(this.#peers.get(key) ?? [])];
  }
}

const IDENTITY = 0;

/** The wants of one peer. */
export class PeerWantlist {
  readonly #peer: BitswapPeer;
  readonly #limits: Limits;
  readonly #waiting: WaitingWants;
  readonly #wants = new RenewedMap<BlockKey, PeerWant>();
  #ready: PeerWant[] = [];
  #inOrder = true;

  constructor(peer: BitswapPeer, limits: Limits, waiting: WaitingWants) {
    this.#peer = peer;
    this.#limits = limits;
    this.#waiting = waiting;
  }

  /** Wants remembered. */
  get size(): number {
    return this.#wants.size;
  }

  /** Whether some want is ready to be looked up. */
  get hasReady(): boolean {
    this.#dropGone();
    return this.#ready.length > 0;
  }

  /** The wants, in the order they came. */
  wants(): readonly PeerWant[] {
    return [...this.#wants.values()];
  }

  /**
   * Takes a wantlist or a change of it; what is beyond the bound is dropped, lowest priority and newest first.
   * `taken` hears of every entry that is worth remembering. Throws `ERR_BITSWAP_BAD_MESSAGE` for an entry that is not a CID.
   */
  update(wantlist: Wantlist, taken?: (entry: WantlistEntry) => void): void {
    // Every CID is looked at before anything is changed: a bad message changes nothing.
    const keys = wantlist.entries.map((entry) => this.#keyOf(entry));
    if (wantlist.full) this.clear();
    for (const [index, entry] of wantlist.entries.entries()) {
      const key = keys[index];
      if (key !== undefined) taken?.(entry);
      if (key === undefined) this.#peer.ledger.wantsIgnored++;
      else if (entry.cancel) this.#remove(this.#wants.get(key));
      else this.#put(key, entry);
    }
    this.#dropExcess();
  }

  /** Up to `count` ready wants, highest priority first; they are being read from now on. */
  take(count: number): readonly PeerWant[] {
    this.#dropGone(true);
    if (!this.#inOrder) this.#ready.sort(byPriority);
    this.#inOrder = true;
    const taken = this.#ready.splice(0, count);
    for (const want of taken) want.state = 'reading';
    return taken;
  }

  /** We do not have it: it waits until we do. */
  park(want: PeerWant): void {
    if (want.state !== 'reading') return;
    want.state = 'waiting';
    this.#waiting.add(want.key, this.#peer);
  }

  /** We have it now; answers whether it was waited for. */
  wake(key: BlockKey): boolean {
    const want = this.#wants.get(key);
    if (want?.state !== 'waiting') return false;
    this.#waiting.delete(key, this.#peer);
    this.#makeReady(want);
    return true;
  }

  /** It was answered for good. */
  answered(want: PeerWant): void {
    this.#remove(want);
  }

  /** Forgets all wants. */
  clear(): void {
    for (const want of this.#wants.values()) this.#remove(want);
  }

  /** `undefined` for what is not worth remembering: too long a CID, or one that carries its own bytes. */
  #keyOf(entry: WantlistEntry): BlockKey | undefined {
    const multihash = cidMultihash(entry.cid);
    if (entry.cid.length > this.#limits.bitswapCidBytes || multihash[0] === IDENTITY) return undefined;
    return multihashKey(multihash);
  }

  #put(key: BlockKey, entry: WantlistEntry): void {
    const known = this.#wants.get(key);
    // A want-block stays one when the peer also asks whether we have it: the block says that too.
    const wantType = known?.wantType === 'block' ? 'block' : entry.wantType;
    const { priority, sendDontHave } = entry;
    this.#remove(known);
    // The CID is copied: the entry is a view of a whole message.
    const cid = cidFromBytes(entry.cid.slice());
    const want: PeerWant = { key, cid, priority, wantType, sendDontHave, state: 'ready' };
    this.#wants.set(key, want);
    this.#makeReady(want);
  }

  #makeReady(want: PeerWant): void {
    want.state = 'ready';
    const last = this.#ready.at(-1);
    if (last !== undefined && last.priority < want.priority) this.#inOrder = false;
    this.#ready.push(want);
  }

  #remove(want: PeerWant | undefined): void {
    if (want === undefined || want.state === 'gone') return;
    if (want.state === 'waiting') this.#waiting.delete(want.key, this.#peer);
    want.state = 'gone';
    if (this.#wants.get(want.key) === want) this.#wants.delete(want.key);
  }

  #dropExcess(): void {
    const max = this.#limits.bitswapWantsPerPeer;
    const excess = this.#wants.size - max;
    if (excess <= 0) {
      // Wants that come and go while the peer is not served must not pile up here.
      if (this.#ready.length > 2 * max) this.#dropGone(true);
      return;
    }
    // Stable: of one priority the newest come last, and go first.
    const kept = [...this.#wants.values()].sort(byPriority);
    for (const want of kept.slice(max)) this.#remove(want);
    this.#peer.ledger.wantsDropped += excess;
    this.#dropGone(true);
  }

  /** Wants that went while they were ready are left in the array; drops them from its front, or from all of it. */
  #dropGone(everywhere = false): void {
    if (everywhere || this.#ready[0]?.state === 'gone')
      this.#ready = this.#ready.filter((want) => want.state === 'ready');
  }
}

function byPriority(left: PeerWant, right: PeerWant): number {
  return right.priority - left.priority;
}
