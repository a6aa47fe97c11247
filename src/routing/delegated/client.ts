/**
 * The delegated router: asks servers that speak the Delegated Routing V1 HTTP API (specs.ipfs.tech http-routing-v1). All
 * endpoints are asked at once; what one streams is emitted as its lines come.
 *
 * There is no `provide`: the specification has no request for it. A signed form of 2023 (`PUT /routing/v1/providers`) was taken
 * out of it and survives in some servers as deprecated.
 */
import { EMPTY, Observable, throwError, type Subscriber } from 'rxjs';
import type { Environment } from '../../actors/environment.js';
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { HttpClient } from '../../ports.js';
import { IPNS_RECORD_TYPE, JSON_TYPE, NDJSON_TYPE } from '../../wire/http-routing.js';
import { applyFilters, filterQuery, type RoutingFilters } from '../../wire/http-routing-filters.js';
import type { PeerAnswer, ProviderAnswer, RoutedPeer, Router, RoutingOptions, ValueValidator } from '../router.js';
import type { StoreAnswer, ValueAnswer } from '../router.js';
import { DelegatedCall, type Asker, type CallListener, type CallPlan } from './call.js';
import { closestKeyText, ipnsNameOf, peerCidText } from './keys.js';
import { RequestSlots } from './request-slots.js';
import { routedPeerOf } from './routed-peer.js';

/** Options of {@link delegatedRouter}. */
export interface DelegatedRouterOptions {
  /** URLs of the servers, before `/routing/v1`, e.g. `https://delegated-ipfs.dev`; one to `limits.httpRoutingEndpoints`. */
  readonly endpoints: readonly string[];
  /** Asked of the servers, and applied to what they answer. */
  readonly filters?: RoutingFilters;
  /** Judges IPNS records. Without it the router has neither `getValue` nor `putValue`. */
  readonly ipns?: ValueValidator | undefined;
  /** Hears of each request that failed, also where others did not. */
  readonly onFailure?: (endpoint: string, error: EngineError) => void;
}

const SOURCE = 'delegated';
const RECORDS = `${NDJSON_TYPE}, ${JSON_TYPE};q=0.8`;
/** Packed answers are not asked for: what they unpack to would have to be bounded as well. */
const PLAIN = { 'accept-encoding': 'identity', 'user-agent': 'swarmchart' };

/**
 * Makes a router of name `delegated`. Its calls error when every endpoint failed, each with a code of its own
 * (`ERR_HTTP_...`, or the validator's word); answers that came before stand.
 * Throws `ERR_INVALID_ARGUMENT` for endpoints that are none or too many.
 */
export function delegatedRouter(environment: Environment, http: HttpClient, options: DelegatedRouterOptions): Router {
  const router = new DelegatedRouter(environment, http, options);
  const { ipns } = options;
  return {
    name: SOURCE,
    findPeer: (peer, call) => router.findPeer(peer, call),
    findProviders: (cid, call) => router.findProviders(`/routing/v1/providers/${cid.toV1().toString()}`, call),
    closestPeers: (key, call) => router.closestPeers(key, call),
    ...(ipns === undefined
      ? {}
      : {
          getValue: (key, call) => router.getValue(key, ipns, call),
          putValue: (key, value, call) => router.putValue(key, value, ipns, call),
        }),
  };
}

class DelegatedRouter {
  readonly #asker: Asker;
  readonly #filters: RoutingFilters;
  #calls = 0;

  constructor(
    environment: Environment,
    http: HttpClient,
    { endpoints, filters = {}, onFailure }: DelegatedRouterOptions,
  ) {
    const { httpRoutingEndpoints: bound } = environment.limits;
    if (endpoints.length < 1 || endpoints.length > bound) {
      throw invalid(`a delegated router takes 1 to ${bound} endpoints, got ${endpoints.length}`);
    }
    const bases = [...new Set(endpoints.map(baseOf))];
    this.#asker = {
      environment,
      http,
      endpoints: bases.map((base) => ({ base, restUntilMs: 0 })),
      slots: new RequestSlots(environment.limits),
      onFailure,
    };
    this.#filters = filters;
  }

  findProviders(path: string, options?: RoutingOptions): Observable<ProviderAnswer> {
    return this.#peers('Providers', `${path}${filterQuery(this.#filters)}`, options, (subscriber) => {
      const told = new Set<string>();
      return (peer) => {
        const provider = applyFilters(peer, this.#filters);
        if (provider === undefined || told.has(provider.id)) return;
        told.add(provider.id);
        subscriber.next({ source: SOURCE, provider });
      };
    });
  }

  findPeer(text: string, options?: RoutingOptions): Observable<PeerAnswer> {
    let id: string;
    try {
      id = parsePeerId(text);
    } catch (thrown) {
      return throwError(() => thrown);
    }
    const path = `/routing/v1/peers/${peerCidText(id)}${filterQuery(this.#filters)}`;
    return this.#peers('Peers', path, options, (subscriber) => (found) => {
      // Whoever answers with another peer was not asked for it.
      const peer = found.id === id ? applyFilters(found, this.#filters) : undefined;
      if (peer !== undefined) subscriber.next({ source: SOURCE, peer });
    });
  }

  closestPeers(key: Uint8Array, options?: RoutingOptions): Observable<PeerAnswer> {
    let text: string;
    try {
      text = closestKeyText(key);
    } catch (thrown) {
      return throwError(() => thrown);
    }
    return this.#peers('Peers', `/routing/v1/dht/closest/peers/${text}`, options, (subscriber) => {
      const told = new Set<string>();
      return (peer) => {
        if (told.has(peer.id)) return;
        told.add(peer.id);
        subscriber.next({ source: SOURCE, peer });
      };
    });
  }

  /** Keys of other namespaces have no answers here. */
  getValue(key: Uint8Array, validator: ValueValidator, options?: RoutingOptions): Observable<ValueAnswer> {
    const name = ipnsNameOf(key);
    if (name === undefined) return EMPTY;
    const headers = { ...PLAIN, accept: IPNS_RECORD_TYPE };
    const plan = { method: 'GET', path: `/routing/v1/ipns/${name}`, headers, expects: 'value' } as const;
    return this.#call<ValueAnswer>(plan, options, (subscriber) => {
      let best: Uint8Array | undefined;
      return {
        onValue: (value) => {
          validator.validate(key, value);
          if (best !== undefined && validator.select(key, [best, value]) !== 1) return;
          best = value;
          subscriber.next({ source: SOURCE, value });
        },
      };
    });
  }

  putValue(
    key: Uint8Array,
    value: Uint8Array,
    validator: ValueValidator,
    options?: RoutingOptions,
  ): Observable<StoreAnswer> {
    const name = ipnsNameOf(key);
    if (name === undefined) {
      const what = 'delegated servers store IPNS records alone: the key has to be /ipns/ and a peer id';
      return throwError(() => new EngineError('ERR_HTTP_ROUTING_UNSUPPORTED', 'local', what));
    }
    try {
      validator.validate(key, value);
    } catch (thrown) {
      return throwError(() => thrown);
    }
    const headers = { ...PLAIN, 'content-type': IPNS_RECORD_TYPE };
    const plan = { method: 'PUT', path: `/routing/v1/ipns/${name}`, headers, body: value, expects: 'stored' } as const;
    return this.#call<StoreAnswer>(plan, options, (subscriber) => ({
      onFinished: (at) => subscriber.next({ source: SOURCE, at }),
    }));
  }

  #peers<Answer>(
    expects: 'Providers' | 'Peers',
    path: string,
    options: RoutingOptions | undefined,
    each: (subscriber: Subscriber<Answer>) => (peer: RoutedPeer) => void,
  ): Observable<Answer> {
    const plan = { method: 'GET', path, headers: { ...PLAIN, accept: RECORDS }, expects } as const;
    return this.#call<Answer>(plan, options, (subscriber) => {
      const take = each(subscriber);
      return {
        onRecord: (record) => {
          const peer = routedPeerOf(record);
          if (peer !== undefined) take(peer);
        },
      };
    });
  }

  #call<Answer>(
    plan: CallPlan,
    { signal }: RoutingOptions = {},
    listen: (subscriber: Subscriber<Answer>) => Partial<CallListener>,
  ): Observable<Answer> {
    return new Observable<Answer>((subscriber) => {
      const { turns } = this.#asker.environment;
      const call = new DelegatedCall(this.#asker, `delegated:${++this.#calls}`, plan, {
        ...listen(subscriber),
        onDone: () => subscriber.complete(),
        onFailed: (error) => subscriber.error(error),
      });
      const onAbort = (): void => subscriber.error(new EngineError('ERR_ABORTED', 'local', 'the caller cancelled it'));
      subscriber.add(() => {
        signal?.removeEventListener('abort', onAbort);
        turns.post(() => call.stop());
      });
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      turns.post(() => {
        if (!subscriber.closed) call.start();
      });
    });
  }
}

function baseOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw invalid(`"${endpoint}" is no endpoint: http:// or https://, a host, and at the most a path`);
  }
  return url.href.replace(/\/+$/, '');
}

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}
