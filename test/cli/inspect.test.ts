/** The commands of the inspector, built, as a user runs them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { serving, swarmchart } from '../support/command-line.js';
import { ask, TestPage } from '../support/inspected.js';

const fixture = join(
  dirname(fileURLToPath(import.meta.url)),
  '../replay/fixtures/bitswap-fetched-from-kubo.trace.jsonl',
);
const ADDRESS = /^inspect: (http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64})$/;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-inspect-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const urlIn = (line: string): string => ADDRESS.exec(line)?.[1] ?? '';

describe('a trace', () => {
  test('is served whole until somebody interrupts', async () => {
    const served = await serving('inspect', fixture);
    const url = urlIn(served.firstLine);
    const page = await TestPage.open(url);
    page.credit(10_000);
    await page.until(() => page.all('end').length > 0);
    expect(page.records).toEqual((await readTraceFile(fixture)).records);
    expect((await ask(url, new URL(url).pathname + new URL(url).search)).status).toBe(200);
    expect((await served.stop()).code).toBe(0);
    await page.closed;
  });

  test('on a port of ones choice, told as JSON, with a part of it', async () => {
    const served = await serving('inspect', fixture, '--json', '--actor', '*/noise');
    const { event, url } = JSON.parse(served.firstLine) as Record<string, string>;
    expect(event).toBe('inspecting');
    const page = await TestPage.open(url ?? '');
    page.credit(10_000);
    await page.until(() => page.all('end').length > 0);
    expect(page.records.length).toBeGreaterThan(0);
    expect(page.records.filter(({ actor }) => !actor.endsWith('/noise'))).toEqual([]);
    await served.stop();
    await page.closed;
  });

  test('as lines and as records', async () => {
    const { header, records } = await readTraceFile(fixture);
    const lines = await swarmchart('inspect', fixture, '--tui', '--name', 'actor:*');
    expect({ code: lines.code, stderr: lines.stderr }).toEqual({ code: 0, stderr: '' });
    const steps = records.filter(({ name }) => name === 'actor:transition');
    expect(lines.stdout.trimEnd().split('\n')).toHaveLength(2 + steps.length);
    expect(lines.stdout).toContain(header.title);
    const told = await swarmchart('inspect', fixture, '--tui', '--json');
    expect(
      told.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(JSON.parse(JSON.stringify(records)));
  });

  test('damaged: what comes before is told, and why no more is', async () => {
    const path = join(folder, 'damaged.trace.jsonl');
    writeFileSync(path, `${readFileSync(fixture, 'utf8').split('\n').slice(0, 10).join('\n')}\nnonsense\n`);
    const lines = await swarmchart('inspect', path, '--tui');
    expect(lines.code).toBe(1);
    expect(lines.stdout.trimEnd().split('\n')).toHaveLength(2 + 9);
    expect(lines.stderr).toContain('trace line 11: not JSON');
  });

  test.each([
    [['inspect', '/nowhere/at/all'], 2, '/nowhere/at/all: there is no such file or folder (ENOENT)'],
    [['inspect', fixture, tmpdir()], 2, `${tmpdir()}: it is a folder, and a file is wanted (EISDIR)`],
    [['inspect', `${fixture}/deeper`, '--tui'], 2, '/deeper: a part of the path is no folder (ENOTDIR)'],
    [['replay', '/nowhere/at/all'], 2, '/nowhere/at/all: there is no such file'],
    [['coverage', '/nowhere/at/all'], 2, '/nowhere/at/all: there is no such file'],
    [['coverage', '/nowhere/at/all.json'], 2, '/nowhere/at/all.json: there is no such file'],
    [['diagram', '--from', '/nowhere/at/all', '--actor', '*'], 2, '/nowhere/at/all: there is no such file'],
    [['trace', 'show', '/nowhere/at/all'], 2, '/nowhere/at/all: there is no such file'],
    [['trace', 'diff', fixture, '/nowhere/at/all'], 2, '/nowhere/at/all: there is no such file'],
    [['trace', 'export', '/nowhere/at/all', '--html', '-o', '/nowhere/out'], 2, '/nowhere/at/all: there is no'],
    [['trace', 'export', fixture, '--qlog', '-o', '/nowhere/out'], 2, '/nowhere/out: there is no such file'],
    [['trace', 'cut', fixture, '--connection', 'conn:2', '-o', '/nowhere/out'], 2, '/nowhere/out: there is no such'],
    [['inspect', fixture, '--from', 'soon'], 2, '--from takes milliseconds'],
    [['inspect', fixture, '--port', '65536'], 2, '--port takes a whole number from 0 to 65535'],
    [['inspect', fixture, '--stately', 'ws://192.0.2.1:1'], 2, '--stately-remote allows it'],
    [['inspect', '--tui', '--live', 'http://192.0.2.1:1/?token=00'], 2, 'inspectors are on loopback alone'],
    [['daemon', '--inspect', 'soon'], 2, '--inspect takes a whole number'],
  ])('%j ends with %i', async (words, code, why) => {
    const end = await swarmchart(...words, ...(words[0] === 'daemon' ? ['--repo', join(folder, 'repo')] : []));
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(why);
    expect(end.stderr).toMatch(/^ {2}try {10}\S/m);
    expect(end.stderr).not.toContain('a bug in swarmchart');
  });

  test('as one HTML file', async () => {
    const output = join(folder, 'out.html');
    const end = await swarmchart('trace', 'export', fixture, '--html', '-o', output);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: `${output}\n` });
    const html = readFileSync(output, 'utf8');
    expect(html).toContain('id="swarmchart-trace"');
    expect(html).toContain("default-src 'none'");
  });
});

test('without anything named it says how, and how to turn it on where a daemon runs without', async () => {
  const repo = join(folder, 'repo');
  const before = await swarmchart('inspect', '--repo', repo);
  expect(before.code).toBe(2);
  expect(before.stdout).toContain('swarmchart inspect FILE.trace.jsonl');
  expect(before.stdout).not.toContain('without an inspector');
  const daemon = await serving('daemon', '--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0');
  const while_ = await swarmchart('inspect', '--repo', repo);
  expect(while_.stdout).toContain('start it with swarmchart daemon --inspect');
  await daemon.stop();
}, 60_000);

test('a daemon serves its inspector, tells where in its repo, and takes it away', async () => {
  const repo = join(folder, 'repo');
  const daemon = await serving('daemon', '--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0', '--inspect', '--json');
  const { inspect: url, addresses } = JSON.parse(daemon.firstLine) as { inspect: string; addresses: string[] };
  const file = join(repo, 'inspect.url');
  expect({ text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 }).toEqual({
    text: `${url}\n`,
    mode: 0o600,
  });
  expect((await swarmchart('inspect', '--repo', repo)).stdout).toBe(`inspect: ${url}\n`);
  const watching = await serving('inspect', '--tui', '--live', '--repo', repo, '--json');
  expect(JSON.parse(watching.firstLine)).toMatchObject({ seq: 0 });
  expect((await swarmchart('ping', addresses[0] ?? '', '-n', '1')).code).toBe(0);
  const told = await watching.stop();
  expect(told.stdout).toContain('"machine":"connection"');
  expect((await daemon.stop()).code).toBe(0);
  expect(existsSync(file)).toBe(false);
}, 60_000);

test('the demo ends with the page of what it did, where it is asked to', async () => {
  const path = join(folder, 'real.bin');
  writeFileSync(path, Buffer.alloc(300_000, 7));
  const demo = await serving('demo', '--file', path, '--inspect');
  const lines = createInterface({ input: demo.process.stdout ?? process.stdin });
  const url = await new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      if (ADDRESS.test(line)) resolve(urlIn(line));
    });
  });
  const page = await TestPage.open(url);
  page.credit(100_000);
  await page.until(() => page.all('end').length > 0);
  const nodes = new Set(page.records.map(({ actor }) => actor.split('/')[1]));
  expect([...nodes].sort()).toEqual(['fetcher-noise', 'fetcher-secio', 'provider']);
  const times = page.records.map(({ time }) => time);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  const { code, stdout } = await demo.stop();
  expect(code).toBe(0);
  const trace = /swarmchart inspect (\S+\.trace\.jsonl\.gz)/.exec(stdout)?.[1] ?? '';
  expect(existsSync(trace)).toBe(true);
  rmSync(dirname(trace), { recursive: true });
}, 60_000);
