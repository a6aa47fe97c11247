/** Trace files that are huge, packed, cut off, foreign or not there, streamed to a page in bounded memory. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openFileSource } from '../../src/inspect/file-source.js';
import { LIMITS } from '../../src/limits.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { watchingMemory } from '../support/held-memory.js';
import { NotedWatcher, someHeader, someRecord } from '../support/watching.js';

const LINES = 1_000_001;
let folder: string;
let huge: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-huge-'));
  huge = join(folder, 'huge.trace.jsonl');
  const file = createWriteStream(huge);
  file.write(headerLine(someHeader()));
  let batch = '';
  for (let seq = 0; seq < LINES; seq++) {
    batch += recordLine(someRecord(seq, { actor: seq % 100_000 === 0 ? '/node/rare' : '/node/swarm/conn:1' }));
    if (batch.length < 1_000_000) continue;
    if (!file.write(batch)) await once(file, 'drain');
    batch = '';
  }
  file.end(batch);
  await once(file, 'close');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(path: string, options: Parameters<typeof openFileSource>[1] = {}) {
  const source = await openFileSource([{ id: 'main', open: traceTextOf(path) }], options);
  const watcher = new NotedWatcher();
  const feed = source.watch(watcher);
  feed.credit(LIMITS.inspectPageRecords);
  await watcher.until(() => watcher.all('end').length > 0);
  return { watcher, feed };
}

test('over a million lines, read for the ten that are wanted: memory does not grow with the file', async () => {
  expect(statSync(huge).size).toBeGreaterThan(60_000_000);
  const { value, mostBytes } = await watchingMemory(() => read(huge, { choice: { actor: 'rare' } }));
  const { watcher } = value;
  expect(watcher.taken.map(({ seq }) => seq)).toEqual(Array.from({ length: 11 }, (_, at) => 100_000 * at));
  expect(watcher.heard.at(-1)).toEqual(['end', 'main', false]);
  // The text alone has more than 60 MB, and its records several times as much.
  expect(mostBytes).toBeLessThan(10_000_000);
});

test('shown whole it stops at what a page keeps, and says how to choose', async () => {
  const { watcher } = await read(huge);
  expect(watcher.taken).toHaveLength(LIMITS.inspectPageRecords);
  expect(watcher.all('notice')).toMatchObject([['notice', 'window', expect.stringContaining('--from MS')]]);
  expect(watcher.heard.at(-1)).toEqual(['end', 'main', true]);
});

test('packed and cut off in the middle: what could be unpacked is shown', async () => {
  const path = join(folder, 'cut.trace.jsonl.gz');
  const lines = readFileSync(huge, { encoding: 'utf8', flag: 'r' }).slice(0, 2_000_000);
  writeFileSync(path, gzipSync(lines));
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const { watcher } = await read(path);
  expect(watcher.taken.length).toBeGreaterThan(1_000);
  expect(watcher.all('notice')).toMatchObject([
    ['notice', 'damaged', expect.stringContaining('unexpected end of file')],
  ]);
});

test('packed under any name it is read', async () => {
  const path = join(folder, 'packed.trace.jsonl');
  writeFileSync(path, gzipSync([headerLine(someHeader()), recordLine(someRecord(0))].join('')));
  expect((await read(path)).watcher.taken).toEqual([someRecord(0)]);
});

test('characters of several bytes that pieces of the file cut in two are whole', async () => {
  const path = join(folder, 'wide.trace.jsonl');
  const record = someRecord(0, { data: { agent: 'é€😀'.repeat(50_000) } });
  writeFileSync(path, [headerLine(someHeader()), recordLine(record)].join(''));
  expect((await read(path)).watcher.taken).toEqual([record]);
});

test.each([
  ['a file without a line end', 'x'.repeat(LIMITS.inspectLineBytes + 1), 'characters without an end'],
  [
    'zeroes that unpack to more than memory',
    gzipSync(Buffer.alloc(LIMITS.inspectLineBytes + 100_000)),
    'without an end',
  ],
  ['an empty file', '', 'the file is empty'],
  ['noise that begins as gzip does', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), ''],
])('%s is no trace', async (_, content, why) => {
  const path = join(folder, 'foreign');
  writeFileSync(path, content);
  await expect(read(path)).rejects.toThrow(why);
});

test.each([
  ['missing', 'there is no such file or folder (ENOENT)'],
  ['.', 'it is a folder, and a file is wanted (EISDIR)'],
])('what cannot be read (%s) is a wrong argument', async (name, why) => {
  const path = join(folder, name);
  await expect(read(path)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message: `${path}: ${why}` });
});
