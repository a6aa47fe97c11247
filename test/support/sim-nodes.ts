/** Nodes in one process on virtual time, seeded randomness and an in-memory network: no socket, no waiting. */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { yamuxProtocol } from '../../src/actors/connection/yamux/muxer.js';
import { noiseProtocol } from '../../src/actors/connection/noise/handler.js';
import type { MuxerProtocol } from '../../src/actors/connection/muxer.js';
import type { SecurityProtocol } from '../../src/actors/connection/security.js';
import { Environment } from '../../src/actors/environment.js';
import type { PolicyOptions } from '../../src/actors/policy/policy.js';
import { SwarmActor } from '../../src/actors/swarm/swarm-actor.js';
import { generateIdentity } from '../../src/crypto/keys.js';
import type { EngineError } from '../../src/errors.js';
import type { Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { Clock, Resolver, Transport } from '../../src/ports.js';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../src/sim/memory-transport.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

/** A simulated world: one clock, one network. */
export interface World {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Lets everything that is due now happen, microtasks included, without moving time. */
  settle(): Promise<void>;
  /** Moves time, letting everything happen on the way. */
  advance(durationMs: number): Promise<void>;
}

export function newWorld(options: Omit<MemoryNetworkOptions, 'clock'> = {}): World {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, ...options });
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; quiet++) {
      await nextMacrotask();
      while (clock.nextDueMs !== undefined && clock.nextDueMs <= clock.now()) {
        clock.fireNext();
        quiet = 0;
      }
    }
  };
  const advance = async (durationMs: number): Promise<void> => {
    const end = clock.now() + durationMs;
    await settle();
    while (clock.nextDueMs !== undefined && clock.nextDueMs <= end) {
      clock.fireNext();
      await settle();
    }
    clock.advance(end - clock.now());
    await settle();
  };
  return { clock, network, settle, advance };
}

export interface SimSwarmOptions {
  readonly seed: number | string;
  readonly security?: readonly SecurityProtocol[];
  readonly muxers?: readonly MuxerProtocol[];
  readonly limits?: Partial<Limits>;
  readonly lazyNegotiation?: boolean;
  /** What turns that follow each other send leaves together, as on the real clock. */
  readonly gathers?: boolean;
  readonly policy?: PolicyOptions;
  readonly simultaneousDials?: 'one' | 'both';
  /** With the habits of an earlier engine. */
  readonly generation?: number;
  /** Instead of the world's network. */
  readonly transports?: readonly Transport[];
  readonly resolver?: Resolver;
}

export interface SimSwarm {
  readonly environment: Environment;
  readonly swarm: SwarmActor;
  readonly peerId: string;
  /** Bugs of the engine; a test expects none. */
  readonly broken: EngineError[];
}

export function newSwarm(world: World, options: SimSwarmOptions): SimSwarm {
  const random = new SeededRandom(options.seed);
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock: options.gathers === true ? gathering(world.clock) : world.clock,
    random,
    ciphers: nodeCiphers,
    onBroken: (error) => broken.push(error),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.generation === undefined ? {} : { generation: options.generation }),
  });
  const { identity } = generateIdentity(nodeCiphers, random);
  const swarm = new SwarmActor({
    environment,
    identity,
    transports: options.transports ?? [world.network.transport],
    resolver: options.resolver,
    security: options.security ?? [noiseProtocol],
    muxers: options.muxers ?? [yamuxProtocol],
    lazyNegotiation: options.lazyNegotiation,
    policy: options.policy,
    simultaneousDials: options.simultaneousDials,
  });
  return { environment, swarm, peerId: identity.peerId, broken };
}

/** A clock that says when the work at hand is done: when nothing else happens at this time. */
function gathering(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    setTimeout: (fire, delayMs) => clock.setTimeout(fire, delayMs),
    clearTimeout: (timer) => clock.clearTimeout(timer),
    soon: (fire) => void clock.setTimeout(fire, 0),
  };
}

/** Waits for `promise` while letting the world happen; rejects when nothing is left to happen and it is still open. */
export async function during<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  let settled = false;
  const mark = (): void => {
    settled = true;
  };
  promise.then(mark, mark);
  for (let round = 0; round < 10_000 && !settled; round++) {
    await world.settle();
    if (!settled && !world.clock.fireNext()) break;
  }
  if (!settled) throw new Error('the world is quiet and the promise is still open');
  return promise;
}
