/**
 * What waits to be said to one peer, and how it is packed into messages: wants first, then presences, then blocks.
 * A want and its cancel that are both still here cancel each other out.
 */
import type {
  BitswapMessage,
  BitswapVersion,
  BlockPresence,
  WantlistEntry,
  WantType,
  WireBlock,
} from '../../wire/bitswap.js';
import { BLOCK_OVERHEAD_BYTES, ENTRY_OVERHEAD_BYTES } from '../../wire/bitswap.js';
import { isCidV0, cidMultihash } from '../../wire/bitswap-cid.js';
import { RenewedMap } from '../renewed.js';
import type { BlockKey } from './keys.js';

const PRIORITY_FIRST = 0x7fffffff;
/** What a presence weighs where it waits; CIDs are nearly always 36 bytes. */
const PRESENCE_BYTES = 64;

interface WaitingWant {
  readonly entry: WantlistEntry;
  /** Whether the peer heard of this want before: then its cancel must be said. */
  readonly again: boolean;
}

/** Entries, presences and blocks in the order they came. */
export class BitswapOutbox {
  readonly #wants = new RenewedMap<BlockKey, WaitingWant>();
  #presences: BlockPresence[] = [];
  #blocks: WireBlock[] = [];
  #blockBytes = 0;
  #full = false;
  /** Falls by one a want, so that peers serve them in the order we asked. */
  #priority = PRIORITY_FIRST;

  get isEmpty(): boolean {
    return this.#wants.size === 0 && this.#presences.length === 0 && this.#blocks.length === 0 && !this.#full;
  }

  /** Bytes of blocks and presences that wait: what serving is bounded by. */
  get answerBytes(): number {
    return this.#blockBytes + this.#presences.length * PRESENCE_BYTES;
  }

  /** Asks for a block, or for whether the peer has it; `again`: it was asked before. */
  want(key: BlockKey, cid: Uint8Array, wantType: WantType, again: boolean): void {
    const entry: WantlistEntry = { cid, priority: this.#priority--, cancel: false, wantType, sendDontHave: true };
    this.#wants.set(key, { entry, again: again && this.#wants.get(key)?.again !== false });
    if (this.#priority === 0) this.#priority = PRIORITY_FIRST;
  }

  /** Takes a want back; one that was not said yet never will be. */
  cancel(key: BlockKey, cid: Uint8Array): void {
    if (this.#wants.get(key)?.again === false) {
      this.#wants.delete(key);
      return;
    }
    const entry: WantlistEntry = { cid, priority: 0, cancel: true, wantType: 'block', sendDontHave: false };
    this.#wants.set(key, { entry, again: true });
  }

  /** The next message is the whole wantlist: what was said before counts no more. */
  sayAll(): void {
    for (const [key, { entry }] of this.#wants) if (entry.cancel) this.#wants.delete(key);
    this.#full = true;
  }

  presence(presence: BlockPresence): void {
    this.#presences.push(presence);
  }

  block(block: WireBlock): void {
    this.#blocks.push(block);
    this.#blockBytes += block.data.length;
  }

  /** Forgets everything. */
  clear(): void {
    this.#wants.clear();
    this.#presences = [];
    this.#blocks = [];
    this.#blockBytes = 0;
    this.#full = false;
  }

  /** The next message, of about `maxBytes` unless a single block is larger; `undefined` when there is nothing to say. */
  take(maxBytes: number, version: BitswapVersion): BitswapMessage | undefined {
    let left = maxBytes;
    const entries: WantlistEntry[] = [];
    for (const [key, { entry }] of this.#wants) {
      left -= entry.cid.length + ENTRY_OVERHEAD_BYTES;
      if (left < 0 && entries.length > 0) break;
      this.#wants.delete(key);
      if (version !== '1.0.0' || isCidV0(cidMultihash(entry.cid))) entries.push(entry);
    }
    const presences = this.#takePresences(left, version);
    for (const { cid } of presences) left -= cid.length + ENTRY_OVERHEAD_BYTES;
    const blocks = this.#takeBlocks(left, entries.length === 0 && presences.length === 0);
    const full = this.#full;
    this.#full = false;
    if (entries.length === 0 && presences.length === 0 && blocks.length === 0 && !full) return undefined;
    const wantlist = entries.length === 0 && !full ? undefined : { entries, full };
    return { wantlist, blocks, presences, pendingBytes: Math.min(this.#blockBytes, PRIORITY_FIRST) };
  }

  #takePresences(maxBytes: number, version: BitswapVersion): readonly BlockPresence[] {
    if (version !== '1.2.0') this.#presences = [];
    let count = 0;
    let left = maxBytes;
    for (const { cid } of this.#presences) {
      left -= cid.length + ENTRY_OVERHEAD_BYTES;
      if (left < 0 && count > 0) break;
      count++;
    }
    return count === this.#presences.length ? this.#drainPresences() : this.#presences.splice(0, count);
  }

  #drainPresences(): readonly BlockPresence[] {
    const all = this.#presences;
    this.#presences = [];
    return all;
  }

  #takeBlocks(maxBytes: number, alone: boolean): readonly WireBlock[] {
    let count = 0;
    let left = maxBytes;
    for (const { data } of this.#blocks) {
      left -= data.length + BLOCK_OVERHEAD_BYTES;
      if (left < 0 && (count > 0 || !alone)) break;
      this.#blockBytes -= data.length;
      count++;
    }
    if (count < this.#blocks.length) return this.#blocks.splice(0, count);
    const all = this.#blocks;
    this.#blocks = [];
    return all;
  }
}
