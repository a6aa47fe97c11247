/** Sizes of files from 2 GiB on, as an independent encoder writes them. */
import { expect, test } from '@jest/globals';
import { UnixFS } from 'ipfs-unixfs';
import protobuf from 'protobufjs/minimal.js';
import '../../src/dag/importer.js';

const GiB = 1024 ** 3;
const SIZES = [
  1,
  127,
  128,
  GiB,
  2 * GiB - 1,
  2 * GiB,
  2 * GiB + 1,
  3 * GiB,
  4 * GiB - 1,
  4 * GiB,
  6 * GiB,
  8 * GiB,
  1024 * GiB,
];

function expected(blockSizes: readonly number[], data?: Uint8Array): string {
  const total = blockSizes.reduce((sum, size) => sum + size, data?.length ?? 0);
  const writer = protobuf.Writer.create().uint32(8).int32(2);
  if (data !== undefined) writer.uint32(18).bytes(data);
  writer.uint32(24).uint64(total);
  for (const size of blockSizes) writer.uint32(32).uint64(size);
  return Buffer.from(writer.finish()).toString('hex');
}

test.each(SIZES)('a file of %i bytes', (size) => {
  const marshal = (blockSizes: number[], data?: Uint8Array): string =>
    Buffer.from(
      new UnixFS({
        type: 'file',
        blockSizes: blockSizes.map(BigInt),
        ...(data === undefined ? {} : { data }),
      }).marshal(),
    ).toString('hex');
  const half = Math.floor(size / 2);
  expect(marshal([size])).toBe(expected([size]));
  expect(marshal([half, size - half, size])).toBe(expected([half, size - half, size]));
  const data = new Uint8Array(300).fill(0x18);
  expect(marshal([size], data)).toBe(expected([size], data));
});

test('every time, also when it was done often', () => {
  for (let round = 0; round < 3000; round++) {
    const unixfs = new UnixFS({ type: 'file', blockSizes: [BigInt(GiB), BigInt(GiB)] });
    expect(UnixFS.unmarshal(unixfs.marshal()).blockSizes).toEqual([BigInt(GiB), BigInt(GiB)]);
    if (Buffer.from(unixfs.marshal()).toString('hex') !== expected([GiB, GiB])) throw new Error(`round ${round}`);
  }
});
