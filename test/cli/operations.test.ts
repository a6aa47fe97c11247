/** A daemon and the commands that ask it, built, as a user runs them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

  test('is made by the file in its repo, the words win; its log is JSON and its metrics are served', async () => {
    const repo = join(folder, 'repo');
    mkdirSync(repo);
    const file = {
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.2/tcp/0'],
      security: ['plaintext'],
      metrics: '/ip4/127.0.0.1/tcp/0',
      log: { level: 'silent', json: true },
      rpc: 'off',
    };
    writeFileSync(join(repo, 'swarmchart.json'), JSON.stringify(file));
    const daemon = await serving(
      ...['daemon', '--repo', repo, '--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--log', 'debug'],
    );
    const { addresses, metrics, rpc } = JSON.parse(daemon.firstLine) as Record<string, string[] | string>;
    expect(rpc).toBeUndefined();
    expect(addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\//)]);
    const [target = ''] = addresses as string[];
    const pinged = await swarmchart('ping', target, '--security', 'plaintext', '-n', '1');
    expect(pinged.code).toBe(0);
    expect((await swarmchart('ping', target, '-n', '1')).code).toBe(1);
    const page = await fetch(String(metrics));
    expect(page.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await page.text();
    expect(text).toContain(
      'swarmchart_connections_opened_total{direction="inbound",security="/plaintext/2.0.0",muxer="/yamux/1.0.0"} 1\n',
    );
    expect(text).toMatch(/^swarmchart_upgrades_total\{direction="inbound",outcome="ERR_\w+"\} 1$/m);
    expect((await fetch(String(metrics).replace('metrics', 'other'))).status).toBe(404);
    expect((await fetch(String(metrics), { method: 'POST' })).status).toBe(405);
    const { stderr, code } = await daemon.stop();
    expect(code).toBe(0);
    const lines = jsonLines(stderr);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ level: 'info', event: 'peer.connected', peer: expect.any(String) }),
        expect.objectContaining({
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          level: 'warn',
          event: 'connection.failed',
          actor: expect.stringMatching(/^conn:\d+$/),
          code: expect.stringMatching(/^ERR_/),
        }),
      ]),
    );
  }, 60_000);

  test.each([
    [{ lisen: [] }, '/lisen is not known (did you mean listen?)'],
    [{ gater: { deny: { peers: ['nobody'] } } }, 'ERR_PEER_ID_INVALID'],
  ])('does not start with %j', async (config, why) => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, JSON.stringify(config));
    const end = await swarmchart('daemon', '--repo', join(folder, 'repo'), '--config', file);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(why);
  });

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
