/**
 * A node that wants a block and has others, and a peer that says anything on bitswap streams of every version: what is
 * stored is what was wanted and has the hash that its CID names; what is served is ours; a fault has a name and blames the
 * peer; an honest peer that comes next is heard; and nothing is left.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verifyBlock } from '../../src/dag/block.js';
import type { StoredBlock } from '../../src/ports.js';
import { blocks, encoded, entry, ScriptedPeer, wireBlock } from '../actors/bitswap/fixtures.js';
import { FakeNetwork, V100, V110, V120 } from '../actors/bitswap/fake-network.js';
import { cut, cutting, hexIn, nearly } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

const [wanted, ours, foreign] = blocks(3, 300) as [StoredBlock, StoredBlock, StoredBlock];

const SAMPLES: readonly Uint8Array[] = [
  ...hexIn('bitswap/messages.json'),
  encoded({ blocks: [wireBlock(wanted)] }),
  encoded({ blocks: [wireBlock(wanted), wireBlock(foreign)] }),
  encoded({ presences: [{ cid: wanted.cid.bytes, has: true }], pendingBytes: 7 }),
  encoded({ presences: [{ cid: wanted.cid.bytes, has: false }] }),
  encoded({ wantlist: { full: true, entries: [entry(ours.cid), entry(foreign.cid, { wantType: 'have' })] } }),
  encoded({ wantlist: { full: false, entries: [entry(ours.cid, { cancel: true }), entry(ours.cid)] } }),
];

const inputs = fc.record({
  pieces: fc.array(fc.record({ bytes: nearly(SAMPLES), sizes: cutting }), { minLength: 1, maxLength: 4 }),
  protocol: fc.constantFrom(V120, V110, V100),
  end: fc.constantFrom('leaves', 'closes', 'resets'),
});
type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never;

async function judge({ pieces, protocol, end }: Input): Promise<void> {
  const network = new FakeNetwork();
  const client = network.add('client');
  await client.store.putMany([ours]);
  client.bitswap.start();
  const [bad, good] = ['bad', 'good'].map((id) => new ScriptedPeer(network, network.add(id), client)) as [
    ScriptedPeer,
    ScriptedPeer,
  ];
  network.connect(client, bad.node);
  const got = client.bitswap.createSession({ peers: ['bad'] }).want(wanted.cid);
  const served = client.bitswap.handler;
  const faults: unknown[] = [];
  client.handler = (stream) => served(stream).catch((fault: unknown) => void faults.push(fault));
  let stream = await network.openStream(bad.node, 'client', [protocol]);
  for (const { bytes, sizes } of pieces) {
    if (stream.error !== undefined) stream = await network.openStream(bad.node, 'client', [protocol]);
    stream.data$.subscribe({ error: () => undefined }).unsubscribe();
    for (const chunk of cut(bytes, sizes)) if (stream.error === undefined) stream.write(chunk);
    await network.idle();
  }
  if (end === 'closes') stream.closeWrite();
  if (end === 'resets') stream.reset();
  if (end === 'leaves') network.disconnect(client, bad.node);
  network.connect(client, good.node);
  await good.say({ blocks: [wireBlock(wanted)] });
  for (const fault of faults) assertNamed(fault, ['remote'], /^ERR_(BITSWAP|BLOCK|STREAM|CONNECTION)_/);
  verifyBlock(wanted.cid, await got);
  const mine = [wanted, ours].map(({ cid }) => Buffer.from(cid.multihash.bytes).toString('hex'));
  for await (const cid of client.store.cids()) {
    assert(mine.includes(Buffer.from(cid.multihash.bytes).toString('hex')), `${cid.toString()} was stored`);
    verifyBlock(cid, (await client.store.get(cid)) ?? new Uint8Array(0));
  }
  network.disconnect(client, good.node);
  if (end !== 'leaves') network.disconnect(client, bad.node);
  client.bitswap.stop();
  await network.idle();
  assert.deepEqual(client.broken, []);
  assert.deepEqual([client.environment.liveActors, network.clock.pendingTimers], [0, 0], 'something is left');
}

export const BITSWAP_TARGETS: readonly FuzzTarget[] = [target('bitswap inbound', inputs, judge)];
