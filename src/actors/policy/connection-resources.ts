/**
 * What one connection and its streams take of the node. A connection counts in the system and among the transient ones;
 * once secured in its peer's scope too, once open no longer as transient. A stream counts in its connection, its peer and
 * the system, and is transient until its protocol is agreed; then it counts in the protocol's scope.
 *
 * Called at edges only: a stream opens or ends, a window grows, a queue passes its mark.
 */
import { EngineError } from '../../errors.js';
import type { Direction } from '../../messages.js';
import type { MuxerResources } from '../connection/muxer.js';
import { RenewedMap } from '../renewed.js';
import type { ResourceManager } from './resource-manager.js';
import type { ResourceScope } from './scope.js';
import {
  emptyHolding,
  join,
  leave,
  reserve,
  resourceOf,
  RESOURCES,
  sumOf,
  type Holding,
  type ScopeSnapshot,
} from './scope.js';

/** Growth is a promise of speed, no need: it may take half of what a scope has, so that new streams find room. */
const GROWTH_SHARE = 0.5;

interface StreamHolding {
  readonly held: Holding;
  readonly direction: Direction;
  /** Where it counts besides connection, peer and system: transient, then its protocol. */
  place: ResourceScope;
  /** It counts as transient no more. */
  isAgreed: boolean;
}

/** Counts for one connection. */
export class ConnectionResources implements MuxerResources {
  readonly direction: Direction;
  /** The whole connection: itself and its streams. */
  readonly #own: ResourceScope;
  /** The connection without its streams. */
  readonly #held = emptyHolding();
  readonly #manager: ResourceManager;
  /** By id, oldest first. */
  readonly #streams = new RenewedMap<number, StreamHolding>();
  /** How many of them count as transient. */
  #unagreed = 0;
  /** Resets a stream; set by the owner of the connection. */
  evict: ((streamId: number) => void) | undefined;
  /** Hears once that no stream is left; set by who waits for it. */
  onceIdle: (() => void) | undefined;
  #peer: ResourceScope | undefined;
  #transient: ResourceScope | undefined;
  #closed = false;

  /** Made by {@link ResourceManager.openConnection}, which has counted `held` in system and transient. */
  constructor(manager: ResourceManager, own: ResourceScope, direction: Direction, held: Holding) {
    this.#manager = manager;
    this.#own = own;
    this.direction = direction;
    this.#transient = manager.transient;
    Object.assign(this.#held, held);
  }

  get snapshot(): ScopeSnapshot {
    return this.#own.snapshot;
  }

  /** Who it is was proved: counts in the peer's scope from now on, with its streams. Answers the refusal, if that is full. */
  secured(peer: string): EngineError | undefined {
    const scope = this.#manager.peer(peer);
    const held = sumOf([this.#held, ...[...this.#streams.values()].map((stream) => stream.held)]);
    const refused = join(scope, held, this.#blame);
    if (refused === undefined) this.#peer = scope;
    this.#manager.tidy(scope);
    return refused;
  }

  /** The upgrade is through. */
  opened(): void {
    if (this.#transient !== undefined) leave(this.#transient, this.#held);
    this.#transient = undefined;
  }

  /** How many of its streams have no protocol yet. */
  get unagreedStreams(): number {
    return this.#unagreed;
  }

  /** Resets the newest stream without a protocol: another connection has fewer. */
  giveWay(): void {
    let newest: number | undefined;
    for (const [id, { isAgreed }] of this.#streams) if (!isAgreed) newest = id;
    if (newest !== undefined) this.evict?.(newest);
  }

  openStream(id: number, direction: Direction): EngineError | undefined {
    const refused = this.#countStream(id, direction);
    const isFull = refused?.details.scope === this.#manager.transient.name && direction === 'inbound';
    return isFull && this.#manager.makeRoom(this) ? this.#countStream(id, direction) : refused;
  }

  #countStream(id: number, direction: Direction): EngineError | undefined {
    const place = this.#manager.transient;
    const stream: StreamHolding = { held: emptyHolding(), direction, place, isAgreed: false };
    const scopes = this.#scopesOf(stream);
    const blame = direction === 'inbound' ? 'remote' : 'local';
    const one = resourceOf('streams', direction);
    const refused = reserve(scopes, one, 1, { blame });
    if (refused !== undefined) return refused;
    const bytes = this.#manager.bytesPerStream;
    const noMemory = reserve(scopes, 'memoryBytes', bytes, { blame });
    if (noMemory !== undefined) {
      for (const scope of scopes) scope.count(one, -1);
      return noMemory;
    }
    stream.held[one] = 1;
    stream.held.memoryBytes = bytes;
    this.#streams.set(id, stream);
    if (++this.#unagreed === 1) this.#manager.negotiating.add(this);
    return undefined;
  }

  /** The protocol of a stream is agreed. Answers the refusal, if the protocol's scope is full; the stream stays transient. */
  agreed(id: number, protocol: string): EngineError | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined) return undefined;
    const scope = this.#manager.protocol(protocol);
    const refused = join(scope, stream.held, stream.direction === 'inbound' ? 'remote' : 'local');
    if (refused === undefined) {
      leave(stream.place, stream.held);
      stream.place = scope;
      this.#settled(stream);
    }
    this.#manager.tidy(scope);
    return refused;
  }

  reserve(id: number, bytes: number): EngineError | undefined {
    return this.#reserve(id, bytes, 1);
  }

  grow(id: number, bytes: number): boolean {
    return this.#reserve(id, bytes, GROWTH_SHARE) === undefined;
  }

  release(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.held.memoryBytes -= bytes;
    for (const scope of this.#scopesOf(stream)) scope.count('memoryBytes', -bytes);
  }

  closeStream(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    this.#settled(stream);
    for (const scope of this.#scopesOf(stream)) leave(scope, stream.held);
    this.#manager.tidy(stream.place);
    if (this.onceIdle === undefined || this.#streams.size > 0) return;
    const idle = this.onceIdle;
    this.onceIdle = undefined;
    idle();
  }

  /** Counts what the connection itself holds: its outbox, when it passes its mark. */
  reserveOwn(bytes: number): EngineError | undefined {
    const refused = reserve(this.#scopes(), 'memoryBytes', bytes, { blame: 'remote' });
    if (refused === undefined) this.#held.memoryBytes += bytes;
    return refused;
  }

  releaseOwn(bytes: number): void {
    if (this.#closed) return;
    this.#held.memoryBytes -= bytes;
    for (const scope of this.#scopes()) scope.count('memoryBytes', -bytes);
  }

  /** The connection is gone: gives everything back. A second call changes nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of [...this.#streams.keys()]) this.closeStream(id);
    for (const scope of this.#scopes()) leave(scope, this.#held);
    for (const resource of RESOURCES) this.#held[resource] = 0;
    if (this.#peer !== undefined) this.#manager.tidy(this.#peer);
    this.#manager.forget(this.#own);
  }

  #settled(stream: StreamHolding): void {
    if (stream.isAgreed) return;
    stream.isAgreed = true;
    if (--this.#unagreed === 0) this.#manager.negotiating.delete(this);
  }

  get #blame() {
    return this.direction === 'inbound' ? 'remote' : 'local';
  }

  #reserve(id: number, bytes: number, share: number): EngineError | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined) return undefined;
    const limit = this.#manager.streamMemoryBytes;
    if (stream.held.memoryBytes + bytes > limit) {
      const name = `${this.#own.name}/${id}`;
      return new EngineError('ERR_RESOURCE_LIMIT', 'remote', `scope ${name} is full: memoryBytes may be ${limit}`, {
        details: { scope: name, resource: 'memoryBytes', limit },
      });
    }
    const refused = reserve(this.#scopesOf(stream), 'memoryBytes', bytes, { blame: 'remote', share });
    if (refused === undefined) stream.held.memoryBytes += bytes;
    return refused;
  }

  #scopes(): readonly ResourceScope[] {
    const scopes = [this.#own, this.#manager.system];
    if (this.#peer !== undefined) scopes.push(this.#peer);
    if (this.#transient !== undefined) scopes.push(this.#transient);
    return scopes;
  }

  #scopesOf({ place }: StreamHolding): readonly ResourceScope[] {
    const scopes = [this.#own, this.#manager.system, place];
    if (this.#peer !== undefined) scopes.push(this.#peer);
    return scopes;
  }
}
