/**
 * The key space of Kademlia (libp2p/specs kad-dht/README.md, "Kademlia Keyspace"): keys are SHA-256 of bytes (the multihash
 * of a peer id, the multihash of content, the key of a record), 32 bytes, and the distance of two is their XOR.
 */
import { peerIdFromBytes, peerIdToBytes } from '../../crypto/peer-id.js';
import type { Limits } from '../../limits.js';
import type { Ciphers } from '../../ports.js';
import { ProbeKeys } from './providing/probe-keys.js';

/** Bits of a key. */
export const KEY_BITS = 256;
const KEY_BYTES = KEY_BITS / 8;

/** A peer with its place in the key space. Nobody changes the arrays. */
export interface PlacedPeer {
  /** Peer id in canonical text. */
  readonly id: string;
  /** Its multihash, as it travels. */
  readonly bytes: Uint8Array;
  /** SHA-256 of that, 32 bytes. */
  readonly key: Uint8Array;
}

/** Which of two keys is closer to `target`: negative for `left`, positive for `right`, 0 where they are the same. */
export function compareDistance(target: Uint8Array, left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < KEY_BYTES; at++) {
    const l = left[at] as number;
    const r = right[at] as number;
    if (l !== r) return (l ^ (target[at] as number)) - (r ^ (target[at] as number));
  }
  return 0;
}

/** How many leading bits two keys have in common, 0 to 256. */
export function commonPrefixBits(left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < KEY_BYTES; at++) {
    const difference = (left[at] as number) ^ (right[at] as number);
    if (difference !== 0) return at * 8 + Math.clz32(difference) - 24;
  }
  return KEY_BITS;
}

/** Hashes bytes into the key space; remembers where peers are, for the same ones come again with every answer. */
export class KeySpace {
  readonly #ciphers: Ciphers;
  readonly #most: number;
  /** Two generations: when the first is full it becomes the second, and what nobody asked for since is gone. */
  #young = new Places();
  #old = new Places();
  #probes: ProbeKeys | undefined;

  constructor(ciphers: Ciphers, { kadPlacesCached }: Pick<Limits, 'kadPlacesCached'>) {
    this.#ciphers = ciphers;
    this.#most = Math.max(1, Math.ceil(kadPlacesCached / 2));
  }

  /** Peers remembered; never more than the limit, rounded up to an even number. */
  get size(): number {
    return this.#young.byId.size + this.#old.byId.size;
  }

  /** Keys by where they hash to; they take memory once somebody asks for them. */
  get probes(): ProbeKeys {
    return (this.#probes ??= new ProbeKeys(this.#ciphers));
  }

  /** The key of bytes. */
  keyOf(bytes: Uint8Array): Uint8Array {
    return this.#ciphers.hash('sha256', [bytes]);
  }

  /** A peer by its id in canonical text. Throws `ERR_PEER_ID_INVALID`. */
  peer(id: string): PlacedPeer {
    const known = this.#young.byId.get(id);
    if (known !== undefined) return known;
    const recalled = this.#old.byId.get(id);
    if (recalled !== undefined) return this.#remember(recalled);
    const bytes = peerIdToBytes(id);
    return this.#remember({ id, bytes, key: this.keyOf(bytes) });
  }

  /** A peer by the multihash that somebody told, copied; `undefined` for bytes that are no peer id. */
  peerOf(bytes: Uint8Array): PlacedPeer | undefined {
    const known = this.#young.find(bytes);
    if (known !== undefined) return known;
    const recalled = this.#old.find(bytes);
    if (recalled !== undefined) return this.#remember(recalled);
    try {
      const id = peerIdFromBytes(bytes);
      return this.#remember({ id, bytes: bytes.slice(), key: this.keyOf(bytes) });
    } catch {
      return undefined;
    }
  }

  #remember(peer: PlacedPeer): PlacedPeer {
    if (this.#young.byId.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Places();
    }
    this.#old.byId.delete(peer.id);
    this.#young.add(peer);
    return peer;
  }
}

/** Peers by id, and by the last bytes of their multihash, which is several times faster than by a text of all of them. */
class Places {
  readonly byId = new Map<string, PlacedPeer>();
  readonly #byTail = new Map<number, PlacedPeer>();

  add(peer: PlacedPeer): void {
    this.byId.set(peer.id, peer);
    // Of two with one tail the latter is found: the other one is hashed again.
    this.#byTail.set(tailOf(peer.bytes), peer);
  }

  find(bytes: Uint8Array): PlacedPeer | undefined {
    const found = this.#byTail.get(tailOf(bytes));
    return found !== undefined && isSame(found.bytes, bytes) ? found : undefined;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

function tailOf(bytes: Uint8Array): number {
  const { length } = bytes;
  return (
    ((bytes[length - 1] ?? 0) << 24) |
    ((bytes[length - 2] ?? 0) << 16) |
    ((bytes[length - 3] ?? 0) << 8) |
    (bytes[length - 4] ?? 0)
  );
}
