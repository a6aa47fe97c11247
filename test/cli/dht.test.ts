/** What a user sees of routing: the built command line against a network of daemons on loopback, each its own process. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import { ipnsNameText } from '../../src/crypto/ipns-name.js';
import { generateIdentity } from '../../src/crypto/keys.js';
import { sealIpnsRecord } from '../../src/crypto/ipns-record.js';
import type { Host } from '../../src/host/host.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { serving, swarmchart, type Ended } from '../support/command-line.js';

const LOOPBACK = '/ip4/127.0.0.1/tcp/0';
const NOBODY_HAS = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
/** A bound against hanging: each test starts several processes. */
const BOUND_MS = 180_000;

let folder: string;
const daemons: Awaited<ReturnType<typeof serving>>[] = [];
let addresses: string[] = [];
/** A node of this process in the same network, which has something. */
let provider: Host;
let content: Uint8Array;
let cid: string;

const peerOf = (address = ''): string => address.split('/').at(-1) ?? '';
const jsonLines = ({ stdout }: Ended): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const dht = (...args: readonly string[]): Promise<Ended> =>
  swarmchart('dht', ...args, '--bootstrap', addresses[0] ?? '');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-dht-'));
  for (const name of ['a', 'b', 'c']) {
    const begin = addresses[0] ?? 'none';
    const daemon = await serving(
      ...['daemon', '--repo', join(folder, name), '--listen', LOOPBACK, '--dht', 'server', '--bootstrap', begin],
    );
    daemons.push(daemon);
    addresses = [...addresses, daemon.firstLine];
  }
  const routing = { dht: { mode: 'server', peers: 'any' } } as const;
  provider = await createNode({ listen: [LOOPBACK], bootstrap: addresses, routing });
  for (const address of addresses) await provider.identify(address);
  content = new SeededRandom('dht').bytes('content', 600_000);
  const added = await provider.add(chunksOf(content));
  cid = added.cid.toString();
  const stored = await lastValueFrom(provider.routing.provide(added.cid).pipe(toArray()));
  expect(stored.map(({ at }) => at).sort()).toEqual(addresses.map(peerOf).sort());
}, BOUND_MS);

afterAll(async () => {
  await provider.stop();
  expect(provider.liveActors).toBe(0);
  const ends = await Promise.all(daemons.map((daemon) => daemon.stop()));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  rmSync(folder, { recursive: true, force: true });
}, BOUND_MS);

async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

describe('dht', () => {
  test(
    'find-peer prints where it is, and the query on standard error',
    async () => {
      const { code, stdout, stderr } = await dht('find-peer', peerOf(addresses[2]));
      expect({ code, stdout: stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, stdout: addresses[2] });
      expect(stderr).toMatch(new RegExp(`#\\d+  asked      ${peerOf(addresses[0])}  hop 1`));
      expect(stderr).toMatch(new RegExp(`#\\d+  answered   ${peerOf(addresses[0])}  \\d+ new, \\d+ ms`));
      expect(stderr).toMatch(/#\d+ {2}satisfied: \d+ asked, \d+ answered, 0 failed, 0 timed out, \d+ hops, \d+ ms/);
    },
    BOUND_MS,
  );

  test(
    'find-providers names who has it, with --quiet nothing else',
    async () => {
      const { code, stdout, stderr } = await dht('find-providers', cid, '--quiet');
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${provider.addresses[0] ?? ''}\n`, stderr: '' });
    },
    BOUND_MS,
  );

  test(
    'closest finds all, and with --json every line is an object: who was asked, over how many hops, how it ended',
    async () => {
      const end = await dht('closest', cid, '--json');
      expect(end.code).toBe(0);
      const lines = jsonLines(end);
      const found = lines.filter(({ type }) => type === 'peer');
      expect(found.map(({ id }) => id).sort()).toEqual([...addresses.map(peerOf), provider.peerId].sort());
      expect(found.every(({ source }) => source === 'dht')).toBe(true);
      const asked = lines.filter(({ type }) => type === 'peer.asked');
      expect(asked[0]).toEqual({
        type: 'peer.asked',
        query: 1,
        atMs: expect.any(Number),
        peer: peerOf(addresses[0]),
        hops: 1,
        path: 0,
      });
      expect(Math.max(...asked.map(({ hops }) => Number(hops)))).toBeGreaterThan(1);
      expect(lines.filter(({ type }) => type === 'peer.answered').length).toBeGreaterThanOrEqual(4);
      const ended = lines.filter(({ type }) => type === 'query.ended');
      expect(ended.at(-1)).toMatchObject({
        outcome: 'exhausted',
        record: { asks: 'FIND_NODE', answered: 4, failed: 0, timedOut: 0 },
      });
    },
    BOUND_MS,
  );

  test(
    'provide stores at those closest',
    async () => {
      const { code, stdout } = await dht('provide', NOBODY_HAS, '--quiet');
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n').sort()).toEqual(
        [...addresses.map(peerOf), provider.peerId].sort().map((peer) => `stored at ${peer}`),
      );
    },
    BOUND_MS,
  );

  test(
    'put stores a record that holds, and get brings it back into a file',
    async () => {
      const { identity } = generateIdentity(nodeCiphers, new SeededRandom('put'));
      const key = `/ipns/${ipnsNameText(identity.peerId)}`;
      const record = sealIpnsRecord(identity, {
        value: `/ipfs/${cid}`,
        sequence: 1n,
        validUntilMs: Date.now() + 3_600_000,
        ttlMs: BOUND_MS,
      });
      const base64 = Buffer.from(record).toString('base64');
      const put = await dht('put', key, base64, '--quiet');
      expect({ code: put.code, lines: put.stdout.match(/^stored at /gm)?.length }).toEqual({ code: 0, lines: 4 });
      const file = join(folder, 'record');
      const got = await dht('get', key, '-o', file, '--json', '--quiet');
      expect(got.code).toBe(0);
      expect(jsonLines(got).at(-1)).toMatchObject({
        type: 'value',
        source: 'dht',
        valueBase64: base64.replace(/=+$/, ''),
      });
      expect(readFileSync(file).equals(record)).toBe(true);
      const spoilt = Buffer.from(record);
      spoilt[20] = (spoilt[20] ?? 0) ^ 1;
      const refused = await dht('put', key, spoilt.toString('base64'), '--quiet');
      expect({ code: refused.code, says: /ERR_IPNS_\w+/.test(refused.stderr) }).toEqual({ code: 1, says: true });
    },
    BOUND_MS,
  );

  test.each([
    { words: ['find-providers', 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'] },
    { words: ['get', '/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8'] },
  ])(
    '$words has no answer: exit code 1',
    async ({ words }) => {
      const { code, stdout, stderr } = await dht(...words);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/no answer\n$/);
    },
    BOUND_MS,
  );

  test(
    'nobody to begin with: said, as a report or as JSON',
    async () => {
      const words = ['dht', 'closest', 'x', '--bootstrap', `/ip4/127.0.0.1/tcp/1/p2p/${peerOf(addresses[0])}`] as const;
      const told = await swarmchart(...words);
      expect([told.code, told.stdout]).toEqual([1, '']);
      expect(told.stderr).toContain('ERR_TRANSPORT_REFUSED');
      const json = await swarmchart(
        ...words,
        '--bootstrap',
        `/ip4/127.0.0.1/tcp/2/p2p/${peerOf(addresses[1])}`,
        '--json',
      );
      expect(json.code).toBe(1);
      expect(jsonLines(json)).toMatchObject([{ ok: false, error: { code: 'ERR_DIAL_FAILED' } }]);
    },
    BOUND_MS,
  );

  test.each([
    { words: ['dht'], says: 'PEER|CID|KEY [VALUE] is missing' },
    { words: ['dht', 'dance', 'x'], says: 'there is no "dht dance": find-peer, find-providers' },
    { words: ['dht', 'closest'], says: 'dht closest takes a KEY' },
    { words: ['dht', 'put', '/pk/x'], says: 'ERR_PEER_ID_INVALID', code: 1 },
    { words: ['dht', 'put', '/v/x'], says: 'dht put takes a KEY and a VALUE in base64' },
    { words: ['dht', 'put', '/v/x', '!!'], says: 'the value is not base64: !!' },
    { words: ['dht', 'find-providers', 'x'], says: '"x" is not a CID' },
    { words: ['dht', 'find-providers', NOBODY_HAS, '--count', '0'], says: '--count takes a whole number from 1' },
    { words: ['dht', 'closest', 'x', '-o', 'y'], says: '--output is for dht get' },
    {
      words: ['dht', 'closest', 'x', '--bootstrap', '/ip4/127.0.0.1/tcp/1'],
      says: '--bootstrap takes full multiaddrs',
    },
    { words: ['daemon', '--dht', 'yes'], says: '--dht takes client, server, auto, off, got "yes"' },
    { words: ['name', 'sing'], says: 'there is no "name sing": publish, resolve' },
    { words: ['routing', 'sing'], says: 'there is no "routing sing"' },
  ])(
    '$words is refused before anything is dialed',
    async ({ words, says, code = 2 }) => {
      const end = await swarmchart(...words);
      expect(end.stderr).toContain(says);
      expect(end.code).toBe(code);
    },
    BOUND_MS,
  );

  test.each(['dht', 'name', 'routing', 'daemon', 'get', 'cat'])(
    '%s --help has its options and an example',
    async (name) => {
      const { code, stdout } = await swarmchart(name, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain('--bootstrap MA ...');
      expect(stdout).toMatch(new RegExp(`Examples\n  swarmchart ${name}\\b`));
    },
    BOUND_MS,
  );
});

describe('content by nothing but its CID', () => {
  test(
    'get and cat find who has it; what the repo has needs nobody',
    async () => {
      const repo = join(folder, 'reader');
      const output = join(folder, 'got');
      const got = await swarmchart('get', cid, '-o', output, '--repo', repo, '--bootstrap', addresses[1] ?? '');
      expect([got.code, got.stderr]).toEqual([0, expect.not.stringContaining('ERR_')]);
      expect(readFileSync(output).equals(content)).toBe(true);
      const nobody = `/ip4/127.0.0.1/tcp/1/p2p/${peerOf(addresses[0])}`;
      const again = await swarmchart('cat', cid, '--repo', repo, '--bootstrap', nobody);
      expect([again.code, again.stderr, again.stdout.length > 0]).toEqual([0, '', true]);
      const absent = await swarmchart('cat', NOBODY_HAS, '--repo', repo, '--bootstrap', nobody);
      expect([absent.code, absent.stdout]).toEqual([1, '']);
      expect(absent.stderr).toContain('ERR_BLOCK_NOT_FOUND');
    },
    BOUND_MS,
  );
});

describe('name', () => {
  test(
    'one node publishes, another resolves',
    async () => {
      const file = join(folder, 'page');
      writeFileSync(file, 'a page');
      const repo = join(folder, 'author');
      const page = (await swarmchart('add', file, '--repo', repo)).stdout.trimEnd().split('\n').at(-1) ?? '';
      const published = await swarmchart(
        'name',
        'publish',
        `/ipfs/${page}`,
        '--repo',
        repo,
        '--bootstrap',
        addresses[0] ?? '',
      );
      expect([published.code, published.stderr]).toEqual([0, expect.stringContaining('record 0, valid until ')]);
      const [, name = ''] = /^\/ipns\/(k51\w+) -> \/ipfs\/\w+$/m.exec(published.stdout) ?? [];
      const words = ['--repo', join(folder, 'visitor'), '--bootstrap', addresses[2] ?? ''];
      const resolved = await swarmchart('name', 'resolve', name, ...words);
      expect([resolved.code, resolved.stdout]).toEqual([0, `/ipfs/${page}\n`]);
      const json = await swarmchart('name', 'resolve', `/ipns/${name}/part`, ...words, '--json');
      expect(jsonLines(json)).toMatchObject([{ ok: true, path: `/ipfs/${page}/part`, steps: [{ source: 'dht' }] }]);
      // The number goes on in the next life of the repo.
      const second = await swarmchart(
        'name',
        'publish',
        `/ipfs/${cid}`,
        '--repo',
        repo,
        '--bootstrap',
        addresses[1] ?? '',
        '--json',
      );
      expect(jsonLines(second)).toMatchObject([{ ok: true, sequence: '1', value: `/ipfs/${cid}` }]);
      const own = await swarmchart('name', 'resolve', ...words);
      expect([own.code, own.stdout]).toEqual([1, '']);
      expect(own.stderr).toContain('ERR_IPNS_NOT_FOUND');
    },
    BOUND_MS,
  );
});

describe('routing serve', () => {
  test(
    'answers over HTTP what the DHT knows, and ends when it is told to',
    async () => {
      const server = await serving(
        ...['routing', 'serve', '--listen', '127.0.0.1:0', '--json', '--bootstrap', addresses[0] ?? ''],
      );
      try {
        const { url } = JSON.parse(server.firstLine) as { url: string };
        const answer = await fetch(`${url}/routing/v1/providers/${cid}`, { headers: { accept: 'application/json' } });
        expect(answer.status).toBe(200);
        expect(await answer.json()).toMatchObject({ Providers: [{ Schema: 'peer', ID: provider.peerId }] });
        // A second command that asks this server and no DHT.
        const asked = await swarmchart(
          'dht',
          'find-providers',
          cid,
          '--bootstrap',
          'none',
          '--delegated',
          url,
          '--quiet',
        );
        expect([asked.code, asked.stdout]).toEqual([0, `${provider.addresses[0] ?? ''}\n`]);
      } finally {
        expect((await server.stop()).code).toBe(0);
      }
    },
    BOUND_MS,
  );
});

// The last: its daemon is still in the tables of the others when it is gone.
test(
  'what add puts into a repo, the daemon of that repo provides',
  async () => {
    const [repo, file] = [join(folder, 'added'), join(folder, 'file')];
    writeFileSync(file, 'noted by add, told by the daemon');
    const added = await swarmchart('add', file, '--repo', repo);
    expect(added).toMatchObject({ code: 0 });
    const root = added.stdout.trim();
    const words = ['--repo', repo, '--listen', LOOPBACK, '--dht', 'server', '--bootstrap', addresses[0] ?? ''];
    const daemon = await serving('daemon', ...words);
    try {
      let found = await dht('find-providers', root, '--quiet');
      // The daemon joins and provides meanwhile.
      for (let tries = 1; found.code !== 0 && tries < 30; tries++) found = await dht('find-providers', root, '--quiet');
      expect({ code: found.code, stdout: found.stdout.trim() }).toEqual({ code: 0, stdout: daemon.firstLine });
    } finally {
      expect(await daemon.stop()).toMatchObject({ code: 0 });
    }
  },
  BOUND_MS,
);
