/**
 * Which want of a session is with which peer: plain bookkeeping, told by the session's machine whether to broadcast or
 * to ask. A want is unassigned (nobody was asked for the block yet), with a provider, or searching (no provider has it,
 * so everybody is asked who does).
 */
import type { Limits } from '../../limits.js';
import type { EventSource } from './events.js';
import type { BitswapPeer } from './peer.js';
import { noteAnswer, type Provider, type Want } from './wantlist.js';

/** What the router needs to know of its session. */
export interface RouterOwner {
  readonly number: number;
  /** Connected peers by id. */
  readonly peers: ReadonlyMap<string, BitswapPeer>;
  readonly limits: Limits;
  readonly events: EventSource;
  nowMs(): number;
  /** There is a provider where there was none, or none where there was one. */
  providersChanged(isOne: boolean): void;
}

/** `dont-have` in a row that make a peer no provider any more (boxo's number). */
const MISSES_MAX = 16;
/** Added to the load of a provider that went silent, so that any other comes first. */
const STALLED_LOAD = 1_000_000;
/** Places at the front of the line that may be empty before it is moved up. */
const LINE_COMPACTED = 4096;

/** Wants and peers of one session. */
export class WantRouter<Session> {
  readonly #owner: RouterOwner;
  readonly #wants: ReadonlySet<Want<Session>>;
  readonly #providers = new Map<string, Provider>();
  #unassigned: Want<Session>[] = [];
  #unassignedFrom = 0;
  readonly #searching = new Set<Want<Session>>();
  /** Searching wants that are broadcast now; bounded. */
  readonly #broadcast = new Set<Want<Session>>();
  #owed = 0;
  #asking = false;

  /** `wants`: the session's open wants, kept by the session. */
  constructor(owner: RouterOwner, wants: ReadonlySet<Want<Session>>) {
    this.#owner = owner;
    this.#wants = wants;
  }

  /** Peers taken for providers. */
  get providers(): readonly string[] {
    return [...this.#providers.keys()];
  }

  /** A new want; placed with the next {@link place}. */
  add(want: Want<Session>): void {
    this.#unassigned.push(want);
  }

  /** From now on everybody is asked who has what is wanted. */
  startBroadcasting(): void {
    this.#asking = false;
    this.place();
  }

  /** From now on the providers are asked for the blocks. */
  startAsking(): void {
    this.#asking = true;
    // The oldest first: they were searched for while the others came.
    this.#unassigned = [...this.#searching, ...this.#unassigned.slice(this.#unassignedFrom)];
    this.#unassignedFrom = 0;
    this.#searching.clear();
    this.#broadcast.clear();
    this.place();
  }

  /** Asks somebody for what nobody was asked for yet, as far as there is room. */
  place(): void {
    for (let want = this.#nextUnassigned(); want !== undefined; want = this.#nextUnassigned()) {
      const provider = this.#asking ? this.#pick(want) : undefined;
      if (provider === 'all busy' || this.#owed >= this.#owner.limits.bitswapSessionWants) break;
      this.#unassignedFrom++;
      if (provider === undefined) this.#searching.add(want);
      else this.#ask(want, provider);
    }
    this.#broadcastMore();
  }

  /** Takes a peer for a provider, if it can be asked. */
  addProvider(peer: BitswapPeer): void {
    if (this.#providers.has(peer.id) || !peer.usable) return;
    this.#providers.set(peer.id, { peer, owed: 0, misses: 0, stalled: false });
    if (this.#providers.size === 1) this.#owner.providersChanged(true);
  }

  /** A peer said whether it has the block. */
  answered(want: Want<Session>, peer: BitswapPeer, has: boolean): void {
    noteAnswer(want, peer.id, has ? 'have' : 'dont-have');
    if (has) this.#offered(want, peer);
    else if (this.#asking) this.#refused(want, this.#providers.get(peer.id));
  }

  /** A peer delivered a wanted block; call {@link remove} next. */
  delivered(peer: BitswapPeer): void {
    this.addProvider(peer);
    const provider = this.#providers.get(peer.id);
    if (provider === undefined) return;
    provider.misses = 0;
    provider.stalled = false;
  }

  /** The want is settled: everybody else who was asked is told to forget it. */
  remove(want: Want<Session>, deliveredBy: BitswapPeer | undefined): void {
    const owing = this.#release(want);
    if (owing !== undefined && owing !== deliveredBy) this.#cancel(want, owing);
    for (const id of want.answers?.keys() ?? []) {
      const peer = this.#owner.peers.get(id);
      if (peer !== undefined && peer !== deliveredBy) this.#cancel(want, peer);
    }
    this.#searching.delete(want);
    this.#broadcast.delete(want);
  }

  /** A peer connected, or can be asked again: it hears the whole wantlist at once. */
  peerArrived(peer: BitswapPeer): void {
    if (!peer.usable) return;
    for (const want of this.#wants) if (want.owedBy?.peer !== peer) this.#askWhoHas(want, peer);
  }

  /** A peer left, or cannot be asked any more: what it owed is asked of others. */
  peerLost(peer: BitswapPeer): void {
    const provider = this.#providers.get(peer.id);
    if (provider?.peer === peer) this.#drop(provider);
  }

  /**
   * A peer broke the protocol: what it owes may be lost. Asks others, or again the same where there is no other; until
   * it delivers it counts as stalled, so whoever says that it has the block is asked at once.
   */
  peerFaulted(peer: BitswapPeer): void {
    const provider = this.#providers.get(peer.id);
    if (provider?.peer === peer) provider.stalled = true;
    for (const want of this.#wants) if (want.owedBy?.peer === peer) this.#askAnother(want, want.owedBy);
  }

  /** Whether it waits in line, asked of nobody because all providers are busy. */
  isInLine(want: Want<Session>): boolean {
    return want.owedBy === undefined && !this.#searching.has(want);
  }

  /** Takes wants from silent peers, and asks everybody again for those that nobody has. */
  sweep(): void {
    const { bitswapRebroadcastMs, bitswapBroadcastWants } = this.#owner.limits;
    const before = this.#owner.nowMs() - bitswapRebroadcastMs;
    let widened = 0;
    for (const want of this.#wants) {
      const { owedBy } = want;
      if (owedBy === undefined) {
        if (this.#broadcast.has(want) && want.askedMs <= before) this.#askEverybody(want, true);
      } else if (Math.max(want.askedMs, owedBy.peer.activeMs) <= before) {
        if (!owedBy.stalled) {
          this.#owner.events.tell('peer.stalled', owedBy.peer.id, { session: this.#owner.number, cid: want.cid });
          (want.stalledBy ??= new Set()).add(owedBy.peer.id);
        }
        owedBy.stalled = true;
        const moved = this.#askAnother(want, owedBy);
        if (!moved && widened++ < bitswapBroadcastWants) this.#askEverybody(want, true);
      }
    }
    this.place();
  }

  #offered(want: Want<Session>, peer: BitswapPeer): void {
    this.addProvider(peer);
    const provider = this.#providers.get(peer.id);
    if (provider === undefined || want.settled || !this.#asking) return;
    if (want.owedBy !== undefined && (!want.owedBy.stalled || want.owedBy === provider)) return;
    const isBusy = this.#isBusy(provider);
    if (want.owedBy !== undefined) {
      if (isBusy) return;
      this.#leave(want, want.owedBy);
    } else if (!this.#searching.delete(want)) {
      return;
    }
    this.#broadcast.delete(want);
    if (isBusy) this.#unassigned.push(want);
    else this.#ask(want, provider);
  }

  #refused(want: Want<Session>, provider: Provider | undefined): void {
    if (provider === undefined) return;
    provider.misses++;
    if (want.owedBy === provider) this.#release(want);
    // Nobody owes it now, or it was kept for this answer: another provider may have it.
    if (want.owedBy === undefined) {
      if (this.#searching.delete(want)) this.#broadcast.delete(want);
      this.#unassigned.push(want);
    }
    if (provider.misses >= MISSES_MAX) this.#drop(provider);
  }

  #drop(provider: Provider): void {
    this.#providers.delete(provider.peer.id);
    for (const want of this.#wants) {
      if (want.owedBy !== provider) continue;
      this.#release(want);
      if (provider.peer.usable) this.#cancel(want, provider.peer);
      noteAnswer(want, provider.peer.id, 'want-block, no answer');
      this.#unassigned.push(want);
    }
    if (this.#providers.size === 0) this.#owner.providersChanged(false);
    else this.place();
  }

  #ask(want: Want<Session>, provider: Provider): void {
    want.owedBy = provider;
    want.askedMs = this.#owner.nowMs();
    provider.owed++;
    provider.peer.inFlight++;
    this.#owed++;
    provider.peer.ask(want.key, want.cid.bytes, 'block');
    this.#tell('want-block.sent', want, provider.peer);
  }

  /** Moves a want to another provider; where there is none, asks the same again. Answers whether it moved. */
  #askAnother(want: Want<Session>, from: Provider): boolean {
    const other = this.#pick(want, from);
    if (typeof other !== 'object') {
      want.askedMs = this.#owner.nowMs();
      if (from.peer.usable) {
        from.peer.ask(want.key, want.cid.bytes, 'block');
        this.#tell('want-block.sent', want, from.peer);
      }
      return false;
    }
    this.#leave(want, from);
    this.#ask(want, other);
    return true;
  }

  #leave(want: Want<Session>, provider: Provider): void {
    noteAnswer(want, provider.peer.id, 'want-block, no answer');
    this.#release(want);
    this.#cancel(want, provider.peer);
  }

  /** The least loaded provider that is not known to lack it, and does not already owe an answer to a want-have. */
  #pick(want: Want<Session>, except?: Provider): Provider | 'all busy' | undefined {
    let best: Provider | undefined;
    let bestLoad = Infinity;
    let busy = false;
    for (const provider of this.#providers.values()) {
      if (provider === except || provider.peer.asked.owes(want.key)) continue;
      if (want.answers?.get(provider.peer.id) === 'dont-have') continue;
      if (this.#isBusy(provider)) {
        busy = true;
        continue;
      }
      const load = provider.owed + (provider.stalled ? STALLED_LOAD : 0);
      if (load >= bestLoad) continue;
      best = provider;
      bestLoad = load;
    }
    return best ?? (busy ? 'all busy' : undefined);
  }

  #isBusy({ peer }: Provider): boolean {
    return peer.inFlight >= this.#owner.limits.bitswapWantsInFlightPerPeer;
  }

  #broadcastMore(): void {
    const max = this.#owner.limits.bitswapBroadcastWants;
    if (this.#broadcast.size >= max || this.#broadcast.size === this.#searching.size) return;
    for (const want of this.#searching) {
      if (this.#broadcast.size >= max) return;
      if (this.#broadcast.has(want)) continue;
      this.#broadcast.add(want);
      this.#askEverybody(want, false);
    }
  }

  #askEverybody(want: Want<Session>, again: boolean): void {
    want.askedMs = this.#owner.nowMs();
    for (const peer of this.#owner.peers.values()) {
      if (!peer.usable || peer === want.owedBy?.peer) continue;
      if (again || want.answers?.has(peer.id) !== true) this.#askWhoHas(want, peer);
    }
  }

  #askWhoHas(want: Want<Session>, peer: BitswapPeer): void {
    // What is asked for outright comes first in the peer's memory of us.
    if (peer.asked.size >= this.#owner.limits.bitswapWantsPerPeer && !peer.asked.owes(want.key)) return;
    // A peer without presences can only be asked for the block itself.
    const wantType = peer.knowsPresences ? 'have' : 'block';
    noteAnswer(want, peer.id, wantType === 'have' ? 'want-have, no answer' : 'want-block, no answer');
    peer.ask(want.key, want.cid.bytes, wantType);
    this.#tell(wantType === 'have' ? 'want-have.sent' : 'want-block.sent', want, peer);
  }

  #cancel(want: Want<Session>, peer: BitswapPeer): void {
    if (peer.cancel(want.key, want.cid.bytes, this.#owner.number)) this.#tell('cancel.sent', want, peer);
  }

  #release(want: Want<Session>): BitswapPeer | undefined {
    const provider = want.owedBy;
    if (provider === undefined) return undefined;
    provider.owed--;
    provider.peer.inFlight--;
    this.#owed--;
    want.owedBy = undefined;
    return provider.peer;
  }

  /** The next want in line that still waits to be placed. */
  #nextUnassigned(): Want<Session> | undefined {
    for (; this.#unassignedFrom < this.#unassigned.length; this.#unassignedFrom++) {
      const want = this.#unassigned[this.#unassignedFrom];
      if (want !== undefined && !want.settled && want.owedBy === undefined && !this.#searching.has(want)) {
        if (this.#unassignedFrom > LINE_COMPACTED) this.#compactLine();
        return want;
      }
    }
    this.#compactLine();
    return undefined;
  }

  #compactLine(): void {
    this.#unassigned = this.#unassigned.slice(this.#unassignedFrom);
    this.#unassignedFrom = 0;
  }

  #tell(type: 'want-have.sent' | 'want-block.sent' | 'cancel.sent', want: Want<Session>, peer: BitswapPeer): void {
    const { events, number } = this.#owner;
    if (events.observed) events.tell(type, peer.id, { session: number, cid: want.cid });
  }
}
