/** The table of neighbours: who is kept, who is told to others, and for how long. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/limits.js';
import { Neighbours } from '../../../src/routing/mdns/neighbours.js';

const neighbour = (index: number, { host = 'h', toldAtMs = 0, lifeMs = 120_000 } = {}) => ({
  name: `name-${index}`,
  peer: { id: `peer-${index}`, addresses: [`/ip4/10.0.0.1/tcp/${index}`] },
  host,
  toldAtMs,
  expiresAtMs: toldAtMs + lifeMs,
});

test('mdnsPeers and mdnsPeersPerHost as they are by default, and one more', () => {
  const all = new Neighbours(LIMITS);
  const { mdnsPeers, mdnsPeersPerHost } = LIMITS;
  const taken = Array.from({ length: mdnsPeers + 1 }, (_, index) =>
    all.put(neighbour(index, { host: `h${Math.floor(index / mdnsPeersPerHost)}` }), 0),
  );
  expect([taken.filter(Boolean).length, taken.at(-1), all.size]).toEqual([mdnsPeers, false, mdnsPeers]);
  const ofOne = new Neighbours(LIMITS);
  for (let index = 0; index < mdnsPeersPerHost; index++) expect(ofOne.put(neighbour(index), 0)).toBe(true);
  expect(ofOne.put(neighbour(mdnsPeersPerHost), 0)).toBe(false);
  // Another host has room, and so have all when the time of the others is over.
  expect(ofOne.put(neighbour(mdnsPeersPerHost, { host: 'other' }), 0)).toBe(true);
  expect(ofOne.put(neighbour(mdnsPeersPerHost + 1, { toldAtMs: 120_000 }), 120_000)).toBe(true);
  expect(ofOne.size).toBe(1);
});

test('who is good for more than half a life is known, with the seconds that are left, the latest first', () => {
  const known = new Neighbours(LIMITS);
  known.put(neighbour(1, { toldAtMs: 0 }), 0);
  known.put(neighbour(2, { toldAtMs: 1_500 }), 1_500);
  expect([...known.knownNames(1_500)]).toEqual([
    ['name-2', 120],
    ['name-1', 118],
  ]);
  expect([...known.knownNames(59_999)].map(([name]) => name)).toEqual(['name-2', 'name-1']);
  expect([...known.knownNames(60_000)].map(([name]) => name)).toEqual(['name-2']);
  expect([...known.knownNames(61_500)]).toEqual([]);
});

test('mdnsKnownAnswers, and one more', () => {
  const known = new Neighbours(LIMITS);
  const { mdnsKnownAnswers } = LIMITS;
  for (let index = 0; index < mdnsKnownAnswers; index++) known.put(neighbour(index, { toldAtMs: index }), index);
  expect(known.knownNames(100).has('name-0')).toBe(true);
  known.put(neighbour(mdnsKnownAnswers, { toldAtMs: 100 }), 100);
  expect([known.knownNames(100).size, known.knownNames(100).has('name-0')]).toEqual([mdnsKnownAnswers, false]);
});

test('one that is found when its time is over is forgotten', () => {
  const one = new Neighbours(LIMITS);
  one.put(neighbour(1), 0);
  expect(one.find('peer-1', 119_999)).toEqual({ id: 'peer-1', addresses: ['/ip4/10.0.0.1/tcp/1'] });
  expect([one.find('peer-1', 120_000), one.size, one.find('peer-2', 0)]).toEqual([undefined, 0, undefined]);
});
