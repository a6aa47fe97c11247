/**
 * What a server of the DHT answers (libp2p/specs kad-dht/README.md, "RPC messages"; specs.ipfs.tech kad-dht, "Server
 * behavior"): from a routing table and two stores, whoever carries the messages.
 */
import { CID } from 'multiformats/cid';
import { decode as decodeMultihash } from 'multiformats/hashes/digest';
import { peerIdFromBytes, peerIdToBytes } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { RoutedPeer } from '../../routing/router.js';
import type { KadMessage, KadPeer, KadRecord } from '../../wire/kad.js';

/** A value, or a promise of it: what lies in memory is answered in the turn of its question. */
export type Soon<Value> = Value | Promise<Value>;

/** Who provides what, as others said. */
export interface ProviderStore {
  /** Notes that a peer provides the content of a multihash, and where it is. Never throws: what is not kept is told elsewhere. */
  add(multihash: Uint8Array, provider: RoutedPeer): void;
  /** Those who do, best first; without addresses where none are known any more. */
  get(multihash: Uint8Array): Soon<readonly RoutedPeer[]>;
}

/** Values that others put here. */
export interface ValueStore {
  /** With the time at which it was received. */
  get(key: Uint8Array): Soon<KadRecord | undefined>;
  /** Stores one that is valid and no worse than what is stored. Rejects with why it is not taken. */
  put(key: Uint8Array, value: Uint8Array): Promise<void>;
}

/** What the answers are made from. */
export interface KadAnswersOptions {
  readonly limits: Pick<Limits, 'kadReplyPeers' | 'kadProviderKeyBytes'>;
  /** Our own peer id. */
  readonly self: string;
  /** The peers of the routing table that are closest to the hash of a key, closest first, without one of them. */
  readonly closest: (key: Uint8Array, count: number, except: string) => readonly RoutedPeer[];
  /** Addresses of any peer that is known, our own included. */
  readonly addressesOf: (peer: string) => readonly string[];
  readonly isConnected: (peer: string) => boolean;
  /** The multihash of a peer id; whoever remembers it saves much of an answer. Default: decoded each time. */
  readonly bytesOf?: ((peer: string) => Uint8Array) | undefined;
  /** Which addresses are told to others and believed of them: on the public network the public ones. Default: all. */
  readonly filterAddresses?: ((addresses: readonly string[]) => readonly string[]) | undefined;
  readonly providers: ProviderStore;
  readonly values: ValueStore;
}

const NO_PEERS: readonly KadPeer[] = [];
const NO_KEY = new Uint8Array(0);
const CID_V1 = 1;
/** The hash functions of peer ids. */
const IDENTITY = 0x00;
const SHA2_256 = 0x12;

/** Answers requests. */
export class KadAnswers {
  readonly #options: KadAnswersOptions;

  constructor(options: KadAnswersOptions) {
    this.#options = options;
  }

  /**
   * The answer to what the peer `from` asks; `undefined` where none is due. Throws, or rejects with, an `EngineError` where
   * it is refused: `ERR_KAD_BAD_MESSAGE` for a key that means nothing, and what the stores say.
   */
  answer(from: string, request: KadMessage): Soon<KadMessage | undefined> {
    switch (request.type) {
      case 'FIND_NODE':
        return this.#findNode(from, request);
      case 'GET_PROVIDERS':
        return this.#getProviders(from, request);
      case 'ADD_PROVIDER':
        this.#addProvider(from, request);
        return undefined;
      case 'GET_VALUE':
        return this.#getValue(from, request);
      case 'PUT_VALUE':
        return this.#putValue(request);
      case 'PING':
        return { type: 'PING', key: request.key, closerPeers: NO_PEERS, providerPeers: NO_PEERS };
    }
  }

  #findNode(from: string, { key }: KadMessage): KadMessage {
    const { self, addressesOf } = this.#options;
    const closer = this.#closer(checkedKey(key), from);
    const target = peerOf(key);
    // Whoever is looked for is told of wherever it is, server or not, and even where only its own network reaches it.
    if (target !== undefined && target !== from && closer[0]?.id !== target) {
      const addresses = addressesOf(target);
      if (addresses.length > 0 || target === self) {
        closer.unshift({ id: target, addresses });
        if (closer.length > this.#options.limits.kadReplyPeers) closer.pop();
      }
    }
    return { type: 'FIND_NODE', key: NO_KEY, closerPeers: this.#told(closer), providerPeers: NO_PEERS };
  }

  #getProviders(from: string, { key }: KadMessage): Soon<KadMessage> {
    const multihash = this.#multihash(key);
    const message = (providers: readonly RoutedPeer[]): KadMessage => ({
      type: 'GET_PROVIDERS',
      key,
      closerPeers: this.#told(this.#closer(multihash, from)),
      providerPeers: this.#told(providers.map((peer) => this.#filtered(peer))),
    });
    const providers = this.#options.providers.get(multihash);
    return providers instanceof Promise ? providers.then(message) : message(providers);
  }

  #addProvider(from: string, { key, providerPeers }: KadMessage): void {
    const multihash = this.#multihash(key);
    const own = this.#bytesOf(from);
    for (const { id, addresses } of providerPeers) {
      // A provider speaks for itself alone: anybody could send others anywhere.
      if (!isSame(id, own)) continue;
      const provider = this.#filtered({ id: from, addresses });
      if (provider.addresses.length > 0) this.#options.providers.add(multihash, provider);
    }
  }

  #getValue(from: string, { key }: KadMessage): Soon<KadMessage> {
    const message = (record: KadRecord | undefined): KadMessage => ({
      type: 'GET_VALUE',
      key,
      ...(record === undefined ? {} : { record }),
      closerPeers: this.#told(this.#closer(key, from)),
      providerPeers: NO_PEERS,
    });
    const record = this.#options.values.get(checkedKey(key));
    return record instanceof Promise ? record.then(message) : message(record);
  }

  async #putValue({ key, record }: KadMessage): Promise<KadMessage> {
    if (record === undefined) throw meaningless('PUT_VALUE without a record');
    if (!isSame(key, record.key)) throw meaningless('PUT_VALUE of a record that has another key');
    await this.#options.values.put(checkedKey(key), record.value);
    const echo = { key, value: record.value };
    return { type: 'PUT_VALUE', key, record: echo, closerPeers: NO_PEERS, providerPeers: NO_PEERS };
  }

  #multihash(key: Uint8Array): Uint8Array {
    const { kadProviderKeyBytes } = this.#options.limits;
    if (key.length <= kadProviderKeyBytes) return multihashOfKey(key);
    throw meaningless(`a key of ${key.length} bytes, the limit of provider records is ${kadProviderKeyBytes}`);
  }

  /** Only peers that can be dialed are of use, and nobody is told of itself. */
  #closer(key: Uint8Array, from: string): RoutedPeer[] {
    const { limits, closest } = this.#options;
    const peers: RoutedPeer[] = [];
    for (const peer of closest(key, limits.kadReplyPeers, from)) {
      const filtered = this.#filtered(peer);
      if (filtered.addresses.length > 0 && peer.id !== from) peers.push(filtered);
    }
    return peers;
  }

  #filtered(peer: RoutedPeer): RoutedPeer {
    const { filterAddresses } = this.#options;
    return filterAddresses === undefined ? peer : { id: peer.id, addresses: filterAddresses(peer.addresses) };
  }

  #bytesOf(peer: string): Uint8Array {
    return (this.#options.bytesOf ?? peerIdToBytes)(peer);
  }

  #told(peers: readonly RoutedPeer[]): readonly KadPeer[] {
    const { isConnected } = this.#options;
    return peers.map(({ id, addresses }) => ({
      id: this.#bytesOf(id),
      addresses,
      connection: isConnected(id) ? 'connected' : 'notConnected',
    }));
  }
}

/**
 * The multihash that a key of provider records means: itself, or that of a whole CID, as go and js sent it until 2019.
 * Throws `ERR_KAD_BAD_MESSAGE` for bytes that are neither.
 */
export function multihashOfKey(key: Uint8Array): Uint8Array {
  try {
    // No hash function has the number 1, so that a version is never taken for one. Version 0 is the multihash itself.
    return key[0] === CID_V1 ? CID.decode(key).multihash.bytes : decodeMultihash(key).bytes;
  } catch (cause) {
    throw meaningless('a key that is neither a multihash nor a CID', cause);
  }
}

function checkedKey(key: Uint8Array): Uint8Array {
  if (key.length === 0) throw meaningless('a request without a key');
  return key;
}

/** The peer whose id the bytes are, if they are one. Most are not: what cannot be one is seen before anything is thrown. */
function peerOf(id: Uint8Array): string | undefined {
  if (id[0] !== IDENTITY && id[0] !== SHA2_256) return undefined;
  try {
    return peerIdFromBytes(id);
  } catch {
    return undefined;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function meaningless(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_KAD_BAD_MESSAGE', 'remote', what, { cause });
}
