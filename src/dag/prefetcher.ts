/**
 * Reads ahead of whoever walks a DAG. Blocks that arrive are looked into for links, and what the reader will want next is
 * fetched before it asks, in its order and within bounds: so many blocks and so many bytes, under way and waiting
 * together. A reader that stops makes the fetching stop; what it skips is dropped.
 *
 * Sizes are known before a block comes only from its parent's word (Tsize). A block that turns out larger than that while
 * there is no room is dropped and fetched again when the reader comes to it, so a false word costs time and no memory.
 */
import type { PBLink } from '@ipld/dag-pb';
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Limits } from '../limits.js';
import { DAG_PB, inlineBytes, multihashKey } from './cid.js';
import { FetchPlan } from './fetch-plan.js';
import type { Place } from './fetch-plan.js';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { linksOf } from './node.js';

/** Bounds of what is ahead of the reader. */
export type PrefetchLimits = Pick<Limits, 'fetchAheadBytes' | 'fetchAheadBlocks'>;

/** What a prefetcher stands on. */
export interface PrefetcherOptions {
  /** Fetches one verified block; a bitswap session, or a store. Its signal fires when the prefetcher stops. */
  readonly fetch: GetBlock;
  readonly limits?: PrefetchLimits | undefined;
  /** Stops the prefetcher when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** What a prefetcher has done and holds. */
export interface PrefetchStats {
  /** Blocks that have arrived. */
  readonly fetchedBlocks: number;
  readonly fetchedBytes: number;
  /** Blocks that are being fetched, those that the reader waits for included. */
  readonly inFlight: number;
  /** Blocks that have arrived and wait for the reader, and their bytes. */
  readonly heldBlocks: number;
  readonly heldBytes: number;
}

/** A block under way, or waiting for the reader. */
class Ahead {
  readonly cid: CID;
  readonly key: string;
  /** Places that take its links, whether the reader has come to them or not. */
  readonly places: Place[] = [];
  /** How many of them the reader has yet to come to; with none left the block is no longer ahead of it. */
  wanted = 0;
  /** Counted against the bound while wanted: the estimate until it arrives. */
  weightBytes: number;
  links: readonly PBLink[] = NO_LINKS;
  bytes: Uint8Array | undefined;
  isSettled = false;
  readonly arrival: Promise<Uint8Array>;
  arrived!: (bytes: Uint8Array) => void;
  failed!: (error: unknown) => void;

  constructor(cid: CID, key: string, weightBytes: number) {
    this.cid = cid;
    this.key = key;
    this.weightBytes = weightBytes;
    this.arrival = new Promise((resolve, reject) => {
      this.arrived = resolve;
      this.failed = reject;
    });
    // Whoever comes to a block that failed hears of it then, and nobody may ever come.
    this.arrival.catch(() => undefined);
  }
}

const NO_LINKS: readonly PBLink[] = [];
/** What a decoded link takes in memory, roughly. */
const LINK_BYTES = 256;
/** A block of unknown size: more than a node of a large file takes. */
const UNKNOWN_BYTES = 256 * 1024;

/**
 * Reads a DAG ahead of its reader. The first block asked for is the root; blocks should be asked for in the order of a
 * depth-first walk, which may skip. Others are fetched as they are asked for, without reading ahead.
 */
export class Prefetcher {
  readonly #fetch: GetBlock;
  readonly #limits: PrefetchLimits;
  readonly #signal: AbortSignal | undefined;
  readonly #stopping = new AbortController();
  readonly #ahead = new Map<string, Ahead>();
  #plan: FetchPlan | undefined;
  /** Blocks and bytes ahead of the reader: its bound. */
  #blocks = 0;
  #bytes = 0;
  #inFlight = 0;
  #fetchedBlocks = 0;
  #fetchedBytes = 0;

  constructor({ fetch, limits = LIMITS, signal }: PrefetcherOptions) {
    this.#fetch = fetch;
    this.#limits = limits;
    this.#signal = signal;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Counted when asked for. */
  get stats(): PrefetchStats {
    const held = [...this.#ahead.values()].flatMap(({ bytes }) => bytes ?? []);
    return {
      fetchedBlocks: this.#fetchedBlocks,
      fetchedBytes: this.#fetchedBytes,
      inFlight: this.#inFlight,
      heldBlocks: held.length,
      heldBytes: held.reduce((sum, { length }) => sum + length, 0),
    };
  }

  /**
   * The block of `cid`, from what was read ahead or fetched now; the reader goes on from there. Rejects with what `fetch`
   * rejected with, also when that was before the reader came, and with `ERR_ABORTED` once stopped.
   */
  readonly get: GetBlock = async (cid, { signal } = {}) => {
    throwIfAborted(this.#stopping.signal);
    throwIfAborted(signal);
    const inline = inlineBytes(cid);
    if (inline !== undefined) return inline;
    const { arrival } = this.#reach(cid);
    this.#fill();
    return untilAborted(arrival, signal);
  };

  /** Ends everything under way: it rejects with `ERR_ABORTED`, as does what is asked for later. */
  stop(reason?: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const error = new EngineError('ERR_ABORTED', 'local', 'the prefetcher was stopped', { cause: reason });
    this.#stopping.abort(error);
    for (const ahead of this.#ahead.values()) ahead.failed(error);
    this.#ahead.clear();
    this.#plan = undefined;
  }

  readonly #onAbort = (): void => this.stop(this.#signal?.reason);

  /** Moves the reader to the block, and answers the block. */
  #reach(cid: CID): Ahead {
    const key = multihashKey(cid);
    this.#plan ??= new FetchPlan(cid);
    const place = this.#plan.find(key) ?? this.#plan.seek(key);
    const ahead = this.#ahead.get(key) ?? this.#start(cid, key, UNKNOWN_BYTES);
    if (place === undefined) return ahead;
    for (const skipped of this.#plan.reach(place)) this.#unwant(skipped);
    if (place.isWanted) this.#unwant(place);
    else this.#join(ahead, place);
    return ahead;
  }

  /** Starts what the reader will want next, as long as there is room. */
  #fill(): void {
    for (let link = this.#plan?.peek(); link !== undefined; link = this.#plan?.peek()) {
      const key = multihashKey(link.Hash);
      const known = this.#ahead.get(key);
      const weightBytes = known === undefined ? estimateOf(link) : known.wanted > 0 ? 0 : known.weightBytes;
      if (!this.#hasRoomFor(weightBytes)) return;
      const place = this.#plan?.start(key);
      if (place === undefined || inlineBytes(place.cid) !== undefined) continue;
      const ahead = known ?? this.#start(place.cid, key, weightBytes);
      this.#want(ahead, place);
      this.#join(ahead, place);
    }
  }

  /** One block is always allowed, or a block larger than the bound would never come. */
  #hasRoomFor(weightBytes: number): boolean {
    if (this.#blocks === 0) return true;
    return this.#blocks < this.#limits.fetchAheadBlocks && !this.#isOver(weightBytes);
  }

  #isOver(addedBytes: number): boolean {
    const linkBytes = (this.#plan?.links ?? 0) * LINK_BYTES;
    return this.#bytes + linkBytes + addedBytes > this.#limits.fetchAheadBytes;
  }

  #start(cid: CID, key: string, weightBytes: number): Ahead {
    const ahead = new Ahead(cid, key, weightBytes);
    this.#ahead.set(key, ahead);
    void this.#run(ahead);
    return ahead;
  }

  async #run(ahead: Ahead): Promise<void> {
    this.#inFlight++;
    try {
      const bytes = await this.#fetch(ahead.cid, { signal: this.#stopping.signal });
      ahead.arrived(bytes);
      if (!this.#stopping.signal.aborted) this.#onArrived(ahead, bytes);
    } catch (error) {
      ahead.failed(error);
      if (ahead.wanted === 0) this.#forget(ahead);
    } finally {
      this.#inFlight--;
      ahead.isSettled = true;
    }
    this.#fill();
  }

  #onArrived(ahead: Ahead, bytes: Uint8Array): void {
    this.#fetchedBlocks++;
    this.#fetchedBytes += bytes.length;
    ahead.links = linksOf(ahead.cid, bytes);
    if (ahead.wanted === 0) {
      this.#forget(ahead);
    } else {
      const promisedBytes = ahead.weightBytes;
      this.#bytes += bytes.length - promisedBytes;
      ahead.weightBytes = bytes.length;
      ahead.bytes = bytes;
      const linkBytes = ahead.links.length * LINK_BYTES;
      if (bytes.length + linkBytes > promisedBytes && this.#isOver(linkBytes)) this.#drop(ahead);
    }
    for (const place of ahead.places) this.#plan?.expand(place, ahead.links);
  }

  /** Another place takes the links of a block that is on its way or there. */
  #join(ahead: Ahead, place: Place): void {
    ahead.places.push(place);
    this.#plan?.expand(place, ahead.links);
  }

  #want(ahead: Ahead, place: Place): void {
    place.isWanted = true;
    if (ahead.wanted++ > 0) return;
    this.#blocks++;
    this.#bytes += ahead.weightBytes;
  }

  /** The reader has come to the place, or has passed it. */
  #unwant(place: Place): void {
    const ahead = place.isWanted ? this.#ahead.get(place.key) : undefined;
    place.isWanted = false;
    if (ahead === undefined || --ahead.wanted > 0) return;
    this.#blocks--;
    this.#bytes -= ahead.weightBytes;
    if (ahead.isSettled) this.#forget(ahead);
  }

  /** Gives up a block that is larger than its parent said: there is no room for it, and its places ask again when reached. */
  #drop(ahead: Ahead): void {
    for (const place of ahead.places) place.isWanted = false;
    ahead.wanted = 0;
    this.#blocks--;
    this.#bytes -= ahead.weightBytes;
    ahead.places.splice(0);
    this.#forget(ahead);
  }

  #forget(ahead: Ahead): void {
    if (this.#ahead.get(ahead.key) === ahead) this.#ahead.delete(ahead.key);
  }
}

/** What a block will take, by its parent's word: of a file's inner node that word is about all that is below it. */
function estimateOf({ Hash, Tsize }: PBLink): number {
  if (Tsize === undefined) return UNKNOWN_BYTES;
  if (Tsize <= LIMITS.bitswapBlockBytes) return Tsize;
  return Hash.code === DAG_PB ? UNKNOWN_BYTES : LIMITS.bitswapBlockBytes;
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new EngineError('ERR_ABORTED', 'local', 'the caller gave up', { cause: signal.reason }));
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
