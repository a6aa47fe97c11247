/** Commands that serve, interrupted in the moment in which they say that they are ready. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { swarmchartWith } from '../support/command-line.js';

/** The process sends itself the signal before its first line leaves: nobody who reads that line can be faster. */
const atTheFirstLine = (signal: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    const write = process.stdout.write;
    process.stdout.write = function (...args) {
      process.stdout.write = write;
      process.kill(process.pid, '${signal}');
      return write.apply(this, args);
    };
  `)}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-interrupt-'));
  writeFileSync(join(folder, 'file'), 'something to provide');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0'];
const TRACE = fileURLToPath(new URL('../replay/fixtures/dial-aborted.trace.jsonl', import.meta.url));

test.each([
  ['daemon', () => ['daemon', '--repo', join(folder, 'repo'), ...LISTEN]],
  ['listen', () => ['listen', ...LISTEN]],
  ['inspect', () => ['inspect', TRACE, '--port', '0']],
  ['simulate --inspect', () => ['simulate', '--inspect', '0']],
  ['routing serve', () => ['routing', 'serve', '--listen', '127.0.0.1:0', '--bootstrap', 'none']],
  ['provide', () => ['provide', join(folder, 'file'), '--repo', join(folder, 'repo')]],
])('%s ends well', async (_, words) => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    const ended = await swarmchartWith(['--import', atTheFirstLine(signal)], ...words());
    expect([signal, ended.code]).toEqual([signal, 0]);
    expect(ended.stdout).not.toBe('');
  }
});
