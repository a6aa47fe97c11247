/** By what a caller names a peer: one reading for dials, streams and peers that are kept. */
import { expect, test } from '@jest/globals';
import { parsePeerTarget } from '../../src/crypto/peer-target.js';

const PEER = '12D3KooWLS6YeG9JktEJjPe1ESMsg9V5JF1wGrCtdvHzAGZhZjXQ';
const ADDRESS = '/ip4/127.0.0.1/tcp/4001';

test.each([
  [PEER, { peer: PEER, address: undefined }],
  [ADDRESS, { peer: undefined, address: ADDRESS }],
  [`${ADDRESS}/p2p/${PEER}`, { peer: PEER, address: ADDRESS }],
  [`${ADDRESS}/ipfs/${PEER}`, { peer: PEER, address: ADDRESS }],
  [`/p2p/${PEER}`, { peer: PEER, address: undefined }],
  ['/', { peer: undefined, address: undefined }],
])('%s', (text, target) => {
  expect(parsePeerTarget(text)).toEqual(target);
});

test.each([
  ['foo', 'ERR_PEER_ID_INVALID'],
  ['', 'ERR_PEER_ID_INVALID'],
  ['/ip4/127.0.0.1/tcp', 'ERR_INVALID_ARGUMENT'],
  [undefined, 'ERR_INVALID_ARGUMENT'],
  [{}, 'ERR_INVALID_ARGUMENT'],
])('%p is none', (given, code) => {
  expect(() => parsePeerTarget(given as never)).toThrow(expect.objectContaining({ code }));
});
