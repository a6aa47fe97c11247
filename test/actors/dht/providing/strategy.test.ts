import { expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { PROVIDE_STRATEGIES, providedKey } from '../../../../src/actors/dht/providing/strategy.js';

/** The same block as a CIDv0 and as CIDv1 of two codecs; and content inside its CID (an identity multihash). */
const V0 = CID.parse('QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n');
const RAW = CID.createV1(0x55, V0.multihash);
const INLINE = CID.parse('bafkqabtimvwgy3yk');

test.each([
  ['all', V0, true, true],
  ['all', V0, false, true],
  ['all', INLINE, true, false],
  ['roots', V0, true, true],
  ['roots', V0, false, false],
  ['roots', INLINE, true, false],
  ['none', V0, true, false],
  ['none', V0, false, false],
] as const)('%s of %s, a root: %s -> %s', (strategy, cid, isRoot, isProvided) => {
  expect(providedKey(strategy, cid, isRoot)).toEqual(isProvided ? cid.multihash.bytes : undefined);
});

test('all CIDs of one block are one key', () => {
  expect(providedKey('all', RAW, true)).toEqual(providedKey('all', V0, true));
});

test('the strategies are these', () => expect(PROVIDE_STRATEGIES).toEqual(['all', 'roots', 'none']));
