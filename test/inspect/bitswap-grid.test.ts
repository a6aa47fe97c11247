import { describe, expect, test } from '@jest/globals';
import { bitswapGridsOf } from '../../src/inspect/bitswap-grid.js';
import { END, storeOf, type Made } from './records.js';

type Word = readonly [type: string, peer: string, direction?: 'sent' | 'received', bytes?: number];
const of = (session: number | undefined, cid: string, ...[type, peer, direction, bytes]: Word): Made => [
  'seen:bitswap',
  session === undefined ? '/n1/bitswap' : `/n1/bitswap/session:${session}`,
  { type, peer, cid, ...(session && { session }), ...(direction && { direction }), ...(bytes && { bytes }) },
];

test('a session and what is served, with a block that came twice', () => {
  const [session, served, ...others] = bitswapGridsOf(
    storeOf([
      of(1, 'c1', 'want-have', 'A', 'sent'),
      of(1, 'c1', 'want-have', 'B', 'sent'),
      of(1, 'c1', 'have', 'A', 'received'),
      of(1, 'c1', 'dont-have', 'B', 'received'),
      of(1, 'c1', 'want-block', 'A', 'sent'),
      of(1, 'c1', 'block', 'A', 'received', 100),
      of(1, 'c1', 'duplicate', 'B', 'received', 100),
      of(undefined, 'c2', 'want-block', 'B', 'received'),
      of(undefined, 'c2', 'block', 'B', 'sent', 7),
    ]),
    END,
  );
  expect(others).toEqual([]);
  const { cells, ...rest } = session ?? { cells: new Map<string, never>() };
  expect(rest).toEqual({
    id: 'n1 1',
    title: 'n1: session 1',
    cids: ['c1'],
    peers: ['A', 'B'],
    startedMs: 0,
    blocks: 1,
    blockBytes: 100,
    duplicates: 1,
    wastedBytes: 100,
    open: [],
  });
  expect([...cells].map(([key, { passages }]) => [key, passages.map(({ word }) => word)])).toEqual([
    ['c1 A', ['want-have', 'have', 'want-block', 'block']],
    ['c1 B', ['want-have', 'dont-have', 'duplicate']],
  ]);
  const last = { seq: 5, timeMs: 50, word: 'block', isSent: false, bytes: 100, isStanding: false };
  expect(cells.get('c1 A')?.last).toEqual(last);
  const { title, blocks, blockBytes, open } = served ?? {};
  expect([title, blocks, blockBytes, open]).toEqual(['n1: what others ask of us', 1, 7, []]);
});

describe('why a want is open', () => {
  test.each<readonly [why: string, ...words: Word[]]>([
    ['the one peer that was asked has not answered', ['want-have', 'A', 'sent']],
    [
      'all 2 peers asked do not have it',
      ['want-have', 'A', 'sent'],
      ['want-have', 'B', 'sent'],
      ['dont-have', 'A', 'received'],
      ['dont-have', 'B', 'received'],
    ],
    [
      '1 of 2 peers asked have not answered',
      ['want-have', 'A', 'sent'],
      ['want-have', 'B', 'sent'],
      ['dont-have', 'A', 'received'],
    ],
    [
      '1 of 2 peers has it, and the block has not come',
      ['want-have', 'A', 'sent'],
      ['want-have', 'B', 'sent'],
      ['have', 'A', 'received'],
    ],
    ['the one peer that was asked let it wait too long', ['want-block', 'A', 'sent'], ['stall', 'A']],
    ['it was given up', ['want-have', 'A', 'sent'], ['cancel', 'A', 'sent']],
  ])('%s', (why, ...words) => {
    const [grid] = bitswapGridsOf(storeOf(words.map((word) => of(1, 'c1', ...word))), END);
    expect(grid?.open).toEqual([{ cid: 'c1', why }]);
  });
});

describe('of a look that began late', () => {
  const stood = (...words: Parameters<typeof of>): Made => {
    const [name, actor, data] = of(...words);
    return [name, actor, { ...data, standing: true }];
  };

  test('what stood is told apart, and a want is said to be older than the look', () => {
    const [grid] = bitswapGridsOf(
      storeOf([
        stood(1, 'c1', 'want-have', 'A', 'sent'),
        stood(1, 'c1', 'have', 'B', 'received'),
        stood(1, 'c2', 'stall', 'A'),
        stood(1, 'c2', 'want-block', 'A', 'sent'),
        stood(1, 'c3', 'dont-have', 'A', 'received'),
        of(1, 'c4', 'want-have', 'A', 'sent'),
        of(1, 'c1', 'want-block', 'B', 'sent'),
      ]),
      END,
    );
    const older = '; it was open before the look began';
    expect(grid?.open).toEqual([
      { cid: 'c1', why: `1 of 2 peers has it, and the block has not come${older}` },
      { cid: 'c2', why: `the one peer that was asked let it wait too long${older}` },
      { cid: 'c3', why: `the one peer that was asked does not have it${older}` },
      { cid: 'c4', why: 'the one peer that was asked has not answered' },
    ]);
    const marks = grid?.cells.get('c1 B')?.passages.map(({ word, isStanding }) => [word, isStanding]);
    expect(marks).toEqual([
      ['have', true],
      ['want-block', false],
    ]);
  });

  test('what had come before it and comes once more is no want', () => {
    const [grid] = bitswapGridsOf(storeOf([of(1, 'c1', 'duplicate', 'A', 'received', 9)]), END);
    expect([grid?.cids, grid?.open, grid?.duplicates]).toEqual([['c1'], [], 1]);
  });
});
