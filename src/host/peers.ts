/** The peers that a node knows, as its embedder sees them: look, add, correct, forget, and hear of changes. */
import { map, type Observable } from 'rxjs';
import type { Environment } from '../actors/environment.js';
import { joinAddresses } from '../actors/peers/addresses.js';
import { checkMetadata } from '../actors/peers/bounds.js';
import type { Peerstore } from '../actors/peers/peerstore.js';
import { parsePeerId, peerIdFromPublicKey } from '../crypto/peer-id.js';
import { EngineError, toEngineError } from '../errors.js';
import { splitPeerAddress } from '../wire/multiaddr.js';
import type { KnownAddress, PeerEntry } from '../wire/peer-entry.js';

/** One peer as it is known now. */
export interface PeerInfo {
  readonly id: string;
  /** In the libp2p keys protobuf. */
  readonly publicKey?: Uint8Array;
  /** Best first, with where each comes from and until when it is kept. */
  readonly addresses: readonly KnownAddress[];
  readonly protocols: readonly string[];
  readonly agentVersion?: string;
  readonly protocolVersion?: string;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  /** The last round-trip time that was measured, in milliseconds. */
  readonly latencyMs?: number;
}

/** What a peer is told to have. */
export interface PeerPatch {
  /** In the libp2p keys protobuf; has to be the key of the id. */
  readonly publicKey?: Uint8Array;
  /** Multiaddrs, with or without `/p2p/<this peer>`; kept until they are taken away. */
  readonly addresses?: readonly string[];
  readonly protocols?: readonly string[];
  readonly metadata?: Readonly<Record<string, Uint8Array>>;
}

/** A change: `after` is absent when the peer was forgotten, `before` when it is new. */
export interface PeerInfoChange {
  readonly id: string;
  readonly before?: PeerInfo;
  readonly after?: PeerInfo;
}

/** The peerstore of a node. */
export class Peers {
  readonly #environment: Environment;
  readonly #store: Peerstore;
  readonly #read: () => Promise<void>;

  /** `read` resolves when all that is stored is here. */
  constructor(environment: Environment, store: Peerstore, read: () => Promise<void>) {
    this.#environment = environment;
    this.#store = store;
    this.#read = read;
  }

  /** Each change, as it happens. */
  get changes$(): Observable<PeerInfoChange> {
    return this.#store.changes$.pipe(
      map(({ peer, before, after }) => ({
        id: peer,
        ...(before === undefined ? {} : { before: infoOf(peer, before) }),
        ...(after === undefined ? {} : { after: infoOf(peer, after) }),
      })),
    );
  }

  /** What is known of a peer; `undefined` where it is nothing. Throws `ERR_PEER_ID_INVALID`. */
  async get(id: string): Promise<PeerInfo | undefined> {
    const peer = parsePeerId(id);
    await this.#store.reading(peer);
    const entry = this.#store.entryOf(peer);
    return entry && infoOf(peer, entry);
  }

  /** Every known peer, the least recently used first. */
  async list(): Promise<readonly PeerInfo[]> {
    await this.#read();
    return this.#store.peers.map((peer) => infoOf(peer, this.#store.entryOf(peer)));
  }

  /**
   * Adds to what is known of a peer: addresses, protocols and metadata join those there. Throws `ERR_PEER_ID_INVALID`,
   * and `ERR_INVALID_ARGUMENT` for an address that is none or names another peer, another key, and too much metadata.
   */
  merge(id: string, patch: PeerPatch): Promise<PeerInfo> {
    return this.#change(id, patch, (entry, { addresses, protocols, metadata, ...rest }) => ({
      ...entry,
      ...rest,
      addresses: this.#withManual(entry.addresses, addresses ?? []),
      protocols: [...new Set([...entry.protocols, ...(protocols ?? [])])],
      metadata: { ...entry.metadata, ...metadata },
    }));
  }

  /** As {@link merge}, but what the patch names takes the place of what was there. */
  patch(id: string, patch: PeerPatch): Promise<PeerInfo> {
    return this.#change(id, patch, (entry, { addresses, protocols, metadata, ...rest }) => ({
      ...entry,
      ...rest,
      ...(addresses === undefined ? {} : { addresses: this.#withManual([], addresses) }),
      ...(protocols === undefined ? {} : { protocols: [...new Set(protocols)] }),
      ...(metadata === undefined ? {} : { metadata }),
    }));
  }

  /** Forgets a peer; a connection with it stays. Answers whether it was known. Throws `ERR_PEER_ID_INVALID`. */
  async delete(id: string): Promise<boolean> {
    const peer = parsePeerId(id);
    await this.#store.reading(peer);
    return this.#inTurn(() => this.#store.delete(peer));
  }

  async #change(
    id: string,
    patch: PeerPatch,
    update: (entry: PeerEntry, patch: PeerPatch) => PeerEntry,
  ): Promise<PeerInfo> {
    const peer = parsePeerId(id);
    const checked = this.#checked(peer, patch);
    await this.#store.reading(peer);
    return this.#inTurn(() =>
      infoOf(
        peer,
        this.#store.change(peer, (entry) => {
          const updated = update(entry, checked);
          checkMetadata(updated.metadata, this.#environment.limits);
          return updated;
        }),
      ),
    );
  }

  #checked(peer: string, patch: PeerPatch): PeerPatch {
    const { publicKey, addresses } = patch;
    if (publicKey !== undefined && peerIdFromPublicKey(publicKey) !== peer) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `the public key is not the one of ${peer}`);
    }
    // The fields that there are, and nothing else that an object may carry.
    return {
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(addresses === undefined ? {} : { addresses: addresses.map((address) => transportOf(peer, address)) }),
      ...(patch.protocols === undefined ? {} : { protocols: patch.protocols }),
      ...(patch.metadata === undefined ? {} : { metadata: patch.metadata }),
    };
  }

  #withManual(known: readonly KnownAddress[], texts: readonly string[]): readonly KnownAddress[] {
    const { clock, limits } = this.#environment;
    return joinAddresses(known, texts, 'manual', clock.wallTime(), limits);
  }

  #inTurn<Value>(work: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#environment.turns.post(() => {
        try {
          resolve(work());
        } catch (thrown) {
          reject(toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', 'changing what is known of a peer'));
        }
      });
    });
  }
}

function transportOf(peer: string, address: string): string {
  const { transport, peer: named } = splitPeerAddress(address);
  if (named !== undefined && parsePeerId(named) !== peer) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${address} is an address of another peer than ${peer}`);
  }
  return transport;
}

function infoOf(id: string, entry: PeerEntry | undefined): PeerInfo {
  const {
    publicKey,
    addresses = [],
    protocols = [],
    agentVersion,
    protocolVersion,
    metadata = {},
    latencyMs,
  } = entry ?? {};
  return {
    id,
    ...(publicKey === undefined ? {} : { publicKey }),
    addresses,
    protocols,
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    metadata,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  };
}
