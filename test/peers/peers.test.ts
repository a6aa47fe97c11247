/** The peers judged against themselves, so that a failure of another suite is known to be ours and not theirs. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePeer, seededBytes, startPeer, type Peer, type PeerName } from './peers.js';

const INSTALL_MS = 300_000;
const TEST_MS = 60_000;

const started: Peer[] = [];
const start = async (name: PeerName, ...args: string[]): Promise<Peer> => {
  const peer = await startPeer(name, args);
  started.push(peer);
  return peer;
};
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.stop()));
}, TEST_MS);

const SELF: readonly { name: PeerName; args: string[]; security: string; muxer: string }[] = [
  { name: 'js-modern', args: [], security: '/noise', muxer: '/yamux/1.0.0' },
  { name: 'js-modern', args: ['--security', 'plaintext'], security: '/plaintext/2.0.0', muxer: '/yamux/1.0.0' },
  { name: 'js-v1', args: ['--muxer', 'yamux'], security: '/noise', muxer: '/yamux/1.0.0' },
  { name: 'js-v1', args: ['--muxer', 'mplex', '--key', 'rsa'], security: '/noise', muxer: '/mplex/6.7.0' },
  { name: 'js-v1', args: ['--security', 'plaintext'], security: '/plaintext/2.0.0', muxer: '/yamux/1.0.0' },
  { name: 'js-v2', args: ['--muxer', 'yamux'], security: '/noise', muxer: '/yamux/1.0.0' },
  { name: 'js-v2', args: ['--muxer', 'mplex', '--key', 'rsa'], security: '/noise', muxer: '/mplex/6.7.0' },
  { name: 'js-v2', args: ['--security', 'plaintext'], security: '/plaintext/2.0.0', muxer: '/yamux/1.0.0' },
  { name: 'js-secio', args: ['--key', 'rsa'], security: '/secio/1.0.0', muxer: '/mplex/6.7.0' },
  { name: 'js-secio', args: ['--key', 'ed25519'], security: '/secio/1.0.0', muxer: '/mplex/6.7.0' },
  { name: 'js-secio', args: ['--key', 'secp256k1'], security: '/secio/1.0.0', muxer: '/mplex/6.7.0' },
  { name: 'js-spdy', args: [], security: '/plaintext/1.0.0', muxer: '/spdy/3.1.0' },
  { name: 'js-spdy', args: ['--security', 'secio'], security: '/secio/1.0.0', muxer: '/spdy/3.1.0' },
];

describe('npm peers', () => {
  test.each(['js-modern', 'js-v1', 'js-v2', 'js-secio', 'js-spdy'] as const)(
    '%s installs',
    async (name) => expect(await ensurePeer(name)).toEqual({ ready: true }),
    INSTALL_MS,
  );

  test.each(SELF)(
    '$name $args talks to itself over $security and $muxer',
    async ({ name, args, security, muxer }) => {
      const [listener, dialer] = await Promise.all([start(name, ...args), start(name, ...args)]);
      const [address] = listener.addresses;
      expect(await dialer.request('dial', { address })).toMatchObject({ peerId: listener.peerId, security, muxer });
      const sha = sha256(seededBytes(7, 300_000));
      const echoed = { address, size: 300_000, seed: 7, chunk: 1_000 };
      expect(await dialer.request('echo', echoed)).toMatchObject({ bytes: 300_000, sha256: sha });
      const perf = { address, send: 2_000_000, receive: 3_000_000 };
      expect(await dialer.request('perf', perf)).toMatchObject({ sent: 2_000_000, received: 3_000_000 });
      expect((await dialer.request('ping', { address, count: 2 }))['rttMillis']).toHaveLength(2);
      const told = await dialer.request('identify', { address });
      expect(told).toMatchObject({ peerId: listener.peerId });
      expect(told['protocols']).toEqual(expect.arrayContaining(['/echo/1.0.0', '/perf/1.0.0']));
      expect(await dialer.request('dialMany', { address, count: 4, concurrency: 2 })).toMatchObject({ count: 4 });
    },
    TEST_MS,
  );

  test.each(['P-256', 'P-384', 'P-521'])(
    'js-secio without a muxer agrees on %s, AES-128, SHA512 when told to',
    async (exchange) => {
      const forced = ['--raw-secio', '--exchanges', exchange, '--ciphers', 'AES-128', '--hashes', 'SHA512'];
      const [listener, dialer] = await Promise.all([start('js-secio', ...forced), start('js-secio', '--raw-secio')]);
      const [address] = listener.addresses;
      expect(await dialer.request('echo', { address, size: 100_000, seed: 1 })).toMatchObject({
        peerId: listener.peerId,
        suite: { exchange, cipher: 'AES-128', hash: 'SHA512' },
        sha256: sha256(seededBytes(1, 100_000)),
      });
    },
    TEST_MS,
  );

  test(
    'helia fetches a file and a folder from helia',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'peers-test-'));
      try {
        await mkdir(join(folder, 'in', 'below'), { recursive: true });
        const big = seededBytes(2, 3_000_000);
        await writeFile(join(folder, 'in', 'below', 'big'), big);
        await writeFile(join(folder, 'in', 'small'), 'small');
        const [provider, getter] = await Promise.all([start('js-modern', '--helia'), start('js-modern', '--helia')]);
        const [address] = provider.addresses;
        const { cid: file } = await provider.request('addFile', { path: join(folder, 'in', 'below', 'big') });
        const out = join(folder, 'big');
        const got = await getter.request('get', { cid: file, address, out });
        expect(got).toMatchObject({ bytes: big.length, sha256: sha256(big) });
        expect(sha256(await readFile(out))).toBe(sha256(big));
        const { cid: tree } = await provider.request('addFile', { path: join(folder, 'in') });
        expect((await getter.request('get', { cid: tree, address }))['files']).toEqual([
          { path: 'below/big', bytes: big.length, sha256: sha256(big) },
          { path: 'small', bytes: 5, sha256: sha256(Buffer.from('small')) },
        ]);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    TEST_MS,
  );
});

describe('a peer that fails', () => {
  test(
    'says why a command failed, and goes on',
    async () => {
      const peer = await start('js-modern');
      const address = `/ip4/127.0.0.1/tcp/1/p2p/${peer.peerId.slice(0, -1)}`;
      await expect(peer.request('dial', { address })).rejects.toThrow(/^peer js-modern: /);
      await expect(peer.request('nonsense')).rejects.toThrow('unknown command nonsense');
      expect(await peer.request('connections')).toMatchObject({ count: 0 });
    },
    TEST_MS,
  );

  test(
    'shows the end of its standard error when it does not start',
    async () => {
      await expect(startPeer('js-secio', ['--no-such-flag'])).rejects.toThrow(
        /is gone: it ended with 1[^]*no-such-flag/,
      );
    },
    TEST_MS,
  );

  test(
    'rejects what is under way when it dies, and all after',
    async () => {
      const [listener, dialer] = await Promise.all([start('js-modern'), start('js-modern')]);
      const endless = dialer.request('perf', { address: listener.addresses[0], send: 1e15 });
      const rejected = expect(endless).rejects.toThrow('peer js-modern is gone: it ended with SIGKILL');
      await dialer.kill();
      await rejected;
      await expect(dialer.request('connections')).rejects.toThrow('is gone');
    },
    TEST_MS,
  );
});
