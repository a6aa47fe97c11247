/** One end of a secure connection in a test, of noise or another: a handler on its own environment, whose wire is a list of chunks. */
import { Environment } from '../../src/actors/environment.js';
import type { ConnectionMemory } from '../../src/actors/connection/connection-memory.js';
import { noiseProtocol } from '../../src/actors/connection/noise/handler.js';
import type {
  Identity,
  Role,
  Secured,
  SecurityHandler,
  SecurityProtocol,
} from '../../src/actors/connection/security.js';
import { generateIdentity } from '../../src/crypto/keys.js';
import type { EngineError } from '../../src/errors.js';
import type { Limits } from '../../src/limits.js';
import type { ConnectionMessage, MessageEvent } from '../../src/messages.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { Ciphers, RandomSource, TraceSink } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { concat } from './byte-texts.js';

/** What a test may want otherwise. */
export interface SideOptions {
  readonly seed?: string;
  readonly identity?: Identity;
  /** Another side's: both belong to one node then. */
  readonly environment?: Environment;
  readonly expectedPeer?: string;
  readonly muxers?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly clock?: VirtualClock;
  readonly protocol?: SecurityProtocol;
  readonly random?: RandomSource;
  readonly ciphers?: Ciphers;
  readonly trace?: TraceSink;
  /** Where it counts what it holds. */
  readonly memory?: ConnectionMemory;
  /** Hears `onSecured`, before anything behind the handshake is published. */
  readonly onSecured?: (side: NoiseSide) => void;
}

/** An Ed25519 identity from a seed. */
export function testIdentity(seed: string): Identity {
  return generateIdentity(nodeCiphers, new SeededRandom(seed)).identity;
}

/** One end: what it put on its wire, what it published inward, and how its handshake ended. */
export class NoiseSide {
  readonly environment: Environment;
  readonly clock: VirtualClock;
  readonly identity: Identity;
  readonly handler: SecurityHandler;
  /** Messages published inward after the handshake. */
  readonly inbound: ConnectionMessage[] = [];
  /** Everything published outward since it was last taken. */
  readonly outbound: ConnectionMessage[] = [];
  readonly broken: EngineError[] = [];
  secured: Secured | undefined;
  failed: EngineError | undefined;
  /** What the peer is told at last. */
  farewell: readonly Uint8Array[] | undefined;
  /** Calls of `onFailed`. */
  failures = 0;

  constructor(role: Role, options: SideOptions = {}) {
    const seed = options.seed ?? role;
    this.clock = options.clock ?? new VirtualClock();
    this.identity = options.identity ?? testIdentity(seed);
    this.environment =
      options.environment ??
      new Environment({
        clock: this.clock,
        random: options.random ?? new SeededRandom(seed),
        ciphers: options.ciphers ?? nodeCiphers,
        limits: options.limits ?? {},
        trace: options.trace,
        onBroken: (error) => this.broken.push(error),
      });
    this.handler = (options.protocol ?? noiseProtocol).create({
      environment: this.environment,
      memory: options.memory,
      connection: 'conn:1',
      role,
      identity: this.identity,
      expectedPeer: options.expectedPeer,
      muxers: options.muxers ?? ['/yamux/1.0.0'],
      onSecured: (secured) => {
        this.secured = secured;
        options.onSecured?.(this);
      },
      onFailed: (error, farewell) => {
        this.failed = error;
        this.farewell = farewell;
        this.failures++;
      },
    });
    this.handler.outbound$.subscribe((message) => this.outbound.push(message));
    this.handler.inbound$.subscribe((message) => this.inbound.push(message));
  }

  start(): this {
    this.environment.turns.post(() => this.handler.start());
    return this;
  }

  /** Delivers one chunk in one turn. */
  hear(chunk: Uint8Array): void {
    this.deliver({ chunks: [chunk] });
  }

  /** Delivers an event of the chain. */
  hearEvent(event: MessageEvent, error?: EngineError): void {
    this.deliver({ event, error });
  }

  /** Sends pieces in one turn. */
  say(...pieces: readonly Uint8Array[]): void {
    this.environment.turns.post(() => {
      const { environment, handler } = this;
      handler.send(
        environment.message({ direction: 'outbound', layer: 'yamux', connection: 'conn:1', chunks: pieces }),
      );
    });
  }

  /** Takes what was put on the wire, joined. */
  takeWire(): Uint8Array {
    return concat(...this.outbound.splice(0).flatMap(({ chunks }) => [...chunks]));
  }

  /** Takes the plaintext that was published, joined. */
  takePlaintext(): Uint8Array {
    return concat(...this.inbound.splice(0).flatMap(({ chunks }) => [...chunks]));
  }

  private deliver(draft: {
    chunks?: readonly Uint8Array[];
    event?: MessageEvent;
    error?: EngineError | undefined;
  }): void {
    this.environment.turns.post(() => {
      const message = this.environment.message({
        direction: 'inbound',
        layer: 'transport',
        connection: 'conn:1',
        ...draft,
      });
      this.handler.receive(message);
    });
  }
}

/** Carries bytes both ways until both are silent; `cut` says how each write is chunked. */
export function exchange(
  left: NoiseSide,
  right: NoiseSide,
  cut: (bytes: Uint8Array) => readonly Uint8Array[] = whole,
): void {
  for (let quiet = 0; quiet < 2;) {
    const [fromLeft, fromRight] = [left.takeWire(), right.takeWire()];
    for (const chunk of cut(fromLeft)) right.hear(chunk);
    for (const chunk of cut(fromRight)) left.hear(chunk);
    quiet = fromLeft.length + fromRight.length === 0 ? quiet + 1 : 0;
  }
}

/** A dialer and a listener whose channel is up. */
export function securedPair(
  dialer: SideOptions = {},
  listener: SideOptions = {},
): [dialer: NoiseSide, listener: NoiseSide] {
  const pair: [NoiseSide, NoiseSide] = [
    new NoiseSide('dialer', dialer).start(),
    new NoiseSide('listener', listener).start(),
  ];
  exchange(...pair);
  return pair;
}

function whole(bytes: Uint8Array): readonly Uint8Array[] {
  return bytes.length === 0 ? [] : [bytes];
}

/** Cuts into chunks of `size` bytes. */
export function cutAt(size: number): (bytes: Uint8Array) => readonly Uint8Array[] {
  return (bytes) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.slice(index * size, (index + 1) * size));
}
