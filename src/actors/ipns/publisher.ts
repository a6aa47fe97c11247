/** The names that a node publishes: read from its data store at the start, kept alive until it stops. */
import { Subject, type Observable } from 'rxjs';
import type { Identity } from '../../crypto/identity.js';
import { ipnsNameText } from '../../crypto/ipns-name.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import { contentPathText, parseContentPath } from '../../routing/content-path.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { OwnName, type PublishRequest } from './own-name.js';
import { OwnRecords, type OwnRecord, type StoredName } from './own-records.js';
import { Slots } from './slots.js';

/** Options of {@link NamePublisher.publish}. */
export interface PublishNameOptions {
  /** How long the record lives; it is renewed before. Default: 48 hours, as long as the DHT keeps it. */
  readonly lifeMs?: number;
  /** How long readers may take it from a cache. Default: five minutes. */
  readonly ttlMs?: number;
  /** Without the fields of version 1, which readers from before 2021 need. Default: with them. */
  readonly v2Only?: boolean;
  /** Its number, above all that are known. Default: the next one. */
  readonly sequence?: bigint;
  /** Rejects with `ERR_ABORTED`; a record that is written by then goes out all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What was published. */
export interface PublishedName {
  /** `/ipns/k51...` */
  readonly name: string;
  readonly value: string;
  readonly sequence: bigint;
  readonly validUntilMs: number;
  /** The record, as it went out. */
  readonly record: Uint8Array;
  /** Who took it. */
  readonly at: readonly string[];
}

/** Something that nobody waited for went wrong; the node goes on. */
export interface NameProblem {
  /** `/ipns/k51...`; absent where it is no one's alone. */
  readonly name?: string;
  readonly error: EngineError;
}

/** What publishing needs. */
export interface NamePublisherOptions {
  readonly environment: Environment;
  readonly router: Router;
  readonly data: DataStore;
  /** Keys that renew records from an earlier life. */
  readonly identities: readonly Identity[];
}

/** Publishes names; one for each node. */
export class NamePublisher {
  readonly #options: NamePublisherOptions;
  readonly #records: OwnRecords;
  readonly #slots: Slots;
  readonly #names = new Map<string, OwnName>();
  readonly #identities: Map<string, Identity>;
  readonly #problems = new Subject<NameProblem>();
  #reading: Promise<void> | undefined;
  #reported = 0;
  #notBeforeMs = 0;
  #isStopped = false;

  constructor(options: NamePublisherOptions) {
    this.#options = options;
    const { limits } = options.environment;
    this.#records = new OwnRecords(options.data, limits);
    this.#slots = new Slots(limits.ipnsPublishesAtOnce);
    this.#identities = new Map(options.identities.map((identity) => [identity.peerId, identity]));
  }

  /** Damaged records, a store that fails, renewals that nobody took. */
  get problems$(): Observable<NameProblem> {
    return this.#problems;
  }

  /** Begins to read what is stored, and to renew it when it is due. */
  start(): void {
    const { clock, limits } = this.#options.environment;
    this.#notBeforeMs = clock.now() + limits.ipnsStartDelayMs;
    this.#reading ??= this.#readAll();
  }

  /** Resolves when all that is stored is read. Call after `start`. */
  get read(): Promise<void> {
    return this.#reading ?? Promise.resolve();
  }

  /** The record of a name of ours; `undefined` for any other. */
  own(name: string): Uint8Array | undefined {
    return this.#names.get(name)?.own?.entry.record;
  }

  /**
   * Publishes under the name of a key. Resolves when the routers are done and somebody has taken it. The number is one above
   * the last one that we or the network know of, and the record is stored before it leaves.
   *
   * Rejects with `ERR_IPNS_VALUE_INVALID`, `ERR_INVALID_ARGUMENT`, `ERR_IPNS_TOO_LARGE`, `ERR_IPNS_SEQUENCE`, `ERR_IPNS_LIMIT`,
   * `ERR_STORE_FAILED` and `ERR_IPNS_DAMAGED` (nothing has left), `ERR_IPNS_NOT_STORED` and `ERR_IPNS_NO_ROUTER` (it is stored,
   * and tried again), `ERR_ABORTED`, `ERR_NODE_STOPPED`.
   */
  async publish(identity: Identity, value: string, options: PublishNameOptions = {}): Promise<PublishedName> {
    const terms = this.#termsOf(value, options);
    const { turns } = this.#options.environment;
    const { signal } = options;
    if (this.#reading === undefined) throw new EngineError('ERR_NODE_STOPPED', 'local', 'publishing has not started');
    // A name whose stored record is not known yet would begin to count anew.
    await this.#reading;
    return new Promise((resolve, reject) => {
      const request: PublishRequest = {
        ...terms,
        onPublished: ({ entry, read }, at) => {
          signal?.removeEventListener('abort', abort);
          const { sequence, validUntilMs } = read;
          resolve({
            name: `/ipns/${ipnsNameText(identity.peerId)}`,
            value: read.value,
            sequence,
            validUntilMs,
            record: entry.record,
            at,
          });
        },
        onFailed: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      const abort = (): void =>
        turns.post(() => {
          this.#names.get(identity.peerId)?.withdraw(request);
          reject(new EngineError('ERR_ABORTED', 'local', 'publishing was cancelled'));
        });
      turns.post(() => {
        try {
          if (signal?.aborted === true) throw new EngineError('ERR_ABORTED', 'local', 'publishing was cancelled');
          this.#nameOf(identity).publish(request);
          signal?.addEventListener('abort', abort, { once: true });
        } catch (thrown) {
          reject(toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', 'publishing failed'));
        }
      });
    });
  }

  /** Ends it: no timer is left, and what is being written is written. Calls under way reject with `ERR_NODE_STOPPED`. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reading;
    await Promise.all([...this.#names.values()].map((name) => name.stop()));
  }

  #termsOf(value: string, { lifeMs, ttlMs, v2Only = false, sequence }: PublishNameOptions) {
    const { limits } = this.#options.environment;
    const life = lifeMs ?? limits.ipnsLifeMs;
    if (!(life >= limits.ipnsShortestLifeMs)) {
      const what = `a life of ${life} ms, the shortest is ${limits.ipnsShortestLifeMs} ms`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
    const canonical = contentPathText(parseContentPath(value, limits));
    return { value: canonical, lifeMs: life, ttlMs: ttlMs ?? limits.ipnsTtlMs, v2Only, sequence };
  }

  #nameOf(identity: Identity): OwnName {
    this.#identities.set(identity.peerId, identity);
    const known = this.#names.get(identity.peerId) ?? this.#add({ name: identity.peerId });
    known.identity = identity;
    return known;
  }

  #add({ name, own, damage }: { readonly name: string; own?: OwnRecord; damage?: EngineError }): OwnName {
    const { environment, router } = this.#options;
    const { ipnsOwnNames } = environment.limits;
    if (this.#isStopped) throw new EngineError('ERR_NODE_STOPPED', 'local', 'publishing has stopped');
    if (this.#names.size >= ipnsOwnNames) {
      throw new EngineError('ERR_IPNS_LIMIT', 'local', `${ipnsNameText(name)} is one name over ${ipnsOwnNames}`);
    }
    const added = new OwnName({
      environment,
      router,
      records: this.#records,
      slots: this.#slots,
      name,
      own,
      damage,
      notBeforeMs: this.#notBeforeMs,
      onProblem: (error) => this.#report(error, name),
    });
    added.identity = this.#identities.get(name);
    this.#names.set(name, added);
    added.start();
    return added;
  }

  async #readAll(): Promise<void> {
    const { turns } = this.#options.environment;
    const stored: StoredName[] = [];
    let failure: EngineError | undefined;
    let surplus = 0;
    try {
      for await (const one of this.#records.all(() => surplus++)) stored.push(one);
    } catch (thrown) {
      failure = toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading our IPNS records');
    }
    turns.post(() => {
      if (this.#isStopped) return;
      for (const one of stored) {
        if ('damage' in one) this.#report(one.damage, one.name);
        this.#add(one);
      }
      if (surplus > 0) {
        const what = `${surplus} stored names are over the limit: they are not renewed`;
        this.#problems.next({ error: new EngineError('ERR_IPNS_LIMIT', 'local', what) });
      }
      if (failure !== undefined) this.#problems.next({ error: failure });
    });
  }

  /** One by one up to a bound; what comes after is not told. */
  #report(error: EngineError, name: string): void {
    if (this.#reported >= this.#options.environment.limits.ipnsReports) return;
    this.#reported++;
    this.#problems.next({ name: `/ipns/${ipnsNameText(name)}`, error });
  }
}
