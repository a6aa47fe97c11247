/** Fixtures: each mode, with and without a file, in a CI and out of it; stale, damaged and foreign files; bodies that fail. */
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import '../../src/testing/jest.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { SWARMCHART_VERSION } from '../../src/platform/versions.js';
import { recordedNode } from '../../src/replay/index.js';
import { readTrace, record, replay, type FixtureOptions, type Recording } from '../../src/testing/index.js';
import { messageOf } from './traces.js';

const folder = mkdtempSync(join(tmpdir(), 'swarmchart-fixtures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshPath = (): string => join(folder, `${++files}.trace.jsonl`);
const options: FixtureOptions = { security: ['secio'], listen: [] };
const dial = async ({ node, peer }: Recording): Promise<void> => {
  const remote = await peer({ security: ['secio'] });
  await node.dial(remote.addresses[0] ?? '');
};

/** The runner's own CI must not decide here, nor what `--ci` says of snapshots. */
const ambient = { expect: Reflect.get(globalThis, 'expect') as unknown, ci: process.env['CI'] };
const environment = (mode: string | undefined, ci?: string): void => {
  if (mode === undefined) delete process.env['SWARMCHART_TRACE'];
  else process.env['SWARMCHART_TRACE'] = mode;
  if (ci === undefined) delete process.env['CI'];
  else process.env['CI'] = ci;
};
beforeEach(() => {
  Reflect.set(globalThis, 'expect', undefined);
  environment(undefined);
});
afterEach(() => {
  Reflect.set(globalThis, 'expect', ambient.expect);
  environment(undefined, ambient.ci);
});

/** One recording, made once. */
let recorded: Promise<string> | undefined;
const recordedText = (): Promise<string> =>
  (recorded ??= (async () => {
    const path = freshPath();
    environment('record');
    await record(path, options, dial);
    return readFileSync(path, 'utf8');
  })());
const fixtureWith = async (change: (text: string) => string = (text) => text): Promise<string> => {
  const text = change(await recordedText());
  const path = freshPath();
  writeFileSync(path, text);
  return path;
};

/** Another nonce in the peer's Propose: what we sign and send next is then another. */
const flipped = (text: string): string => {
  const changed = text.replace(
    /(bytes_received.*"data":"(?:[0-9a-f]*0000[0-9a-f]{4})?0a10)([0-9a-f]{2})/,
    (_, head: string, byte: string) => {
      return head + (byte === '00' ? '01' : '00');
    },
  );
  if (changed === text) throw new Error('no Propose was received');
  return changed;
};
const otherMachine = (text: string): string => text.replace(/("secioHandshake":")[0-9a-f]{8}/, '$100000000');

describe('modes', () => {
  test.each([
    // mode, is there a file, does the body run, is the file written anew
    [undefined, true, false, false],
    ['replay', true, false, false],
    ['missing', true, false, false],
    ['missing', false, true, true],
    ['update', true, false, false],
    ['update', false, true, true],
    ['record', true, true, true],
    ['record', false, true, true],
  ])('%s, file: %p -> body runs: %p, writes: %p', async (mode, exists, runs, writes) => {
    const path = exists ? await fixtureWith() : freshPath();
    const before = exists ? readFileSync(path, 'utf8') : undefined;
    environment(mode);
    const body = jest.fn(dial);
    const trace = await record(path, { ...options, seed: 'another' }, body);
    expect(body).toHaveBeenCalledTimes(runs ? 1 : 0);
    const after = readFileSync(path, 'utf8');
    expect(after !== before).toBe(writes);
    expect(after.includes('"seed":"another"')).toBe(writes);
    expect(trace).toNegotiate('/secio/1.0.0');
    expect(trace).toTakePath(['awaitingPropose', '...', 'secured'], { machine: 'secioHandshake' });
    environment(undefined);
    expect(await replay(path)).toMatchTrace(trace, { level: ['bytes', 'frames', 'states', 'final'] });
  });

  test.each([undefined, 'replay'])('%s without a file fails, and it is said how to record', async (mode) => {
    environment(mode);
    const path = freshPath();
    const body = jest.fn(dial);
    for (const attempt of [() => record(path, options, body), () => replay(path), () => readTrace(path)]) {
      await expect(attempt).toRejectWith('ERR_FIXTURE_MISSING');
      expect(await messageOf(attempt)).toContain(`there is no fixture ${path}; fixtures are replayed`);
      expect(await messageOf(attempt)).toContain('SWARMCHART_TRACE=missing');
    }
    expect(body).not.toHaveBeenCalled();
    expect(existsSync(path)).toBe(false);
  });

  test('update records again what no longer replays', async () => {
    const path = await fixtureWith((text) => otherMachine(flipped(text)));
    await expect(replay(path)).toRejectWith('ERR_FIXTURE_STALE');
    environment('update');
    const body = jest.fn(dial);
    await record(path, options, body);
    expect(body).toHaveBeenCalledTimes(1);
    expect(await replay(path)).toNegotiate('/secio/1.0.0');
  });

  test('a mode that there is not is refused', async () => {
    environment('rewind');
    await expect(record(await fixtureWith(), options, dial)).toRejectWith('ERR_INVALID_ARGUMENT');
    expect(await messageOf(() => record('x', options, dial))).toBe(
      'SWARMCHART_TRACE is "rewind"; it can be replay, missing, update, record',
    );
  });
});

describe('in a CI', () => {
  const modes = [undefined, 'replay', 'missing', 'update', 'record'];

  test.each(modes)('mode %s: what is missing fails, what is stale fails, nothing is written', async (mode) => {
    const [missing, stale, good] = [
      freshPath(),
      await fixtureWith((text) => otherMachine(flipped(text))),
      await fixtureWith(),
    ];
    const [staleText, there] = [readFileSync(stale, 'utf8'), readdirSync(folder)];
    environment(mode, 'true');
    const body = jest.fn(dial);
    await expect(record(missing, options, body)).toRejectWith('ERR_FIXTURE_MISSING');
    expect(await messageOf(() => record(missing, options, body))).toContain('a CI records nothing');
    await expect(record(stale, options, body)).toRejectWith('ERR_FIXTURE_STALE');
    expect(await record(good, options, body)).toNegotiate('/secio/1.0.0');
    expect(body).not.toHaveBeenCalled();
    expect(readFileSync(stale, 'utf8')).toBe(staleText);
    expect(readdirSync(folder)).toEqual(there);
  });

  test('jest --ci is one, known by what snapshots may do', async () => {
    const runner = (_updateSnapshot: string): unknown =>
      Object.assign(() => undefined, { getState: () => ({ snapshotState: { _updateSnapshot } }) });
    environment('record');
    Reflect.set(globalThis, 'expect', runner('none'));
    await expect(record(freshPath(), options, dial)).toRejectWith('ERR_FIXTURE_MISSING');
    Reflect.set(globalThis, 'expect', runner('new'));
    expect(await record(freshPath(), options, dial)).toNegotiate('/secio/1.0.0');
  });

  test.each(['0', 'false', ''])('CI=%j is none', async (ci) => {
    environment('missing', ci);
    expect(await record(freshPath(), options, dial)).toNegotiate('/secio/1.0.0');
  });
});

describe('a fixture that does not replay', () => {
  test('of this very engine: the difference', async () => {
    const path = await fixtureWith(flipped);
    const message = await messageOf(() => replay(path));
    await expect(replay(path)).toRejectWith('ERR_FIXTURE_DIFFERS');
    expect(message).toMatch(new RegExp(`^${path} does not replay\n\nthe replay leaves the trace at record \\d+`));
    expect(message).toContain('/node/swarm/conn:2');
    const chunked = await messageOf(() => replay(path, { rechunk: { name: 'as it is', cut: (chunk) => [chunk] } }));
    expect(chunked).toContain(`${path} does not replay (as it is)`);
  });

  test('of another engine: what has changed since', async () => {
    const path = await fixtureWith((text) =>
      otherMachine(flipped(text))
        .replace(/("swarmchart":")[^"]+/, '$10.0.9')
        .replace('"machines":{', '"machines":{"gopher":"00",')
        .replace(/"ping":"[0-9a-f]+",/, ''),
    );
    const lines = (await messageOf(() => replay(path))).split('\n');
    expect(lines.slice(0, 6)).toEqual([
      `${path} is stale; since it was recorded`,
      `  swarmchart is ${SWARMCHART_VERSION}, it was 0.0.9`,
      '  machine gopher is gone',
      '  machine ping is new',
      '  machine secioHandshake has changed',
      '',
    ]);
    expect(lines[6]).toMatch(/^the replay leaves the trace at record/);
  });

  test('another engine that does the same is well', async () => {
    expect(await replay(await fixtureWith(otherMachine))).toNegotiate('/secio/1.0.0');
  });

  test.each([
    ['empty', () => '', 'ERR_TRACE_INVALID'],
    ['foreign', () => '{"qlog_version":"0.3"}\n', 'ERR_TRACE_INVALID'],
    ['cut off', (text: string) => text.slice(0, -5), 'ERR_TRACE_INVALID'],
    ['without a line', (text: string) => text.replace(/\n.*"seq":3,.*/, ''), 'ERR_TRACE_INVALID'],
    ['newer', (text: string) => text.replace('"format":1', '"format":99'), 'ERR_TRACE_VERSION'],
    [
      'redacted',
      (text: string) => text.replace('"class":"replayable"', '"class":"redacted"'),
      'ERR_TRACE_NOT_REPLAYABLE',
    ],
  ] as const)('%s', async (_, change, code) => {
    await expect(replay(await fixtureWith(change))).toRejectWith(code);
  });
});

describe('recording', () => {
  test('a body that throws leaves no file, and its peers are stopped', async () => {
    const path = freshPath();
    environment('record');
    let address = '';
    const attempt = record(path, options, async (recording) => {
      const remote = await recording.peer({ security: ['secio'] });
      address = remote.addresses[0] ?? '';
      throw new Error('mine');
    });
    await expect(attempt).rejects.toThrow('mine');
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    const failing = record(path, options, ({ node }) => node.dial(address));
    await expect(failing).toRejectWith('ERR_TRANSPORT_REFUSED');
  });

  test('what does not replay is not kept', async () => {
    const path = freshPath();
    environment('record');
    const ciphers: typeof nodeCiphers = {
      ...nodeCiphers,
      keyAgreement: (curve, seed) =>
        nodeCiphers.keyAgreement(
          curve,
          seed.map((byte) => byte ^ 1),
        ),
    };
    const attempt = (): Promise<unknown> => record(path, { ...options, ciphers }, dial);
    await expect(attempt).toRejectWith('ERR_FIXTURE_DIFFERS');
    expect(await messageOf(attempt)).toContain('is not written: what was recorded does not replay');
    expect(existsSync(path)).toBe(false);
  });

  test('packed, by URL, by relative path, into a folder that is not there yet', async () => {
    environment('missing');
    const path = join(folder, 'deep', 'er', 'packed.trace.jsonl.gz');
    await record(pathToFileURL(path), options, dial);
    expect(gunzipSync(readFileSync(path)).toString()).toContain('"title":"packed.trace.jsonl.gz"');
    for (const name of [path, relative(process.cwd(), path), pathToFileURL(path), pathToFileURL(path).href]) {
      expect(await replay(name)).toNegotiate('/secio/1.0.0');
    }
  });

  test('class full asks for its name and the word', async () => {
    environment('record');
    const full: FixtureOptions = { ...options, class: 'full', unsafeIncludeSecrets: true };
    await expect(record(freshPath(), full, dial)).toRejectWith('ERR_INVALID_ARGUMENT');
    const secret = join(folder, 'run.SECRET.trace.jsonl');
    await expect(record(secret, { ...options, class: 'full' }, dial)).toRejectWith('ERR_INVALID_ARGUMENT');
    expect(existsSync(secret)).toBe(false);
    await record(secret, full, dial);
    environment(undefined);
    expect(await replay(secret)).toNegotiate('/secio/1.0.0');
  });

  test('a redacted trace can be read and asked, not replayed', async () => {
    const path = freshPath();
    const { node, close } = await recordedNode({ to: path, class: 'redacted', listen: [] });
    await expect(node.dial('/ip4/127.0.0.1/tcp/1')).toRejectWith('ERR_TRANSPORT_REFUSED');
    await close();
    const trace = await readTrace(path);
    expect(trace).toEnterState('dial.exhausted');
    await expect(trace).toRejectWith('ERR_TRANSPORT_REFUSED');
    await expect(replay(path)).toRejectWith('ERR_TRACE_NOT_REPLAYABLE');
  });

  test('fake timers are refused', async () => {
    jest.useFakeTimers();
    const failures = [record('x', options, dial), replay('x')].map((failing) =>
      failing.catch((thrown: unknown) => thrown),
    );
    const messages = (await Promise.all(failures)).map(String);
    jest.useRealTimers();
    expect(messages[0]).toMatch(/record does not run under fake timers/);
    expect(messages[1]).toMatch(/replay does not run under fake timers/);
  });
});
