/**
 * Provides one region: finds its peers, reads its keys page by page, sends each page, and writes what was provided. A few
 * keys in a region of their own are looked up one by one instead: that is cheaper than getting to know the region.
 */
import { EngineError, toEngineError } from '../../../errors.js';
import { provideRegionMachine, type ProvideRegionEffect } from '../../../machines/provide-region.js';
import type { KadMessage, KadPeer } from '../../../wire/kad.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import { closestTo, explore, lookUp, reachOf, type PeersNear, type RegionPeer } from './exploration.js';
import { KeyPages, type KeyPage } from './key-pages.js';
import { PageSending } from './page-sending.js';
import type { ProbeKeys } from './probe-keys.js';
import type { ProvidedKey, ProvidedKeys } from './provided-keys.js';
import { headOf, lengthWithin, regionText, type Region } from './region-space.js';
import type { SweepTable } from './sweep-table.js';

/** What a region needs of the sweep. */
export interface RegionWork {
  readonly environment: Environment;
  readonly keys: ProvidedKeys;
  readonly table: SweepTable;
  readonly probes: ProbeKeys;
  readonly peersNear: PeersNear;
  readonly tell: (peer: RegionPeer, messages: readonly KadMessage[], signal: AbortSignal) => Promise<void>;
  /** This node as it is told to others; `undefined` while it has no address to tell. */
  readonly provider: () => KadPeer | undefined;
}

/** Which region, and how. */
export interface RegionPlan {
  /** Address in the actor tree. */
  readonly address: string;
  /** Around which exploration begins. */
  readonly from: Region;
  /** What is claimed until it is known. */
  readonly claim: Region;
  /** The keys are few: they are looked up one by one. */
  readonly isDirect: boolean;
}

/** How far a region has come. */
export interface RegionProgress {
  /** Its bits: empty for the whole key space. */
  readonly region: string;
  /** Keys that enough of their closest peers took, and keys that were offered and not taken so. */
  readonly keys: number;
  readonly missed: number;
  /** Peers that were found. */
  readonly peers: number;
  readonly peersFailed: number;
  readonly lookups: number;
  /** ADD_PROVIDER messages that were taken. */
  readonly records: number;
}

/** Hears of a region, inside a turn. */
export interface RegionListener {
  onExplored(progress: RegionProgress): void;
  onProvided(progress: RegionProgress): void;
  /** The last call; `error` where it ended early, or keys were missed. */
  onEnded(region: Region, progress: RegionProgress, error: EngineError | undefined): void;
}

/** One region under way. */
export class RegionRun {
  readonly #work: RegionWork;
  readonly #plan: RegionPlan;
  readonly #listener: RegionListener;
  readonly #machine: MachineActor<typeof provideRegionMachine>;
  readonly #abort = new AbortController();
  readonly #failed = new Set<string>();
  #region: Region;
  #pages: KeyPages | undefined;
  /** What was read already, and is sent first. */
  #first: KeyPage | undefined;
  #page: KeyPage | undefined;
  #sending: PageSending | undefined;
  /** Whom a key can go to: those who keep it are the closest of them. */
  #candidates: (key: ProvidedKey) => readonly RegionPeer[] = () => [];
  /** This node, as it was when the region began. */
  #provider: KadPeer | undefined;
  #cause: EngineError | undefined;
  #counts = { keys: 0, missed: 0, peers: 0, lookups: 0, records: 0 };

  constructor(work: RegionWork, plan: RegionPlan, listener: RegionListener) {
    this.#work = work;
    this.#plan = plan;
    this.#listener = listener;
    this.#region = plan.claim;
    const { provideExploreTimeoutMs: exploreTimeoutMs, provideSendTimeoutMs: sendTimeoutMs } = work.environment.limits;
    this.#machine = spawnMachine(work.environment, provideRegionMachine, {
      address: plan.address,
      input: { exploreTimeoutMs, sendTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  /** Begins; call inside a turn, when the owner has stored it. */
  start(): void {
    this.#machine.start();
  }

  /** Ends it, wherever it is, without a word to the listener. */
  stop(): void {
    this.#machine.send({ type: 'local.stop' });
  }

  /** How far it is. */
  get progress(): RegionProgress {
    return { region: regionText(this.#region), peersFailed: this.#failed.size, ...this.#counts };
  }

  #perform(effect: ProvideRegionEffect): void {
    switch (effect.type) {
      case 'explore.region':
        this.#explore();
        return;
      case 'read.page':
        this.#read();
        return;
      case 'send.page':
        this.#send();
        return;
      case 'cut.page':
        this.#sending?.cut();
        return;
      case 'stamp.page':
        this.#stamp();
        return;
      case 'report.done':
        this.#end(this.#missedError());
        return;
      case 'report.stopped':
        this.#leave();
        return;
      case 'report.failed': {
        const message = `region "${regionText(this.#region)}" was not provided`;
        const blame = effect.code === 'ERR_ENGINE_MACHINE' ? 'engine' : 'local';
        this.#end(this.#cause ?? new EngineError(effect.code, blame, message));
        return;
      }
      default:
        effect satisfies never;
    }
  }

  // ------------------------------------------------------------ exploring

  #explore(): void {
    this.#provider = this.#work.provider();
    if (this.#provider === undefined) {
      const error = new EngineError(
        'ERR_PROVIDE_NO_ADDRESS',
        'local',
        'this node has no address that others may be told',
      );
      this.#unknown(error);
      return;
    }
    const explored = this.#plan.isDirect ? this.#lookUpEach() : this.#exploreRegion();
    this.#then(
      explored,
      (learnt) => {
        learnt();
        this.#listener.onExplored(this.progress);
        this.#machine.send({ type: 'region.explored' });
      },
      (thrown) => this.#unknown(thrown),
    );
  }

  async #exploreRegion(): Promise<() => void> {
    const { region, peers, around, lookups } = await explore(this.#plan.from, this.#exploration);
    const all = [...peers, ...around];
    return () => {
      this.#region = region;
      this.#counts.peers = peers.length;
      this.#counts.lookups = lookups;
      this.#work.table.narrow(this, region);
      this.#candidates = () => all;
    };
  }

  async #lookUpEach(): Promise<() => void> {
    const page = await this.#openPages().next();
    const { provideDirectKeys } = this.#work.environment.limits;
    const { replicas } = this.#exploration;
    const keys = page.keys.slice(0, provideDirectKeys);
    const found = new Map<ProvidedKey, readonly RegionPeer[]>();
    const lengths: number[] = [];
    for (const key of keys) {
      const head = headOf(key.point);
      const near = await lookUp({ key: key.key, head }, this.#exploration, [...found.values()].flat());
      found.set(key, near);
      lengths.push(near.length < replicas ? 0 : lengthWithin(reachOf(near, head, replicas)));
    }
    return () => {
      this.#first = page;
      this.#counts.lookups = keys.length;
      const closest = [...found.values()].flatMap((near) => near.slice(0, replicas));
      this.#counts.peers = new Set(closest.map(({ id }) => id)).size;
      for (const length of lengths) this.#work.table.learn(length);
      this.#candidates = (key) => found.get(key) ?? [];
    };
  }

  get #exploration() {
    const { environment, peersNear, probes } = this.#work;
    const { provideReplicas: replicas, provideLookups: maxLookups } = environment.limits;
    return { peersNear, ciphers: environment.ciphers, probes, replicas, maxLookups, signal: this.#abort.signal };
  }

  #unknown(thrown: unknown): void {
    this.#cause = toEngineError(thrown, 'ERR_PROVIDE_NO_PEERS', 'local', 'a lookup of the sweep failed');
    this.#machine.send({ type: 'region.unknown', code: this.#cause.code });
  }

  // ------------------------------------------------------------ pages

  #openPages(): KeyPages {
    const { keys, table, environment } = this.#work;
    const { providePageKeys: pageKeys } = environment.limits;
    return (this.#pages ??= new KeyPages(this.#region, { keys, table, owner: this, pageKeys }));
  }

  #read(): void {
    const first = this.#first;
    this.#first = undefined;
    const page = first === undefined ? this.#openPages().next() : Promise.resolve(first);
    const failed = (thrown: unknown): void => {
      this.#cause = toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the keys of a region');
      this.#machine.send({ type: 'store.failed', code: this.#cause.code });
    };
    this.#then(
      page,
      (read) => {
        this.#page = read;
        const isLooked = first !== undefined || !this.#plan.isDirect;
        if (isLooked && read.keys.length > 0) {
          this.#machine.send({ type: 'page.read' });
          return;
        }
        // Nobody looked up what came behind the first page of a few keys: it stays due.
        this.#pages?.settle(read, new Set());
        this.#machine.send({ type: 'keys.over' });
      },
      failed,
    );
  }

  #send(): void {
    const { environment, tell } = this.#work;
    const { provideReplicas } = environment.limits;
    const keys = (this.#page?.keys ?? []).filter((key) => this.#candidates(key).length > 0);
    const closest = (key: ProvidedKey, failed: ReadonlySet<string>): readonly RegionPeer[] => {
      const there = this.#candidates(key).filter(({ id }) => !failed.has(id));
      return closestTo(key.point, there, provideReplicas);
    };
    const providerPeers = this.#provider === undefined ? [] : [this.#provider];
    const message = ({ key }: ProvidedKey): KadMessage => ({
      type: 'ADD_PROVIDER',
      key,
      closerPeers: [],
      providerPeers,
    });
    const sending = { keys, closestTo: closest, message, tell, failed: this.#failed };
    this.#sending = new PageSending(environment, sending, () => this.#machine.send({ type: 'page.sent' }));
    this.#sending.start();
  }

  #stamp(): void {
    const page = this.#page;
    const sending = this.#sending;
    if (page === undefined || sending === undefined) return;
    const provided = sending.provided;
    this.#counts.records += sending.records;
    this.#counts.keys += provided.size;
    this.#counts.missed += sending.size - provided.size;
    this.#pages?.settle(page, provided);
    const stamped = this.#work.keys.stamp([...provided]).catch((thrown: unknown) => {
      // It was provided all the same: memory knows, and a restart provides it once more.
      this.#work.keys.report(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing when keys were provided'));
    });
    this.#then(
      stamped,
      () => {
        this.#listener.onProvided(this.progress);
        this.#machine.send({ type: 'page.stamped' });
      },
      (thrown) => this.#end(toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', 'a stamp failed')),
    );
  }

  // ------------------------------------------------------------ the end

  #missedError(): EngineError | undefined {
    const { keys, missed } = this.#counts;
    if (missed === 0) return undefined;
    const message = `${missed} of ${keys + missed} keys reached too few of their closest peers`;
    return new EngineError('ERR_PROVIDE_UNREACHED', 'local', message);
  }

  #end(error: EngineError | undefined): void {
    this.#leave();
    this.#listener.onEnded(this.#region, this.progress, error);
  }

  #leave(): void {
    this.#abort.abort();
    this.#sending?.stop();
    this.#work.table.release(this);
    this.#pages?.close().catch(() => undefined);
  }

  /** Comes back with a turn, unless the region is over. */
  #then<Value>(promise: Promise<Value>, next: (value: Value) => void, failed: (thrown: unknown) => void): void {
    const inTurn = (work: () => void): void =>
      this.#work.environment.turns.post(() => {
        if (!this.#machine.done) work();
      });
    promise.then(
      (value) => inTurn(() => next(value)),
      (thrown: unknown) => inTurn(() => failed(thrown)),
    );
  }
}
