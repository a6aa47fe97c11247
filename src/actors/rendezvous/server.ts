/**
 * A rendezvous point (libp2p/specs rendezvous/README.md): peers register themselves in namespaces, others ask who is there.
 * Register {@link RendezvousPoint.handler} for {@link RENDEZVOUS_PROTOCOL}. It holds no streams of its own, and timers only
 * where it has a store.
 */
import { NEVER, Subject, type Observable } from 'rxjs';
import { openPeerRecord, type PeerRecord } from '../../crypto/peer-record.js';
import { EngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import type { RendezvousDiscover, RendezvousRegister, RendezvousStatus } from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import type { RecordProblem } from '../records/record-keeping.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { answerRendezvous, type RendezvousAnswers } from './answer.js';
import { Cookies } from './cookies.js';
import { RegistrationRecords } from './registration-records.js';
import { RegistrationStore, type StoredRegistration } from './registration-store.js';

/** What happens at a point. */
export type RendezvousPointEvent =
  | {
      readonly type: 'rendezvous.registered';
      readonly peer: string;
      readonly namespace: string;
      readonly ttlSeconds: number;
    }
  | { readonly type: 'rendezvous.unregistered'; readonly peer: string; readonly namespace: string }
  | { readonly type: 'rendezvous.discovered'; readonly peer: string; readonly count: number }
  | { readonly type: 'rendezvous.refused'; readonly peer: string; readonly status: RendezvousStatus };

/** Options of {@link RendezvousPoint}. */
export interface RendezvousPointOptions {
  /** Dialects of signed records that are taken. Rust reads its own alone, and fails at an answer with another in it. Default: both. */
  readonly dialects?: readonly PeerRecord['dialect'][];
  /** Where registrations are kept for a later life of the node: {@link RendezvousPoint.start} reads them. Default: nowhere. */
  readonly store?: DataStore;
}

type Refused = { readonly status: RendezvousStatus; readonly statusText: string };

const encoder = new TextEncoder();

/** Serves. */
export class RendezvousPoint {
  readonly #environment: Environment;
  readonly #dialects: readonly PeerRecord['dialect'][];
  readonly #store: RegistrationStore;
  readonly #records: RegistrationRecords | undefined;
  readonly #cookies: Cookies;
  readonly #events = new Subject<RendezvousPointEvent>();
  readonly #requests = new Map<string, number>();
  #requestsOfAll = 0;

  constructor(environment: Environment, options: RendezvousPointOptions = {}) {
    this.#environment = environment;
    this.#dialects = options.dialects ?? ['standard', 'rust'];
    this.#cookies = new Cookies(environment.ciphers, environment.random.bytes('rendezvous', Cookies.keyBytes).slice());
    const { store } = options;
    const refusalOf = (registration: StoredRegistration): string | undefined => this.#refusalOfStored(registration);
    const parts = { environment, cookies: this.#cookies, refusalOf };
    this.#records = store === undefined ? undefined : new RegistrationRecords({ ...parts, store });
    this.#store = this.#records?.registrations ?? new RegistrationStore(environment.limits);
  }

  /** Reads what an earlier life left in the store, and writes what changes from now on. */
  start(): void {
    this.#environment.turns.post(() => this.#records?.start());
  }

  /** Resolves when what has changed is written, or could not be; never rejects. */
  async stop(): Promise<void> {
    await this.#records?.stop();
  }

  /** Stored registrations that are damaged, and failures of the store: the point goes on. Emits inside turns. */
  get problems$(): Observable<RecordProblem> {
    return this.#records?.problems$ ?? NEVER;
  }

  /** What peers do here. Emits inside turns. */
  get events$(): Observable<RendezvousPointEvent> {
    return this.#events;
  }

  /** How many registrations there are. */
  get size(): number {
    return this.#store.size;
  }

  /** Answers one stream. Rejects with `ERR_RENDEZVOUS_...` where the peer's request is none, or one too many. */
  readonly handler = async (stream: ProtocolStream): Promise<void> => {
    const { remotePeer: peer } = stream.connection;
    const { rendezvousPeerRequests, rendezvousRequests } = this.#environment.limits;
    const own = this.#requests.get(peer) ?? 0;
    if (own >= rendezvousPeerRequests || this.#requestsOfAll >= rendezvousRequests) {
      const message = `rendezvous: ${own} requests of the peer and ${this.#requestsOfAll} in all are being answered`;
      throw new EngineError('ERR_RENDEZVOUS_LIMIT', 'remote', message);
    }
    this.#requests.set(peer, own + 1);
    this.#requestsOfAll++;
    try {
      const reading = this.#records?.reading;
      if (reading !== undefined) await reading;
      await answerRendezvous(this.#environment, stream, this.#answers(peer));
    } finally {
      this.#requestsOfAll--;
      const left = (this.#requests.get(peer) ?? 1) - 1;
      if (left === 0) this.#requests.delete(peer);
      else this.#requests.set(peer, left);
    }
  };

  #answers(peer: string): RendezvousAnswers {
    return {
      register: (request) => {
        const outcome = this.#register(peer, request);
        if (typeof outcome === 'number') return { type: 'REGISTER_RESPONSE', status: 'OK', ttlSeconds: outcome };
        return { type: 'REGISTER_RESPONSE', ...this.#refused(peer, outcome) };
      },
      unregister: ({ namespace }) => {
        if (namespace === undefined || !this.#store.remove(peer, namespace)) return;
        this.#events.next({ type: 'rendezvous.unregistered', peer, namespace });
      },
      discover: (request) => {
        const outcome = this.#discover(request);
        if ('status' in outcome) {
          return { type: 'DISCOVER_RESPONSE', registrations: [], ...this.#refused(peer, outcome) };
        }
        this.#events.next({ type: 'rendezvous.discovered', peer, count: outcome.registrations.length });
        return { type: 'DISCOVER_RESPONSE', status: 'OK', ...outcome };
      },
    };
  }

  #refused(peer: string, refused: Refused): Refused {
    this.#events.next({ type: 'rendezvous.refused', peer, status: refused.status });
    return refused;
  }

  /** The seconds that it lasts, or why not. What costs little is asked first; a signature costs most. */
  #register(peer: string, { namespace, signedPeerRecord, ttlSeconds }: RendezvousRegister): number | Refused {
    const { limits } = this.#environment;
    if (namespace === undefined || !this.#isNamespace(namespace)) return this.#badNamespace();
    const seconds = ttlSeconds ?? limits.rendezvousDefaultTtlSeconds;
    const { rendezvousMinTtlSeconds: min, rendezvousMaxTtlSeconds: max } = limits;
    if (seconds < min || seconds > max) return { status: 'E_INVALID_TTL', statusText: `${min} to ${max} seconds` };
    if (signedPeerRecord === undefined || !this.#isOfSize(signedPeerRecord)) return this.#badSize();
    const registeredAtMs = this.#nowMs;
    if (!this.#store.hasRoom(peer, namespace, registeredAtMs))
      return { status: 'E_UNAVAILABLE', statusText: 'no room' };
    const refused = this.#refusalOf(peer, signedPeerRecord);
    if (refused !== undefined) return refused;
    const expiresAtMs = registeredAtMs + seconds * 1000;
    this.#store.add({ peer, namespace, signedPeerRecord, registeredAtMs, expiresAtMs });
    this.#events.next({ type: 'rendezvous.registered', peer, namespace, ttlSeconds: seconds });
    return seconds;
  }

  #discover({ namespace, limit, cookie }: RendezvousDiscover) {
    if (namespace !== undefined && !this.#isNamespace(namespace)) return this.#badNamespace();
    const after = cookie === undefined || cookie.length === 0 ? 0 : this.#cookies.read(namespace, cookie);
    if (after === undefined)
      return { status: 'E_INVALID_COOKIE', statusText: 'not of this point and namespace' } as const;
    const { rendezvousRegistrations: most } = this.#environment.limits;
    // No limit and none at all are the same in proto3, and nobody asks for nothing.
    const wanted = limit === undefined || limit === 0 ? most : Math.min(limit, most);
    const { registrations, last } = this.#store.page(namespace, after, wanted, this.#nowMs);
    return { registrations, cookie: this.#cookies.make(namespace, last) };
  }

  /** Of the clock that goes on while the node does not run, where registrations outlive it. */
  get #nowMs(): number {
    const { turns, clock } = this.#environment;
    return this.#records === undefined ? turns.nowMs : Math.floor(clock.wallTime());
  }

  /** Why a registration of an earlier life is none today. */
  #refusalOfStored({ peer, namespace, signedPeerRecord }: StoredRegistration): string | undefined {
    if (!this.#isNamespace(namespace)) return this.#badNamespace().statusText;
    if (!this.#isOfSize(signedPeerRecord)) return this.#badSize().statusText;
    return this.#refusalOf(peer, signedPeerRecord)?.statusText;
  }

  #refusalOf(peer: string, signedPeerRecord: Uint8Array): Refused | undefined {
    const { ciphers, limits } = this.#environment;
    try {
      const record = openPeerRecord(ciphers, signedPeerRecord, limits);
      if (record.peer !== peer) return { status: 'E_NOT_AUTHORIZED', statusText: 'peers register themselves alone' };
      if (this.#dialects.includes(record.dialect)) return undefined;
      return { status: 'E_INVALID_SIGNED_PEER_RECORD', statusText: `dialects here: ${this.#dialects.join(', ')}` };
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.blame === 'engine') throw thrown;
      return { status: 'E_INVALID_SIGNED_PEER_RECORD', statusText: thrown.message };
    }
  }

  #isOfSize({ length }: Uint8Array): boolean {
    return length <= this.#environment.limits.rendezvousRecordBytes;
  }

  #badSize(): Refused {
    const { rendezvousRecordBytes: most } = this.#environment.limits;
    return { status: 'E_INVALID_SIGNED_PEER_RECORD', statusText: `a record of 1 to ${most} bytes` };
  }

  #isNamespace(namespace: string): boolean {
    // A character is one byte at least: what is long in characters is not encoded first.
    const { rendezvousNamespaceBytes: most } = this.#environment.limits;
    return namespace.length > 0 && namespace.length <= most && encoder.encode(namespace).length <= most;
  }

  #badNamespace(): Refused {
    const { rendezvousNamespaceBytes: most } = this.#environment.limits;
    return { status: 'E_INVALID_NAMESPACE', statusText: `1 to ${most} bytes` };
  }
}
