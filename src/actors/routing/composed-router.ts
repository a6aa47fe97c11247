/**
 * Several routers as one: those of a tier at once, each with its time; the next tier where one had too little to say.
 * What is to be stored goes to all of them.
 */
import type { CID } from 'multiformats/cid';
import { Observable, Subject } from 'rxjs';
import { EngineError } from '../../errors.js';
import type {
  PeerAnswer,
  ProviderAnswer,
  Router,
  RoutingOptions,
  StoreAnswer,
  ValueAnswer,
  ValueValidator,
} from '../../routing/router.js';
import { toHex } from '../../wire/hex.js';
import type { Environment } from '../environment.js';
import {
  RoutingCall,
  type Question,
  type RouterEntry,
  type RouterProblem,
  type RoutingMethod,
} from './routing-call.js';

export type { RouterEntry, RouterProblem, RoutingMethod } from './routing-call.js';

/** What a {@link ComposedRouter} is made of. */
export interface ComposedRouterOptions {
  readonly environment: Environment;
  /** Asked one after another, the routers of each at once. */
  readonly tiers: readonly (readonly RouterEntry[])[];
  /** Providers after which no further tier is asked. Default `limits.routingEnoughProviders`. */
  readonly enoughProviders?: number;
  /** Who judges the values of a key; where nobody does, the first answer stands. */
  readonly validatorFor?: (key: Uint8Array) => ValueValidator | undefined;
}

/** Routers in tiers; see the file. */
export class ComposedRouter implements Required<Router> {
  readonly name = 'routing';
  readonly #options: ComposedRouterOptions;
  readonly #problems = new Subject<RouterProblem>();
  readonly #live = new Set<{ cancel(): void }>();
  #calls = 0;

  constructor(options: ComposedRouterOptions) {
    this.#options = options;
  }

  /** Routers that failed while others went on. Emits inside a turn. */
  get problems$(): Observable<RouterProblem> {
    return this.#problems;
  }

  /** Whether some router can do it. */
  can(method: RoutingMethod): boolean {
    return this.#options.tiers.some((tier) => tier.some(({ router }) => router[method] !== undefined));
  }

  findPeer(peer: string, options?: RoutingOptions): Observable<PeerAnswer> {
    return this.#call(
      { method: 'findPeer', about: peer, enough: 1, ask: (router) => router.findPeer?.(peer) },
      options,
    );
  }

  findProviders(cid: CID, options?: RoutingOptions): Observable<ProviderAnswer> {
    const { environment, enoughProviders = environment.limits.routingEnoughProviders } = this.#options;
    return this.#call(
      {
        method: 'findProviders',
        about: cid.toString(),
        enough: enoughProviders,
        ask: (router) => router.findProviders?.(cid),
      },
      options,
    );
  }

  provide(cid: CID, options?: RoutingOptions): Observable<StoreAnswer> {
    return this.#call(
      { method: 'provide', about: cid.toString(), enough: 0, ask: (router) => router.provide?.(cid) },
      options,
    );
  }

  /** Each value is better than the one before, whichever router it comes from. */
  getValue(key: Uint8Array, options?: RoutingOptions): Observable<ValueAnswer> {
    return new Observable((subscriber) => {
      const validator = this.#options.validatorFor?.(key);
      let best: Uint8Array | undefined;
      const isNews = ({ value }: ValueAnswer): boolean => {
        if (best !== undefined && (validator?.select(key, [best, value]) ?? 0) === 0) return false;
        best = value;
        return true;
      };
      const question: Question<ValueAnswer> = {
        method: 'getValue',
        about: toHex(key),
        enough: 1,
        ask: (router) => router.getValue?.(key),
        isNews,
      };
      return this.#call(question, options).subscribe(subscriber);
    });
  }

  putValue(key: Uint8Array, value: Uint8Array, options?: RoutingOptions): Observable<StoreAnswer> {
    return this.#call(
      { method: 'putValue', about: toHex(key), enough: 0, ask: (router) => router.putValue?.(key, value) },
      options,
    );
  }

  closestPeers(key: Uint8Array, options?: RoutingOptions): Observable<PeerAnswer> {
    return this.#call(
      { method: 'closestPeers', about: toHex(key), enough: 1, ask: (router) => router.closestPeers?.(key) },
      options,
    );
  }

  /** Ends every call with `ERR_ABORTED`. */
  stop(): void {
    for (const call of [...this.#live]) call.cancel();
    this.#problems.complete();
  }

  #call<Answer>(question: Question<Answer>, { signal }: RoutingOptions = {}): Observable<Answer> {
    const { environment, tiers } = this.#options;
    return new Observable((subscriber) => {
      const able = tiers
        .map((tier) => tier.filter(({ router }) => router[question.method] !== undefined))
        .filter((tier) => tier.length > 0);
      if (able.length === 0) {
        const what = `no router of this node can ${question.method} (${question.about})`;
        subscriber.error(new EngineError('ERR_ROUTING_UNSUPPORTED', 'local', what));
        return undefined;
      }
      if (signal?.aborted === true) {
        subscriber.error(new EngineError('ERR_ABORTED', 'local', `${question.method} was cancelled`));
        return undefined;
      }
      const call = new RoutingCall<Answer>({
        environment,
        address: `routing:${++this.#calls}`,
        // Nothing is found by storing: who stores tells everybody.
        tiers: question.enough === 0 ? [able.flat()] : able,
        question,
        subscriber,
        onProblem: (problem) => this.#problems.next(problem),
        onEnded: () => this.#live.delete(call),
      });
      this.#live.add(call);
      const abort = (): void => environment.turns.post(() => call.cancel());
      signal?.addEventListener('abort', abort, { once: true });
      environment.turns.post(() => call.start());
      return () => {
        signal?.removeEventListener('abort', abort);
        environment.turns.post(() => call.cancel());
      };
    });
  }
}
