/** Bitswap by hand over a hostile peer's streams: a node with one block, and what it says on its own streams. */
import type { StoredBlock } from '../../src/ports.js';
import { decodeBitswapMessage, type BitswapMessage } from '../../src/wire/bitswap.js';
import { blockOf, encoded, entry } from '../actors/bitswap/fixtures.js';
import { eventually } from './hostile-pipe.js';
import { startTarget, type Target } from './hostile-target.js';
import { upgradeToYamux, type HostileStream, type HostileYamux } from './hostile-yamux.js';
import { concat } from './decoding.js';
import { pattern } from './streams.js';

export const BITSWAP = '/ipfs/bitswap/1.2.0';

export const kept = blockOf(pattern(5000, 1));
export const wanted = blockOf(pattern(6000, 2));

/** A node with a block in its store, and a peer with a stream to its bitswap. */
export async function exchanging(options: Parameters<typeof startTarget>[0] = {}): Promise<{
  readonly target: Target;
  readonly yamux: HostileYamux;
  readonly stream: HostileStream;
}> {
  const target = await startTarget(options);
  await target.node.blocks.putMany([kept]);
  const yamux = await upgradeToYamux(target.address, { speaks: [BITSWAP] });
  return { target, yamux, stream: await yamux.openStream(BITSWAP) };
}

/** Sends more than one window holds, at the pace of the credit. */
export async function sendAll(stream: HostileStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    await eventually('the node gives credit', () => stream.creditBytes > 0 || stream.wasReset);
    const size = Math.min(65_536, stream.creditBytes, bytes.length - at);
    if (stream.wasReset) return;
    stream.send(bytes.subarray(at, at + size));
    at += size;
  }
}

/** The next message of the node on a stream that it opened. */
export async function readMessage(stream: HostileStream): Promise<BitswapMessage> {
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const [byte = 0] = await stream.read(1);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return decodeBitswapMessage(await stream.read(length));
}

/** The node's bitswap gives this peer the block that it has: nothing was lost, and the peer is still served. */
export async function expectServed(yamux: HostileYamux): Promise<void> {
  const stream = await yamux.openStream(BITSWAP);
  stream.send(encoded({ wantlist: { entries: [entry(kept.cid)], full: false } }));
  const answers = await yamux.accept(BITSWAP);
  for (;;) {
    const { blocks } = await readMessage(answers);
    if (blocks.some(({ data }) => Buffer.compare(data, kept.bytes) === 0)) return;
  }
}

export async function collect({ node }: Target, block: StoredBlock): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of node.cat(block.cid.toString())) chunks.push(chunk);
  return concat(...chunks);
}

/** Reads until the node has asked for the block. */
export async function readWants(answers: HostileStream, { cid }: StoredBlock): Promise<void> {
  for (;;) {
    const { wantlist } = await readMessage(answers);
    if (wantlist?.entries.some((one) => Buffer.compare(one.cid, cid.bytes) === 0)) return;
  }
}
