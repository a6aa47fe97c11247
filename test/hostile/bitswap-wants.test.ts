/** What a peer may do wrong when it is asked for a block, over TCP: the want ends by its name, or an honest peer is heard. */
import { describe, expect, test } from '@jest/globals';
import { encoded, wireBlock } from '../actors/bitswap/fixtures.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectRejected, expectStillServing, startTarget } from '../support/hostile-target.js';
import { pattern } from '../support/streams.js';
import { BITSWAP, kept, wanted, exchanging, collect, readWants } from '../support/hostile-bitswap.js';

/** Wants that do not wait long. */
const IMPATIENT = { limits: { bitswapWantTimeoutMs: 400, bitswapRebroadcastMs: 100 } } as const;

describe('a peer that is asked for a block', () => {
  test('and sends other bytes under its CID: they are never stored, and an honest peer is heard', async () => {
    // Nothing is asked again by the clock: it is the fault that makes the honest peer's offer count.
    const { target, yamux, stream } = await exchanging({ limits: { bitswapRebroadcastMs: 60_000 } });
    const fetched = collect(target, wanted);
    const asked = await yamux.accept(BITSWAP);
    await readWants(asked, wanted);
    stream.send(encoded({ presences: [{ cid: wanted.cid.bytes, has: true }] }));
    stream.send(encoded({ blocks: [{ ...wireBlock(wanted), data: pattern(6000, 3) }] }));
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_BLOCK_MISMATCH',
      machine: 'bitswapInbound',
      state: 'reading',
    });
    expect(await target.node.blocks.has(wanted.cid)).toBe(false);
    const honest = await startTarget({ listen: [] });
    await honest.node.blocks.putMany([wanted]);
    await honest.node.dial(target.address);
    expect(Buffer.compare(await fetched, wanted.bytes)).toBe(0);
    expect(await target.node.blocks.has(wanted.cid)).toBe(true);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and says nothing: the want ends by its name, and who was asked is in it', async () => {
    const { target, yamux } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    const error = await fetched.then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; details: { asked?: readonly string[] } },
    );
    expect(['ERR_BITSWAP_TIMEOUT', 'ERR_BLOCK_NOT_FOUND']).toContain(error?.code);
    expect(error?.details.asked).toEqual([expect.stringContaining('12D3Koo')]);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and promises it, and says nothing more', async () => {
    const { target, yamux, stream } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    stream.send(encoded({ presences: [{ cid: wanted.cid.bytes, has: true }] }));
    await expectRejected(fetched, {
      code: 'ERR_BITSWAP_TIMEOUT',
      machine: 'bitswapSession',
      state: expect.any(String) as unknown as string,
    });
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and closes the connection in the middle of the block', async () => {
    const { target, yamux, stream } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    stream.send(encoded({ blocks: [wireBlock(wanted)] }).subarray(0, 3000));
    await eventually('the half is there', () => (target.node.connections()[0]?.bytesIn ?? 0) > 3000);
    yamux.pipe.raw.socket.destroy();
    const error = await fetched.then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string },
    );
    expect(['ERR_BITSWAP_TIMEOUT', 'ERR_BLOCK_NOT_FOUND']).toContain(error?.code);
    expect(await target.node.blocks.has(kept.cid)).toBe(true);
    await expectStillServing(target);
  });
});
