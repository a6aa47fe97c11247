/** Recordings made in virtual time, for kinds of failures that no fixture holds. */
import { recordedNode, type RecordOptions } from '../../../src/replay/index.js';
import type { Host } from '../../../src/host/host.js';
import { World } from '../../../src/sim/index.js';
import type { Trace } from '../../../src/trace/format.js';
import { parseTrace } from '../../../src/trace/reader.js';

/** Longest virtual time that a recording waits for something. */
const WITHIN_MS = 600_000;

/** What a recording is made with. */
export interface Scene {
  readonly world: World;
  readonly node: Host;
  /** Waits for `work` while the world happens. */
  readonly during: <Value>(work: Promise<Value>) => Promise<Value>;
  /** Waits for `work` to fail; answers its code. */
  readonly failing: (work: Promise<unknown>) => Promise<unknown>;
}

/** The trace of `node`, whose peers are nodes of the same world. */
export async function recordedScene(
  use: (scene: Scene) => Promise<unknown>,
  options: Partial<RecordOptions> = {},
): Promise<Trace> {
  const world = new World({ seed: 'explain', ciphers: 'toy' });
  const lines: string[] = [];
  const ports = world.portsFor('node');
  const during = <Value>(work: Promise<Value>): Promise<Value> => world.during(work, { withinMs: WITHIN_MS });
  const recorded = await during(
    recordedNode({
      ...ports,
      listen: [],
      ...options,
      seed: 'explain',
      to: { write: (line: string) => void lines.push(line) },
    }),
  );
  const failing = (work: Promise<unknown>): Promise<unknown> =>
    during(
      work.then(
        () => 'it went well',
        (thrown: unknown) => (thrown as { readonly code?: unknown }).code,
      ),
    );
  await use({ world, node: recorded.node, during, failing });
  await during(recorded.close());
  await world.close();
  return parseTrace(lines.join(''));
}
