/**
 * The provide system: tells the DHT what this node provides, new keys at once and all of them again every 22 hours, region
 * by region of the key space (libp2p/go-libp2p-kad-dht provider). A region is explored once for all of its keys, and a peer
 * gets all of its keys in one call.
 */
import { Subject, Subscription, type Observable } from 'rxjs';
import { peerIdToBytes } from '../../../crypto/peer-id.js';
import { EngineError } from '../../../errors.js';
import { provideSweepMachine, type ProvideSweepEffect } from '../../../machines/provide-sweep.js';
import type { KadMessage, KadPeer } from '../../../wire/kad.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { KadRequester } from '../network.js';
import type { PeersNear, RegionPeer } from './exploration.js';
import { regionOf } from './key-cells.js';
import { ProbeKeys } from './probe-keys.js';
import type { ProvidedKeys } from './provided-keys.js';
import { headOf, type Region } from './region-space.js';
import { RegionRun, type RegionProgress, type RegionWork } from './region-run.js';
import { SweepTable } from './sweep-table.js';

/** What a sweep is made of. */
export interface SweepOptions {
  readonly environment: Environment;
  readonly keys: ProvidedKeys;
  readonly requester: Pick<KadRequester, 'tell' | 'tellMany'>;
  readonly peersNear: PeersNear;
  /** Hears the addresses of a peer right before it is sent to: a large region takes longer than they are believed. */
  readonly learn?: (peer: string, addresses: readonly string[]) => void;
  /** Peer id of this node in canonical text. */
  readonly self: string;
  /** Transport addresses of this node that others may be told. */
  readonly addresses: () => readonly string[];
  /** Whether there are peers to ask: emits what is so when it is subscribed to, and every change, inside a turn. */
  readonly peersAvailable$: Observable<boolean>;
  /** Address in the actor tree. Default `dht/provide`. */
  readonly address?: string;
  /** Says which region is next. Default: one of its own. */
  readonly table?: SweepTable;
}

/** What happens in a sweep. */
export type SweepEvent =
  | { readonly type: 'region.started'; readonly keys: number }
  /** Its peers are known. */
  | { readonly type: 'region.explored'; readonly progress: RegionProgress }
  /** A page of its keys was sent. */
  | { readonly type: 'region.progress'; readonly progress: RegionProgress }
  | { readonly type: 'region.provided'; readonly progress: RegionProgress }
  | {
      readonly type: 'region.failed';
      readonly progress: RegionProgress;
      readonly error: EngineError;
      readonly retryInMs: number;
    };

/** Sums since the start, and how it stands. */
export interface SweepCounts {
  /** `reading`, `offline`, `picking`, `full`, `resting`, `idle`, `gathering` or `stopped`. */
  readonly state: string;
  readonly keys: number;
  /** Of them, those never provided. */
  readonly keysNew: number;
  readonly regionsUnderWay: number;
  readonly regionsProvided: number;
  readonly regionsFailed: number;
  /** Keys provided, each as often as it was. */
  readonly keysProvided: number;
  readonly lookups: number;
  /** ADD_PROVIDER messages that were taken. */
  readonly records: number;
  readonly peersFailed: number;
}

/** Provides the keys of a store. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #work: RegionWork;
  readonly #table: SweepTable;
  readonly #machine: MachineActor<typeof provideSweepMachine>;
  readonly #events = new Subject<SweepEvent>();
  readonly #subscription = new Subscription();
  readonly #runs = new Set<RegionRun>();
  #numbers = 0;
  #isRunning = false;
  #sums = { regionsProvided: 0, regionsFailed: 0, keysProvided: 0, lookups: 0, records: 0, peersFailed: 0 };

  constructor(options: SweepOptions) {
    const { environment, keys, self, peersNear, address = 'dht/provide' } = options;
    const { provideGatherMs: gatherMs, provideRegionsAtOnce: regionsAtOnce } = environment.limits;
    const selfBytes = peerIdToBytes(self);
    this.#options = options;
    const selfHead = headOf(environment.ciphers.hash('sha256', [selfBytes]));
    this.#table = options.table ?? new SweepTable(keys.cells, environment.limits, selfHead);
    this.#work = {
      environment,
      keys,
      table: this.#table,
      probes: new ProbeKeys(environment.ciphers),
      peersNear,
      tell: (peer, messages, signal) => this.#tell(peer, messages, signal),
      provider: () => this.#provider(selfBytes),
    };
    this.#machine = spawnMachine(environment, provideSweepMachine, {
      address,
      input: { gatherMs, regionsAtOnce },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        environment.reportBroken(error);
        this.#leave();
      },
    });
  }

  /** What happens; completes at the stop. */
  get events$(): Observable<SweepEvent> {
    return this.#events;
  }

  /** How it stands. */
  get counts(): SweepCounts {
    const { cells } = this.#options.keys;
    const now = { keys: cells.total, keysNew: cells.totalFresh, regionsUnderWay: this.#runs.size };
    return { state: this.#machine.state, ...now, ...this.#sums };
  }

  /** Begins: reads what is stored, and provides what is due once there are peers. Call once. */
  start(): void {
    const { environment, keys, peersAvailable$ } = this.#options;
    environment.turns.post(() => {
      this.#isRunning = true;
      this.#machine.start();
      this.#subscription.add(
        peersAvailable$.subscribe((isAvailable) => {
          if (isAvailable) this.#table.forgetFailures();
          this.#machine.send({ type: isAvailable ? 'peers.available' : 'peers.gone' });
        }),
      );
      this.#subscription.add(keys.added$.subscribe(() => this.#machine.send({ type: 'due.changed' })));
      const read = (): void => environment.turns.post(() => this.#machine.send({ type: 'keys.read' }));
      void keys.read().then(read);
    });
  }

  /** Ends what is under way; resolves when what was to be written is. What was not provided yet is due at the next start. */
  async stop(): Promise<void> {
    this.#options.environment.turns.post(() => {
      if (this.#isRunning) this.#machine.send({ type: 'local.stop' });
      this.#isRunning = false;
    });
    await this.#options.keys.idle();
  }

  #perform(effect: ProvideSweepEffect): void {
    switch (effect.type) {
      case 'pick.region':
        this.#pick();
        return;
      case 'report.stopped':
        this.#leave();
        return;
      case 'report.failed': {
        const { address, lastEvent } = this.#machine;
        this.#options.environment.reportBroken(
          new EngineError(effect.code, 'engine', `${address} does not expect ${lastEvent}`),
        );
        this.#leave();
        return;
      }
      default:
        effect satisfies never;
    }
  }

  #pick(): void {
    const { environment, keys, address = 'dht/provide' } = this.#options;
    const { provideDirectKeys, provideLookMs } = environment.limits;
    const { nowMs } = keys.clock;
    const pick = this.#table.pick(nowMs);
    if (pick.type === 'nothing') this.#machine.send({ type: 'nothing.kept' });
    else if (pick.type === 'wait') {
      // Looked at again before long: a machine that slept is late by no more.
      this.#machine.send({ type: 'nothing.due', waitMs: Math.min(provideLookMs, pick.untilMs - nowMs) });
    } else {
      const { cell, claim } = pick;
      const plan = {
        address: `${address}/${++this.#numbers}`,
        from: regionOf(cell),
        claim,
        isDirect: pick.keys <= provideDirectKeys,
      };
      const run = new RegionRun(this.#work, plan, {
        onExplored: (progress) => this.#explored(progress),
        onProvided: (progress) => this.#events.next({ type: 'region.progress', progress }),
        onEnded: (region, progress, error) => this.#ended(run, region, progress, error),
      });
      this.#table.claim(run, claim);
      this.#runs.add(run);
      this.#events.next({ type: 'region.started', keys: pick.keys });
      this.#machine.send({ type: 'region.started' });
      run.start();
    }
  }

  #explored(progress: RegionProgress): void {
    this.#events.next({ type: 'region.explored', progress });
    // What it had claimed and does not hold is free.
    this.#machine.send({ type: 'due.changed' });
  }

  #ended(run: RegionRun, region: Region, progress: RegionProgress, error: EngineError | undefined): void {
    const { environment, keys } = this.#options;
    this.#runs.delete(run);
    this.#sums.keysProvided += progress.keys;
    this.#sums.lookups += progress.lookups;
    this.#sums.records += progress.records;
    this.#sums.peersFailed += progress.peersFailed;
    if (error === undefined) {
      this.#sums.regionsProvided++;
      this.#table.succeeded(region);
      this.#events.next({ type: 'region.provided', progress });
    } else {
      if (error.blame === 'engine') environment.reportBroken(error);
      this.#sums.regionsFailed++;
      const { nowMs } = keys.clock;
      const retryInMs = this.#table.failed(region, nowMs) - nowMs;
      this.#events.next({ type: 'region.failed', progress, error, retryInMs });
    }
    this.#machine.send({ type: 'region.ended' });
  }

  #leave(): void {
    this.#subscription.unsubscribe();
    for (const run of this.#runs) run.stop();
    this.#runs.clear();
    this.#events.complete();
  }

  #provider(id: Uint8Array): KadPeer | undefined {
    const addresses = this.#options.addresses();
    return addresses.length === 0 ? undefined : { id, addresses, connection: 'notConnected' };
  }

  async #tell({ id, addresses }: RegionPeer, messages: readonly KadMessage[], signal: AbortSignal): Promise<void> {
    const { requester, learn } = this.#options;
    learn?.(id, addresses);
    if (requester.tellMany !== undefined) return requester.tellMany(id, messages, { signal });
    for (const message of messages) {
      signal.throwIfAborted();
      await requester.tell(id, message, { signal });
    }
  }
}
