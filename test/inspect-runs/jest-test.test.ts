/**
 * Exported tests in a project of a user's: jest runs them there as they are. They pass; with one byte of the trace inside
 * turned over they fail and name the state. Needs `npm run build`.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jestTestOf } from '../../src/inspect-runs/jest-test.js';
import { LIMITS } from '../../src/limits.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { Trace } from '../../src/trace/format.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const fixture = (name: string): Promise<Trace> => readTraceFile(join(root, 'test/replay/fixtures', name));
const project = mkdtempSync(join(tmpdir(), 'swarmchart-exported-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The package as npm would put it there: what has no CommonJS is in the bundle, the rest beside it. */
function install(): void {
  if (!existsSync(join(root, 'dist/testing.cjs'))) throw new Error('dist/testing.cjs is missing: npm run build');
  const own = join(project, 'node_modules/swarmchart');
  mkdirSync(join(own, 'dist'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(own, 'package.json'));
  copyFileSync(join(root, 'dist/testing.cjs'), join(own, 'dist/testing.cjs'));
  for (const name of ['level', 'protobufjs', 'rxjs', 'ws', 'xstate']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "exported", "private": true }\n');
}

install();

/** Runs jest there in its default mode, and answers all that it says. */
function jest(...files: readonly string[]): { readonly code: number | null; readonly output: string } {
  const own = ['CI', 'NODE_OPTIONS', 'JEST_WORKER_ID', 'NODE_ENV', 'SWARMCHART_TRACE', 'FORCE_COLOR'];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.includes(name)));
  const program = join(root, 'node_modules/jest/bin/jest.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '-i', '--colors=false', ...files], {
    cwd: project,
    env: { ...env, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  return { code: status, output: `${stdout}${stderr}` };
}

const EXPORTED: readonly (readonly [file: string, connection: string | undefined])[] = [
  ['noise-dialed-kubo.trace.jsonl', 'conn:2'],
  ['secio-accepted-js-secio-mplex.trace.jsonl', undefined],
  ['tls-bad-certificate.trace.jsonl', undefined],
  ['dial-refused.trace.jsonl', undefined],
  ['two-connections-and-a-store.trace.jsonl.gz', 'conn:2'],
];

describe('in a project of its own', () => {
  test('connections of five fixtures pass', async () => {
    const files: string[] = [];
    for (const [index, [file, connection]] of EXPORTED.entries()) {
      const exported = await jestTestOf(await fixture(file), connection);
      expect(exported.mediaType).toBe('text/javascript');
      expect(exported.fileName).toBe(connection === undefined ? 'connection.test.cjs' : 'conn-2.test.cjs');
      files.push(`passes-${index}.test.cjs`);
      writeFileSync(join(project, `passes-${index}.test.cjs`), exported.text);
    }
    const { code, output } = jest(...files);
    expect(output).toContain('Test Suites: 5 passed, 5 total');
    expect(code).toBe(0);
  });

  test('one byte that the peer sent is another one: it fails, and says in which state', async () => {
    const { text } = await jestTestOf(await fixture('noise-dialed-kubo.trace.jsonl'), 'conn:2');
    const chunks = [...text.matchAll(/"name":"io:bytes_received".*?"data":"([0-9a-f]{200,})"/g)];
    const [, hex = ''] = chunks[0] ?? [];
    expect(hex).not.toBe('');
    const flipped = `${hex.slice(0, 20)}${hex[20] === '0' ? '1' : '0'}${hex.slice(21)}`;
    writeFileSync(join(project, 'flipped.test.cjs'), text.replace(hex, flipped));
    const { code, output } = jest('flipped.test.cjs');
    expect(code).toBe(1);
    expect(output).toMatch(/the replay leaves the trace at record \d+/);
    expect(output).toMatch(/state +noiseHandshake /);
  });
});

describe('what is not exported', () => {
  test('redacted traces, connections that are not there, and more than a test should hold', async () => {
    const trace = await fixture('noise-dialed-kubo.trace.jsonl');
    const { header, records } = trace;
    const redacted: Trace = { header: { ...header, engine: { ...header.engine, class: 'redacted' } }, records };
    await expect(jestTestOf(redacted)).rejects.toMatchObject({ code: 'ERR_TRACE_NOT_REPLAYABLE' });
    await expect(jestTestOf(trace, 'conn:99')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    const large = { ...header, title: 'x'.repeat(LIMITS.exportedTestBytes) };
    await expect(jestTestOf({ header: large, records })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  test('a title that would break out of the comment and the name', async () => {
    const { header, records } = await fixture('dial-refused.trace.jsonl');
    const title = "*/ process.exit(1); /* ' + `${evil}`\n\u2028";
    const { text } = await jestTestOf({ header: { ...header, title }, records });
    expect(text.split('\n')[1]).not.toContain('*/');
    expect(text).toContain("describe('process.exit(1)");
    expect(text.slice(0, text.indexOf('const TRACE'))).not.toMatch(/[`\u2028]|\$\{/);
  });
});
