/** How made nodes come into a network: a few at a time, each through a few that are there, and no table is given to them. */
import { Dice } from '../world/dice.js';
import type { KadNetwork, KadNode } from './kad-network.js';

/** Options of {@link join}. */
export interface JoinOptions {
  readonly nodes: number;
  /** Nodes that each is told of. Default 3. */
  readonly introductions?: number;
  /** Nodes that join at once. Default 32, and never more than are there. */
  readonly atOnce?: number;
  /** How long a wave may take, in milliseconds of virtual time. */
  readonly mostMs?: number;
  readonly seed: string;
}

/** Adds nodes and waits until each has looked itself up and filled its buckets. Answers whether all came to rest. */
export async function join(network: KadNetwork, options: JoinOptions): Promise<boolean> {
  const { nodes, introductions = 3, atOnce = 32, mostMs = 10 * 60_000, seed } = options;
  const dice = new Dice(seed, 'joining');
  const until = network.nodes.length + nodes;
  while (network.nodes.length < until) {
    const old = [...network.nodes];
    const wave: KadNode[] = [];
    const size = Math.min(atOnce, Math.max(1, old.length), until - old.length);
    for (let count = 0; count < size; count++) wave.push(network.add());
    for (const node of wave) {
      node.routing.start();
      for (let count = 0; count < Math.min(introductions, old.length); count++) {
        network.introduce(node, old[dice.whole(0, old.length - 1)] as KadNode);
      }
    }
    // The first one has nobody to look for.
    const joining = old.length === 0 ? [] : wave;
    const isDone = await network.run(() => joining.every(({ routing }) => routing.upkeep.state === 'resting'), mostMs);
    if (!isDone) return false;
  }
  return true;
}

/** Has every living node refresh its table, and waits for it. */
export async function refreshAll(network: KadNetwork, mostMs = 10 * 60_000): Promise<boolean> {
  const living = network.nodes.filter(({ isDead }) => !isDead);
  for (const { routing } of living) routing.upkeep.refresh();
  return network.run(() => living.every(({ routing }) => routing.upkeep.state === 'resting'), mostMs);
}
