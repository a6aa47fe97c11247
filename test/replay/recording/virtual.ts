/** A node that is recorded in virtual time, and a scripted peer on the other end of its in-memory connection. */
import type { ErrorCode } from '../../../src/errors.js';
import type { Host } from '../../../src/host/host.js';
import { dial, listen, scriptedPeer, type ScriptedPeer, type Steps } from '../../../src/testing/scripted-peer/index.js';
import { during, newWorld, type World } from '../../support/sim-nodes.js';
import { expectFailure } from './expecting.js';
import type { NodeOptions, Recipe, Recording } from './recipe.js';

/** The scripted peer's part, and who speaks first. */
export type Script = (peer: ScriptedPeer) => Steps;

/** One failure of a connection that the node dials. */
export interface Failure {
  readonly name: string;
  readonly title: string;
  /** What `call` rejects with. */
  readonly code: ErrorCode;
  readonly options?: NodeOptions;
  readonly script: Script;
  /** What the node does; default: it dials. `address` is the script's. */
  readonly call?: (node: Host, address: string) => Promise<unknown>;
  /** Milliseconds from write to arrival. */
  readonly latencyMs?: number;
}

/** Longer than any time-out that a recipe waits for. */
export const VERY_LONG_MS = 200_000;

/** Records a failure of a connection that the node dials. */
export function dialedFailure(failure: Failure): Recipe {
  const { name, title, code, options = {}, script, latencyMs = 0 } = failure;
  const call = failure.call ?? ((node: Host, address: string) => node.dial(address));
  return {
    name,
    title,
    peers: [],
    record: async (recording) => {
      const world = newWorld({ latencyMs });
      const node = await startIn(world, recording, { listen: [], ...options });
      const peer = scriptedPeer({ clock: world.clock, over: listen(world.network.transport, '/memory/peer') });
      const running = script(peer).start();
      await during(world, expectFailure(call(node, await running.address), code));
      running.stop();
      await running.outcome.catch(() => undefined);
      await stopIn(world, node);
    },
  };
}

/** What happens when the script dials the node: it runs to its end, and the node is stopped. */
export function accepted(
  name: string,
  title: string,
  { options = {}, script }: { readonly options?: NodeOptions; readonly script: Script },
): Recipe {
  return {
    name,
    title,
    peers: [],
    record: async (recording) => {
      const world = newWorld();
      const node = await startIn(world, recording, { listen: ['/memory/node'], ...options });
      const peer = scriptedPeer({ clock: world.clock, over: dial(world.network.transport, '/memory/node') });
      await during(world, script(peer).run());
      await stopIn(world, node);
    },
  };
}

/** Makes the recorded node in `world`. */
export function startIn(world: World, recording: Recording, options: NodeOptions): Promise<Host> {
  const ports = { clock: world.clock, transports: [world.network.transport] };
  return during(world, recording.start({ limits: {}, security: ['plaintext'], ...ports, ...options }));
}

/** Stops the recorded node while its world goes on. */
export async function stopIn(world: World, node: Host): Promise<void> {
  await during(world, node.stop());
}

const IDS = { noise: '/noise', secio: '/secio/1.0.0', plaintext: '/plaintext/2.0.0', tls: '/tls/1.0.0' } as const;

/** The script has agreed on a security protocol as the side that was dialed. */
export function agreed(peer: ScriptedPeer, security: keyof typeof IDS): Steps {
  return peer.multistream.accept(IDS[security]);
}

/** The script has a yamux session, over plaintext so that the trace shows every byte. */
export function muxed(peer: ScriptedPeer): Steps {
  return agreed(peer, 'plaintext').plaintext.handshake().multistream.accept('/yamux/1.0.0');
}
