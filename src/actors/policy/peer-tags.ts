/**
 * What peers are worth to us: named tags with values, some of which expire, and names that protect a peer. A tag that
 * has expired counts for nothing and is forgotten when it is next met: no timer is needed.
 */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';

/** Options of a tag. */
export interface TagOptions {
  /** What the peer is worth for this; values of all its tags are added up. Default 1. */
  readonly value?: number;
  /** After which the tag is gone. Default: it stays. */
  readonly ttlMs?: number;
}

/** A tag as it is now. */
export interface Tag {
  readonly value: number;
  /** In milliseconds of the node's clock; absent: it stays. */
  readonly expiresAtMs?: number;
}

interface PeerEntry {
  readonly tags: Map<string, Tag>;
  readonly protections: Set<string>;
}

/** Tags and protections by peer. */
export class PeerTags {
  readonly #limits: Limits;
  readonly #nowMs: () => number;
  readonly #peers = new Map<string, PeerEntry>();

  constructor(limits: Limits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Peers that carry a tag or a protection. */
  get size(): number {
    return this.#peers.size;
  }

  /** Sets a tag; an older one of that name is replaced. Throws `ERR_INVALID_ARGUMENT` for odd values and too many tags. */
  tag(peer: string, name: string, options: TagOptions = {}): void {
    const { value = 1, ttlMs } = options;
    if (!Number.isFinite(value) || (ttlMs !== undefined && !(ttlMs > 0))) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'a tag has a finite value, and a ttlMs above 0 if any');
    }
    const entry = this.#entry(peer);
    if (!entry.tags.has(name)) this.#assertRoom(entry);
    entry.tags.set(name, ttlMs === undefined ? { value } : { value, expiresAtMs: this.#nowMs() + ttlMs });
    this.#peers.set(peer, entry);
  }

  /** Removes a tag; answers whether there was one. */
  untag(peer: string, name: string): boolean {
    const removed = this.#peers.get(peer)?.tags.delete(name) ?? false;
    this.#tidy(peer);
    return removed;
  }

  /** Protects a peer under a name: while it has one such name, it is not trimmed. */
  protect(peer: string, name: string): void {
    const entry = this.#entry(peer);
    if (!entry.protections.has(name)) this.#assertRoom(entry);
    entry.protections.add(name);
    this.#peers.set(peer, entry);
  }

  /** Takes one protection back; answers whether the peer is protected still, under another name. */
  unprotect(peer: string, name: string): boolean {
    this.#peers.get(peer)?.protections.delete(name);
    this.#tidy(peer);
    return this.isProtected(peer);
  }

  isProtected(peer: string): boolean {
    return (this.#peers.get(peer)?.protections.size ?? 0) > 0;
  }

  /** Tags that have not expired, by name. */
  tagsOf(peer: string): Readonly<Record<string, Tag>> {
    this.#expire(peer);
    return Object.fromEntries(this.#peers.get(peer)?.tags ?? []);
  }

  /** The sum of a peer's tags; 0 for a stranger. */
  valueOf(peer: string): number {
    this.#expire(peer);
    let sum = 0;
    for (const { value } of this.#peers.get(peer)?.tags.values() ?? []) sum += value;
    return sum;
  }

  #entry(peer: string): PeerEntry {
    this.#expire(peer);
    const entry = this.#peers.get(peer);
    if (entry !== undefined) return entry;
    if (this.#peers.size >= this.#limits.taggedPeers) for (const other of [...this.#peers.keys()]) this.#expire(other);
    if (this.#peers.size >= this.#limits.taggedPeers) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${this.#peers.size} peers carry tags already`);
    }
    return { tags: new Map(), protections: new Set() };
  }

  #assertRoom({ tags, protections }: PeerEntry): void {
    const { tagsPerPeer } = this.#limits;
    if (tags.size + protections.size < tagsPerPeer) return;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `a peer carries ${tagsPerPeer} tags at the most`);
  }

  #expire(peer: string): void {
    const tags = this.#peers.get(peer)?.tags;
    if (tags === undefined) return;
    const nowMs = this.#nowMs();
    for (const [name, { expiresAtMs }] of tags)
      if (expiresAtMs !== undefined && expiresAtMs <= nowMs) tags.delete(name);
    this.#tidy(peer);
  }

  #tidy(peer: string): void {
    const entry = this.#peers.get(peer);
    if (entry?.tags.size === 0 && entry.protections.size === 0) this.#peers.delete(peer);
  }
}
