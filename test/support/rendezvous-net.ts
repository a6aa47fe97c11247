/** Clients and a point in memory, in virtual time: every stream is a pair of fakes, and who is at its other end is known. */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { Environment } from '../../src/actors/environment.js';
import { RendezvousClient, type RendezvousClientOptions } from '../../src/actors/rendezvous/client.js';
import { RendezvousPoint, type RendezvousPointOptions } from '../../src/actors/rendezvous/server.js';
import type { Identity } from '../../src/crypto/identity.js';
import { generateIdentity, identityFromPrivateKey } from '../../src/crypto/keys.js';
import type { EngineError } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { decodeVarintPrefixed, encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { decodeRendezvous, encodeRendezvous, type RendezvousMessage } from '../../src/wire/rendezvous.js';
import { concat } from './decoding.js';
import { fakeStreamPair, type FakeStream } from './fake-stream.js';

const random = new SeededRandom(5);

/** A fresh identity, the same in each run. */
export function someone(): Identity {
  return identityFromPrivateKey(nodeCiphers, generateIdentity(nodeCiphers, random).privateKeyProtobuf);
}

export const framed = (message: RendezvousMessage): Uint8Array => encodeVarintPrefixed(encodeRendezvous(message));

/** Lets promises settle that wait for nothing but each other. */
export const settled = (): Promise<void> => nextMacrotask();

/** One environment for all, and a point that is ours or scripted. */
export class RendezvousNet {
  readonly clock: VirtualClock;
  readonly broken: string[] = [];
  readonly environment: Environment;
  /** Codes of what the handler of the point rejected with. */
  readonly refused: string[] = [];
  /** What opening a stream fails with. */
  unreachable: EngineError | undefined;
  /** What requests came, as they were read. */
  readonly heard: RendezvousMessage[] = [];
  opened = 0;
  #serve: (stream: FakeStream) => Promise<void> = () => Promise.resolve();

  constructor(limits: Partial<Limits> = {}, { clock = new VirtualClock(), seed = 1 } = {}) {
    this.clock = clock;
    this.environment = new Environment({
      clock,
      random: new SeededRandom(seed),
      ciphers: nodeCiphers,
      limits,
      onBroken: ({ code }) => this.broken.push(code),
    });
  }

  /** A point of ours. */
  point(options?: RendezvousPointOptions): RendezvousPoint {
    const point = new RendezvousPoint(this.environment, options);
    this.#serve = point.handler;
    return point;
  }

  /** A point that answers each request with these bytes; nothing: it is silent. */
  scripted(answer: (request: RendezvousMessage) => Uint8Array | undefined): void {
    this.#serve = async (stream) => {
      const chunks: Uint8Array[] = [];
      stream.data$.subscribe({
        next: (chunk) => {
          stream.consume(chunk.length);
          chunks.push(chunk);
          const whole = decodeVarintPrefixed(concat(...chunks), LIMITS.rendezvousMessageBytes);
          if (whole === undefined) return;
          const request = decodeRendezvous(whole.value);
          this.heard.push(request);
          const bytes = answer(request);
          if (bytes === undefined) return;
          stream.write(bytes);
          stream.closeWrite();
        },
        error: () => undefined,
      });
    };
  }

  client(identity: Identity, options: Partial<RendezvousClientOptions & { addresses: readonly string[] }> = {}) {
    let sequence = 1n;
    const network = {
      self: identity.peerId,
      addressesOf: () => options.addresses ?? ['/ip4/127.0.0.1/tcp/4001'],
      openStream: async () => {
        this.opened++;
        if (this.unreachable !== undefined) throw this.unreachable;
        return this.stream(identity.peerId);
      },
    };
    const { dialects } = options;
    return new RendezvousClient(this.environment, network, {
      point: 'the point',
      identity,
      nextSequence: () => sequence++,
      ...(dialects === undefined ? {} : { dialects }),
    });
  }

  /** A stream of this peer to the point: the peer's end. */
  stream(peer: string, chunkBytes = Number.MAX_SAFE_INTEGER, windowBytes = 2 * 1024 * 1024): FakeStream {
    const connection = { remotePeer: peer };
    const [ours, theirs] = fakeStreamPair(this.environment, { connection, chunkBytes, windowBytes });
    this.#serve(theirs).catch((thrown: unknown) => {
      this.refused.push((thrown as EngineError).code);
      theirs.reset();
    });
    return ours;
  }

  /** Sends bytes as this peer; answers the message that comes back, if one does, and how the stream ended. */
  async send(peer: string, bytes: Uint8Array, chunkBytes?: number) {
    const stream = this.stream(peer, chunkBytes);
    const chunks: Uint8Array[] = [];
    let end = 'open';
    stream.data$.subscribe({
      next: (chunk) => {
        chunks.push(chunk.slice());
        stream.consume(chunk.length);
      },
      complete: () => (end = 'closed'),
      error: () => (end = 'reset'),
    });
    stream.write(bytes);
    stream.closeWrite();
    await settled();
    const whole = decodeVarintPrefixed(concat(...chunks), LIMITS.rendezvousMessageBytes);
    return { message: whole === undefined ? undefined : decodeRendezvous(whole.value), end };
  }

  /** Asks as this peer. */
  async ask(peer: string, request: RendezvousMessage): Promise<RendezvousMessage | undefined> {
    return (await this.send(peer, framed(request))).message;
  }

  /** What is left when all is over. */
  get left() {
    return { actors: this.environment.liveActors, timers: this.clock.pendingTimers, broken: this.broken };
  }
}

export const NOTHING_LEFT = { actors: 0, timers: 0, broken: [] };
