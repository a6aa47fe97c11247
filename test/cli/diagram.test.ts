/** `swarmchart diagram`, built: what it writes, and that it fails where a machine is edited and nothing is made anew. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineHashes } from '../../src/trace/machine-hash.js';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { swarmchart } from '../support/command-line.js';
import { elementsOf, parseXml } from '../support/xml.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fixture = join(root, 'test/replay/fixtures/noise-dialed-kubo.trace.jsonl');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-diagram-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the kept diagrams are those of the machines', async () => {
  const end = await swarmchart('diagram', '--check', '--json');
  expect([end.code, JSON.parse(end.stdout)]).toEqual([
    0,
    { ok: true, problems: [], layout: expect.stringMatching(/^elkjs \d/) },
  ]);
});

describe('a copy in which a machine is edited', () => {
  /** The parts of the package, packages without those named, and one state more in the chart of ping. */
  function copy(
    name: string,
    { without = [], fixtures = true }: { without?: readonly string[]; fixtures?: boolean } = {},
  ): string {
    const place = join(folder, name);
    for (const part of ['dist', 'docs/machines', ...(fixtures ? ['src/diagram/drawings.json'] : [])]) {
      cpSync(join(root, part), join(place, part), { recursive: true });
    }
    writeFileSync(join(place, 'package.json'), readFileSync(join(root, 'package.json')));
    mkdirSync(join(place, 'node_modules'));
    for (const entry of readdirSync(join(root, 'node_modules'))) {
      if (!without.includes(entry)) symlinkSync(join(root, 'node_modules', entry), join(place, 'node_modules', entry));
    }
    if (fixtures) {
      mkdirSync(join(place, 'test/replay'), { recursive: true });
      for (const traces of ['test/replay/fixtures', 'test/replay/redacted'])
        symlinkSync(join(root, traces), join(place, traces));
    }
    const file = join(place, 'dist/machines/ping.js');
    const chart = readFileSync(file, 'utf8');
    const edited = chart.replace('states: {', "states: { extra: { on: { 'local.extra': 'awaitingEcho' } },");
    expect(edited).not.toBe(chart);
    writeFileSync(file, edited);
    return place;
  }

  const run = (place: string, ...args: readonly string[]): Promise<{ code: number; lines: string[]; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [join(place, 'dist/cli/main.js'), 'diagram', ...args], (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          lines: stdout.trim().split('\n'),
          stderr,
        });
      });
    });

  test('the check fails, and says what is to be done; made anew, it passes', async () => {
    const place = copy('edited');
    const failed = await run(place, '--check');
    expect(failed.code).toBe(1);
    expect(failed.lines).toEqual([
      'ping: state extra added',
      'ping: edge "extra local.extra" added',
      'ping: the order of its chart changed',
      'src/diagram/drawings.json is stale',
      'docs/machines/ping.svg is stale',
      'docs/machines/README.md is stale',
      'docs/machines/ping.md is stale',
    ]);
    expect(failed.stderr).toContain('npm run diagrams');

    const made = await run(place, '--update');
    expect(made).toMatchObject({
      code: 0,
      lines: [
        'src/diagram/drawings.json',
        'docs/machines/ping.svg',
        'docs/machines/README.md',
        'docs/machines/ping.md',
      ],
    });
    expect(await run(place, '--check')).toMatchObject({ code: 0 });
    expect(readFileSync(join(place, 'docs/machines/ping.svg'), 'utf8')).toContain('data-state="extra"');

    writeFileSync(join(place, 'docs/machines/ping.svg'), '<svg/>');
    writeFileSync(join(place, 'docs/machines/gone.md'), '# gone');
    expect(await run(place, '--check')).toMatchObject({
      code: 1,
      lines: ['docs/machines/ping.svg is stale', 'docs/machines/gone.md is of no machine'],
    });
  });

  test('installed without the program that lays out, and without sources, it fails by the charts alone', async () => {
    const place = copy('installed', { without: ['elkjs'], fixtures: false });
    expect(await run(place, '--check')).toMatchObject({
      code: 1,
      lines: [
        'ping: state extra added',
        'ping: edge "extra local.extra" added',
        'ping: the order of its chart changed',
      ],
    });
    expect((await run(place, '--update')).stderr).toContain('elkjs');
    // What has not changed is drawn as it is kept.
    expect((await run(place, 'noiseHandshake')).lines[0]).toContain('data-machine="noiseHandshake"');
  });
});

test('a picture of one machine on standard output; a name as in its file is known too', async () => {
  const end = await swarmchart('diagram', 'noise-handshake', '--theme', 'dark');
  expect(end.code).toBe(0);
  const svg = parseXml(end.stdout);
  expect(svg.attributes).toMatchObject({
    'data-machine': 'noiseHandshake',
    'data-hash': machineHashes()['noiseHandshake'],
  });
  expect(end.stdout).not.toContain('prefers-color-scheme');
});

test.each([
  ['svg', 'ping.svg', /^<svg /],
  ['mermaid', 'ping.mmd', /^stateDiagram-v2$/m],
  ['scxml', 'ping.scxml', /^<scxml /m],
  ['stately', 'ping.json', /"initial": "awaitingEcho"/],
  ['dot', 'ping.dot', /^digraph "ping" \{$/m],
  ['json', 'ping.json', /"hash": "[0-9a-f]{64}"/],
  ['md', 'ping.md', /^# ping$/m],
])('a folder of %s', async (format, file, content) => {
  const out = join(folder, format);
  const end = await swarmchart('diagram', 'ping', 'dial', '--format', format, '--out', out, '--json');
  expect(end.code).toBe(0);
  expect(
    end.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { machine: string }).machine),
  ).toEqual(['ping', 'dial']);
  expect(readdirSync(out)).toHaveLength(2);
  expect(readFileSync(join(out, file), 'utf8')).toMatch(content);
});

test.each([
  ['svg', (text: string) => parseXml(text).attributes['data-machine']],
  ['mermaid', (text: string) => /^stateDiagram-v2$/m.exec(text) !== null && /^title: "(\w+)"$/m.exec(text)?.[1]],
  ['scxml', (text: string) => parseXml(text).attributes['name']],
  ['stately', (text: string) => (JSON.parse(text) as { id: string }).id],
  ['dot', (text: string) => /^digraph "(\w+)" \{$/m.exec(text)?.[1]],
  ['json', (text: string) => (JSON.parse(text) as { id: string }).id],
  ['md', (text: string) => /^# (\w+)$/m.exec(text)?.[1]],
] as const)('%s on standard output is what its file holds', async (format, idOf) => {
  const told = await swarmchart('diagram', 'noiseHandshake', '--format', format, '--out', '-');
  expect([told.code, told.stderr]).toEqual([0, '']);
  expect(idOf(told.stdout)).toBe('noiseHandshake');
  const out = join(folder, `alone-${format}`);
  expect((await swarmchart('diagram', 'noiseHandshake', '--format', format, '--out', out)).code).toBe(0);
  const [file = ''] = readdirSync(out);
  expect(told.stdout).toBe(`${readFileSync(join(out, file), 'utf8').trimEnd()}\n`);
});

test('all machines as JSON, one array', async () => {
  const { stdout } = await swarmchart('diagram', '--format', 'json');
  const models = JSON.parse(stdout) as { id: string; hash: string }[];
  expect(Object.fromEntries(models.map(({ id, hash }) => [id, hash]))).toEqual(machineHashes());
});

test('what one actor of a trace did, over the chart of its machine', async () => {
  const end = await swarmchart('diagram', '--from', fixture, '--actor', 'conn:2/noise');
  expect([end.code, end.stderr]).toEqual([0, '']);
  const groups = elementsOf(parseXml(end.stdout), 'g');
  const named = (attribute: string, kind: string): string[] =>
    groups.flatMap(({ attributes }) =>
      attributes['class']?.split(' ').includes(kind) && attributes[attribute] !== undefined
        ? [attributes[attribute]]
        : [],
    );
  expect(named('data-state', 'is-active')).toEqual(['secured']);
  expect(named('data-edge', 'is-last')).toEqual(['dialing.verifyingPayload crypto.verified']);
  expect(named('data-state', 'is-covered').sort()).toEqual([
    'dialing',
    'dialing.awaitingMessage2',
    'dialing.openingMessage2',
    'dialing.verifyingPayload',
    'idle',
    'secured',
  ]);
  expect(named('data-edge', 'is-missed')).toHaveLength(21);
});

test('what a coverage report has missed is marked', async () => {
  const collector = new CoverageCollector();
  collector.count('ping', { from: '', to: 'awaitingEcho', event: 'start', edges: [] });
  const file = join(folder, 'coverage.json');
  writeFileSync(file, JSON.stringify(collector.report()));
  const { stdout } = await swarmchart('diagram', 'ping', '--coverage', file);
  expect(stdout).toMatch(/class="state atomic is-covered" data-state="awaitingEcho"/);
  expect(stdout).toMatch(/class="state atomic is-missed" data-state="resting"/);
});

test.each([
  [['nosuch'], 'there is no machine "nosuch"'],
  [['ping', '--format', 'png'], '--format takes svg, mermaid'],
  [['ping', '--theme', 'pink'], '--theme takes auto, light, dark'],
  [['--format', 'svg'], 'takes --out DIR'],
  [['--from', fixture], '--from takes --actor'],
  [['--from', fixture, '--actor', 'conn:9'], 'no such actor in the trace'],
  [['--from', fixture, '--actor', 'conn:2', '--format', 'dot'], '--from draws'],
])('%j is refused in words', async (args, message) => {
  const end = await swarmchart('diagram', ...args);
  expect(end.code).toBe(2);
  expect(end.stderr).toContain(message);
});
