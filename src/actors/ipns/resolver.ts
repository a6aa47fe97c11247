/** Resolves names, one after another, to content; better answers follow as better records come. */
import { Observable, type Subscriber } from 'rxjs';
import { EngineError } from '../../errors.js';
import type { Resolver } from '../../ports.js';
import { contentPathText, joinRest, parseContentPath, type ContentPath } from '../../routing/content-path.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { LookUp, type NamePath } from './look-up.js';
import { NameCache, type Hop } from './name-cache.js';

/** Options of {@link NameResolver.resolve}. */
export interface ResolveNameOptions {
  /** Asks the routers even where the cache knows. */
  readonly fresh?: boolean;
  /** Names on the way, at the most. Default: the limit. */
  readonly depth?: number;
  /** Ends it: the observable errors with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** One name on the way. */
export interface NameStep {
  /** `/ipns/...`, without a path behind it. */
  readonly name: string;
  /** What it led to. */
  readonly value: string;
  /** The router's name, `own`, `dnslink` or `cache`. */
  readonly source: string;
  /** Of the record; absent for a DNSLink. */
  readonly sequence?: bigint;
  readonly validUntilMs?: number;
}

/** Where a name leads. */
export interface NameAnswer {
  /** `/ipfs/CID`, with a path behind it or not. */
  readonly path: string;
  /** Every name on the way, in order. */
  readonly steps: readonly NameStep[];
  /** How long this holds without asking again: the shortest on the way. */
  readonly ttlMs: number;
}

/** What resolving needs. */
export interface NameResolverOptions {
  readonly environment: Environment;
  readonly router: Router;
  /** Without it, domains lead nowhere. */
  readonly resolver?: Resolver | undefined;
  /** The record of a name that we publish ourselves, if it is one. */
  readonly own: (name: string) => Uint8Array | undefined;
}

/** Where a walk is: the names that led here. */
interface Trail {
  readonly names: readonly string[];
  readonly steps: readonly NameStep[];
  readonly ttlMs: number;
  readonly depth: number;
  readonly options: ResolveNameOptions;
}

/** Resolves names; one for each node. */
export class NameResolver {
  readonly #options: NameResolverOptions;
  readonly cache: NameCache;
  #lookUps = 0;

  constructor(options: NameResolverOptions) {
    this.#options = options;
    this.cache = new NameCache(options.environment);
  }

  /**
   * Where a path leads, e.g. `/ipns/k51.../a`; each answer is better than the one before it, and after the last of them it
   * completes. Content leads to itself. Subscribing begins it, unsubscribing ends it.
   *
   * Errors where the newest that is known leads nowhere: `ERR_IPNS_VALUE_INVALID` (the text is no path, or a record leads to
   * what is none), `ERR_IPNS_NOT_FOUND`, `ERR_IPNS_TIMEOUT`, `ERR_IPNS_LOOP`, `ERR_IPNS_DEPTH`, `ERR_DNSLINK_...`, `ERR_ABORTED`,
   * and with the reason why records that came are not valid, if there was none that is.
   */
  resolve(text: string, options: ResolveNameOptions = {}): Observable<NameAnswer> {
    const { ipnsDepth } = this.#options.environment.limits;
    const depth = Math.min(options.depth ?? ipnsDepth, ipnsDepth);
    return new Observable((subscriber) => {
      const path = parseContentPath(text, this.#options.environment.limits);
      const trail = { names: [], steps: [], ttlMs: Infinity, depth, options };
      return this.#follow(path, trail).subscribe(subscriber);
    });
  }

  #follow(path: ContentPath, trail: Trail): Observable<NameAnswer> {
    return new Observable((subscriber) => {
      if (path.kind === 'content') {
        subscriber.next({ path: contentPathText(path), steps: trail.steps, ttlMs: trail.ttlMs });
        subscriber.complete();
        return undefined;
      }
      const way = [...trail.names, path.name];
      if (trail.names.includes(path.name)) {
        throw new EngineError('ERR_IPNS_LOOP', 'remote', `the names lead in a circle: ${way.join(' -> ')}`);
      }
      if (way.length > trail.depth) {
        throw new EngineError('ERR_IPNS_DEPTH', 'remote', `more than ${trail.depth} names: ${way.join(' -> ')}`);
      }
      return this.#followName(path, { ...trail, names: way }, subscriber);
    });
  }

  /** Each better hop begins the way behind it anew; what counts at the end is how the way behind the last one ended. */
  #followName(path: NamePath, trail: Trail, subscriber: Subscriber<NameAnswer>): () => void {
    let behind: { unsubscribe(): void } | undefined;
    let isBehindOpen = false;
    let failure: unknown;
    let isDone = false;
    const settle = (): void => {
      if (!isDone || isBehindOpen) return;
      if (failure === undefined) subscriber.complete();
      else subscriber.error(failure);
    };
    const over = (thrown?: unknown): void => {
      isBehindOpen = false;
      failure = thrown;
      settle();
    };
    const end = this.#look(path, trail.options, {
      hop: (hop) => {
        behind?.unsubscribe();
        isBehindOpen = true;
        failure = undefined;
        behind = this.#follow(joinRest(hop.value, path.rest), withStep(trail, path, hop)).subscribe({
          next: (answer) => subscriber.next(answer),
          error: over,
          complete: over,
        });
      },
      done: () => {
        isDone = true;
        settle();
      },
      failed: (error) => subscriber.error(error),
    });
    return () => {
      behind?.unsubscribe();
      end();
    };
  }

  /** The hops of one name, from the cache or from a look-up; answers what ends it. */
  #look(
    path: NamePath,
    { fresh = false, signal }: ResolveNameOptions,
    tell: { hop(hop: Hop): void; done(): void; failed(error: EngineError): void },
  ): () => void {
    const { environment, router, resolver, own } = this.#options;
    const known = fresh ? undefined : this.cache.get(path.name);
    if (known !== undefined && signal?.aborted !== true) {
      tell.hop(known);
      tell.done();
      return () => undefined;
    }
    let best: Hop | undefined;
    const lookUp = new LookUp({
      environment,
      address: `ipns/resolve:${++this.#lookUps}`,
      path,
      router,
      resolver,
      own: own(path.name),
      signal,
      onHop: (hop) => {
        best = hop;
        tell.hop(hop);
      },
      onResolved: () => {
        if (best !== undefined) this.cache.put(path.name, best);
        tell.done();
      },
      onFailed: (error) => tell.failed(error),
    });
    let isEnded = false;
    environment.turns.post(() => {
      if (!isEnded) lookUp.start();
    });
    return () => {
      isEnded = true;
      environment.turns.post(() => lookUp.cancel());
    };
  }
}

function withStep(trail: Trail, path: NamePath, { value, source, ttlMs, record }: Hop): Trail {
  const step: NameStep = {
    name: contentPathText({ ...path, rest: '' }),
    value: contentPathText(value),
    source,
    ...(record === undefined ? {} : { sequence: record.sequence, validUntilMs: record.validUntilMs }),
  };
  return { ...trail, steps: [...trail.steps, step], ttlMs: Math.min(trail.ttlMs, ttlMs) };
}
