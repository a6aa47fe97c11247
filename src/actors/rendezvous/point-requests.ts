/** The requests of this node to one point: a few at once, each on a stream of its own, records in the dialect that the point reads. */
import { sealPeerRecord, type PeerRecord } from '../../crypto/peer-record.js';
import { EngineError } from '../../errors.js';
import { RUST_PEER_RECORD, STANDARD_PEER_RECORD } from '../../wire/peer-record.js';
import type { RendezvousDiscover, RendezvousDiscoverResponse } from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { RendezvousClientOptions, RendezvousNetwork } from './client.js';
import { RENDEZVOUS_PROTOCOL } from './exchange.js';
import type { RegistrationRequests } from './own-registration.js';
import { requestRendezvous, tellRendezvous } from './request.js';

const DIALECTS = { standard: STANDARD_PEER_RECORD, rust: RUST_PEER_RECORD };

/** What a point that reads another dialect does: says so, or, as rust does, ends the stream. */
const UNREAD = new Set(['ERR_RENDEZVOUS_INVALID_RECORD', 'ERR_RENDEZVOUS_ENDED']);

/** Sends requests. */
export class PointRequests implements RegistrationRequests {
  readonly #environment: Environment;
  readonly #network: RendezvousNetwork;
  readonly #options: RendezvousClientOptions;
  readonly #waiting: (() => void)[] = [];
  #dialects: readonly PeerRecord['dialect'][];
  #underWay = 0;

  constructor(environment: Environment, network: RendezvousNetwork, options: RendezvousClientOptions) {
    this.#environment = environment;
    this.#network = network;
    this.#options = options;
    this.#dialects = options.dialects ?? ['standard', 'rust'];
  }

  /** Registers our addresses; answers the seconds that it lasts. */
  async register(namespace: string, ttlSeconds: number | undefined): Promise<number> {
    // Before a stream is opened for nothing.
    this.#addresses();
    let first: unknown;
    for (const dialect of this.#dialects) {
      try {
        const seconds = await this.#registerIn(dialect, namespace, ttlSeconds);
        this.#dialects = [dialect, ...this.#dialects.filter((other) => other !== dialect)];
        return seconds;
      } catch (thrown) {
        // A point that read this one, and refuses for another reason, is not asked again.
        if (!(thrown instanceof EngineError) || !UNREAD.has(thrown.code)) throw thrown;
        first ??= thrown;
      }
    }
    throw first;
  }

  /** Says that this node is to be found in a namespace no more. Resolves when it was handed over. */
  unregister(namespace: string): Promise<void> {
    return this.#withStream(undefined, (stream) => {
      tellRendezvous(stream, { type: 'UNREGISTER', namespace });
      return Promise.resolve();
    });
  }

  /** Asks who is there. */
  ask(request: RendezvousDiscover, signal: AbortSignal | undefined): Promise<RendezvousDiscoverResponse> {
    return this.#withStream(signal, (stream) => requestRendezvous(this.#environment, stream, request));
  }

  async #registerIn(
    dialect: PeerRecord['dialect'],
    namespace: string,
    ttlSeconds: number | undefined,
  ): Promise<number> {
    const { limits } = this.#environment;
    const response = await this.#withStream(undefined, (stream) =>
      requestRendezvous(this.#environment, stream, {
        type: 'REGISTER',
        namespace,
        signedPeerRecord: this.#record(dialect),
        ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      }),
    );
    // What a point says is not believed beyond what the protocol has.
    return Math.min(response.ttlSeconds ?? limits.rendezvousDefaultTtlSeconds, limits.rendezvousMaxTtlSeconds);
  }

  #record(dialect: PeerRecord['dialect']): Uint8Array {
    const { identity, nextSequence } = this.#options;
    const addresses = this.#addresses();
    return sealPeerRecord(identity, nextSequence(), addresses, DIALECTS[dialect]);
  }

  #addresses(): readonly string[] {
    const addresses = this.#network.addressesOf(this.#network.self);
    if (addresses.length === 0) {
      throw new EngineError('ERR_RENDEZVOUS_NO_ADDRESS', 'local', 'this node has no address to register');
    }
    return addresses.slice(0, this.#environment.limits.identifyAddresses);
  }

  async #withStream<Answer>(
    signal: AbortSignal | undefined,
    work: (stream: ProtocolStream) => Promise<Answer>,
  ): Promise<Answer> {
    await this.#room();
    let stream: ProtocolStream | undefined;
    const abort = (): void => this.#environment.turns.post(() => stream?.reset());
    try {
      throwIfAborted(signal);
      stream = await this.#network.openStream(this.#options.point, [RENDEZVOUS_PROTOCOL], { signal });
      signal?.addEventListener('abort', abort, { once: true });
      return await work(stream);
    } catch (thrown) {
      throwIfAborted(signal);
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#leave();
    }
  }

  async #room(): Promise<void> {
    const { rendezvousOwnRequests, rendezvousOwnRegistrations } = this.#environment.limits;
    if (this.#waiting.length > rendezvousOwnRegistrations) {
      throw new EngineError('ERR_RENDEZVOUS_LIMIT', 'local', `${this.#waiting.length} requests wait for the point`);
    }
    if (this.#underWay < rendezvousOwnRequests) this.#underWay++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes to who waits, if anybody does, so that nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay--;
    else next();
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new EngineError('ERR_ABORTED', 'local', 'the search at the point was cancelled');
}
