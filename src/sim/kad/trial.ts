/** Trials of a made network: lookups of random keys, each against the k closest that a look at every node gives. */
import type { QueryRecord } from '../../actors/dht/query-record.js';
import { Dice } from '../world/dice.js';
import type { KadNetwork } from './kad-network.js';

/** What came of some lookups. */
export interface Trial {
  readonly lookups: number;
  /** Those that found the k closest of the living, and nobody else, in order. */
  readonly exact: number;
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

/** Has living nodes, drawn by the seed, look up random keys, one after another. */
export async function tryLookups(network: KadNetwork, lookups: number, seed: string): Promise<Trial> {
  const dice = new Dice(seed, 'lookups');
  const living = network.nodes.filter(({ isDead }) => !isDead);
  const records: QueryRecord[] = [];
  let exact = 0;
  for (let count = 0; count < lookups; count++) {
    const node = living[dice.whole(0, living.length - 1)];
    const key = network.environment.random.bytes('trial', 32);
    const expected = network.closest(
      network.keySpace.keyOf(key),
      network.environment.limits.kadBucketPeers,
      node?.peer.id,
    );
    let record: QueryRecord | undefined;
    let isOver = false;
    const end = (): void => void (isOver = true);
    node?.routing.queries.ask({ type: 'FIND_NODE', key }).subscribe({
      next: (event) => {
        if (event.type === 'query.ended') ({ record } = event);
      },
      complete: end,
      error: end,
    });
    await network.run(() => isOver);
    if (record === undefined) continue;
    records.push(record);
    if (record.closest.join() === expected.map(({ peer }) => peer.id).join()) exact++;
  }
  return {
    lookups,
    exact,
    hops: records.map(({ hops }) => hops),
    messages: records.map(({ messages }) => messages),
    tookMs: records.map(({ tookMs }) => tookMs),
  };
}
