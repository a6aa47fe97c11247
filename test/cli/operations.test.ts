/** A daemon and the commands that ask it, built, as a user runs them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serving, swarmchart } from '../support/command-line.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-ops-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const jsonLines = (text: string): readonly Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a running daemon', () => {
  test.each([
    ['a socket in its repo', []],
    ['TCP and a token', ['--rpc', '/ip4/127.0.0.1/tcp/0']],
  ])(
    'tells peers, connections and numbers over %s',
    async (_, words) => {
      const repo = join(folder, 'repo');
      const listener = await serving('listen', '--listen', '/ip4/127.0.0.1/tcp/0');
      const daemon = await serving(
        'daemon',
        ...['--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', listener.firstLine, ...words],
      );
      try {
        const remote = listener.firstLine.split('/p2p/')[1] ?? '';
        const file = words.length === 0 ? 'rpc.sock' : 'rpc.token';
        expect(statSync(join(repo, file)).mode & 0o777).toBe(0o600);
        let peers = await swarmchart('peers', '--repo', repo, '--json');
        while (peers.code === 0 && peers.stdout === '') peers = await swarmchart('peers', '--repo', repo, '--json');
        expect(jsonLines(peers.stdout)).toMatchObject([{ peer: remote, connections: 1 }]);
        const conns = await swarmchart('conns', '--repo', repo);
        expect(conns.stdout).toMatch(/^ID +WAY +PEER +ADDRESS +SECURITY +MUXER +STREAMS +IN +OUT\n/);
        expect(conns.stdout).toContain(remote);
        const stats = await swarmchart('stats', '--repo', repo, '--json');
        expect(jsonLines(stats.stdout)).toMatchObject([{ peers: 1, connections: { inbound: 0, outbound: 1 } }]);
        const text = await swarmchart('stats', '--repo', repo);
        expect(text.stdout).toMatch(/^upgrades +opened 1$/m);
        const watching = await serving('conns', '--watch', '--interval', '1', '--repo', repo, '--json');
        expect(JSON.parse(watching.firstLine)).toMatchObject([{ remotePeer: remote }]);
        expect((await watching.stop()).code).toBe(0);
      } finally {
        expect((await daemon.stop()).code).toBe(0);
        await listener.stop();
      }
      const after = await swarmchart('stats', '--repo', repo);
      expect(after.code).toBe(1);
      expect(after.stderr).toContain('ERR_RPC_NO_DAEMON');
      expect(after.stderr).toContain(
        'Start one with swarmchart daemon, or say where it is with --repo DIR or --rpc MA.',
      );
    },
    90_000,
  );

  test('has no RPC with --rpc off, and none that is not on loopback', async () => {
    const repo = join(folder, 'repo');
    const daemon = await serving('daemon', '--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0', '--rpc', 'off');
    const asked = await swarmchart('peers', '--repo', repo, '--json');
    expect(asked.code).toBe(1);
    expect(jsonLines(asked.stdout)).toMatchObject([{ ok: false, error: { code: 'ERR_RPC_NO_DAEMON' } }]);
    await daemon.stop();
    const open = await swarmchart(
      'daemon',
      '--repo',
      repo,
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--rpc',
      '/ip4/0.0.0.0/tcp/0',
    );
    expect(open.code).toBe(2);
    expect(open.stderr).toContain('is not on loopback');
  }, 60_000);
});
