/** Exploring a made network: regions whose peers are all known, by few lookups. */
import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  closestTo,
  explore,
  lookUp,
  type ExplorationOptions,
} from '../../../../src/actors/dht/providing/exploration.js';
import { ProbeKeys } from '../../../../src/actors/dht/providing/probe-keys.js';
import { endOf, headOf, holds, regionAround } from '../../../../src/actors/dht/providing/region-space.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { VirtualClock } from '../../../../src/sim/virtual-clock.js';
import { MadeNetwork } from '../../../support/provide-network.js';
import { madeKeys } from '../../../support/provide-world.js';

const probes = new ProbeKeys(nodeCiphers);

function optionsFor(peersNear: ExplorationOptions['peersNear'], maxLookups = 64): ExplorationOptions {
  const { signal } = new AbortController();
  return { peersNear, ciphers: nodeCiphers, probes, replicas: 20, maxLookups, signal };
}

describe.each([
  { peers: 1, regions: 1, lookups: 2 },
  { peers: 19, regions: 1, lookups: 2 },
  { peers: 20, regions: 1, lookups: 3 },
  { peers: 25, regions: 1, lookups: 3 },
  { peers: 100, regions: 8, lookups: 20 },
  { peers: 1000, regions: 64, lookups: 100 },
])('a network of $peers peers', ({ peers, regions, lookups }) => {
  const network = new MadeNetwork({ clock: new VirtualClock(), peers, seed: peers });

  test(`is known from end to end by at most ${lookups} lookups`, async () => {
    const keys = madeKeys(200, peers);
    let count = 0;
    for (let from = 0; from < 2 ** 32; count++) {
      const explored = await explore(regionAround(from, 12), optionsFor(network.peersNear));
      const inside = network.peers.filter(({ head }) => holds(explored.region, head));
      expect(explored.peers.map(({ id }) => id).sort()).toEqual(inside.map(({ id }) => id).sort());
      expect(explored.peers.length).toBeGreaterThanOrEqual(Math.min(20, peers));
      for (const key of keys.filter((one) => holds(explored.region, headOf(sha256(one))))) {
        const closest = closestTo(sha256(key), explored.peers, 20).map(({ id }) => id);
        expect(closest).toEqual(network.trueClosest(key).map(({ id }) => id));
      }
      from = endOf(explored.region) + 1;
    }
    expect(count).toBeLessThanOrEqual(regions);
    expect(network.lookups).toBeLessThanOrEqual(lookups);
  });
});

test('peers at the same 32 bits are told apart by the rest', () => {
  const point = Uint8Array.from({ length: 32 }, () => 0);
  const peer = (id: string, last: number) => ({ id, addresses: [], head: 7, point: Uint8Array.of(0, 0, 0, 7, last) });
  const ids = closestTo(point, [peer('far', 9), peer('near', 1), peer('middle', 4)], 2).map(({ id }) => id);
  expect(ids).toEqual(['near', 'middle']);
});

test('an exploration ends at its bound of lookups, with what it has found', async () => {
  const network = new MadeNetwork({ clock: new VirtualClock(), peers: 1000, seed: 1 });
  const { lookups, peers } = await explore(regionAround(0, 0), optionsFor(network.peersNear, 3));
  expect([network.lookups, lookups]).toEqual([3, 3]);
  expect(peers.length).toBeGreaterThan(20);
});

test('lookups that always find the same peers end it', async () => {
  const network = new MadeNetwork({ clock: new VirtualClock(), peers: 1000, seed: 1 });
  const same = network.lookUp(Uint8Array.of(1)).slice(0, 20);
  const { lookups, peers } = await explore(
    regionAround(0, 12),
    optionsFor(() => Promise.resolve(same)),
  );
  expect([lookups, peers.length]).toEqual([3, 20]);
});

test('ids that are none are left out, and more peers than were asked for too', async () => {
  const network = new MadeNetwork({ clock: new VirtualClock(), peers: 30, seed: 1 });
  const [first, ...others] = network.peers;
  const told = [{ id: 'no id', addresses: [] }, { id: '', addresses: [] }, ...(first === undefined ? [] : [first])];
  const found = await lookUp(
    { key: Uint8Array.of(1), head: 0 },
    optionsFor(() => Promise.resolve([...told, ...others, ...others])),
  );
  expect(found.map(({ id }) => id)).toEqual([first, ...others, ...others].slice(0, 38).map((peer) => peer?.id));
});

test.each([
  ['nobody', () => Promise.resolve([]), 'ERR_PROVIDE_NO_PEERS'],
  ['no peer', () => Promise.resolve([{ id: 'x', addresses: [] }]), 'ERR_PROVIDE_NO_PEERS'],
])('a lookup that finds %s fails', async (_, peersNear, code) => {
  await expect(explore(regionAround(0, 12), optionsFor(peersNear))).rejects.toMatchObject({ code });
});

test('what a lookup fails with is passed on', async () => {
  const failure = new Error('no route');
  await expect(
    explore(
      regionAround(0, 12),
      optionsFor(() => Promise.reject(failure)),
    ),
  ).rejects.toBe(failure);
});
