/** A node and a script on one in-memory network and virtual time, so that nothing waits and every run is the same. */
import { afterEach, expect } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../../src/create-node.js';
import type { EngineError } from '../../../src/errors.js';
import type { Host } from '../../../src/host/host.js';
import type { HostEvent } from '../../../src/host/host-events.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import {
  dial,
  listen,
  scriptedPeer,
  type Outcome,
  type Running,
  type ScriptedPeer,
  type ScriptedPeerOptions,
  type Steps,
} from '../../../src/testing/scripted-peer/index.js';
import { during, newWorld, type World } from '../../support/sim-nodes.js';

/** A node in a world of its own, with what it told. */
export interface Scene {
  readonly world: World;
  readonly node: Host;
  readonly events: readonly HostEvent[];
  /** A script that dials the node. */
  readonly dialer: (options?: Partial<ScriptedPeerOptions>) => ScriptedPeer;
  /** A script that the node can dial, at `/memory/script`. */
  readonly listener: (options?: Partial<ScriptedPeerOptions>) => ScriptedPeer;
  /** Plays a script to its end. */
  readonly play: (script: Steps) => Promise<Outcome>;
  /** Plays a listener, has the node dial it, and answers the script's outcome and the node's. */
  readonly playDialed: (script: Steps) => Promise<{ readonly outcome: Outcome; readonly dialed: unknown }>;
  /** Waits for the node's failure, and answers its error. */
  readonly failed: (type?: HostEvent['type']) => Promise<EngineError>;
}

/** Which end of the connection a script plays. */
export type Role = 'dialer' | 'listener';

/** Plays `act` in a role of the script, and answers the error with which the node ends the connection. */
export async function errorAfter(
  role: Role,
  security: 'noise' | 'secio' | 'plaintext' | 'tls',
  act: (script: Steps) => Steps,
  options: CreateNodeOptions = {},
): Promise<EngineError> {
  const { play, playDialed, dialer, listener, failed } = await scene({ security: [security], ...options });
  if (role === 'dialer') {
    await play(act(dialer({ timeoutMs: 120_000 })));
    return failed();
  }
  const { dialed } = await playDialed(act(listener({ timeoutMs: 120_000 })));
  return dialed as EngineError;
}

const scenes: { readonly world: World; readonly node: Host; readonly broken: string[] }[] = [];

/** Nothing may be left, and no bug on the way. */
afterEach(async () => {
  for (const { world, node, broken } of scenes.splice(0)) {
    await during(world, node.stop());
    expect(broken).toEqual([]);
    expect(node.liveActors).toBe(0);
  }
});

/** Makes a node that listens at `/memory/node`. */
export async function scene(options: CreateNodeOptions = {}): Promise<Scene> {
  const world = newWorld();
  const shared = { clock: world.clock };
  const node = await createNode({
    ...shared,
    random: new SeededRandom('node'),
    transports: [world.network.transport],
    listen: ['/memory/node'],
    security: ['noise', 'secio', 'plaintext', 'tls'],
    testProtocols: true,
    ...options,
  });
  const events: HostEvent[] = [];
  const broken: string[] = [];
  node.events$.subscribe((event) => events.push(event));
  node.broken$.subscribe((error) => broken.push(error.message));
  scenes.push({ world, node, broken });
  const play = (script: Steps): Promise<Outcome> => during(world, script.run());
  return {
    world,
    node,
    events,
    dialer: (more) => scriptedPeer({ ...shared, over: dial(world.network.transport, '/memory/node'), ...more }),
    listener: (more) => scriptedPeer({ ...shared, over: listen(world.network.transport, '/memory/script'), ...more }),
    play,
    playDialed: async (script) => {
      const running: Running = script.start();
      const dialed = node.dial(await running.address).catch((error: unknown) => error);
      const outcome = await during(world, running.outcome);
      return { outcome, dialed: await during(world, dialed) };
    },
    failed: async (type = 'connection.failed') => {
      await world.settle();
      const told = events.find((event) => event.type === type);
      if (told === undefined || !('error' in told) || told.error === undefined) {
        throw new Error(`no ${type} but ${events.map((event) => event.type).join(', ')}`);
      }
      return told.error;
    },
  };
}
