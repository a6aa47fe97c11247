/**
 * Four hundred nodes that joined by themselves, and as many lookups of random keys against the k closest of all nodes,
 * found by looking at each. `npm run bench:dht-sim` does the same in full: a thousand lookups each in networks of a hundred
 * to ten thousand nodes.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { join, refreshAll } from '../../../src/sim/kad/joining.js';
import { KadNetwork } from '../../../src/sim/kad/kad-network.js';
import { clog, kill, tryLookups } from '../../../src/sim/kad/trial.js';

// A bound against hanging: hundreds of nodes on a share of a busy core.
jest.setTimeout(600_000);

const NODES = 400;
const LOOKUPS = 400;
const MOST_HOPS = Math.log2(NODES) + 4;
const SEED = process.env['KAD_SEED'] ?? 'lookup-400';

describe(`${NODES} nodes (KAD_SEED=${SEED})`, () => {
  const network = new KadNetwork({ seed: SEED, ciphers: nodeCiphers });

  beforeAll(async () => {
    expect(await join(network, { nodes: NODES, seed: SEED })).toBe(true);
  });

  afterAll(() => {
    network.stop();
    expect(network.environment.liveActors).toBe(0);
    expect(network.clock.pendingTimers).toBe(0);
    expect(network.broken).toEqual([]);
  });

  test('without faults, 99 % of the lookups find the k closest', async () => {
    const { exact, hops } = await tryLookups(network, LOOKUPS, `${SEED}/calm`);
    expect({ seed: SEED, lookups: hops.length, enough: exact >= 0.99 * LOOKUPS, exact }).toEqual({
      seed: SEED,
      lookups: LOOKUPS,
      enough: true,
      exact,
    });
    expect(Math.max(...hops)).toBeLessThanOrEqual(MOST_HOPS);
  });

  test('when 20 % of the nodes have just died and 1 % of the links are clogged, 99 % of those do that anybody could', async () => {
    kill(network, 0.2, SEED);
    clog(network, 0.01, SEED);
    const { exact, undecidable, decidableExact, hops } = await tryLookups(network, LOOKUPS, `${SEED}/at once`);
    const decidable = LOOKUPS - undecidable;
    expect({
      seed: SEED,
      lookups: hops.length,
      enough: decidableExact >= 0.99 * decidable,
      exact,
      undecidable,
    }).toEqual({
      seed: SEED,
      lookups: LOOKUPS,
      enough: true,
      exact,
      undecidable,
    });
    // One dead node in twenty is behind a clogged link of who asks: more than that is left out by nobody.
    expect({ seed: SEED, undecidable, few: undecidable <= 0.08 * LOOKUPS }).toEqual({
      seed: SEED,
      undecidable,
      few: true,
    });
    expect(Math.max(...hops)).toBeLessThanOrEqual(MOST_HOPS);
  });

  test('and after two rounds of upkeep, 95 % of all', async () => {
    // What every table does by itself each ten minutes.
    expect(await refreshAll(network)).toBe(true);
    expect(await refreshAll(network)).toBe(true);
    const { exact, hops } = await tryLookups(network, LOOKUPS, `${SEED}/faults`);
    expect({ seed: SEED, lookups: hops.length, enough: exact >= 0.95 * LOOKUPS, exact }).toEqual({
      seed: SEED,
      lookups: LOOKUPS,
      enough: true,
      exact,
    });
    expect(Math.max(...hops)).toBeLessThanOrEqual(MOST_HOPS);
  });
});
