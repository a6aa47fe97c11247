/** A node that was recorded goes the same way again, byte for byte, from its trace alone. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SecurityName } from '../../src/chain-protocols.js';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import { parseTrace } from '../../src/trace/reader.js';
import type { Trace } from '../../src/trace/format.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(security: readonly SecurityName[]): Promise<Host> {
  const node = await createNode({ security, testProtocols: true });
  open.push(() => node.stop());
  return node;
}

async function recorded(security: readonly SecurityName[], use: (node: Host) => Promise<unknown>): Promise<Trace> {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, security, listen: [], seed: 'replay test' });
  await use(node);
  await close();
  return parseTrace(lines.join(''));
}

const randomly = (seed: number) => {
  const random = new SeededRandom(seed);
  return (chunk: Uint8Array): Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < chunk.length;) {
      const size = 1 + ((random.bytes('cut', 1)[0] ?? 0) % 40);
      pieces.push(chunk.subarray(at, at + size));
      at += size;
    }
    return pieces;
  };
};

describe.each(['noise', 'secio', 'plaintext'] as const)('%s', (security) => {
  test('a dial, identify, ping and a fetch replay byte for byte, however the chunks are cut', async () => {
    const remote = await server([security]);
    const { cid } = await remote.add(chunks(300_000), {});
    const trace = await recorded([security], async (node) => {
      const [address] = remote.addresses;
      await node.dial(address ?? '');
      await node.identify(remote.peerId);
      for await (const rtt of node.ping(remote.peerId, { count: 3 })) expect(rtt).toBeGreaterThanOrEqual(0);
      let length = 0;
      for await (const chunk of node.cat(cid.toString())) length += chunk.length;
      expect(length).toBe(300_000);
    });
    const result = await replayTrace(trace);
    expect(result.difference?.report).toBeUndefined();
    expect(result.ok).toBe(true);
    for (const seed of [1, 2, 3]) {
      const again = await replayTrace(trace, { rechunk: randomly(seed) });
      expect(again.difference?.report).toBeUndefined();
    }
  });
});

async function* chunks(size: number): AsyncIterable<Uint8Array> {
  yield new SeededRandom(5).bytes('content', size);
}
