/** The same seed gives the same trace, to the byte: twice in one process, and in processes of their own under load. */
import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as simulator from '../../../src/sim/index.js';
import { parseTrace } from '../../../src/trace/reader.js';
import * as writer from '../../../src/trace/writer.js';
import { fiftyNodes } from './fifty-nodes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, 'fifty-nodes.mjs');
const built = join(here, '../../../dist/sim/index.js');

/** SHA-256 and length of what a process of its own writes. */
function inOwnProcess(seed: number, ...flags: readonly string[]): Promise<{ hash: string; length: number }> {
  if (!existsSync(built)) throw new Error('dist/ is missing: npm run build');
  const child = spawn(process.execPath, [...flags, program, `${seed}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const hash = createHash('sha256');
  const errors: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    length += chunk.length;
  });
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve({ hash: hash.digest('hex'), length });
      else reject(new Error(`ended with ${code}: ${Buffer.concat(errors).toString()}`));
    });
  });
}

describe('fifty nodes under faults', () => {
  test('one process: the same lines twice; another seed gives others', async () => {
    const [first, second] = [await fiftyNodes(simulator, writer, 7), await fiftyNodes(simulator, writer, 7)];
    expect(first.broken).toEqual([]);
    expect(first.leaks).toEqual([]);
    expect(first.results.filter((result) => /fetch \d+$/.test(result)).length).toBeGreaterThan(30);
    expect(first.results.some((result) => / ERR_/.test(result))).toBe(true);
    expect(second.results).toEqual(first.results);
    // Compared by line: a difference names its first record.
    const differing = first.lines.findIndex((line, at) => line !== second.lines[at]);
    expect([differing, second.lines.length]).toEqual([-1, first.lines.length]);
    const { records } = parseTrace(first.lines.join(''));
    expect(records.length).toBeGreaterThan(10_000);
    expect(new Set(records.map(({ actor }) => actor.split('/')[1])).size).toBeGreaterThan(45);
    const other = await fiftyNodes(simulator, writer, 8);
    expect(other.lines.slice(0, 1000)).not.toEqual(first.lines.slice(0, 1000));
  });

  test('three processes at once, one of them profiled, one short of memory: the same bytes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'swarmchart-profile-'));
    try {
      const [plain, profiled, cramped] = await Promise.all([
        inOwnProcess(7),
        inOwnProcess(7, '--cpu-prof', `--cpu-prof-dir=${folder}`),
        inOwnProcess(7, '--max-semi-space-size=1'),
      ]);
      expect(plain.length).toBeGreaterThan(1_000_000);
      expect(profiled).toEqual(plain);
      expect(cramped).toEqual(plain);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
