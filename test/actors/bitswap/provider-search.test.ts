/** Providers beyond the connected peers: when they are looked for, how many are reached, and what is left over. */
import { expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';
import { Subject, throwError } from 'rxjs';
import { ProviderSearch, type SearchedSession } from '../../../src/actors/bitswap/provider-search.js';
import { Environment } from '../../../src/actors/environment.js';
import { LIMITS } from '../../../src/limits.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';

const cid = CID.parse('bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');

function rig({ alone = false, find }: { alone?: boolean; find?: (asked: CID) => Observable<string> } = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const said: string[] = [];
  const finds: Subject<string>[] = [];
  const session: SearchedSession & { oldestWant: CID | undefined } = {
    number: 7,
    oldestWant: cid,
    addPeer: (peer) => said.push(`${clock.now()} hint ${peer}`),
  };
  const search = new ProviderSearch(
    environment,
    session,
    {
      find: (asked) => {
        said.push(`${clock.now()} find ${asked.toString() === cid.toString() ? 'it' : 'another'}`);
        if (find !== undefined) return find(asked);
        const found = new Subject<string>();
        finds.push(found);
        return found;
      },
      connect: (peer) => {
        said.push(`${clock.now()} connect ${peer}`);
        return Promise.resolve();
      },
    },
    () => alone,
  );
  const left = () => [environment.liveActors, clock.pendingTimers, finds.filter(({ observed }) => observed).length];
  return { clock, search, session, said, finds, left };
}

test('connected peers have their second; then each provider is hinted and reached, once', () => {
  const { clock, search, said, finds, left } = rig();
  search.discovering();
  clock.advance(LIMITS.providerSearchDelayMs - 1);
  expect(said).toEqual([]);
  clock.advance(1);
  for (const peer of ['p1', 'p2', 'p1']) finds[0]?.next(peer);
  expect(said).toEqual(['1000 find it', '1000 hint p1', '1000 connect p1', '1000 hint p2', '1000 connect p2']);
  search.fetching();
  finds[0]?.next('p3');
  expect(said).toHaveLength(5);
  search.ended();
  search.ended();
  expect(left()).toEqual([0, 0, 0]);
});

test('with nobody connected it begins at once, and goes on at growing pauses', () => {
  const { clock, search, said, finds, left } = rig({ alone: true });
  search.discovering();
  for (let round = 0; round < 7; round++) {
    finds.at(-1)?.complete();
    // The session goes round as well.
    search.discovering();
    clock.fireNext();
  }
  expect(said.map((line) => line.split(' ')[0])).toEqual([
    '0',
    '2000',
    '6000',
    '14000',
    '30000',
    '62000',
    '122000',
    '182000',
  ]);
  search.ended();
  expect(left()).toEqual([0, 0, 0]);
});

test('one search reaches so many providers and no more', () => {
  const { clock, search, said, finds, left } = rig({ alone: true });
  search.discovering();
  for (let peer = 0; peer <= LIMITS.providersPerSearch; peer++) finds[0]?.next(`p${peer}`);
  expect(said.filter((line) => line.includes('connect'))).toHaveLength(LIMITS.providersPerSearch);
  expect(finds[0]?.observed).toBe(false);
  clock.advance(LIMITS.providerSearchPauseMs);
  expect(said.at(-1)).toBe('2000 find it');
  search.ended();
  expect(left()).toEqual([0, 0, 0]);
});

test('routers that fail are asked again after the pause', () => {
  const { clock, search, said, left } = rig({ alone: true, find: () => throwError(() => new Error('no router')) });
  search.discovering();
  clock.advance(LIMITS.providerSearchPauseMs);
  expect(said).toEqual(['0 find it', '2000 find it']);
  search.ended();
  expect(left()).toEqual([0, 0, 0]);
});

test('a search that is due when all is delivered asks nobody', () => {
  const { clock, search, session, said, left } = rig();
  search.discovering();
  session.oldestWant = undefined;
  clock.advance(LIMITS.providerSearchDelayMs);
  expect(said).toEqual([]);
  search.ended();
  expect(left()).toEqual([0, 0, 0]);
});
