/** `swarmchart coverage`, built, over traces of live actors and reports of earlier calls. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { machineHashes } from '../../src/trace/machine-hash.js';
import { TraceWriter } from '../../src/trace/writer.js';
import { livePaths, runLive } from '../model/live/driver.js';
import { DRIVERS } from '../model/live/drivers.js';
import { swarmchart } from '../support/command-line.js';

const WAIVERS = new URL('../model/waivers.json', import.meta.url).pathname;

let folder: string;
const path = (name: string): string => join(folder, name);

/** The trace that every driver makes of the paths of its machine; `only` names one. */
async function traceOf(only?: string): Promise<string> {
  const lines: string[] = [];
  const engine = {
    format: 1,
    class: 'redacted',
    detail: 'states',
    seed: undefined,
    clock: 'virtual',
    versions: {},
    machines: machineHashes(),
    config: {},
    redaction: [],
  } as const;
  const writer = new TraceWriter(
    { title: 'paths', vantagePoint: 'test', engine },
    { write: (line) => lines.push(line) },
  );
  const collector = new CoverageCollector({ next: writer });
  for (const driver of DRIVERS) {
    if (only !== undefined && driver.model.machine.id !== only) continue;
    for (const one of livePaths(driver)) await runLive(driver, one, collector);
  }
  return lines.join('');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-coverage-'));
  const all = await traceOf();
  writeFileSync(path('all.trace.jsonl'), all);
  writeFileSync(path('ping.trace.jsonl.gz'), gzipSync(await traceOf('ping')));
  const old = all.replace(machineHashes()['ping'] ?? 'no hash', '0'.repeat(64));
  writeFileSync(path('old.trace.jsonl'), old);
  writeFileSync(path('cut.trace.jsonl'), all.slice(0, all.indexOf('\n') + 500).replace('"seq":0', '"seq":7'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = (text: string): { machines: Record<string, { edges: Record<string, number> }> } =>
  JSON.parse(text) as { machines: Record<string, { edges: Record<string, number> }> };

test('a table, what was never seen, and exit code 0 without a gate', async () => {
  const end = await swarmchart('coverage', path('ping.trace.jsonl.gz'));
  expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
  const lines = end.stdout.split('\n');
  expect(lines[0]).toMatch(/^machine +states +edges +guards +deadlines$/);
  expect(lines.find((line) => line.startsWith('ping '))).toMatch(/^ping +7\/7 +8\/8 +4\/4 +2\/2$/);
  expect(lines).toContain('  dial: edge "dialing local.cancel"');
  expect(end.stdout).not.toContain('  ping: ');
});

test('the gate opens for what every driver covers, and says what is missing where it does not', async () => {
  const all = await swarmchart('coverage', path('all.trace.jsonl'), '--gate', '--waivers', WAIVERS);
  expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 0, stderr: '' });
  const bare = await swarmchart('coverage', path('all.trace.jsonl'), '--gate');
  expect(bare.code).toBe(1);
  expect(bare.stderr).toContain('dial: state "unexpected" is never reached');
  const ping = await swarmchart('coverage', path('ping.trace.jsonl.gz'), '--gate', '--waivers', WAIVERS);
  expect(ping.code).toBe(1);
  expect(ping.stderr).toContain('dial: edge "dialing connection.opened" is never taken');
  expect(ping.stderr).not.toContain('ping: ');
});

test('reports add up to what their traces do together', async () => {
  const first = await swarmchart('coverage', path('ping.trace.jsonl.gz'), '--json');
  writeFileSync(path('ping.json'), first.stdout);
  const sum = await swarmchart('coverage', path('ping.json'), path('all.trace.jsonl'), '--json');
  const both = await swarmchart('coverage', path('all.trace.jsonl'), path('ping.trace.jsonl.gz'), '--json');
  expect(sum.stdout).toBe(both.stdout);
  expect(json(sum.stdout).machines['ping']?.edges['awaitingEcho wire.echo']).toBe(
    2 * (json(first.stdout).machines['ping']?.edges['awaitingEcho wire.echo'] ?? 0),
  );
});

test('a machine whose chart has changed is not counted, and named', async () => {
  const end = await swarmchart('coverage', path('old.trace.jsonl'), '--json');
  expect({ code: end.code, stderr: end.stderr }).toEqual({
    code: 0,
    stderr: `${path('old.trace.jsonl')}: not counted: ping: recorded with another chart\n`,
  });
  expect(Object.values(json(end.stdout).machines['ping']?.edges ?? {})).toEqual(Array(8).fill(0));
  expect(json(end.stdout).machines['dial']?.edges['dialing local.cancel']).toBeGreaterThan(0);
});

test.each([
  { name: 'no file', args: [], code: 2, says: 'FILE... is missing' },
  { name: 'a file that is not there', args: ['nowhere.trace.jsonl'], code: 2, says: 'nowhere.trace.jsonl' },
  { name: 'a damaged trace', args: ['cut.trace.jsonl'], code: 1, says: 'ERR_TRACE_INVALID' },
  {
    name: 'waivers that are a trace',
    args: ['all.trace.jsonl', '--gate', '--waivers', 'all.trace.jsonl'],
    code: 2,
    says: 'ERR_INVALID_ARGUMENT',
  },
])('$name -> exit code $code', async ({ args, code, says }) => {
  const words = args.map((word) => (word.startsWith('--') ? word : path(word)));
  const end = await swarmchart('coverage', ...words);
  expect(end.code).toBe(code);
  expect(end.stderr).toContain(says);
});

test('other JSON is refused', async () => {
  writeFileSync(path('other.json'), readFileSync(WAIVERS));
  const end = await swarmchart('coverage', path('other.json'));
  expect({ code: end.code, says: end.stderr.includes('it is no coverage report') }).toEqual({ code: 1, says: true });
});
