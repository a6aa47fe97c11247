/**
 * Our parts in stock js-libp2p and helia nodes: against the parts of js-libp2p's own, against each other, and against our
 * own node. Needs `npm run build`.
 */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readTraceFile } from '../../src/index.js';
import { ensurePeer, seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { installParts } from '../support/installed-parts.js';
import { patternBytes, sha256Hex } from '../support/live-bytes.js';
import { echoed } from '../support/live-echo.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';

const INSTALL_MS = 300_000;
const MIB = 1024 * 1024;
const ECHO = '/echo/1.0.0';

interface Charted {
  readonly steps: readonly { readonly actor: string; readonly machine: string; readonly to: string }[];
  readonly broken: readonly string[];
  readonly liveActors: number;
}

const started: Peer[] = [];
const stock = async (...args: string[]): Promise<Peer> => {
  const peer = await startPeer('js-modern', args);
  started.push(peer);
  return peer;
};
const charted = async (peer: Peer): Promise<Charted> => (await peer.request('chart')) as unknown as Charted;

/** Machines and the states that they were in, without the many of streams. */
const seen = ({ steps }: Charted): readonly string[] => [
  ...new Set(steps.map(({ machine, to }) => `${machine}.${to}`).filter((step) => !step.startsWith('yamuxStream.'))),
];

/** One hangs up; done when the other has noticed too, for it would use the old connection again. */
async function hangUp(closer: Peer, other: Peer): Promise<void> {
  await closer.request('hangUp', { peerId: other.peerId });
  while ((await other.request('connections'))['count'] !== 0);
}

/** All that two nodes say to each other, asked of one of them. */
async function talk(dialer: Peer, listener: Peer, seed: number): Promise<void> {
  const [address] = listener.addresses;
  const sha256 = sha256Hex(seededBytes(seed, MIB));
  expect(await dialer.request('echo', { address, size: MIB, seed, chunk: 10_000 })).toMatchObject({
    bytes: MIB,
    sha256,
  });
  // One side ends its half at once and then reads, the other goes on writing.
  const perf = { address, send: 3, receive: 3 * MIB };
  expect(await dialer.request('perf', perf)).toMatchObject({ sent: 3, received: 3 * MIB });
  // More than any queue on the way holds, from a writer that js-libp2p's `onDrain` lets go on too early.
  const upload = { address, send: 24 * MIB, receive: 0 };
  expect(await dialer.request('perf', upload)).toMatchObject({ sent: 24 * MIB, received: 0 });
  const many = { address, count: 40, concurrency: 20, size: 5_000, seed };
  expect(await dialer.request('echoMany', many)).toMatchObject({ count: 40 });
  expect((await dialer.request('ping', { address, count: 2 }))['rttMillis']).toHaveLength(2);
}

beforeAll(async () => {
  expect(await ensurePeer('js-modern')).toEqual({ ready: true });
  installParts('test/peers/js-modern');
}, INSTALL_MS);

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.stop()));
});

const PARTS: readonly { parts: string; security: string }[] = [
  { parts: 'tcp', security: 'noise' },
  { parts: 'noise', security: 'noise' },
  { parts: 'plaintext', security: 'plaintext' },
  { parts: 'yamux', security: 'noise' },
  { parts: 'tcp,noise,yamux', security: 'noise' },
];

describe('a stock js-libp2p node with our parts', () => {
  test.each(PARTS)('our $parts talks with a node that has its own, both directions', async ({ parts, security }) => {
    const [ours, theirs] = await Promise.all([
      stock('--security', security, '--parts', parts),
      stock('--security', security),
    ]);
    await talk(ours, theirs, 1);
    expect(await ours.request('connections')).toMatchObject({
      list: [{ direction: 'outbound', muxer: '/yamux/1.0.0' }],
    });
    await hangUp(ours, theirs);
    await talk(theirs, ours, 2);
    await hangUp(theirs, ours);
    expect((await charted(ours)).broken).toEqual([]);
    await ours.request('chartIdle');
  });

  test.each(['ed25519', 'rsa', 'secp256k1'])('our noise proves an %s identity to theirs', async (key) => {
    const [ours, theirs] = await Promise.all([stock('--key', key, '--parts', 'noise'), stock('--key', key)]);
    expect(await ours.request('dial', { address: theirs.addresses[0] })).toMatchObject({ peerId: theirs.peerId });
    await hangUp(ours, theirs);
    expect(await theirs.request('dial', { address: ours.addresses[0] })).toMatchObject({ peerId: ours.peerId });
  });

  test('two of them speak our secio and yamux with each other and with our own node', async () => {
    const flags = ['--security', 'secio', '--parts', 'secio,yamux'];
    const [first, second] = await Promise.all([stock(...flags), stock(...flags)]);
    const node = await liveNode({ security: ['secio'] });
    await talk(first, second, 3);
    expect(await first.request('connections')).toMatchObject({ list: [{ security: '/secio/1.0.0' }] });
    const bytes = patternBytes('secio', MIB);
    for (const peer of [first, second]) {
      const stream = await node.openStream(peer.addresses[0], ECHO);
      expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    }
    const third = await stock(...flags);
    const sha256 = sha256Hex(seededBytes(4, MIB));
    const [address] = node.addresses;
    expect(await third.request('echo', { address, size: MIB, seed: 4 })).toMatchObject({ sha256 });
    for (const peer of [first, second, third]) {
      const chart = await charted(peer);
      expect(chart.broken).toEqual([]);
      expect(seen(chart)).toEqual(
        expect.arrayContaining(['secioHandshake.secured', 'yamuxSession.live.streams.open|live.keepAlive.resting']),
      );
    }
  });

  test('helia with our TCP, noise and yamux fetches a file from helia, and helia one from it', async () => {
    const [ours, theirs] = await Promise.all([stock('--helia', '--parts', 'tcp,noise,yamux'), stock('--helia')]);
    for (const [index, [provider, getter]] of [[theirs, ours] as const, [ours, theirs] as const].entries()) {
      const bytes = patternBytes(`helia ${index}`, 5_000_000);
      const path = join(temporaryFolder(), 'file');
      writeFileSync(path, bytes);
      const { cid } = await provider.request('addFile', { path });
      const got = await getter.request('get', { cid, address: provider.addresses[0] });
      expect(got).toMatchObject({ bytes: bytes.length, sha256: sha256Hex(bytes) });
    }
    expect((await charted(ours)).broken).toEqual([]);
  });
});

describe('the chart of a stock node', () => {
  test('shows every state on the way, of one connection under one name, and records it', async () => {
    const [ours, theirs] = await Promise.all([
      stock('--no-identify', '--parts', 'tcp,noise,yamux'),
      stock('--no-identify'),
    ]);
    const path = join(temporaryFolder(), 'stock.trace.jsonl');
    await ours.request('record', { path });
    await ours.request('echo', { address: theirs.addresses[0], size: 100_000, seed: 5 });
    await ours.request('hangUp', { peerId: theirs.peerId });
    await ours.request('chartIdle');
    await ours.request('stopRecording');
    expect((await charted(ours)).steps.map(({ actor, machine, to }) => `${actor} ${machine}.${to}`)).toEqual([
      'conn:1/noise noiseHandshake.idle',
      'conn:1/noise noiseHandshake.dialing.awaitingMessage2',
      'conn:1/noise noiseHandshake.dialing.openingMessage2',
      'conn:1/noise noiseHandshake.dialing.verifyingPayload',
      'conn:1/noise noiseHandshake.secured',
      'conn:1/yamux yamuxSession.live.streams.open|live.keepAlive.resting',
      'conn:1/yamux/1 yamuxStream.open.windowOpen',
      'conn:1/yamux/1 yamuxStream.halfClosedLocal.receiving',
      'conn:1/yamux/1 yamuxStream.closed',
      'conn:1/yamux yamuxSession.closed',
    ]);
    const trace = await readTraceFile(path);
    expect(trace.header.vantagePoint).toBe(ours.peerId);
    const names = new Set(trace.records.map(({ name }) => name));
    expect([...names]).toEqual(
      expect.arrayContaining(['io:opened', 'io:bytes_received', 'io:bytes_sent', 'frame:decoded', 'frame:encoded']),
    );
  });

  test('shows where a handshake died', async () => {
    const [ours, theirs] = await Promise.all([stock('--parts', 'noise'), stock()]);
    const other = await stock();
    const wrong = theirs.addresses[0].replace(theirs.peerId, other.peerId);
    await expect(ours.request('dial', { address: wrong })).rejects.toThrow(theirs.peerId);
    const { steps, broken, liveActors } = await charted(ours);
    expect(steps.at(-1)).toMatchObject({ actor: 'conn:1/noise', machine: 'noiseHandshake', to: 'peerMismatch' });
    expect({ broken, liveActors }).toEqual({ broken: [], liveActors: 0 });
  });
});

test('the example of docs/libp2p.md prints every state and then the time of a ping', async () => {
  const document = readFileSync(new URL('../../docs/libp2p.md', import.meta.url), 'utf8');
  const example = /```js\n([\s\S]+?)```/.exec(document)?.[1] ?? '';
  // Beside the packages that it imports.
  const folder = fileURLToPath(new URL('../peers/js-modern/', import.meta.url));
  const program = join(folder, 'node_modules', `.example-${process.pid}.mjs`);
  writeFileSync(program, example);
  try {
    const args = ['--import', join(folder, 'polyfill.mjs'), program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['conn:1/noise secured', 'conn:2/noise secured', 'conn:1/yamux/1 open.windowOpen']),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^\d+ ms$/));
  } finally {
    rmSync(program);
  }
});
