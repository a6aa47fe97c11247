/** A store that fails or is full under a node over TCP: the call fails by its name, nothing stored is lost, the node goes on. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import type { EngineError } from '../../src/errors.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { blockOf, encoded, entry } from '../actors/bitswap/fixtures.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';
import { pattern } from '../support/streams.js';

const MIB = 1024 * 1024;
const DISK = new Error('EIO: the disk is gone');
const kept = blockOf(pattern(50_000, 1));

function file(size: number, seed: number): AsyncIterable<Uint8Array> {
  return (async function* () {
    const bytes = pattern(size, seed);
    for (let at = 0; at < size; at += 65_536) yield await Promise.resolve(bytes.subarray(at, at + 65_536));
  })();
}

async function read({ node }: Target, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of node.cat(path)) chunks.push(chunk);
  return concat(...chunks);
}

async function failureOf(call: Promise<unknown>): Promise<Pick<EngineError, 'code' | 'blame' | 'cause'>> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as EngineError,
  );
  return { code: error?.code ?? 'ERR_ENGINE_ASSERTION', blame: error?.blame ?? 'engine', cause: error?.cause };
}

/** A node on `blocks` that holds {@link kept}, and a provider of one file, connected. */
async function fetching(blocks: MemoryBlockStore): Promise<{
  readonly target: Target;
  readonly provider: Target;
  readonly root: string;
}> {
  const target = await startTarget({ blocks });
  await blocks.putMany([kept]);
  const provider = await startTarget();
  const { cid } = await provider.node.add(file(4 * MIB, 3));
  await target.node.dial(provider.address);
  return { target, provider, root: cid.toString() };
}

async function expectKept(blocks: MemoryBlockStore): Promise<void> {
  expect(Buffer.compare((await blocks.get(kept.cid)) ?? new Uint8Array(0), kept.bytes)).toBe(0);
}

describe('a store that takes nothing', () => {
  test('while it fetches: the fetch fails, and goes through when the store is well again', async () => {
    const blocks = new MemoryBlockStore();
    const { target, provider, root } = await fetching(blocks);
    blocks.failWith(DISK, 'writes');
    expect(await failureOf(read(target, root))).toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local' });
    await expectKept(blocks);
    await expectStillServing(target);
    expect(target.node.connections().map(({ remotePeer }) => remotePeer)).toContain(provider.node.peerId);
    blocks.failWith(undefined);
    expect(Buffer.compare(await read(target, root), pattern(4 * MIB, 3))).toBe(0);
    await expectKept(blocks);
  });

  test('while it adds', async () => {
    const blocks = new MemoryBlockStore();
    const target = await startTarget({ blocks });
    await blocks.putMany([kept]);
    blocks.failWith(DISK, 'writes');
    expect(await failureOf(target.node.add(file(3 * MIB, 5)))).toMatchObject({
      code: 'ERR_STORE_FAILED',
      blame: 'local',
    });
    await expectKept(blocks);
    await expectStillServing(target);
    blocks.failWith(undefined);
    const { cid } = await target.node.add(file(3 * MIB, 5));
    expect(Buffer.compare(await read(target, cid.toString()), pattern(3 * MIB, 5))).toBe(0);
  });
});

describe('a store that is full', () => {
  test.each([
    { name: 'has just room for the file', spareBytes: 0, fits: true },
    { name: 'lacks one byte', spareBytes: -1, fits: false },
  ])('$name', async ({ spareBytes, fits }) => {
    const measured = new MemoryBlockStore();
    const sample = await fetching(measured);
    await read(sample.target, sample.root);

    const blocks = new MemoryBlockStore({ capacityBytes: measured.usedBytes + spareBytes });
    const { target, root } = await fetching(blocks);
    if (fits) expect((await read(target, root)).length).toBe(4 * MIB);
    else expect(await failureOf(read(target, root))).toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local' });
    expect(blocks.usedBytes).toBeLessThanOrEqual(measured.usedBytes + spareBytes);
    await expectKept(blocks);
    await expectStillServing(target);
  });

  test('every block that came into it before is whole', async () => {
    const blocks = new MemoryBlockStore({ capacityBytes: 2 * MIB + 60_000 });
    const { target, root } = await fetching(blocks);
    expect(await failureOf(read(target, root))).toMatchObject({ code: 'ERR_STORE_FAILED' });
    let count = 0;
    for await (const cid of blocks.cids()) {
      const bytes = (await blocks.get(cid)) ?? new Uint8Array(0);
      expect(blockOf(bytes, cid.code).cid.toString()).toBe(CID.createV1(cid.code, cid.multihash).toString());
      count++;
    }
    expect(count).toBe(blocks.size);
    await expectKept(blocks);
    await expectStillServing(target);
  });
});

describe('a store that cannot be read', () => {
  test('by us: the call fails by its name', async () => {
    const blocks = new MemoryBlockStore();
    const target = await startTarget({ blocks });
    await blocks.putMany([kept]);
    blocks.failWith(DISK, 'reads');
    expect(await failureOf(read(target, kept.cid.toString()))).toMatchObject({
      code: 'ERR_STORE_FAILED',
      blame: 'local',
      cause: DISK,
    });
    await expectStillServing(target);
    blocks.failWith(undefined);
    expect(Buffer.compare(await read(target, kept.cid.toString()), kept.bytes)).toBe(0);
  });

  test('for a peer: it hears that we do not have it, asks again later, and gets it', async () => {
    const blocks = new MemoryBlockStore();
    const target = await startTarget({ blocks });
    await blocks.putMany([kept]);
    blocks.failWith(DISK, 'reads');
    const yamux = await upgradeToYamux(target.address, { speaks: ['/ipfs/bitswap/1.2.0'] });
    const stream = await yamux.openStream('/ipfs/bitswap/1.2.0');
    const want = encoded({ wantlist: { entries: [entry(kept.cid)], full: true } });
    stream.send(want);
    const answers = await yamux.accept('/ipfs/bitswap/1.2.0');
    // A message with one presence: length, field 4, and in it the CID and dont-have.
    const [length = 0] = await answers.read(1);
    const body = await answers.read(length);
    expect([body[0], body.at(-1)]).toEqual([0x22, 1]);
    await expectStillServing(target);
    blocks.failWith(undefined);
    stream.send(want);
    await eventually('the block comes', () => answers.waitingBytes > kept.bytes.length);
    await yamux.expectEcho('the connection goes on');
  });
});
