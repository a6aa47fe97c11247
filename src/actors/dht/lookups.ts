/**
 * The DHT as a {@link Router}: what is looked up and stored with its queries (libp2p/specs kad-dht/README.md, "DHT
 * operations"). A call errors where nobody could be asked, where nobody answered, and where the query took too long and
 * found nothing; what is not there is an observable without an answer.
 */
import type { CID } from 'multiformats/cid';
import { concat, defer, EMPTY, from, map, mergeMap, of, throwError, type Observable } from 'rxjs';
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type {
  PeerAnswer,
  ProviderAnswer,
  RoutedPeer,
  Router,
  RoutingOptions,
  StoreAnswer,
  ValueAnswer,
} from '../../routing/router.js';
import type { KadMessage, KadRecord } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import { Calls } from './calls.js';
import type { KeySpace } from './key-space.js';
import type { DhtNetwork, KadRequester } from './network.js';
import type { AskOptions, Queries } from './queries.js';
import type { QueryEvent } from './query-events.js';
import { StoreAtPeers } from './store-at-peers.js';
import { validatorOf, ValueChoice, type Validators } from './value-choice.js';

/** What this node holds itself; absent where it holds nothing. */
export interface LocalRecords {
  valueOf(key: Uint8Array): Promise<KadRecord | undefined>;
  storeValue(record: KadRecord): Promise<void>;
  providersOf(multihash: Uint8Array): Promise<readonly RoutedPeer[]>;
}

/** What lookups are made of. */
export interface LookupsOptions {
  /** `dht` or `lan-dht`. */
  readonly name: string;
  readonly environment: Environment;
  readonly network: DhtNetwork;
  readonly requester: KadRequester;
  readonly keySpace: KeySpace;
  readonly queries: Queries;
  readonly validators: Validators;
  readonly local?: LocalRecords | undefined;
  /** Valid values after which the best is taken. */
  readonly quorum: number;
  /** Providers after which a call ends. */
  readonly providers: number;
  /** Addresses of ours that others may be told. */
  ownAddresses(): readonly string[];
}

/** Router over one DHT. */
export class Lookups implements Router {
  readonly name: string;
  readonly #options: LookupsOptions;
  readonly #calls = new Calls();
  readonly #stores: StoreAtPeers;

  constructor(options: LookupsOptions) {
    this.#options = options;
    this.name = options.name;
    this.#stores = new StoreAtPeers(options.environment, options.requester);
  }

  /** Ends every call with `ERR_NODE_STOPPED`, and the corrections that are under way. */
  stop(): void {
    this.#calls.stop();
    this.#stores.stop();
  }

  closestPeers(key: Uint8Array, { signal }: RoutingOptions = {}): Observable<PeerAnswer> {
    return this.#calls.of(
      this.#closest(key).pipe(mergeMap((peers) => from(peers).pipe(map(this.#peerAnswer)))),
      signal,
    );
  }

  /**
   * Peers close to a key by the word of those closest to it, up to 2 k, the closest first; by far fewer messages than
   * {@link closestPeers}, and nobody has made sure that they are there. `known`: peers to begin with.
   */
  closestTold(
    key: Uint8Array,
    { signal, known = [] }: RoutingOptions & { readonly known?: readonly RoutedPeer[] | undefined } = {},
  ): Observable<readonly RoutedPeer[]> {
    const told$ = this.#closest(key, { isSparing: true, known });
    return this.#calls.of(told$.pipe(map((peers) => peers.map((peer) => this.#withAddresses(peer)))), signal);
  }

  findPeer(peer: string, { signal }: RoutingOptions = {}): Observable<PeerAnswer> {
    const { network } = this.#options;
    const call$ = defer(() => {
      const id = parsePeerId(peer);
      const known = { id, addresses: network.addressesOf(id) };
      const isKnown = id === network.self || network.isConnected(id);
      const known$ = isKnown || known.addresses.length > 0 ? of(this.#peerAnswer(known)) : EMPTY;
      return isKnown ? known$ : concat(known$, this.#lookForPeer(id));
    });
    return this.#calls.of(call$, signal);
  }

  findProviders(cid: CID, { signal }: RoutingOptions = {}): Observable<ProviderAnswer> {
    const multihash = cid.multihash.bytes;
    const { local, providers: most } = this.#options;
    const call$ = defer(() => {
      const told = new Set<string>();
      const tell = (provider: RoutedPeer): readonly ProviderAnswer[] => {
        if (told.size >= most || told.has(provider.id)) return [];
        told.add(provider.id);
        return [{ source: this.name, provider: this.#withAddresses(provider) }];
      };
      const local$ =
        local === undefined ? EMPTY : from(local.providersOf(multihash)).pipe(mergeMap((all) => all.flatMap(tell)));
      const asked$ = this.#ask({ type: 'GET_PROVIDERS', key: multihash, isSatisfied: () => told.size >= most });
      const found$ = asked$.pipe(mergeMap((event) => (event.type === 'provider.found' ? tell(event.provider) : [])));
      return concat(
        local$,
        defer(() => (told.size >= most ? EMPTY : found$)),
      );
    });
    return this.#calls.of(call$, signal);
  }

  getValue(key: Uint8Array, { signal }: RoutingOptions = {}): Observable<ValueAnswer> {
    const { validators, local, quorum } = this.#options;
    const call$ = defer(() => {
      const choice = new ValueChoice(key, validatorOf(validators, key));
      const tell = (record: KadRecord, peer?: string): readonly ValueAnswer[] => {
        if (!choice.hear(record, peer)) return [];
        return [{ source: this.name, value: record.value, ...(peer === undefined ? {} : { from: peer }) }];
      };
      const own$ = local === undefined ? of(undefined) : from(local.valueOf(key));
      const local$ = own$.pipe(mergeMap((record) => (record === undefined ? [] : tell(record))));
      const asked$ = this.#ask({ type: 'GET_VALUE', key, isSatisfied: () => choice.valid >= quorum });
      const found$ = asked$.pipe(
        mergeMap((event) => {
          if (event.type === 'value.found') return tell(event.record, event.peer);
          if (event.type === 'query.ended') this.#correct(key, choice, event.closest);
          return [];
        }),
      );
      return concat(local$, found$);
    });
    return this.#calls.of(call$, signal);
  }

  putValue(key: Uint8Array, value: Uint8Array, { signal }: RoutingOptions = {}): Observable<StoreAnswer> {
    const { validators, local } = this.#options;
    const call$ = defer(() => {
      const validator = validatorOf(validators, key);
      validator.validate(key, value);
      const own$ = local === undefined ? of(undefined) : from(local.valueOf(key));
      return own$.pipe(
        mergeMap((own) => {
          if (own !== undefined && validator.select(key, [value, own.value]) !== 0) return throwError(stale);
          return local === undefined ? of(undefined) : from(local.storeValue({ key, value }));
        }),
        mergeMap(() => this.#closest(key)),
        mergeMap((peers) => this.#stored(this.#stores.value(key, value, idsOf(peers)))),
      );
    });
    return this.#calls.of(call$, signal);
  }

  provide(cid: CID, { signal }: RoutingOptions = {}): Observable<StoreAnswer> {
    const multihash = cid.multihash.bytes;
    const { keySpace, network } = this.#options;
    const call$ = this.#closest(multihash).pipe(
      mergeMap((peers) => {
        const self = {
          id: keySpace.peer(network.self).bytes,
          addresses: this.#options.ownAddresses(),
          connection: 'connected',
        } as const;
        return this.#stored(this.#stores.provider(multihash, self, idsOf(peers)));
      }),
    );
    return this.#calls.of(call$, signal);
  }

  // ------------------------------------------------------------ parts

  /** The k closest, once. */
  #closest(key: Uint8Array, how?: Pick<AskOptions, 'isSparing' | 'known'>): Observable<readonly RoutedPeer[]> {
    return this.#ask({ type: 'FIND_NODE', key, ...how }).pipe(
      mergeMap((event) => (event.type === 'query.ended' ? [event.closest] : [])),
    );
  }

  #lookForPeer(id: string): Observable<PeerAnswer> {
    const { keySpace } = this.#options;
    const { bytes } = keySpace.peer(id);
    const addressesIn = ({ closerPeers }: KadMessage): readonly string[] =>
      closerPeers.find((told) => keySpace.peerOf(told.id)?.id === id)?.addresses ?? [];
    const isSatisfied = (answer: KadMessage): boolean => addressesIn(answer).length > 0;
    return this.#ask({ type: 'FIND_NODE', key: bytes, sought: id, isSatisfied }).pipe(
      mergeMap((event) => {
        if (event.type !== 'peer.answered' || !isSatisfied(event.answer)) return [];
        return [{ source: this.name, peer: { id, addresses: addressesIn(event.answer) } }];
      }),
    );
  }

  /** A query whose failure is an error. */
  #ask(options: AskOptions): Observable<QueryEvent> {
    return this.#options.queries.ask(options).pipe(
      mergeMap((event) => {
        const error = event.type === 'query.ended' ? failureOf(event) : undefined;
        return error === undefined ? of(event) : throwError(() => error);
      }),
    );
  }

  /** Gives the best value to those of the closest who have a worse one, or none; nobody waits for it. */
  #correct(key: Uint8Array, choice: ValueChoice, closest: readonly RoutedPeer[]): void {
    const { best } = choice;
    if (best === undefined) return;
    this.#stores.value(key, best, choice.stale(idsOf(closest))).subscribe({ error: () => undefined });
  }

  #stored(peers$: Observable<string>): Observable<StoreAnswer> {
    return peers$.pipe(map((at) => ({ source: this.name, at })));
  }

  readonly #peerAnswer = (peer: RoutedPeer): PeerAnswer => ({ source: this.name, peer: this.#withAddresses(peer) });

  /** With what the swarm knows, where nobody told anything. */
  #withAddresses({ id, addresses }: RoutedPeer): RoutedPeer {
    return { id, addresses: addresses.length > 0 ? addresses : this.#options.network.addressesOf(id) };
  }
}

function idsOf(peers: readonly RoutedPeer[]): readonly string[] {
  return peers.map(({ id }) => id);
}

function failureOf({
  outcome,
  closest,
  record,
}: Extract<QueryEvent, { type: 'query.ended' }>): EngineError | undefined {
  const asked = `query ${record.query}: ${record.messages} asked, ${record.failed} failed`;
  if (outcome === 'failed') return new EngineError('ERR_DHT_NO_ANSWER', 'remote', asked);
  if (outcome !== 'timedOut' || closest.length > 0) return undefined;
  return new EngineError('ERR_DHT_QUERY_TIMEOUT', 'remote', asked);
}

function stale(): EngineError {
  return new EngineError('ERR_DHT_STALE_VALUE', 'local', 'the value that is stored under this key is better');
}
