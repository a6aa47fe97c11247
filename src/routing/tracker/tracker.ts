/**
 * Trackers of BitTorrent as a router (docs/trackers.md): tells them that we have the content of a CID, and asks them who
 * else has. They know addresses and no peer ids: who is at one is found out by dialing it.
 */
import type { CID } from 'multiformats/cid';
import { Observable } from 'rxjs';
import type { Environment } from '../../actors/environment.js';
import { EngineError } from '../../errors.js';
import { toHex } from '../../wire/hex.js';
import type { TrackerRequest } from '../../wire/tracker.js';
import type { ProviderAnswer, Router, RoutingOptions, StoreAnswer } from '../router.js';
import { untilAborted } from '../until-aborted.js';
import { TrackerClient, trackerTargetOf, type TrackerPorts, type TrackerTarget } from './client.js';
import type { ResolvePeer } from './hints.js';
import { infohashOf } from './infohash.js';
import { TrackerLookup } from './lookup.js';
import { Provided } from './provided.js';

/** What {@link TrackerRouter} is made of. */
export interface TrackerRouterOptions extends TrackerPorts {
  /** `http://`, `https://` and `udp://host:port`, at least one. */
  readonly trackers: readonly string[];
  /** Our peer id, in canonical text. */
  readonly peer: string;
  /** The TCP port at which others reach us; `undefined` while there is none. */
  port(): number | undefined;
  /** Who is at an address, e.g. `/ip4/203.0.113.5/tcp/4001`: dials it. */
  readonly resolvePeer: ResolvePeer;
  /** Also tries addresses of loopback and private networks that a tracker tells: for trackers of one's own. Default false. */
  readonly privateAddresses?: boolean;
}

/** The form of most clients: two letters, four digits, and twelve bytes of chance. */
const PEER_ID_PREFIX = '-SC0010-';
const PEER_ID_BYTES = 20;
/** Of nobody: "discard". A tracker wants a port also of who has none. */
const NO_PORT = 9;

/** One node's trackers. */
export class TrackerRouter implements Router {
  readonly name = 'tracker';
  readonly #environment: Environment;
  readonly #options: TrackerRouterOptions;
  readonly #targets: readonly TrackerTarget[];
  readonly #client: TrackerClient;
  readonly #peerId: Uint8Array;
  /** By infohash. */
  readonly #provided = new Map<string, Provided>();
  readonly #lookups = new Set<TrackerLookup>();
  /** Farewells that are under way, each with its end. */
  readonly #leaving = new Set<() => void>();
  #onQuiet: (() => void)[] = [];

  /** Throws `ERR_INVALID_ARGUMENT` for no trackers, too many, or URLs of another kind. */
  constructor(environment: Environment, options: TrackerRouterOptions) {
    const { trackers } = options;
    const { trackerUrls } = environment.limits;
    if (trackers.length < 1 || trackers.length > trackerUrls) {
      throw new EngineError(
        'ERR_INVALID_ARGUMENT',
        'local',
        `tracker: 1 to ${trackerUrls} URLs, got ${trackers.length}`,
      );
    }
    this.#environment = environment;
    this.#options = options;
    this.#targets = [...new Set(trackers)].map(trackerTargetOf);
    this.#client = new TrackerClient(environment, options);
    this.#peerId = new Uint8Array(PEER_ID_BYTES);
    this.#peerId.set(new TextEncoder().encode(PEER_ID_PREFIX));
    this.#peerId.set(
      environment.random.bytes('tracker.peerId', PEER_ID_BYTES - PEER_ID_PREFIX.length),
      PEER_ID_PREFIX.length,
    );
  }

  /**
   * Tells every tracker, and again when it wants to hear it, until {@link unprovide} or {@link stop}. Emits each tracker the
   * first time that it takes it, and completes when each has taken it or failed once; unsubscribing before ends it as
   * `unprovide` does. Errors with `ERR_TRACKER_NO_PORT`, `ERR_TRACKER_BUSY` (too many CIDs), or as the first tracker failed
   * where all did: they are still tried again.
   */
  provide(cid: CID, { signal }: RoutingOptions = {}): Observable<StoreAnswer> {
    const answers = new Observable<StoreAnswer>((subscriber) => {
      let leave: () => void = () => undefined;
      this.#environment.turns.post(() => {
        if (subscriber.closed) return;
        const provided = this.#provide(cid);
        if (provided instanceof EngineError) {
          subscriber.error(provided);
          return;
        }
        leave = provided.listen({
          took: (at) => subscriber.next({ source: this.name, at }),
          over: (error) => (error === undefined ? subscriber.complete() : subscriber.error(error)),
        });
      });
      return () => this.#environment.turns.post(() => leave());
    });
    return untilAborted(answers, signal);
  }

  /** Tells the trackers that we leave, and no more after that. */
  unprovide(cid: CID): void {
    this.#environment.turns.post(() => this.#provided.get(toHex(infohashOf(cid)))?.stop());
  }

  /**
   * Who has the content, each peer once, with the address at which it was reached. Errors with `ERR_TRACKER_BUSY`, or as the
   * first tracker failed where all did.
   */
  findProviders(cid: CID, { signal }: RoutingOptions = {}): Observable<ProviderAnswer> {
    const answers = new Observable<ProviderAnswer>((subscriber) => {
      let lookup: TrackerLookup | undefined;
      this.#environment.turns.post(() => {
        if (subscriber.closed) return;
        const { limits } = this.#environment;
        if (this.#lookups.size >= limits.trackerLookups) {
          const what = `tracker: ${limits.trackerLookups} lookups are under way`;
          subscriber.error(new EngineError('ERR_TRACKER_BUSY', 'local', what));
          return;
        }
        const begun = (lookup = this.#lookup(cid, {
          found: (id, address) => {
            subscriber.next({ source: this.name, provider: { id, addresses: [address] } });
          },
          over: (error) => {
            this.#lookups.delete(begun);
            if (error === undefined) subscriber.complete();
            else subscriber.error(error);
          },
        }));
        this.#lookups.add(begun);
        begun.start();
      });
      return () =>
        this.#environment.turns.post(() => {
          if (lookup === undefined) return;
          this.#lookups.delete(lookup);
          lookup.stop();
        });
    });
    return untilAborted(answers, signal);
  }

  /** Ends everything; resolves when the trackers were told, or took too long. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#environment.turns.post(() => {
        for (const lookup of [...this.#lookups]) lookup.stop();
        this.#lookups.clear();
        for (const provided of [...this.#provided.values()]) provided.stop();
        this.#onQuiet.push(resolve);
        this.#settle();
      });
    });
  }

  #provide(cid: CID): Provided | EngineError {
    if (this.#options.port() === undefined) {
      return new EngineError('ERR_TRACKER_NO_PORT', 'local', 'tracker: this node listens on no TCP port');
    }
    const infohash = infohashOf(cid);
    const key = toHex(infohash);
    const known = this.#provided.get(key);
    // One that says farewell is begun anew.
    if (known !== undefined && !known.isLeaving) return known;
    const { trackerProvided } = this.#environment.limits;
    if (known === undefined && this.#provided.size >= trackerProvided) {
      return new EngineError('ERR_TRACKER_BUSY', 'local', `tracker: ${trackerProvided} CIDs are announced`);
    }
    const provided = new Provided(this.#environment, {
      address: `tracker/${key}`,
      targets: this.#targets,
      announce: (target, event, listener) =>
        this.#client.announce(target, this.#request(infohash, event, true), listener),
      stopped: () => {
        if (this.#provided.get(key) === provided) this.#provided.delete(key);
        this.#settle();
      },
    });
    this.#provided.set(key, provided);
    provided.start();
    return provided;
  }

  #lookup(
    cid: CID,
    listener: { found(id: string, address: string): void; over(error?: EngineError): void },
  ): TrackerLookup {
    const { peer: self, resolvePeer, privateAddresses = false } = this.#options;
    const infohash = infohashOf(cid);
    const isOurs = (): boolean => this.#provided.has(toHex(infohash));
    return new TrackerLookup(this.#environment, {
      ...listener,
      self,
      resolvePeer,
      privateAddresses,
      targets: this.#targets,
      announce: (target, event, heard) =>
        this.#client.announce(target, this.#request(infohash, isOurs() ? undefined : event, isOurs()), heard),
      // It tells others that we have it, which we do not.
      noted: (target) => {
        if (!isOurs()) this.#sayFarewell(target, infohash);
      },
    });
  }

  #sayFarewell(target: TrackerTarget, infohash: Uint8Array): void {
    const { clock, turns, limits } = this.#environment;
    const end = (): void => {
      clock.clearTimeout(timer);
      if (!this.#leaving.delete(end)) return;
      cancel();
      this.#settle();
    };
    const timer = clock.setTimeout(() => turns.post(end), limits.trackerFarewellMs);
    this.#leaving.add(end);
    const request = this.#request(infohash, 'stopped', false);
    const cancel = this.#client.announce(target, request, {
      answered: () => turns.post(end),
      failed: () => turns.post(end),
    });
  }

  #request(infohash: Uint8Array, event: TrackerRequest['event'], isComplete: boolean): TrackerRequest {
    return {
      infohash,
      peerId: this.#peerId,
      port: this.#options.port() ?? NO_PORT,
      event,
      isComplete,
      wanted: event === 'stopped' ? 0 : this.#environment.limits.trackerPeersWanted,
    };
  }

  #settle(): void {
    if (this.#provided.size > 0 || this.#leaving.size > 0) return;
    for (const resolve of this.#onQuiet.splice(0)) resolve();
  }
}
