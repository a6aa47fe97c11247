/** How much of what stands is told to who comes late, at the bound and past it. */
import { expect, test } from '@jest/globals';
import type { BitswapObservation } from '../../src/actors/observations.js';
import { StandingRecords } from '../../src/actors/standing-records.js';

const wants = (peer: string, count: number): BitswapObservation[] =>
  Array.from({ length: count }, (_, at) => ({ type: 'want-have', direction: 'sent', peer, cid: `c${at}` }));

/** What is told of groups of so many, with room for five. */
function told(...sizes: readonly number[]) {
  const seen: string[] = [];
  const records = new StandingRecords(
    (name, actor, data) => {
      expect(data).toMatchObject({ standing: true });
      seen.push(name === 'seen:untold' ? `${actor}: ${'records' in data ? data.records : ''} untold` : actor);
    },
    { observeStandingRecords: 5 },
  );
  for (const [at, size] of sizes.entries()) records.add('seen:bitswap', `group ${at}`, wants('A', size));
  records.end('bitswap');
  return seen;
}

test.each([
  ['nothing', [], []],
  ['as many as there is room for', [2, 3], ['group 0', 'group 0', 'group 1', 'group 1', 'group 1']],
  ['one more', [2, 4], ['group 0', 'group 0', 'bitswap: 4 untold']],
  ['more behind it, which would fit', [2, 4, 1], ['group 0', 'group 0', 'bitswap: 5 untold']],
  ['a group of more than there is room for at all', [6], ['bitswap: 6 untold']],
  ['groups of nothing', [0, 5, 0], ['group 1', 'group 1', 'group 1', 'group 1', 'group 1']],
])('%s', (_, sizes, expected) => {
  expect(told(...sizes)).toEqual(expected);
});
