/**
 * A rendezvous point as a router and as a source of peers.
 *
 * Who provides a CID is registered in a namespace made of its multihash: `/providers/` and the multihash in multibase base32
 * (lower case, `b` in front), so that every CID of the same bytes leads there, whatever its version and codec.
 */
import { base32 } from 'multiformats/bases/base32';
import type { CID } from 'multiformats/cid';
import { map, Observable, Subject } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import type {
  DiscoveredPeer,
  Discovery,
  ProviderAnswer,
  Router,
  RoutingOptions,
  StoreAnswer,
} from '../../routing/router.js';
import type { Environment } from '../environment.js';
import type { RendezvousClient } from './client.js';

const SOURCE = 'rendezvous';

/** The namespace in which the providers of a CID are. Long ones (an identity multihash of much) a point refuses. */
export function providersNamespace(cid: CID): string {
  return `/providers/${base32.encode(cid.multihash.bytes)}`;
}

/** Finds and tells providers at one point. */
export class RendezvousRouter implements Router {
  readonly name = SOURCE;
  readonly #client: RendezvousClient;

  constructor(client: RendezvousClient) {
    this.#client = client;
  }

  findProviders(cid: CID, options: RoutingOptions = {}): Observable<ProviderAnswer> {
    return this.#client
      .findPeers(providersNamespace(cid), options)
      .pipe(map(({ peer }) => ({ source: SOURCE, provider: peer })));
  }

  /** Registers, and stays registered while the client runs. Unsubscribing takes nothing back: see {@link unprovide}. */
  provide(cid: CID, { signal }: RoutingOptions = {}): Observable<StoreAnswer> {
    return new Observable((subscriber) => {
      if (signal?.aborted === true) {
        subscriber.error(new EngineError('ERR_ABORTED', 'local', 'the provide was cancelled'));
        return;
      }
      this.#client.register(providersNamespace(cid)).then(
        () => {
          subscriber.next({ source: SOURCE, at: this.#client.point });
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  /** Is registered for it no more. */
  unprovide(cid: CID): Promise<void> {
    return this.#client.unregister(providersNamespace(cid));
  }
}

/** Options of {@link RendezvousDiscovery}. */
export interface RendezvousDiscoveryOptions {
  /** Where peers of a kind meet; left out, everybody at the point is looked at. */
  readonly namespace?: string;
  /** Registers this node there too. Default: yes, where there is a namespace. */
  readonly announce?: boolean;
}

/** Looks at a point now and then, and tells of who is new there. */
export class RendezvousDiscovery implements Discovery {
  readonly name = SOURCE;
  readonly #environment: Environment;
  readonly #client: RendezvousClient;
  readonly #options: RendezvousDiscoveryOptions;
  readonly #peers = new Subject<DiscoveredPeer>();
  readonly #problems = new Subject<EngineError>();
  #cookie: Uint8Array | undefined;
  #running: AbortController | undefined;
  #looking: Promise<void> = Promise.resolve();
  #timer: unknown;

  constructor(environment: Environment, client: RendezvousClient, options: RendezvousDiscoveryOptions = {}) {
    this.#environment = environment;
    this.#client = client;
    this.#options = options;
  }

  /** Who is there: each when it comes, and again when it registers anew. This node itself is left out by who hears of it. */
  get peers$(): Observable<DiscoveredPeer> {
    return this.#peers;
  }

  /** Looks and registrations that failed; the next look is made all the same. */
  get problems$(): Observable<EngineError> {
    return this.#problems;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    this.#environment.turns.post(() => this.#look(running));
  }

  async stop(): Promise<void> {
    const { namespace } = this.#options;
    const { clock } = this.#environment;
    if (this.#running === undefined) return;
    this.#running.abort();
    this.#running = undefined;
    clock.clearTimeout(this.#timer);
    await this.#looking;
    if (namespace !== undefined) await this.#client.unregister(namespace);
  }

  #look(running: AbortController): void {
    if (this.#running !== running) return;
    this.#looking = this.#lookOnce(running.signal).catch((thrown: unknown) => this.#failed(thrown, running));
    void this.#looking.then(() => this.#environment.turns.post(() => this.#rest(running)));
  }

  #rest(running: AbortController): void {
    if (this.#running !== running) return;
    const { clock, turns, limits } = this.#environment;
    this.#timer = clock.setTimeout(() => turns.post(() => this.#look(running)), limits.rendezvousPollMs);
  }

  /** All pages since the last look. */
  async #lookOnce(signal: AbortSignal): Promise<void> {
    const { namespace, announce = true } = this.#options;
    if (namespace !== undefined && announce) await this.#announce(namespace, signal);
    for (let pages = 0; pages < this.#environment.limits.rendezvousPages && !signal.aborted; pages++) {
      const page = await this.#client.discover({ namespace, cookie: this.#cookie, signal });
      this.#cookie = page.cookie;
      this.#environment.turns.post(() => {
        for (const { peer } of page.peers) if (!signal.aborted) this.#peers.next({ source: SOURCE, peer });
      });
      if (page.peers.length === 0 || page.cookie === undefined) return;
    }
  }

  /** One that is not taken does not keep us from looking. */
  async #announce(namespace: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.register(namespace);
    } catch (thrown) {
      if (!signal.aborted) this.#tell(thrown);
    }
  }

  #failed(thrown: unknown, running: AbortController): void {
    // A point that was started anew knows none of its cookies: the next look begins at the beginning.
    if (thrown instanceof EngineError && thrown.code === 'ERR_RENDEZVOUS_INVALID_COOKIE') this.#cookie = undefined;
    if (this.#running === running) this.#tell(thrown);
  }

  #tell(thrown: unknown): void {
    const error = toEngineError(thrown, 'ERR_RENDEZVOUS_ENDED', 'remote', String(thrown));
    this.#environment.turns.post(() => this.#problems.next(error));
  }
}
