/** Infohashes of CIDs: one for all CIDs of a multihash, computed by hand (`printf MULTIHASH | xxd -r -p | sha1sum`). */
import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { infohashOf } from '../../../src/routing/tracker/infohash.js';
import { toHex } from '../../support/decoding.js';

/** The empty UnixFS folder, as everybody knows it. */
const V0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
const MULTIHASH = '122059948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef';

test('SHA-1 of the multihash, code and length included, whatever the version and codec', () => {
  const cid = CID.parse(V0);
  expect(toHex(cid.multihash.bytes)).toBe(MULTIHASH);
  const expected = createHash('sha1').update(Buffer.from(MULTIHASH, 'hex')).digest('hex');
  const all = [cid, cid.toV1(), CID.createV1(0x55, cid.multihash), CID.createV1(0x71, cid.multihash)];
  expect(all.map((one) => toHex(infohashOf(one)))).toEqual(all.map(() => expected));
  expect(expected).toBe('397742e65030e968d6d1af5992eb429485990563');
});
