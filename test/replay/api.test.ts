/** Everything that an embedder can do with a node is an input of its own, and replays. */
import { describe, expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { randomRechunk, recordedNode, replayTrace } from '../../src/replay/index.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';

const text = (data: Uint8Array) => new TextDecoder().decode(data);
const bytes = (size: number, label = 'content') => new SeededRandom('api test').bytes(label, size);

async function* source(...pieces: Uint8Array[]): AsyncIterable<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

/** Records what `use` does with a node, beside a plain one that it may dial and be dialed by. */
async function record(use: (node: Host, remote: Host) => Promise<unknown>): Promise<Trace> {
  const remote = await createNode({ testProtocols: true });
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, testProtocols: true, seed: 'api test' });
  try {
    await use(node, remote);
  } finally {
    await close();
    await remote.stop();
  }
  return parseTrace(lines.join(''));
}

const CASES: readonly (readonly [what: string, use: (node: Host, remote: Host) => Promise<unknown>])[] = [
  [
    'a stream read by iteration, written, half-closed',
    async (node, remote) => {
      const stream = await node.openStream(remote.addresses[0] ?? '', '/echo/1.0.0');
      stream.write(bytes(5_000));
      stream.closeWrite();
      let length = 0;
      for await (const chunk of stream) length += chunk.length;
      expect(length).toBe(5_000);
      await stream.closed;
    },
  ],
  [
    'tags, a kept peer, a second connection by force, and one closed alone',
    async (node, remote) => {
      const address = remote.addresses[0] ?? '';
      node.keepAlive(address);
      const first = await node.dial(address);
      node.tag(remote.peerId, 'useful', { value: 3 });
      node.protect(remote.peerId, 'friend');
      const second = await node.dial(address, { force: true });
      expect(second.id).not.toBe(first.id);
      expect(node.closeConnection(second.id)).toBe(true);
      const stream = await node.openStream(remote.peerId, '/echo/1.0.0');
      stream.closeWrite();
      for await (const chunk of stream) expect(chunk.length).toBe(0);
      expect(node.endKeepAlive(remote.peerId)).toBe(true);
      node.disconnect(remote.peerId);
    },
  ],
  [
    'a stream read by subscription, whose observer answers at once',
    async (node, remote) => {
      const stream = await node.openStream(remote.addresses[0] ?? '', '/echo/1.0.0');
      let heard = 0;
      const done = new Promise<void>((resolve) => {
        stream.data$.subscribe({
          next: (chunk) => {
            heard += chunk.length;
            stream.consume(chunk.length);
            if (heard === 10) stream.write(bytes(7));
            if (heard === 17) stream.closeWrite();
          },
          complete: resolve,
        });
      });
      stream.write(bytes(10));
      await done;
    },
  ],
  [
    'a handler that answers inbound streams, at once and later, and one that throws',
    async (node, remote) => {
      node.registerHandle('/upper/1.0.0', async (stream) => {
        for await (const chunk of stream) stream.write(new TextEncoder().encode(text(chunk).toUpperCase()));
        stream.closeWrite();
      });
      node.registerHandle('/hello/1.0.0', (stream) => {
        stream.write(new TextEncoder().encode('hello'));
        stream.closeWrite();
      });
      node.registerHandle('/broken/1.0.0', () => {
        throw new Error('a bug of the embedder');
      });
      const [address = ''] = node.addresses;
      const upper = await remote.openStream(address, '/upper/1.0.0');
      upper.write(new TextEncoder().encode('shout'));
      upper.closeWrite();
      let answer = '';
      for await (const chunk of upper) answer += text(chunk);
      expect(answer).toBe('SHOUT');
      const hello = await remote.openStream(address, '/hello/1.0.0');
      let greeting = '';
      for await (const chunk of hello) greeting += text(chunk);
      expect(greeting).toBe('hello');
      // The reset can overtake the answer that agrees on the protocol.
      const broken = remote.openStream(address, '/broken/1.0.0').then((stream) => stream.closed);
      await expect(broken).rejects.toMatchObject({ blame: 'remote' });
      expect(node.unregisterHandle('/hello/1.0.0')).toBe(true);
    },
  ],
  [
    'content added from an iterable and served, content fetched, a tree',
    async (node, remote) => {
      const added = await node.add(source(bytes(100_000), bytes(50_000, 'more')));
      await remote.dial(node.addresses[0] ?? '');
      let served = 0;
      for await (const chunk of remote.cat(added.cid.toString())) served += chunk.length;
      expect(served).toBe(150_000);
      const tree = await node.addTree(
        (async function* () {
          await Promise.resolve();
          yield { path: 'a/one', content: source(bytes(10)) };
          yield { path: 'a/two', content: source(bytes(20)) };
        })(),
      );
      const names: string[] = [];
      for await (const entry of node.get(tree.cid.toString())) {
        names.push(entry.names.join('/'));
        if (entry.kind === 'file') for await (const chunk of entry.content()) names.push(String(chunk.length));
      }
      expect(names).toEqual(['', 'a', 'a/one', '10', 'a/two', '20']);
    },
  ],
  [
    'a session whose want is cancelled, and one that is closed',
    async (node, remote) => {
      await node.dial(remote.addresses[0] ?? '');
      const { cid } = await remote.add(source(bytes(1000)));
      const session = node.createSession({ peers: [remote.peerId] });
      expect((await session.want(cid)).length).toBe(1000);
      await session.flush();
      const stop = new AbortController();
      const never = (await createCid()) as never;
      const wanted = session.want(never, { signal: stop.signal });
      stop.abort();
      await expect(wanted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
      session.close();
    },
  ],
  [
    'calls that fail',
    async (node, remote) => {
      await expect(node.dial('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
      await expect(node.openStream(remote.addresses[0] ?? '', '/nobody/1.0.0')).rejects.toMatchObject({
        code: 'ERR_MULTISTREAM_NO_OVERLAP',
      });
      await expect(node.dial(node.addresses[0] ?? '')).rejects.toMatchObject({ code: 'ERR_DIAL_SELF' });
      node.disconnect(remote.peerId);
    },
  ],
];

async function createCid() {
  const { CID } = await import('multiformats/cid');
  return CID.parse('bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy');
}

describe.each(CASES)('%s', (_what, use) => {
  test('replays byte for byte, as recorded and cut anew', async () => {
    const trace = await record(use);
    const result = await replayTrace(trace);
    expect(result.difference?.report).toBeUndefined();
    const again = await replayTrace(trace, { rechunk: randomRechunk(1) });
    expect(again.difference?.report).toBeUndefined();
  });
});

test('what the replay did is a trace that replays as well', async () => {
  const trace = await record(CASES[0]?.[1] ?? (() => Promise.resolve()));
  const { trace: produced } = await replayTrace(trace);
  expect((await replayTrace(produced)).difference?.report).toBeUndefined();
  expect(produced.records.length).toBe(trace.records.length);
});

test.each(['frames', 'states', 'final'] as const)('level %s', async (level) => {
  const trace = await record(CASES[0]?.[1] ?? (() => Promise.resolve()));
  expect((await replayTrace(trace, { level })).difference?.report).toBeUndefined();
  const records = trace.records.map((record) =>
    record.name === 'actor:transition' && record.data['to'] === 'open'
      ? { ...record, data: { ...record.data, to: 'closed' } }
      : record,
  );
  const result = await replayTrace({ ...trace, records }, { level });
  // The last state of the connection is compared at `final`, the one on the way at the others.
  expect(result.ok).toBe(level === 'final');
});

test.each([
  ['record', { target: 'node', method: 'record', arguments: ['somewhere.trace.jsonl'] }],
  ['constructor', { target: 'node', method: 'constructor', arguments: [] }],
])('a trace that asks for %s, which no recording holds, is refused', async (_what, data) => {
  const trace = await record(CASES[0]?.[1] ?? (() => Promise.resolve()));
  const index = trace.records.findIndex(({ name }) => name === 'api:called');
  const records = trace.records.map((line, at) => (at === index ? { ...line, data: { call: 1, ...data } } : line));
  await expect(replayTrace({ ...trace, records })).rejects.toMatchObject({ code: 'ERR_TRACE_INVALID' });
});
