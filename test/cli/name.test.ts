/** `name publish` and `name resolve`, over IPNS on a made network. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readWords } from '../../src/cli/command.js';
import { nameCommand, type NameSystem } from '../../src/cli/name.js';
import { ipnsNameText } from '../../src/crypto/ipns-name.js';
import {
  A,
  alice,
  B,
  bob,
  during,
  MadeNetwork,
  openNames,
  recordBy,
  settle,
  START,
  WallClock,
} from '../actors/ipns/fixtures.js';

const NAME = ipnsNameText(alice.peerId);
let out: string[] = [];
let notes: string[] = [];

beforeEach(() => {
  out = [];
  notes = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => notes.push(String(text)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function world() {
  const clock = new WallClock(START);
  const network = new MadeNetwork(clock);
  const node = openNames({ clock, network });
  await settle();
  // The class is what the command asks for, without a word between.
  const names: NameSystem = node.names;
  let stops = 0;
  const command = nameCommand(async (_words, work) => {
    try {
      return await work({ peerId: alice.peerId, names });
    } finally {
      stops++;
    }
  });
  const run = (...args: string[]) =>
    during(
      clock,
      // As the command line does it.
      Promise.resolve().then(() => command.run(readWords(command, args))),
    ).then(
      (code) => String(code),
      (thrown: unknown) => (thrown as { code: string }).code,
    );
  return { clock, network, node, run, stopped: () => stops };
}

describe('publish', () => {
  test('prints the name and where it leads', async () => {
    const { run, stopped, network } = await world();
    expect(await run('publish', B)).toBe('0');
    expect([out.join(''), stopped()]).toEqual([`/ipns/${NAME} -> ${B}\n`, 1]);
    expect(notes.join('')).toContain('record 0, valid until 2026-01-03T00:00:00.010Z, at 2 peers or servers');
    expect(network.held(alice)).toMatchObject([{ value: B, ttlMs: 300_000 }]);
  });

  test('takes a life, a TTL, a number, and says all as JSON', async () => {
    const { run, network } = await world();
    expect(await run('publish', A, '--lifetime', '2h', '--ttl', '30s', '--sequence', '7', '--v2-only', '--json')).toBe(
      '0',
    );
    expect(JSON.parse(out.join(''))).toEqual({
      ok: true,
      name: `/ipns/${NAME}`,
      value: A,
      sequence: '7',
      validUntil: '2026-01-01T02:00:00.010Z',
      at: ['peer 1', 'peer 2'],
    });
    expect(network.held(alice)).toMatchObject([{ sequence: 7n, ttlMs: 30_000 }]);
  });

  test.each([
    { args: ['publish'] },
    { args: ['publish', A, '--lifetime', 'tomorrow'] },
    { args: ['publish', A, '--ttl', '5'] },
    { args: ['publish', A, '--sequence', '-1'] },
    { args: ['publish', A, '--lifetime', '1s'] },
    { args: ['unpublish'] },
    { args: ['publish', A, 'more'] },
    { args: [] },
  ])('$args: the words are wrong', async ({ args }) => {
    const { run, network } = await world();
    expect(await run(...args)).toBe('ERR_INVALID_ARGUMENT');
    expect([out, network.puts]).toEqual([[], []]);
  });

  test('a value that is no path', async () => {
    expect(await (await world()).run('publish', 'hello')).toBe('ERR_IPNS_VALUE_INVALID');
  });
});

describe('resolve', () => {
  test('prints where a name leads, with /ipns/ or without', async () => {
    const { run, network } = await world();
    network.hold(bob, recordBy(bob, B));
    expect(await run('resolve', ipnsNameText(bob.peerId))).toBe('0');
    expect(await run('resolve', `/ipns/${bob.peerId}/a`)).toBe('0');
    expect(out.join('')).toBe(`${B}\n${B}/a\n`);
    expect(notes.join('')).toContain(`/ipns/${ipnsNameText(bob.peerId)} -> ${B} (made)`);
  });

  test('without a name, its own', async () => {
    const { run, network } = await world();
    network.hold(alice, recordBy(alice, A));
    expect([await run('resolve'), out.join('')]).toEqual(['0', `${A}\n`]);
  });

  test.each([
    { stream: false, paths: [B] },
    { stream: true, paths: [A, B] },
  ])('as JSON, with --stream $stream', async ({ stream, paths }) => {
    const { run, network } = await world();
    network.hold(bob, recordBy(bob, A), recordBy(bob, B, { sequence: 1n }));
    expect(await run('resolve', bob.peerId, '--json', '--fresh', ...(stream ? ['--stream'] : []))).toBe('0');
    const lines = out.map((line) => JSON.parse(line) as { path: string; ttlMs: number });
    expect(lines.map(({ path, ttlMs }) => [path, ttlMs])).toEqual(paths.map((path) => [path, 300_000]));
  });

  test.each([
    { args: ['resolve', bob.peerId], code: 'ERR_IPNS_NOT_FOUND' },
    { args: ['resolve', 'nonsense'], code: 'ERR_IPNS_VALUE_INVALID' },
    { args: ['resolve', bob.peerId, '--depth', '0'], code: 'ERR_INVALID_ARGUMENT' },
  ])('$args: $code', async ({ args, code }) => {
    expect(await (await world()).run(...args)).toBe(code);
  });
});
