/**
 * The actor of one bitswap session: takes the wants of one request tree, keeps them till they are delivered, given up or
 * cancelled, and does what the session's machine orders. Which want is with which peer is its router's bookkeeping.
 */
import type { CID } from 'multiformats/cid';
import { filter, type Observable } from 'rxjs';
import { knownBytes } from '../../dag/cid.js';
import { EngineError, type ErrorCode, type StateStay } from '../../errors.js';
import { bitswapSessionMachine, type BitswapSessionEffect } from '../../machines/bitswap-session.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { AbortWatch } from './abort-watch.js';
import type { BlockOwner } from './block-writer.js';
import type { BitswapEvent, EventSource } from './events.js';
import { FlushGate } from './flush-gate.js';
import { Gather } from './gather.js';
import { cidKey } from './keys.js';
import type { BitswapPeer } from './peer.js';
import type { BitswapSession, SessionStats, WantOptions } from './session.js';
import type { ProviderSearch } from './provider-search.js';
import { SessionTally } from './session-tally.js';
import { wantAborted, wantError } from './want-error.js';
import { WantRouter } from './want-router.js';
import type { Waiter, Want, Wantlist } from './wantlist.js';

/** What a session needs of its node. */
export interface SessionHost {
  readonly environment: Environment;
  readonly wants: Wantlist<SessionActor>;
  readonly peers: ReadonlyMap<string, BitswapPeer>;
  readonly events: EventSource;
  ended(session: SessionActor): void;
  /** Looks for providers beyond the connected peers, where there is something to look with. */
  search?(session: SessionActor): ProviderSearch;
}

/** One session. */
export class SessionActor implements BitswapSession, BlockOwner {
  readonly number: number;
  readonly #host: SessionHost;
  readonly #hints: Set<string>;
  readonly #machine: MachineActor<typeof bitswapSessionMachine>;
  readonly #router: WantRouter<SessionActor>;
  readonly #tally = new SessionTally();
  /** Wants that this session asks for. */
  readonly #open = new Set<Want<SessionActor>>();
  /** Waiters of ours on wants that other sessions ask for. */
  readonly #joined = new Set<Waiter<SessionActor>>();
  readonly #gather = new Gather(() => this.#host.environment.turns.post(() => this.#admit()));
  readonly #aborts: AbortWatch<Waiter<SessionActor>>;
  readonly #search: ProviderSearch | undefined;
  #progressMs: number;
  #end: EngineError | undefined;
  readonly #stored = new FlushGate();

  constructor(host: SessionHost, number: number, hints: readonly string[]) {
    const { environment } = host;
    this.number = number;
    this.#host = host;
    this.#hints = new Set(hints);
    this.#progressMs = environment.turns.nowMs;
    this.#aborts = new AbortWatch((waiters) => environment.turns.post(() => this.#abandon(waiters)));
    this.#router = new WantRouter(
      {
        number,
        peers: host.peers,
        limits: environment.limits,
        events: host.events,
        nowMs: () => environment.turns.nowMs,
        providersChanged: (isOne) => this.#machine.send({ type: isOne ? 'provider.found' : 'providers.lost' }),
      },
      this.#open,
    );
    this.#machine = spawnMachine(environment, bitswapSessionMachine, {
      address: `bitswap/session:${number}`,
      input: { rebroadcastMs: environment.limits.bitswapRebroadcastMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#finish(error),
    });
    this.#search = host.search?.(this);
    this.#machine.start();
    for (const hint of this.#hints) this.#useHint(host.peers.get(hint));
  }

  get state(): string {
    return this.#machine.state;
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  get openWants(): number {
    return this.#open.size + this.#joined.size;
  }

  /** The open want that waits longest. */
  get oldestWant(): CID | undefined {
    return [...this.#open][0]?.cid;
  }

  get providers(): readonly string[] {
    return this.#router.providers;
  }

  get stats(): SessionStats {
    return this.#tally.stats;
  }

  get events$(): Observable<BitswapEvent> {
    return this.#host.events.events$.pipe(filter((event) => event.session === this.number));
  }

  want(cid: CID, { signal }: WantOptions = {}): Promise<Uint8Array> {
    const inline = knownBytes(cid);
    if (inline !== undefined) return Promise.resolve(inline);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (signal?.aborted === true) return Promise.reject(wantAborted(signal));
    return new Promise((resolve, reject) => {
      this.#wait(cid, { session: this, want: undefined, resolve, reject, signal });
    });
  }

  addPeer(peer: string): void {
    this.#hints.add(peer);
    this.#host.environment.turns.post(() => {
      this.#useHint(this.#host.peers.get(peer));
      this.#admit();
    });
  }

  flush(): Promise<void> {
    return this.#stored.flush();
  }

  close(): void {
    this.#host.environment.turns.post(() => this.#machine.send({ type: 'local.close' }));
  }

  // ---------------------------------------------------------------- from the node, in turns

  /** A verified block of this session's came; the want is off the wantlist already. */
  delivered(want: Want<SessionActor>, peer: BitswapPeer | undefined, bytes: Uint8Array): void {
    want.settled = true;
    this.#open.delete(want);
    this.#progressMs = this.#host.environment.turns.nowMs;
    if (peer !== undefined) {
      this.#router.delivered(peer);
      this.#tally.block(peer.id, bytes.length);
    }
    this.#router.remove(want, peer);
    for (const waiter of want.waiters) {
      waiter.session.#forget(waiter);
      waiter.resolve(bytes);
    }
  }

  /** A block of this session's came once more. */
  duplicate(peer: BitswapPeer, bytes: number): void {
    this.#tally.duplicate(peer.id, bytes);
  }

  answered(want: Want<SessionActor>, peer: BitswapPeer, has: boolean): void {
    this.#router.answered(want, peer, has);
  }

  /** A message was worked through: its blocks made room. */
  messageDone(): void {
    this.#router.place();
    this.#noteEdge();
  }

  peerArrived(peer: BitswapPeer): void {
    if (this.#hints.has(peer.id)) this.#useHint(peer);
    this.#admit();
    this.#router.peerArrived(peer);
  }

  peerLost(peer: BitswapPeer): void {
    this.#router.peerLost(peer);
    if (this.#host.peers.size === 0) this.#search?.urge();
  }

  peerFaulted(peer: BitswapPeer): void {
    this.#router.peerFaulted(peer);
  }

  /** A block of ours goes to the store. */
  storing(): void {
    this.#stored.enter();
  }

  blocksStored(count: number): void {
    this.#stored.leave(count);
  }

  storeFailed(error: EngineError): void {
    this.#end ??= error;
    this.#stored.fail(error);
    this.#machine.send({ type: 'store.failed' });
  }

  // ---------------------------------------------------------------- inside

  #perform(effect: BitswapSessionEffect): void {
    switch (effect.type) {
      case 'broadcast.wants':
        this.#router.startBroadcasting();
        this.#search?.discovering();
        return;
      case 'ask.providers':
        this.#router.startAsking();
        this.#search?.fetching();
        return;
      case 'sweep.wants':
        this.#sweep();
        return;
      case 'drop.wants':
        this.#finish(this.#endError(effect.code));
        return;
      case 'report.ended':
        this.#finish(this.#endError('ERR_ABORTED'));
        return;
      default:
        return effect satisfies never;
    }
  }

  #wait(cid: CID, waiter: Waiter<SessionActor>): void {
    const { wants, environment } = this.#host;
    const key = cidKey(cid);
    let want = wants.get(key);
    if (want === undefined) {
      const nowMs = environment.turns.nowMs;
      want = {
        key,
        cid,
        session: this,
        waiters: [waiter],
        createdMs: nowMs,
        askedMs: nowMs,
        owedBy: undefined,
        answers: undefined,
        stalledBy: undefined,
        settled: false,
      };
      wants.set(key, want);
      this.#open.add(want);
      this.#router.add(want);
      this.#gather.call();
    } else {
      want.waiters.push(waiter);
      if (want.session !== this) this.#joined.add(waiter);
    }
    waiter.want = want;
    if (waiter.signal !== undefined) this.#aborts.add(waiter.signal, waiter);
  }

  /** Wants came: they are placed, and the machine hears if they are the first ones. */
  #admit(): void {
    this.#noteEdge();
    if (!this.#machine.done) this.#router.place();
  }

  #noteEdge(): void {
    const { state } = this.#machine;
    if (state === 'idle' && this.#open.size > 0) this.#machine.send({ type: 'wants.opened' });
    else if ((state === 'discovering' || state === 'fetching') && this.#open.size === 0)
      this.#machine.send({ type: 'wants.closed' });
  }

  #useHint(peer: BitswapPeer | undefined): void {
    if (peer !== undefined) this.#router.addProvider(peer);
  }

  #sweep(): void {
    const { limits, turns } = this.#host.environment;
    for (const want of this.#open) {
      if (turns.nowMs - this.#waitingSinceMs(want) >= limits.bitswapWantTimeoutMs) this.#giveUp(want);
    }
    this.#router.sweep();
    this.#noteEdge();
  }

  /** Since when nothing happened for a want; a peer that owes it and delivers others first is at work on it. */
  #waitingSinceMs(want: Want<SessionActor>): number {
    if (want.owedBy !== undefined) return Math.max(want.createdMs, want.owedBy.peer.activeMs);
    return this.#router.isInLine(want) ? Math.max(want.createdMs, this.#progressMs) : want.createdMs;
  }

  #giveUp(want: Want<SessionActor>): void {
    const { machine, state, lastEvent, stays } = this.#machine;
    const timeoutMs = this.#host.environment.limits.bitswapWantTimeoutMs;
    this.#reject(want, wantError(want, timeoutMs, { machine, state, lastEvent, timeline: [...stays] }));
  }

  /** Rejects our waiters of a want of ours; other sessions that wait for it go on with it. */
  #reject(want: Want<SessionActor>, error: EngineError): void {
    this.#open.delete(want);
    this.#host.wants.delete(want.key);
    want.settled = true;
    this.#router.remove(want, undefined);
    for (const waiter of want.waiters) {
      waiter.session.#forget(waiter);
      if (waiter.session === this) waiter.reject(error);
      else waiter.session.#wait(want.cid, waiter);
    }
  }

  #abandon(waiters: readonly Waiter<SessionActor>[]): void {
    for (const waiter of waiters) {
      const { want } = waiter;
      if (want === undefined) continue;
      this.#leave(want, waiter, wantAborted(waiter.signal));
      if (want.waiters.length === 0) want.session.#reject(want, wantAborted(waiter.signal));
    }
    this.#noteEdge();
  }

  /** One of several who wait goes away. */
  #leave(want: Want<SessionActor>, waiter: Waiter<SessionActor>, error: EngineError): void {
    want.waiters.splice(want.waiters.indexOf(waiter), 1);
    this.#forget(waiter);
    waiter.reject(error);
  }

  #forget(waiter: Waiter<SessionActor>): void {
    waiter.want = undefined;
    this.#joined.delete(waiter);
    if (waiter.signal !== undefined) this.#aborts.remove(waiter.signal, waiter);
  }

  /** Over: whoever still waits hears why, peers hear cancels. */
  #finish(error: EngineError): void {
    this.#end ??= error;
    for (const want of this.#open) this.#reject(want, this.#end);
    for (const waiter of this.#joined) if (waiter.want !== undefined) this.#leave(waiter.want, waiter, this.#end);
    this.#search?.ended();
    this.#host.ended(this);
  }

  #endError(code: ErrorCode): EngineError {
    if (this.#end !== undefined) return this.#end;
    const { machine, state, lastEvent, stays } = this.#machine;
    const details = { machine, state, lastEvent, timeline: [...stays] };
    const blame = code === 'ERR_ABORTED' ? 'local' : 'engine';
    return new EngineError(code, blame, `bitswap: session ${this.number} is over`, { details });
  }
}
