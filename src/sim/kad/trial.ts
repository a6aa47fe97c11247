/** Trials of a made network: lookups of random keys, each against the k closest that a look at every node gives. */
import { compareDistance } from '../../actors/dht/key-space.js';
import type { QueryRecord } from '../../actors/dht/query-record.js';
import { Dice } from '../world/dice.js';
import type { KadNetwork, KadNode } from './kad-network.js';

/** What came of some lookups. */
export interface Trial {
  readonly lookups: number;
  /** Those that found the k closest of the living, and nobody else, in order. */
  readonly exact: number;
  /**
   * Those in which a dead node as near as the k closest lies behind a clogged link of who asks, and how many of the others
   * were exact. What is clogged is silent, whether it leads to the living or the dead, and before anybody else has noticed
   * there is nobody who could say which: to believe in the silent is right four times in five.
   */
  readonly undecidable: number;
  readonly decidableExact: number;
  /** By lookup: hops to the farthest of those found, messages, and milliseconds of virtual time. */
  readonly hops: readonly number[];
  readonly messages: readonly number[];
  readonly tookMs: readonly number[];
}

/** Kills a share of the nodes, without a word to anybody. */
export function kill(network: KadNetwork, share: number, seed: string): void {
  const dice = new Dice(seed, 'kill');
  const living = network.nodes.filter(({ isDead }) => !isDead);
  for (let left = Math.round(network.nodes.length * share); left > 0; left--) {
    const [node] = living.splice(dice.whole(0, living.length - 1), 1);
    if (node !== undefined) node.isDead = true;
  }
}

/** Clogs each link, one way, with this probability. */
export function clog(network: KadNetwork, probability: number, seed: string): void {
  const dice = new Dice(seed, 'clog');
  for (const { peer: from } of network.nodes) {
    for (const { peer: to } of network.nodes) if (dice.chance(probability)) network.clog(from.id, to.id);
  }
}

/** Has living nodes, drawn by the seed, look up random keys, some at once. */
export async function tryLookups(network: KadNetwork, lookups: number, seed: string, atOnce = 50): Promise<Trial> {
  const dice = new Dice(seed, 'lookups');
  const living = network.nodes.filter(({ isDead }) => !isDead);
  const records: QueryRecord[] = [];
  let exact = 0;
  let undecidable = 0;
  let decidableExact = 0;
  let begun = 0;
  let over = 0;
  const end = (): void => {
    over++;
  };
  const begin = (): void => {
    begun++;
    const node = living[dice.whole(0, living.length - 1)] as KadNode;
    const key = network.environment.random.bytes('trial', 32);
    const { kadBucketPeers } = network.environment.limits;
    const target = network.keySpace.keyOf(key);
    const expected = network.closest(target, kadBucketPeers, node.peer.id);
    const isUndecidable = hidesDead(network, node, target, expected.at(-1));
    if (isUndecidable) undecidable++;
    node.routing.queries.ask({ type: 'FIND_NODE', key }).subscribe({
      next: (event) => {
        if (event.type !== 'query.ended') return;
        records.push(event.record);
        if (event.record.closest.join() !== expected.map(({ peer }) => peer.id).join()) return;
        exact++;
        if (!isUndecidable) decidableExact++;
      },
      complete: end,
      error: end,
    });
  };
  await network.run(() => {
    while (begun < lookups && begun - over < atOnce) begin();
    return over >= lookups;
  });
  return {
    lookups,
    exact,
    undecidable,
    decidableExact,
    hops: records.map(({ hops }) => hops),
    messages: records.map(({ messages }) => messages),
    tookMs: records.map(({ tookMs }) => tookMs),
  };
}

/** Whether a dead node no farther from a key than `last` lies behind a clogged link of `asker`. */
function hidesDead(network: KadNetwork, asker: KadNode, key: Uint8Array, last: KadNode | undefined): boolean {
  return network.nodes.some(
    ({ isDead, peer }) =>
      isDead &&
      network.isClogged(asker.peer.id, peer.id) &&
      (last === undefined || compareDistance(key, peer.key, last.peer.key) < 0),
  );
}
