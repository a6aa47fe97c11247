/**
 * The serving side: looks up what peers want, peer after peer in turn, and answers with blocks, have or dont-have. What
 * is queued to a peer bounds what is read for it, so a peer that does not read costs no more than that. What we do not
 * have waits until it comes.
 */
import type { CID } from 'multiformats/cid';
import { prefixOf } from '../../dag/cid.js';
import type { Limits } from '../../limits.js';
import type { BlockStore, StoredBlock } from '../../ports.js';
import type { Wantlist, WantlistEntry } from '../../wire/bitswap.js';
import type { TurnQueue } from '../turn-queue.js';
import type { EventSource } from './events.js';
import { cidFromBytes, cidKey } from './keys.js';
import type { BitswapPeer } from './peer.js';
import { WaitingWants, type PeerWant } from './peer-wantlist.js';

/** Lookups of one batch: bounds what one read of the store may bring when blocks are large after small ones. */
const BATCH_WANTS = 64;
/** Bytes aimed at in one read. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** Batches read at once: the next one while the last one is sealed and written. */
const READS = 2;
/** What a block is taken to weigh before any was read for a peer. */
const FIRST_BLOCK_BYTES = 256 * 1024;

/** What the store says of a want: the block, that it is there, or nothing. */
type Found = Uint8Array | true | undefined;

/** Serves blocks to all peers. */
export class BitswapServer {
  /** Wants of all peers for blocks that we do not have. */
  readonly waiting = new WaitingWants();
  readonly #store: BlockStore;
  readonly #turns: TurnQueue;
  readonly #limits: Limits;
  readonly #events: EventSource;
  /** Peers that may have ready wants, the next one first. */
  #ring: BitswapPeer[] = [];
  readonly #inRing = new Set<BitswapPeer>();
  readonly #reading = new Set<BitswapPeer>();
  /** Bytes of a block, on average over the last ones read for a peer. */
  readonly #blockBytes = new WeakMap<BitswapPeer, number>();
  #storeFailures = 0;

  constructor(store: BlockStore, turns: TurnQueue, limits: Limits, events: EventSource) {
    this.#store = store;
    this.#turns = turns;
    this.#limits = limits;
    this.#events = events;
  }

  /** Reads of the store that failed; the wants in them were answered with dont-have. */
  get storeFailures(): number {
    return this.#storeFailures;
  }

  /** Takes a peer's wants. Throws `ERR_BITSWAP_BAD_MESSAGE`. */
  receive(peer: BitswapPeer, wantlist: Wantlist): void {
    const isObserved = this.#events.observed;
    peer.wantlist.update(wantlist, isObserved ? (entry) => this.#asked(peer, entry) : undefined);
    this.#serve(peer);
  }

  /** These blocks are in the store now. */
  notify(blocks: readonly Pick<StoredBlock, 'cid'>[]): void {
    if (this.waiting.size === 0) return;
    const woken = new Set<BitswapPeer>();
    for (const { cid } of blocks) {
      const key = cidKey(cid);
      for (const peer of this.waiting.peersFor(key)) if (peer.wantlist.wake(key)) woken.add(peer);
    }
    for (const peer of woken) this.#serve(peer);
  }

  /** The peer has room for more. */
  drained(peer: BitswapPeer): void {
    this.#serve(peer);
  }

  /** The peer left. */
  forget(peer: BitswapPeer): void {
    if (peer.hasWantlist) peer.wantlist.clear();
    if (this.#inRing.delete(peer)) this.#ring = this.#ring.filter((other) => other !== peer);
  }

  #serve(peer: BitswapPeer): void {
    if (!this.#inRing.has(peer) && peer.hasWantlist && peer.wantlist.hasReady) {
      this.#inRing.add(peer);
      this.#ring.push(peer);
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#reading.size < READS) {
      const index = this.#ring.findIndex((peer) => this.#mayRead(peer));
      if (index < 0) return;
      const [peer] = this.#ring.splice(index, 1);
      if (peer === undefined) return;
      this.#inRing.delete(peer);
      const batch = peer.wantlist.take(this.#batchSize(peer));
      if (batch.length > 0) this.#read(peer, batch);
    }
  }

  /** One batch a peer at a time keeps its blocks in the order of their priority. */
  #mayRead(peer: BitswapPeer): boolean {
    if (this.#reading.has(peer) || !peer.reachable) return false;
    return peer.queuedAnswerBytes < this.#limits.bitswapServeBytesPerPeer;
  }

  #batchSize(peer: BitswapPeer): number {
    const room = Math.min(BATCH_BYTES, this.#limits.bitswapServeBytesPerPeer - peer.queuedAnswerBytes);
    const blockBytes = this.#blockBytes.get(peer) ?? FIRST_BLOCK_BYTES;
    return Math.min(BATCH_WANTS, Math.max(1, Math.floor(room / blockBytes)));
  }

  #read(peer: BitswapPeer, batch: readonly PeerWant[]): void {
    this.#reading.add(peer);
    this.#lookUp(peer, batch).then(
      (found) => this.#turns.post(() => this.#answer(peer, batch, found)),
      () =>
        this.#turns.post(() => {
          this.#storeFailures++;
          this.#answer(peer, batch, []);
        }),
    );
  }

  async #lookUp(peer: BitswapPeer, batch: readonly PeerWant[]): Promise<readonly Found[]> {
    const { bitswapReplaceHaveBytes } = this.#limits;
    // Reading megabytes to say "have" would let a peer cost us a lot for little: where blocks are large, only look.
    const large = (this.#blockBytes.get(peer) ?? 0) > 4 * bitswapReplaceHaveBytes;
    if (!large || batch.every((want) => want.wantType === 'block'))
      return this.#store.getMany(batch.map((want) => want.cid));
    return Promise.all(
      batch.map(async ({ wantType, cid }) => {
        if (wantType === 'block') return this.#store.get(cid);
        return (await this.#store.has(cid)) || undefined;
      }),
    );
  }

  #answer(peer: BitswapPeer, batch: readonly PeerWant[], found: readonly Found[]): void {
    this.#reading.delete(peer);
    for (const [index, want] of batch.entries())
      if (want.state === 'reading') this.#answerOne(peer, want, found[index]);
    this.#noteSizes(peer, found);
    this.#serve(peer);
  }

  #answerOne(peer: BitswapPeer, want: PeerWant, found: Found): void {
    const { cid } = want;
    if (found === undefined || (found !== true && found.length > this.#limits.bitswapBlockBytes)) {
      if (want.sendDontHave) this.#tell(peer, want, false);
      peer.wantlist.park(want);
      return;
    }
    peer.wantlist.answered(want);
    const isSmall = found !== true && found.length <= this.#limits.bitswapReplaceHaveBytes;
    // A peer without presences asks for nothing but blocks.
    if (found === true || (want.wantType === 'have' && !isSmall)) {
      this.#tell(peer, want, true);
      return;
    }
    peer.ledger.blocksSent++;
    peer.ledger.bytesSent += found.length;
    peer.sendBlock(prefixOf(cid), found);
    if (this.#events.observed) this.#events.tell('block.served', peer.id, { cid, bytes: found.length });
  }

  #tell(peer: BitswapPeer, want: PeerWant, has: boolean): void {
    peer.sendPresence(want.cid.bytes, has);
    if (this.#events.observed) this.#events.tell(has ? 'have.served' : 'dont-have.served', peer.id, { cid: want.cid });
  }

  #asked(peer: BitswapPeer, entry: WantlistEntry): void {
    const wanted = entry.wantType === 'have' ? 'want-have.received' : 'want-block.received';
    this.#events.tell(entry.cancel ? 'cancel.received' : wanted, peer.id, { cid: cidIn(entry) });
  }

  #noteSizes(peer: BitswapPeer, found: readonly Found[]): void {
    let average = this.#blockBytes.get(peer);
    for (const block of found) {
      if (block === undefined || block === true) continue;
      average = average === undefined ? block.length : (3 * average + block.length) / 4;
    }
    if (average !== undefined) this.#blockBytes.set(peer, Math.max(1, average));
  }
}

/** What an entry names; one that is no CID is refused by who takes it, and not by who tells of it. */
function cidIn({ cid }: WantlistEntry): CID | undefined {
  try {
    return cidFromBytes(cid.slice());
  } catch {
    return undefined;
  }
}
