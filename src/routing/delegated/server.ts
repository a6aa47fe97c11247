/**
 * The delegated routing server: answers the Delegated Routing V1 HTTP API (specs.ipfs.tech http-routing-v1) out of any router.
 * Nothing found is 200 with nothing in it (IPIP-0513), but for closest peers, where the spec asks for 404.
 */
import { defer, filter, map, Subject, type Observable } from 'rxjs';
import type { Environment } from '../../actors/environment.js';
import { parsePeerId } from '../../crypto/peer-id.js';
import type { HttpListener, HttpServer, HttpServerRequest, HttpServerResponse } from '../../ports.js';
import { toHex } from '../../wire/hex.js';
import {
  acceptsExactly,
  encodeRecordLine,
  encodeRecordList,
  IPNS_RECORD_TYPE,
  JSON_TYPE,
  mediaTypeOf,
  NDJSON_TYPE,
  type RecordList,
} from '../../wire/http-routing.js';
import { applyFilters } from '../../wire/http-routing-filters.js';
import type { RoutedPeer, Router, ValueValidator } from '../router.js';
import { ipnsKey, parseCid, parseClosestKey } from './keys.js';
import { preflightResponse, recordResponse, searchHeaders, textResponse, type RecordLife } from './responses.js';
import { METHODS, routeOf, type Route } from './routes.js';
import { ServedSearch, type SearchPlan } from './served-search.js';

/** Options of {@link DelegatedRoutingServer}. */
export interface DelegatedServerOptions {
  readonly router: Router;
  /** Judges what is put under an IPNS name. Without it, nothing can be put. */
  readonly ipns?: ValueValidator | undefined;
  /** How long caches may keep an IPNS record; by default a minute. */
  readonly lifeOf?: ((record: Uint8Array) => RecordLife) | undefined;
}

/** A request that was answered. */
export interface ServedRequest {
  readonly method: string;
  readonly target: string;
  readonly remoteAddress: string;
  readonly status: number;
  readonly answers: number;
  readonly durationMs: number;
}

/** Characters of a target that are told. */
const TARGET_CHARS = 512;

/** Serves one router. */
export class DelegatedRoutingServer {
  readonly #environment: Environment;
  readonly #http: HttpServer;
  readonly #options: DelegatedServerOptions;
  readonly #served = new Subject<ServedRequest>();
  readonly #searches = new Set<{ leave(): void }>();
  readonly #listeners: HttpListener[] = [];
  #open = 0;
  #number = 0;

  constructor(environment: Environment, http: HttpServer, options: DelegatedServerOptions) {
    this.#environment = environment;
    this.#http = http;
    this.#options = options;
  }

  /** Every request, when nothing of it is held any more. */
  get served$(): Observable<ServedRequest> {
    return this.#served;
  }

  /** Listens, on loopback unless another host is named; answers the URL. Rejects with `ERR_LISTEN_FAILED`. */
  async listen({
    host = '127.0.0.1',
    port = 0,
  }: { readonly host?: string; readonly port?: number } = {}): Promise<string> {
    const listener = await this.#http.listen({ host, port }, (request) => this.#handle(request));
    this.#listeners.push(listener);
    return listener.url;
  }

  /** Ends every search, and stops listening. */
  async stop(): Promise<void> {
    this.#environment.turns.post(() => {
      for (const search of this.#searches) search.leave();
    });
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  async #handle(request: HttpServerRequest): Promise<HttpServerResponse> {
    const begunMs = this.#environment.turns.nowMs;
    const over = (status: number, answers: number): void => {
      const { method, remoteAddress, target } = request;
      const durationMs = this.#environment.turns.nowMs - begunMs;
      this.#served.next({ method, target: target.slice(0, TARGET_CHARS), remoteAddress, status, answers, durationMs });
    };
    const { httpRoutingServedAtOnce: atOnce, httpRoutingRetryAfterSeconds: again } = this.#environment.limits;
    if (this.#open >= atOnce) {
      over(429, 0);
      return textResponse(429, 'too many searches at once', { 'retry-after': String(again) });
    }
    // Held until the search takes a place of its own: a body to put may be long in coming.
    this.#open++;
    let planned: HttpServerResponse | SearchPlan<unknown>;
    try {
      planned = await this.#plan(request);
    } finally {
      this.#open--;
    }
    if (!('status' in planned)) return this.#search(planned, request, over);
    over(planned.status, 0);
    return planned;
  }

  #search(
    plan: SearchPlan<unknown>,
    request: HttpServerRequest,
    over: (status: number, answers: number) => void,
  ): Promise<HttpServerResponse> {
    const { turns } = this.#environment;
    this.#open++;
    return new Promise((resolve) => {
      let status = 0;
      turns.post(() => {
        const search = new ServedSearch(this.#environment, `delegated-server:${++this.#number}`, plan, {
          onResponse: (response) => {
            ({ status } = response);
            resolve(response);
          },
          onOver: (answers) => {
            this.#open--;
            this.#searches.delete(search);
            over(status, answers);
          },
        });
        this.#searches.add(search);
        request.signal.addEventListener('abort', () => turns.post(() => search.leave()), { once: true });
        search.start();
        if (request.signal.aborted) search.leave();
      });
    });
  }

  async #plan(request: HttpServerRequest): Promise<HttpServerResponse | SearchPlan<unknown>> {
    const { method, target } = request;
    const route = routeOf(target);
    if (route === undefined) return textResponse(400, 'there is no such path');
    if (method === 'OPTIONS') return preflightResponse();
    if (!METHODS[route.resource].includes(method)) return textResponse(501, 'there is no such method for this path');
    const { addrs, protocols } = route.filters;
    if (Math.max(addrs.length, protocols.length) > this.#environment.limits.httpRoutingFilterNames) {
      return textResponse(422, 'too many names in a filter');
    }
    if (route.resource === 'ipns')
      return method === 'PUT' ? this.#planPut(route, request) : this.#planGet(route, request);
    return this.#planPeers(route, request);
  }

  #planPeers(
    { resource, key, filters }: Route,
    request: HttpServerRequest,
  ): HttpServerResponse | SearchPlan<RoutedPeer> {
    const { router } = this.#options;
    const { httpRoutingServedRecords, httpRoutingServedClosest, httpRoutingRecords } = this.#environment.limits;
    const streams = acceptsExactly(request.headers['accept'], NDJSON_TYPE);
    const cap = streams ? httpRoutingRecords : httpRoutingServedRecords;
    const passing = (peers: Observable<RoutedPeer>): Observable<RoutedPeer> =>
      peers.pipe(
        map((peer) => applyFilters(peer, filters)),
        filter((peer) => peer !== undefined),
      );
    if (resource === 'providers') {
      const cid = readable(() => parseCid(key));
      if (cid === undefined) return textResponse(422, 'the key is no CID');
      if (router.findProviders === undefined) return unsupported();
      const found = defer(() => router.findProviders?.(cid) ?? []).pipe(map(({ provider }) => provider));
      return this.#peersPlan(passing(found), 'Providers', { streams, cap, emptyStatus: 200 });
    }
    if (resource === 'peers') {
      const peer = readable(() => parsePeerId(key));
      if (peer === undefined) return textResponse(422, 'the key is no peer id');
      if (router.findPeer === undefined) return unsupported();
      const found = defer(() => router.findPeer?.(peer) ?? []).pipe(map((answer) => answer.peer));
      return this.#peersPlan(passing(found), 'Peers', { streams, cap, emptyStatus: 200 });
    }
    const closestTo = readable(() => parseClosestKey(key));
    if (closestTo === undefined) return textResponse(422, 'the key is neither a CID nor a peer id');
    if (router.closestPeers === undefined) return unsupported();
    const found = defer(() => router.closestPeers?.(closestTo) ?? []).pipe(map(({ peer }) => peer));
    return this.#peersPlan(found, 'Peers', { streams, cap: httpRoutingServedClosest, emptyStatus: 404 });
  }

  #peersPlan(
    search: Observable<RoutedPeer>,
    list: RecordList,
    { streams, cap, emptyStatus }: { readonly streams: boolean; readonly cap: number; readonly emptyStatus: number },
  ): SearchPlan<RoutedPeer> {
    const { httpRoutingAddresses } = this.#environment.limits;
    const wallTimeMs = this.#environment.clock.wallTime();
    const type = streams ? NDJSON_TYPE : JSON_TYPE;
    const bounded = search.pipe(map((peer) => ({ ...peer, addresses: peer.addresses.slice(0, httpRoutingAddresses) })));
    return {
      search: bounded,
      cap,
      whole: (peers) => ({
        status: peers.length === 0 ? emptyStatus : 200,
        headers: searchHeaders(type, peers.length === 0, wallTimeMs),
        body: streams ? new Uint8Array(0) : encodeRecordList(peers, list),
      }),
      ...(streams ? { stream: { headers: searchHeaders(type, false, wallTimeMs), encode: encodeRecordLine } } : {}),
    };
  }

  #planGet({ key: name }: Route, { headers }: HttpServerRequest): HttpServerResponse | SearchPlan<Uint8Array> {
    const { router, lifeOf } = this.#options;
    const { accept } = headers;
    if (
      !acceptsExactly(accept, IPNS_RECORD_TYPE) &&
      !acceptsExactly(accept, '*/*') &&
      !acceptsExactly(accept, 'application/*')
    ) {
      return textResponse(406, `retry with Accept: ${IPNS_RECORD_TYPE}`, { vary: 'Accept' });
    }
    const key = readable(() => ipnsKey(name));
    if (key === undefined) return textResponse(400, 'the name is no IPNS name');
    if (router.getValue === undefined) return unsupported();
    const { ciphers, clock, limits } = this.#environment;
    return {
      search: defer(() => router.getValue?.(key) ?? []).pipe(map(({ value }) => value)),
      cap: limits.httpRoutingServedRecords,
      whole: (values) => {
        const wallTimeMs = clock.wallTime();
        // Later ones are better.
        const record = values.at(-1);
        if (record === undefined) {
          return textResponse(200, 'no record found', searchHeaders('text/plain; charset=utf-8', true, wallTimeMs));
        }
        return recordResponse(record, toHex(ciphers.hash('sha256', [record])), lifeOf?.(record) ?? {}, wallTimeMs);
      },
    };
  }

  async #planPut({ key: name }: Route, request: HttpServerRequest): Promise<HttpServerResponse | SearchPlan<unknown>> {
    const { router, ipns } = this.#options;
    if (mediaTypeOf(request.headers['content-type']) !== IPNS_RECORD_TYPE) {
      return textResponse(406, `retry with Content-Type: ${IPNS_RECORD_TYPE}`);
    }
    const key = readable(() => ipnsKey(name));
    if (key === undefined) return textResponse(400, 'the name is no IPNS name');
    if (router.putValue === undefined || ipns === undefined) return unsupported();
    const record = await wholeBody(request, this.#environment.limits.httpRoutingValueBytes);
    if (record === undefined) return textResponse(400, 'the record is too long');
    if (readable(() => (ipns.validate(key, record), true)) === undefined)
      return textResponse(400, 'the record is not valid');
    return {
      search: defer(() => router.putValue?.(key, record) ?? []),
      cap: this.#environment.limits.httpRoutingServedRecords,
      whole: (stored) =>
        stored.length > 0 ? textResponse(200, 'published') : textResponse(500, 'nobody took the record'),
    };
  }
}

function unsupported(): HttpServerResponse {
  return textResponse(501, 'this is not supported here');
}

/** What `read` answers, or `undefined` where it throws: the client sent what cannot be read. */
function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The body, or `undefined` where it is over its bound. */
async function wholeBody({ body }: HttpServerRequest, bound: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bound) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
