/** The command line, built, as a user runs it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serving, swarmchart, type Ended } from '../support/command-line.js';
import { seededBytes } from '../peers/peers.js';

const COMMANDS = [
  'daemon',
  'add',
  'get',
  'cat',
  'dial',
  'ping',
  'id',
  'listen',
  'demo',
  'inspect',
  'coverage',
  'peers',
  'conns',
  'stats',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const lastLine = ({ stdout }: Ended): string => stdout.trimEnd().split('\n').at(-1) ?? '';
const json = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as Record<string, unknown>;

describe('words', () => {
  test('--help lists every command, and each has its own', async () => {
    const overview = await swarmchart('--help');
    expect(overview.code).toBe(0);
    for (const command of COMMANDS) expect(overview.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const command of COMMANDS) {
      const help = await swarmchart(command, '--help');
      expect({ command, code: help.code }).toEqual({ command, code: 0 });
      expect(help.stdout).toContain(`swarmchart ${command}`);
      expect(help.stdout).toContain('--json');
    }
  }, 180_000);

  test.each([
    { args: [], code: 2, says: '' },
    { args: ['nonsense'], code: 2, says: 'there is no command "nonsense"' },
    { args: ['get'], code: 2, says: 'CID[/PATH] is missing (see: swarmchart get --help)' },
    { args: ['id', '--nonsense'], code: 2, says: "Unknown option '--nonsense'" },
    {
      args: ['ping', '/ip4/127.0.0.1/tcp/1', '-n', '0'],
      code: 2,
      says: '--count takes a whole number from 1 to 1000, got "0"',
    },
    {
      args: ['dial', '/ip4/127.0.0.1/tcp/1', '--security', 'ssl'],
      code: 2,
      says: '--security takes noise, tls, secio, plaintext, unsafe-plaintext-1, got "ssl"',
    },
    { args: ['dial', 'nonsense'], code: 1, says: 'ERR_PEER_ID_INVALID' },
  ])('$args -> exit code $code', async ({ args, code, says }) => {
    const end = await swarmchart(...args);
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(says);
  });
});

describe('content', () => {
  test('add, then get and cat from a daemon; the repo is locked meanwhile, by name', async () => {
    const repo = join(folder, 'provider');
    const file = join(folder, 'file.bin');
    const bytes = seededBytes(1, 3_000_000);
    writeFileSync(file, bytes);
    const added = await swarmchart('add', file, '--repo', repo);
    expect(added.code).toBe(0);
    const cid = lastLine(added);
    expect(cid).toMatch(/^bafybei/);

    const daemon = await serving(
      'daemon',
      '--repo',
      repo,
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--security',
      'noise,secio',
    );
    try {
      expect(daemon.firstLine).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo\w+$/);
      const locked = await swarmchart('id', '--repo', repo);
      expect(locked.code).toBe(1);
      expect(locked.stderr).toContain('ERR_REPO_LOCKED');
      expect(locked.stderr).toContain(`process ${daemon.process.pid ?? 0}`);

      for (const security of ['noise', 'secio']) {
        const output = join(folder, `got-${security}`);
        const got = await swarmchart(
          'get',
          cid,
          '-o',
          output,
          '--peer',
          daemon.firstLine,
          '--repo',
          join(folder, security),
          '--security',
          security,
        );
        expect(got).toMatchObject({ code: 0 });
        expect(Buffer.compare(readFileSync(output), bytes)).toBe(0);
      }
      const again = await swarmchart('get', cid, '-o', join(folder, 'got-noise'), '--repo', join(folder, 'noise'));
      expect(again.code).toBe(2);
      expect(again.stderr).toContain('exists: choose another --output or say --force');

      const cat = await swarmchart('cat', cid, '--repo', join(folder, 'noise'), '--json');
      expect(cat.code).toBe(0);
      expect(JSON.parse(cat.stderr)).toMatchObject({ ok: true, bytes: bytes.length });
    } finally {
      expect((await daemon.stop()).code).toBe(0);
    }
    expect((await swarmchart('id', '--repo', repo)).code).toBe(0);
  }, 90_000);

  test('a folder comes back as it was, hidden files left out; SIGTERM ends a daemon cleanly', async () => {
    const source = join(folder, 'source');
    mkdirSync(join(source, 'inner', 'deep'), { recursive: true });
    mkdirSync(join(source, 'empty'));
    writeFileSync(join(source, 'a.txt'), 'a');
    writeFileSync(join(source, 'nothing'), '');
    writeFileSync(join(source, '.hidden'), 'secret');
    writeFileSync(join(source, 'inner', 'deep', 'b.txt'), 'b'.repeat(300_000));
    const repo = join(folder, 'repo');
    const added = json(await swarmchart('add', source, '--repo', repo, '--json'));
    expect(added).toMatchObject({ ok: true, bytes: 300_001 });
    const daemon = await serving('daemon', '--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0', '--json');
    try {
      const { addresses } = JSON.parse(daemon.firstLine) as { addresses: string[] };
      const output = join(folder, 'out');
      const got = await swarmchart(
        'get',
        String(added['cid']),
        '-o',
        output,
        '--peer',
        addresses[0] ?? '',
        '--repo',
        join(folder, 'other'),
        '--json',
      );
      expect(json(got)).toMatchObject({ ok: true, files: 3, bytes: 300_001 });
      expect(readdirSync(output, { recursive: true }).map(String).sort()).toEqual(
        ['a.txt', 'empty', 'inner', 'inner/deep', 'inner/deep/b.txt', 'nothing'].sort(),
      );
      const part = await swarmchart('cat', `${String(added['cid'])}/a.txt`, '--repo', join(folder, 'other'));
      expect(part).toMatchObject({ code: 0, stdout: 'a' });
    } finally {
      expect((await daemon.stop('SIGTERM')).code).toBe(0);
    }
  }, 90_000);

  test('what nobody has ends in a report, exit code 1, and nothing that looks finished', async () => {
    const output = join(folder, 'never');
    const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
    const end = await swarmchart('get', cid, '-o', output, '--repo', join(folder, 'repo'));
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('ERR_BLOCK_NOT_FOUND');
    expect(end.stderr).toContain('give a provider with --peer');
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
  }, 60_000);
});

describe('peers', () => {
  test('--muxer picks what is offered, and dial says what was agreed', async () => {
    const peer = await serving('listen', '--echo', '--muxer', 'yamux,mplex');
    try {
      const dial = await swarmchart('dial', peer.firstLine, '--muxer', 'mplex', '--protocol', '/echo/1.0.0');
      expect(dial.code).toBe(0);
      for (const shown of ['mplexSession.live.open', 'muxer      /mplex/6.7.0', 'stream     /echo/1.0.0 agreed']) {
        expect(dial.stdout).toContain(shown);
      }
    } finally {
      await peer.stop();
    }
  }, 60_000);

  test('dial shows the states, listen answers, ping measures', async () => {
    const peer = await serving('listen', '--echo', '--security', 'noise,secio');
    try {
      const dial = await swarmchart('dial', peer.firstLine, '--security', 'secio', '--protocol', '/echo/1.0.0');
      expect(dial.code).toBe(0);
      for (const shown of [
        'connection.upgrading.handshaking',
        'secioHandshake.secured',
        'security   /secio/1.0.0',
        'muxer      /yamux/1.0.0',
        'agent      swarmchart/',
        'stream     /echo/1.0.0 agreed',
      ])
        expect(dial.stdout).toContain(shown);
      const told = json(await swarmchart('dial', peer.firstLine, '--json'));
      expect(told).toMatchObject({ ok: true, security: '/noise', muxer: '/yamux/1.0.0' });
      const ping = json(await swarmchart('ping', peer.firstLine, '-n', '3', '--json'));
      expect((ping['roundTripsMs'] as number[]).length).toBe(3);
      const declined = await swarmchart('dial', peer.firstLine, '--protocol', '/nobody/1.0.0');
      expect(declined.code).toBe(1);
      expect(declined.stderr).toContain(
        'ERR_MULTISTREAM_NO_OVERLAP: multistream: the peer speaks none of /nobody/1.0.0',
      );
    } finally {
      expect((await peer.stop()).code).toBe(0);
    }
  }, 90_000);

  test('a web server on the port is named in the failure report', async () => {
    // It reads to the end: an end that nobody reads would keep the socket open as long as the process lives.
    const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const end = await swarmchart('dial', `/ip4/127.0.0.1/tcp/${port}`);
      expect(end.code).toBe(1);
      expect(end.stderr).toContain('died in      multistreamLazyDialer, state awaitingHeader');
      expect(end.stderr).toContain('which say    an HTTP response: a web server answers here');
      const told = json(await swarmchart('dial', `/ip4/127.0.0.1/tcp/${port}`, '--json'));
      expect(told).toMatchObject({ ok: false, error: { blame: 'remote', machine: 'multistreamLazyDialer' } });
    } finally {
      server.close();
    }
  }, 60_000);

  test('nothing listens there', async () => {
    const end = await swarmchart('ping', '/ip4/127.0.0.1/tcp/1');
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('ERR_TRANSPORT_REFUSED');
    expect(end.stderr).toContain('try          Nothing listens there');
  });
});

test('the demo fetches the same bytes over both chains and ends by itself', async () => {
  const file = join(folder, 'real.bin');
  writeFileSync(file, seededBytes(2, 5_000_000));
  const demo = await swarmchart('demo', '--file', file, '--json');
  expect(demo.stderr).toBe('');
  const rounds = demo.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rounds).toMatchObject([
    { ok: true, security: '/secio/1.0.0', muxer: '/yamux/1.0.0', bytes: 5_000_000 },
    { ok: true, security: '/noise', muxer: '/yamux/1.0.0', bytes: 5_000_000 },
    { event: 'recorded', command: expect.stringMatching(/^npx swarmchart inspect \S+\.trace\.jsonl\.gz$/) },
  ]);
  rmSync(dirname(String(rounds[2]?.['file'])), { recursive: true });
  expect(demo.code).toBe(0);
}, 90_000);

describe('transports', () => {
  test.each([
    { name: 'WebSocket', listen: () => '/ip4/127.0.0.1/tcp/0/ws', says: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\// },
    {
      name: 'a socket of this machine',
      listen: () => `/unix${folder}/node.sock`,
      says: /^\/unix\/%2F.*node\.sock\/p2p\//,
    },
  ])('listen and dial over $name', async ({ listen, says }) => {
    const listener = await serving('listen', '--listen', listen());
    try {
      expect(listener.firstLine).toMatch(says);
      const dialed = await swarmchart('dial', listener.firstLine, '--json');
      expect(dialed).toMatchObject({ code: 0 });
      expect(json(dialed)).toMatchObject({
        ok: true,
        remotePeer: listener.firstLine.split('/p2p/')[1],
        muxer: '/yamux/1.0.0',
      });
    } finally {
      expect(await listener.stop()).toMatchObject({ code: 0 });
    }
  });
});
