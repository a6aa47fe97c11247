/**
 * What this node does at one rendezvous point (libp2p/specs rendezvous/README.md): registers itself in namespaces and stays
 * there, asks who else is.
 */
import { Observable, Subject } from 'rxjs';
import type { Identity } from '../../crypto/identity.js';
import { openPeerRecord, type PeerRecord } from '../../crypto/peer-record.js';
import { EngineError } from '../../errors.js';
import type { RoutedPeer } from '../../routing/router.js';
import type { RendezvousDiscover, RendezvousDiscoverResponse, RendezvousRegistration } from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { PointRequests } from './point-requests.js';
import { OwnRegistration } from './own-registration.js';

/** The swarm as a client of a point sees it. */
export interface RendezvousNetwork {
  readonly self: string;
  /** Transport addresses; for `self` those that others may be told. */
  addressesOf(peer: string): readonly string[];
  /** Opens a stream for the first of `protocols` that the peer speaks, dialing where there is no connection. */
  openStream(
    peer: string,
    protocols: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ProtocolStream>;
}

/** Options of {@link RendezvousClient}. */
export interface RendezvousClientOptions {
  /** Peer id of the point. */
  readonly point: string;
  /** Signs our records. */
  readonly identity: Identity;
  /** Numbers for them; each higher than the last. */
  readonly nextSequence: () => bigint;
  /** Dialects of our records, tried in this order until the point takes one. Default: the standard one, then rust's. */
  readonly dialects?: readonly PeerRecord['dialect'][];
}

/** A peer that a point told of; its record is its own, and verified. */
export interface RendezvousPeer {
  readonly peer: RoutedPeer;
  readonly namespace: string;
  readonly ttlSeconds: number;
}

/** One answer of a point. */
export interface RendezvousPage {
  readonly peers: readonly RendezvousPeer[];
  /** To ask on with: opaque, and this point's. */
  readonly cookie?: Uint8Array;
  /** Registrations that were left out: a record that does not hold, or another namespace than was asked for. */
  readonly refused: number;
}

/** What is asked for. */
export interface DiscoverOptions {
  /** Left out: of all namespaces. */
  readonly namespace?: string | undefined;
  readonly cookie?: Uint8Array | undefined;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A registration that could not be renewed: it is tried again. */
export interface RenewalProblem {
  readonly namespace: string;
  readonly error: EngineError;
}

/** Speaks with one point. */
export class RendezvousClient {
  readonly point: string;
  readonly #environment: Environment;
  readonly #requests: PointRequests;
  readonly #registrations = new Map<string, OwnRegistration>();
  readonly #problems = new Subject<RenewalProblem>();
  #stopped = false;

  constructor(environment: Environment, network: RendezvousNetwork, options: RendezvousClientOptions) {
    this.point = options.point;
    this.#environment = environment;
    this.#requests = new PointRequests(environment, network, options);
  }

  /** Renewals that failed. Emits inside turns. */
  get problems$(): Observable<RenewalProblem> {
    return this.#problems;
  }

  /** Namespaces in which this node is registered, or about to be. */
  get namespaces(): readonly string[] {
    return [...this.#registrations.keys()];
  }

  /**
   * Registers this node in a namespace and keeps it there until {@link unregister}. Resolves when the point has taken it for the
   * first time; again for a namespace that is held changes nothing. Rejects with `ERR_RENDEZVOUS_...` (by the status of a
   * refusal; no address; too many) and with what opening a stream fails with: then it is not kept.
   */
  register(namespace: string, options: { readonly ttlSeconds?: number } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#environment.turns.post(() => {
        const known = this.#registrations.get(namespace);
        if (known !== undefined) {
          known.taken.then(resolve, reject);
          return;
        }
        const refused = this.#refuse(namespace, options.ttlSeconds);
        if (refused !== undefined) {
          reject(refused);
          return;
        }
        const registration = new OwnRegistration(this.#environment, this.#requests, {
          namespace,
          ttlSeconds: options.ttlSeconds,
          onDelayed: (error) => this.#problems.next({ namespace, error }),
          onOver: () => this.#registrations.delete(namespace),
        });
        this.#registrations.set(namespace, registration);
        registration.taken.then(resolve, reject);
        registration.start();
      });
    });
  }

  /** Ends a registration and tells the point. Resolves when that is said, or could not be. */
  async unregister(namespace: string): Promise<void> {
    const registration = this.#registrations.get(namespace);
    if (registration === undefined) return;
    this.#environment.turns.post(() => registration.stop());
    await registration.over;
  }

  /** Our addresses have changed: what is registered is registered anew. */
  addressesChanged(): void {
    this.#environment.turns.post(() => {
      for (const registration of this.#registrations.values()) registration.changed();
    });
  }

  /** One answer. Rejects with `ERR_RENDEZVOUS_...`, `ERR_ABORTED`, and what opening a stream fails with. */
  async discover(options: DiscoverOptions = {}): Promise<RendezvousPage> {
    if (this.#stopped) throw new EngineError('ERR_RENDEZVOUS_STOPPED', 'local', 'the client of the point was stopped');
    const { namespace, cookie, limit, signal } = options;
    const request: RendezvousDiscover = {
      type: 'DISCOVER',
      limit: limit ?? this.#environment.limits.rendezvousRegistrations,
      ...(namespace === undefined ? {} : { namespace }),
      ...(cookie === undefined ? {} : { cookie }),
    };
    return this.#pageOf(await this.#requests.ask(request, signal), namespace);
  }

  /**
   * Everybody in a namespace (left out: in all), page after page; each peer once a namespace. Ends with a page that tells of
   * nobody new, and at the bounds of a search. Unsubscribing ends it. Errors as {@link discover} does.
   */
  findPeers(
    namespace?: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Observable<RendezvousPeer> {
    return new Observable((subscriber) => {
      const ending = new AbortController();
      const abort = (): void => ending.abort();
      options.signal?.addEventListener('abort', abort, { once: true });
      if (options.signal?.aborted === true) abort();
      subscriber.add(() => {
        options.signal?.removeEventListener('abort', abort);
        abort();
      });
      const tell = (peer: RendezvousPeer): void => this.#environment.turns.post(() => subscriber.next(peer));
      this.#search(namespace, ending.signal, tell).then(
        () => this.#environment.turns.post(() => subscriber.complete()),
        (error: unknown) => this.#environment.turns.post(() => subscriber.error(error)),
      );
    });
  }

  /** Ends all registrations, telling the point of each. Resolves when that is said, or could not be. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.namespaces.map((namespace) => this.unregister(namespace)));
    this.#problems.complete();
  }

  async #search(
    namespace: string | undefined,
    signal: AbortSignal,
    tell: (peer: RendezvousPeer) => void,
  ): Promise<void> {
    const { rendezvousPages, rendezvousDiscoveredPeers } = this.#environment.limits;
    const seen = new Set<string>();
    let cookie: Uint8Array | undefined;
    for (let pages = 0; pages < rendezvousPages; pages++) {
      const page = await this.discover({ namespace, cookie, signal });
      const before = seen.size;
      for (const found of page.peers) {
        const key = `${found.peer.id} ${found.namespace}`;
        if (seen.has(key)) continue;
        seen.add(key);
        tell(found);
        if (seen.size >= rendezvousDiscoveredPeers) return;
      }
      cookie = page.cookie;
      // A point that has nobody new is done, whatever else it sends.
      if (seen.size === before || cookie === undefined) return;
    }
  }

  #pageOf({ registrations, cookie }: RendezvousDiscoverResponse, asked: string | undefined): RendezvousPage {
    const { limits } = this.#environment;
    const peers = registrations
      .map((registration) => this.#verify(registration, asked))
      .filter((found) => found !== undefined);
    const isKept = cookie !== undefined && cookie.length <= limits.rendezvousCookieBytes;
    return { peers, refused: registrations.length - peers.length, ...(isKept ? { cookie } : {}) };
  }

  #verify(registration: RendezvousRegistration, asked: string | undefined): RendezvousPeer | undefined {
    const { ciphers, limits } = this.#environment;
    const { namespace = '', signedPeerRecord, ttlSeconds = limits.rendezvousDefaultTtlSeconds } = registration;
    if (signedPeerRecord === undefined || signedPeerRecord.length > limits.rendezvousRecordBytes) return undefined;
    if (asked !== undefined && namespace !== asked) return undefined;
    if (new TextEncoder().encode(namespace).length > limits.rendezvousNamespaceBytes) return undefined;
    try {
      const { peer: id, addresses } = openPeerRecord(ciphers, signedPeerRecord, limits);
      return { peer: { id, addresses }, namespace, ttlSeconds };
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.blame !== 'engine') return undefined;
      throw thrown;
    }
  }

  #refuse(namespace: string, ttlSeconds: number | undefined): EngineError | undefined {
    const {
      rendezvousNamespaceBytes: most,
      rendezvousOwnRegistrations,
      rendezvousMaxTtlSeconds,
    } = this.#environment.limits;
    const size = new TextEncoder().encode(namespace).length;
    if (size === 0 || size > most) {
      return new EngineError(
        'ERR_RENDEZVOUS_INVALID_NAMESPACE',
        'local',
        `a namespace has 1 to ${most} bytes, not ${size}`,
      );
    }
    if (
      ttlSeconds !== undefined &&
      !(Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= rendezvousMaxTtlSeconds)
    ) {
      return new EngineError('ERR_RENDEZVOUS_INVALID_TTL', 'local', `ttlSeconds is 1 to ${rendezvousMaxTtlSeconds}`);
    }
    if (this.#registrations.size >= rendezvousOwnRegistrations) {
      return new EngineError(
        'ERR_RENDEZVOUS_LIMIT',
        'local',
        `${rendezvousOwnRegistrations} registrations at one point`,
      );
    }
    return this.#stopped
      ? new EngineError('ERR_RENDEZVOUS_STOPPED', 'local', 'the client of the point was stopped')
      : undefined;
  }
}
