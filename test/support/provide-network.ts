/**
 * A made network for providing: peers with routing tables as Kademlia fills them, lookups as go-libp2p-kad-dht runs them
 * (alpha 10, beta 3, then whoever of the 20 closest was not asked yet) and as a sweep does, and what each peer was told. Every request, answer
 * and ADD_PROVIDER is one message.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { base58btc } from 'multiformats/bases/base58';
import type { PeersNear } from '../../src/actors/dht/providing/exploration.js';
import { EngineError } from '../../src/errors.js';
import type { Clock } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { KadMessage } from '../../src/wire/kad.js';

const K = 20;
const ALPHA = 10;
const BETA = 3;

/** One peer of the network. */
export interface MadePeer {
  readonly id: string;
  readonly point: Uint8Array;
  readonly head: number;
  readonly addresses: readonly string[];
  /** Whom it knows: up to 20 of each distance. */
  readonly known: readonly MadePeer[];
  /** Keys that it was told, as hex, with the time of the last telling in milliseconds of the clock. */
  readonly records: Map<string, number>;
}

/** What a network is made of. */
export interface MadeNetworkOptions {
  readonly clock: Clock;
  readonly peers: number;
  readonly seed: number;
  /** Which keys peers keep; all by default. */
  readonly keeps?: (key: Uint8Array) => boolean;
  /** Fails or delays a telling: resolves or rejects when it is over. */
  readonly telling?: (peer: MadePeer, signal: AbortSignal | undefined) => Promise<void>;
  /** Fails or delays a lookup. */
  readonly lookingUp?: (signal: AbortSignal | undefined) => Promise<void>;
}

/** Peers, and what passes between them and us. */
export class MadeNetwork {
  readonly peers: readonly MadePeer[];
  readonly #options: MadeNetworkOptions;
  readonly #byId: ReadonlyMap<string, MadePeer>;
  /** Whom we know: as one of them would. */
  readonly #contacts: readonly MadePeer[];
  readonly #trueClosest = new Map<string, readonly MadePeer[]>();
  lookups = 0;
  /** Requests and answers of lookups. */
  lookupMessages = 0;
  records = 0;
  /** Calls that tell: streams, where each is one stream. */
  tellings = 0;

  constructor(options: MadeNetworkOptions) {
    this.#options = options;
    const random = new SeededRandom(options.seed);
    const peers: MadePeer[] = [];
    for (let index = 0; index < options.peers; index++) {
      const bytes = Uint8Array.of(0x12, 0x20, ...random.bytes('peer', 32));
      const point = sha256(bytes);
      const addresses = [`/ip4/192.0.2.${index % 256}/tcp/${4001 + Math.floor(index / 256)}`];
      const id = base58btc.baseEncode(bytes);
      peers.push({ id, point, head: head(point), addresses, known: [], records: new Map() });
    }
    this.peers = peers.map((peer) => Object.assign(peer, { known: contactsOf(peer.head, peers, random) }));
    this.#byId = new Map(peers.map((peer) => [peer.id, peer]));
    this.#contacts = contactsOf(head(random.bytes('self', 32)), peers, random);
  }

  get messages(): number {
    return this.lookupMessages + this.records;
  }

  /** The 20 peers closest to a key, by looking at all of them. */
  trueClosest(key: Uint8Array): readonly MadePeer[] {
    const text = Buffer.from(key).toString('hex');
    const known = this.#trueClosest.get(text) ?? this.closestOf(key, this.peers);
    this.#trueClosest.set(text, known);
    return known;
  }

  /** The 20 of some peers that are closest to a key. */
  closestOf(key: Uint8Array, peers: readonly MadePeer[]): readonly MadePeer[] {
    return closest(head(sha256(key)), peers, K);
  }

  /** How many of a key's 20 closest peers have it. */
  holders(key: Uint8Array): number {
    const text = Buffer.from(key).toString('hex');
    return this.trueClosest(key).filter(({ records }) => records.has(text)).length;
  }

  readonly peersNear: PeersNear = async (key, { signal, known = [] } = {}) => {
    await this.#options.lookingUp?.(signal);
    return this.lookUpSparingly(
      key,
      known.flatMap(({ id }) => this.#byId.get(id) ?? []),
    );
  };

  /** One lookup as go makes it; its requests and answers are counted. */
  lookUp(key: Uint8Array): readonly MadePeer[] {
    const { heard, ask } = this.#iterate(key, [], (all, asked) =>
      all.filter((peer) => !asked.has(peer)).slice(0, ALPHA),
    );
    return ask(heard.slice(0, K)).slice(0, K);
  }

  /** One lookup of a sweep: the three closest are asked, until these have answered. */
  lookUpSparingly(key: Uint8Array, known: readonly MadePeer[]): readonly MadePeer[] {
    return this.#iterate(key, known, (heard) => heard.slice(0, BETA)).heard.slice(0, 2 * K);
  }

  #iterate(
    key: Uint8Array,
    known: readonly MadePeer[],
    next: (heard: readonly MadePeer[], asked: ReadonlySet<MadePeer>) => readonly MadePeer[],
  ) {
    this.lookups++;
    const target = head(sha256(key));
    const asked = new Set<MadePeer>();
    let heard = closest(target, [...new Set([...this.#contacts, ...known])], K);
    /** Asks those that were not asked yet; answers all that were heard of, the closest first. */
    const ask = (peers: readonly MadePeer[]): readonly MadePeer[] => {
      const told = new Set(heard);
      for (const peer of peers) {
        if (asked.has(peer)) continue;
        asked.add(peer);
        this.lookupMessages += 2;
        for (const each of closest(target, peer.known, K)) told.add(each);
      }
      return closest(target, [...told], Infinity);
    };
    while (!heard.slice(0, BETA).every((peer) => asked.has(peer))) {
      heard = ask(next(heard, asked));
    }
    return { heard, ask };
  }

  /**
   * How many messages one lookup costs as @libp2p/kad-dht runs it: 20 paths, one from each of the 20 closest that it knows,
   * and on each of them everybody is asked who is closer than the one who told of it and was not asked on another path.
   */
  messagesAsJs(key: Uint8Array): number {
    const target = head(sha256(key));
    const asking = [...closest(target, this.#contacts, K)];
    const seen = new Set(asking);
    for (const peer of asking) {
      for (const known of closest(target, peer.known, K)) {
        if (seen.has(known) || (known.head ^ target) >>> 0 >= (peer.head ^ target) >>> 0) continue;
        seen.add(known);
        asking.push(known);
      }
    }
    return 2 * seen.size;
  }

  tellMany = async (
    id: string,
    messages: readonly KadMessage[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> => {
    const peer = this.#byId.get(id);
    if (peer === undefined) throw new EngineError('ERR_DIAL_NO_ADDRESS', 'local', `${id} is not there`);
    this.tellings++;
    await this.#options.telling?.(peer, signal);
    for (const { key } of messages) {
      this.records++;
      if (this.#options.keeps?.(key) ?? true) {
        peer.records.set(Buffer.from(key).toString('hex'), this.#options.clock.now());
      }
    }
  };
}

function head(point: Uint8Array): number {
  return Buffer.from(point).readUInt32BE();
}

function closest(target: number, peers: readonly MadePeer[], count: number): readonly MadePeer[] {
  return [...peers].sort((left, right) => ((left.head ^ target) >>> 0) - ((right.head ^ target) >>> 0)).slice(0, count);
}

/** Up to 20 peers of each common prefix length, chosen by chance. */
function contactsOf(self: number, peers: readonly MadePeer[], random: SeededRandom): readonly MadePeer[] {
  const buckets = new Map<number, MadePeer[]>();
  for (const peer of peers) {
    if (peer.head === self) continue;
    const shared = Math.clz32(peer.head ^ self);
    const bucket = buckets.get(shared);
    if (bucket === undefined) buckets.set(shared, [peer]);
    else bucket.push(peer);
  }
  return [...buckets.values()].flatMap((bucket) => {
    if (bucket.length <= K) return bucket;
    const start = Buffer.from(random.bytes('contacts', 4)).readUInt32BE() % bucket.length;
    return Array.from({ length: K }, (_, step) => bucket[(start + step) % bucket.length] as MadePeer);
  });
}
