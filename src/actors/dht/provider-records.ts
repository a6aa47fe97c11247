/**
 * Provider records that others left here (specs.ipfs.tech kad-dht, "Provider Records"): in memory, and on a data store
 * from which they come back. A record lives for 48 h of wall time from when it was heard, and where its provider is for
 * 24 h. One from the future, left by a clock that was ahead, counts as heard now, so that none lives for longer.
 */
import type { Observable } from 'rxjs';
import { peerIdToBytes } from '../../crypto/peer-id.js';
import { toEngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import type { RoutedPeer } from '../../routing/router.js';
import { fromHex, toHex } from '../../wire/hex.js';
import { decodeStoredProvider, encodeStoredProvider, type StoredProvider } from '../../wire/kad-stored.js';
import type { Environment } from '../environment.js';
import { closenessTo } from './closeness.js';
import type { ProviderStore, Soon } from './kad-answers.js';
import { ProviderIndex } from './provider-index.js';
import { RecordProblems, RecordWriter, Sweep, type RecordProblem } from '../records/record-keeping.js';

/** What {@link ProviderRecords} are made of. */
export interface ProviderRecordsOptions {
  readonly environment: Environment;
  readonly store: DataStore;
  /** Our own peer id: records far from it go first. */
  readonly self: string;
  /** Which DHT it is, e.g. `wan`: part of the keys in the store. */
  readonly name: string;
}

/** The provider records of one DHT. */
export class ProviderRecords implements ProviderStore {
  readonly #environment: Environment;
  readonly #store: DataStore;
  readonly #recordPrefix: string;
  readonly #addressPrefix: string;
  readonly #closeness: (multihash: Uint8Array) => number;
  readonly #index: ProviderIndex;
  readonly #problems: RecordProblems;
  readonly #writer: RecordWriter;
  readonly #sweep: Sweep;
  #reading: Promise<void> | undefined;
  #isStopped = false;

  constructor({ environment, store, self, name }: ProviderRecordsOptions) {
    this.#environment = environment;
    this.#store = store;
    this.#recordPrefix = `/kad/${name}/providers/`;
    this.#addressPrefix = `/kad/${name}/addresses/`;
    this.#closeness = closenessTo(environment, peerIdToBytes(self));
    this.#problems = new RecordProblems(environment);
    this.#writer = new RecordWriter({
      environment,
      address: `dht/${name}/providers`,
      store,
      problems: this.#problems,
      mostChanges: environment.limits.kadRecordChanges,
    });
    this.#sweep = new Sweep(environment, () => this.#expire());
    this.#index = new ProviderIndex(environment.limits, {
      removed: (key, peer) => this.#writer.change(this.#recordKey(key, peer), undefined),
      forgotten: (peer) => this.#writer.change(this.#addressPrefix + peer, undefined),
    });
  }

  /** Damaged records, and failures of the store. */
  get problems$(): Observable<RecordProblem> {
    return this.#problems.problems$;
  }

  /** How much is kept. */
  get counts(): { readonly keys: number; readonly records: number; readonly bytes: number } {
    const { keys, records, bytes } = this.#index;
    return { keys, records, bytes };
  }

  /** Reads what is stored, and writes what changes from now on. Call inside a turn. */
  start(): void {
    this.#writer.start();
    this.#reading = this.#read().finally(() => (this.#reading = undefined));
  }

  /** Writes what is left; resolves when it is written, or could not be. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reading;
    this.#sweep.stop();
    await this.#writer.stop();
  }

  add(multihash: Uint8Array, { id, addresses }: RoutedPeer): void {
    if (this.#isStopped) return;
    const key = toHex(multihash);
    const receivedAtMs = this.#environment.clock.wallTime();
    const isLocated = this.#isLocated(id, addresses, receivedAtMs);
    this.#index.add(key, this.#closeness(multihash), id, receivedAtMs);
    if (this.#index.receivedAt(key, id) === undefined) return;
    this.#writer.change(this.#recordKey(key, id), encodeStoredProvider({ receivedAtMs, addresses: [] }));
    this.#sweep.arm();
    if (isLocated) return;
    const { kadAddressesPerPeer } = this.#environment.limits;
    const kept = addresses.slice(0, kadAddressesPerPeer);
    this.#index.locate(id, kept, receivedAtMs);
    if (this.#index.provider(id) === undefined) return;
    this.#writer.change(this.#addressPrefix + id, encodeStoredProvider({ receivedAtMs, addresses: kept }));
  }

  get(multihash: Uint8Array): Soon<readonly RoutedPeer[]> {
    const reading = this.#reading;
    return reading === undefined ? this.#find(multihash) : reading.then(() => this.#find(multihash));
  }

  #find(multihash: Uint8Array): readonly RoutedPeer[] {
    const { kadProviderLifeMs, kadProviderAddressLifeMs } = this.#environment.limits;
    const found: RoutedPeer[] = [];
    for (const [id, receivedAtMs] of this.#index.get(toHex(multihash))) {
      if (this.#isOlder(receivedAtMs, kadProviderLifeMs)) continue;
      const provider = this.#index.provider(id);
      const isLost = provider === undefined || this.#isOlder(provider.addressesAtMs, kadProviderAddressLifeMs);
      found.push({ id, addresses: isLost ? [] : provider.addresses });
    }
    return found;
  }

  #isOlder(receivedAtMs: number, lifeMs: number): boolean {
    return this.#environment.clock.wallTime() - receivedAtMs >= lifeMs;
  }

  /** The same was heard a short time ago: a hundred thousand records are not a hundred thousand writes of where they are. */
  #isLocated(peer: string, addresses: readonly string[], nowMs: number): boolean {
    const provider = this.#index.provider(peer);
    if (provider === undefined || provider.addresses.length !== addresses.length) return false;
    const ageMs = nowMs - provider.addressesAtMs;
    const isFresh = ageMs >= 0 && ageMs < this.#environment.limits.recordSweepMs;
    return isFresh && addresses.every((address, index) => address === provider.addresses[index]);
  }

  /** Removes what is too old; answers whether anything is left. */
  #expire(): boolean {
    const { kadProviderLifeMs, kadProviderAddressLifeMs } = this.#environment.limits;
    const nowMs = this.#environment.clock.wallTime();
    for (const [key, peer, receivedAtMs] of this.#index.entries()) {
      if (this.#isOlder(receivedAtMs, kadProviderLifeMs)) this.#index.remove(key, peer);
      else if (receivedAtMs > nowMs) {
        // The clock went back: it counts from now.
        this.#index.add(key, this.#closeness(fromHex(key)), peer, nowMs);
        this.#writer.change(this.#recordKey(key, peer), encodeStoredProvider({ receivedAtMs: nowMs, addresses: [] }));
      }
    }
    for (const [peer, { addresses, addressesAtMs }] of this.#index.peers()) {
      const isOld = this.#isOlder(addressesAtMs, kadProviderAddressLifeMs);
      if (isOld && addresses.length > 0) {
        this.#index.locate(peer, [], 0);
        this.#writer.change(this.#addressPrefix + peer, undefined);
      } else if (addressesAtMs > nowMs) this.#index.locate(peer, addresses, nowMs);
    }
    this.#problems.tellRest();
    return this.#index.records > 0;
  }

  async #read(): Promise<void> {
    const nowMs = this.#environment.clock.wallTime();
    const records = await this.#readAll(this.#recordPrefix);
    const addresses = await this.#readAll(this.#addressPrefix);
    this.#environment.turns.post(() => {
      // The oldest first, so that those go that would have gone.
      records.sort(([, left], [, right]) => left.receivedAtMs - right.receivedAtMs);
      for (const [key, { receivedAtMs }] of records) this.#restore(key, Math.min(receivedAtMs, nowMs));
      for (const [peer, stored] of addresses) this.#restoreAddresses(peer, stored, nowMs);
      this.#problems.tellRest();
      if (this.#expire() && !this.#isStopped) this.#sweep.arm();
    });
  }

  #restore(stored: string, receivedAtMs: number): void {
    const [key = '', peer = ''] = stored.split('/');
    // What was heard meanwhile is newer.
    if (this.#index.receivedAt(key, peer) !== undefined) return;
    this.#index.add(key, this.#closeness(fromHex(key)), peer, receivedAtMs);
  }

  #restoreAddresses(peer: string, { receivedAtMs, addresses }: StoredProvider, nowMs: number): void {
    const provider = this.#index.provider(peer);
    if (provider === undefined) this.#writer.change(this.#addressPrefix + peer, undefined);
    else if (provider.addresses.length === 0) this.#index.locate(peer, addresses, Math.min(receivedAtMs, nowMs));
  }

  async #readAll(prefix: string): Promise<[key: string, stored: StoredProvider][]> {
    const read: [string, StoredProvider][] = [];
    const { kadProviderKeys, kadProvidersPerKey } = this.#environment.limits;
    try {
      for await (const [key, bytes] of this.#store.query(prefix)) {
        const stored = this.#decode(key, key.slice(prefix.length), bytes);
        if (stored !== undefined) read.push([key.slice(prefix.length), stored]);
        // More than there can be is not ours.
        if (read.length >= kadProviderKeys * kadProvidersPerKey) break;
      }
    } catch (thrown) {
      this.#problems.tell(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the providers that are stored'));
    }
    return read;
  }

  #decode(key: string, name: string, bytes: Uint8Array): StoredProvider | undefined {
    try {
      const [multihash, peer] = name.includes('/') ? name.split('/') : ['', name];
      peerIdToBytes(peer ?? '');
      fromHex(multihash ?? '');
      return decodeStoredProvider(bytes);
    } catch (thrown) {
      this.#problems.tell(toEngineError(thrown, 'ERR_KAD_RECORD_DAMAGED', 'local', 'a stored provider'), key);
      return undefined;
    }
  }

  #recordKey(key: string, peer: string): string {
    return `${this.#recordPrefix}${key}/${peer}`;
  }
}
