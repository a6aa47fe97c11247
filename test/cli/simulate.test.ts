/** `swarmchart simulate`, built, as a user runs it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, NEUTRAL_NETWORK, type Scenario, type SweepReport } from '../../src/sim/scenario/index.js';
import { parseTrace } from '../../src/trace/reader.js';
import { serving, swarmchart } from '../support/command-line.js';
import { TestPage } from '../support/inspected.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-simulate-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** It cannot converge: no connection opens over links this slow. */
const hopeless: Scenario = {
  ...generate(4, { nodes: 3 }),
  network: { ...NEUTRAL_NETWORK, latencyMs: 40_000 },
  operations: [
    { kind: 'add', atMs: 0, node: 2, file: 0, sizeBytes: 1000 },
    { kind: 'dial', atMs: 5, node: 0, target: 1 },
    { kind: 'fetch', atMs: 10, node: 1, file: 0 },
  ],
  faults: [{ kind: 'reset', atMs: 20, from: 0, to: 1, midFrame: false }],
  durationMs: 1_000,
};

describe('one run', () => {
  test('a seed that is well says what happened, and exits with 0; its trace is the same in two processes', async () => {
    const args = ['simulate', '--seed', '3', '--nodes', '4', '--duration', '20'];
    const ended = await swarmchart(...args, '--trace', join(folder, 'one.trace.jsonl'));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^seed 3: 4 nodes, \d+ operations, \d+ faults: all is well\n/);
    await swarmchart(...args, '--trace', join(folder, 'two.trace.jsonl'));
    expect(read('one.trace.jsonl') === read('two.trace.jsonl')).toBe(true);
    expect(parseTrace(read('one.trace.jsonl')).records.length).toBeGreaterThan(1000);
  });

  test('a scenario that fails says why, how to run it again, and exits with 1; shrunk, it fails as before', async () => {
    const file = join(folder, 'hopeless.scenario.json');
    writeFileSync(file, JSON.stringify(hopeless));
    const failed = await swarmchart('simulate', file, '--shrink', '-o', folder);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe('');
    expect(failed.stderr).toMatch(/^liveness\.\w+ \(.*\)\n {2}at 91000 ms, n1 /);
    expect(failed.stderr).toContain(`again: swarmchart simulate ${file}`);
    expect(parseTrace(read('failed-4.trace.jsonl')).records.at(-1)).toMatchObject({ name: 'simulation:marker' });
    const shrunk = JSON.parse(read('shrunk.scenario.json')) as Scenario;
    expect(shrunk).toMatchObject({ nodes: 2, faults: [] });
    expect(shrunk.operations.map(({ kind }) => kind)).toEqual(['add', 'fetch']);
    expect(read('shrunk.test.ts')).toContain("import { simulate } from 'swarmchart/testing';");

    const again = await swarmchart('simulate', join(folder, 'shrunk.scenario.json'), '--json', '-o', folder);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: false, seed: 4, failure: { machine: 'fetch' } });
  });
});

describe('in the page', () => {
  test.each([
    ['SIGINT', []],
    ['SIGTERM', ['--json']],
  ] as const)('the address is told, it waits held, is stepped and run, and %s ends it well', async (signal, more) => {
    const words = ['simulate', '--seed', '3', '--nodes', '2', '--duration', '5', '--inspect', '--speed', '0'];
    const served = await serving(...words, ...more);
    const url =
      more.length === 0
        ? (/^inspect: (http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64})$/.exec(served.firstLine)?.[1] ?? '')
        : (JSON.parse(served.firstLine) as { readonly url: string }).url;
    const page = await TestPage.open(url);
    page.credit(1_000_000);
    await page.until(() => page.all('paused').length > 0);
    expect(page.all('hello')).toMatchObject([{ kind: 'simulation', abilities: ['control'] }]);
    const order = async (id: number, command: object): Promise<unknown> => {
      page.socket.send(JSON.stringify({ type: 'command', id, command }));
      await page.until(() => page.all('answer').some((answer) => answer.id === id));
      return page.all('answer').find((answer) => answer.id === id)?.value;
    };
    expect(await order(1, { name: 'step' })).toMatchObject({ steps: 1, ended: false });
    await order(2, { name: 'resume', speed: 0 });
    await page.until(() => page.all('end').length > 0);
    expect(page.records.map(({ seq }) => seq)).toEqual(page.records.map((_, index) => index));
    expect(page.records.length).toBeGreaterThan(100);
    expect((await served.stop(signal)).code).toBe(0);
    await page.closed;
  });

  test('interrupted while it is held, it ends well too', async () => {
    const served = await serving('simulate', '--inspect', '0');
    expect((await served.stop()).code).toBe(0);
  });

  test.each([
    [['--inspect', '65536'], '--inspect takes a whole number from 0 to 65535'],
    [['--inspect', '--speed', '-1'], '--speed'],
    [['--inspect', '--speed', '1000001'], '--speed takes a whole number from 0 to 1000000'],
  ])('%j is refused in words', async (words, why) => {
    const end = await swarmchart('simulate', ...words);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});

describe('sweeps', () => {
  test('two halves on worker threads, merged, are the whole', async () => {
    const sweep = (seeds: string, report: string, ...more: readonly string[]) =>
      swarmchart(
        'simulate',
        '--seeds',
        seeds,
        '--nodes',
        '3',
        '--duration',
        '5',
        '--report',
        join(folder, report),
        ...more,
      );
    const first = await sweep('1..6', 'first.json', '--workers', '2');
    expect(first).toMatchObject({ code: 0, stdout: '6 seeds (1..6): all is well\n' });
    const second = await sweep('7..10', 'second.json', '--json');
    expect(JSON.parse(second.stdout)).toEqual({ ok: true, ...(JSON.parse(read('second.json')) as SweepReport) });

    const files = ['first.json', 'second.json'].map((name) => join(folder, name));
    const merged = await swarmchart('simulate', 'merge', ...files, '--seeds', '1..10');
    expect(merged).toMatchObject({ code: 0, stdout: '10 seeds (1..10): all is well\n' });
    const short = await swarmchart('simulate', 'merge', ...files, '--seeds', '1..12');
    expect(short).toMatchObject({ code: 1, stdout: '10 seeds (1..10): all is well\nmissing: seeds 11..12\n' });
  });

  test('a report with a failed seed fails the merge', async () => {
    const failure = {
      invariant: 'stream.credit',
      machine: 'yamuxStream',
      state: 'open',
      node: 'n0',
      actor: 'conn:1',
      atMs: 1,
    };
    const report = {
      kind: 'swarmchart sweep',
      format: 1,
      options: {},
      version: '0.1.0',
      ran: [{ first: 1, last: 9 }],
      failed: [{ seed: 9, signature: 'stream.credit yamuxStream open', failure: { ...failure, message: 'too much' } }],
    };
    writeFileSync(join(folder, 'failed.json'), JSON.stringify(report));
    const merged = await swarmchart('simulate', 'merge', join(folder, 'failed.json'));
    expect(merged).toMatchObject({
      code: 1,
      stdout: '9 seeds (1..9): 1 failed\n  seed 9: stream.credit yamuxStream open\n',
    });
  });
});

describe('words', () => {
  test.each([
    { args: ['--seeds', '5..1'], code: 2, says: '--seeds takes a range such as 1..1000, got "5..1"' },
    { args: ['--nodes', '0'], code: 2, says: '--nodes takes a whole number from 1 to 10000' },
    { args: ['--ciphers', 'rot13'], code: 2, says: '--ciphers takes native, real, toy, got "rot13"' },
    { args: ['a.json', 'b.json'], code: 2, says: 'one scenario at a time' },
    { args: ['a.json', '--seeds', '1..2'], code: 2, says: '--seeds makes scenarios of its own' },
    {
      args: ['/no/such/scenario.json'],
      code: 2,
      says: '/no/such/scenario.json: there is no such file or folder (ENOENT)',
    },
    { args: ['merge', '/no/such/report.json'], code: 2, says: '/no/such/report.json: there is no such file' },
    { args: ['--trace', '/no/such/out.trace.jsonl'], code: 2, says: '/no/such/out.trace.jsonl: there is no such file' },
    { args: ['merge'], code: 1, says: 'there is no report' },
  ])('$args -> exit code $code', async ({ args, code, says }) => {
    const ended = await swarmchart('simulate', ...args);
    expect({ code: ended.code, says: ended.stderr.includes(says) ? says : ended.stderr }).toEqual({ code, says });
  });

  test('a scenario that is none is refused by field', async () => {
    writeFileSync(join(folder, 'bad.json'), JSON.stringify({ ...hopeless, nodes: 2 }));
    const ended = await swarmchart('simulate', join(folder, 'bad.json'));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('operations[0]: node must be a node from 0 to 1, got 2');
  });
});
