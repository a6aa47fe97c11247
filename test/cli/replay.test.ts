/** `swarmchart replay --fork` and what compares its traces, built, as a user runs them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceDiff } from '../../src/inspect/diff.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { replayTrace } from '../../src/replay/replayer.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { swarmchart } from '../support/command-line.js';

const fixture = fileURLToPath(new URL('../replay/fixtures/noise-dialed-kubo.trace.jsonl', import.meta.url));
/** The first chunk of the recording, `/multistream/1.0.0` and `/noise` of a Kubo node. */
const SEQ = 15;
const BYTES = '132f6d756c746973747265616d2f312e302e300a072f6e6f6973650a';

let folder: string;
let recording: Trace;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-fork-'));
  recording = await readTraceFile(fixture);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const output = (name: string): string => join(folder, `${name}.trace.jsonl`);
const fork = (name: string, ...change: readonly string[]) =>
  swarmchart('replay', fixture, '--fork', String(SEQ), ...change, '-o', output(name));

/** What came on the wire, in hex, chunk by chunk. */
const chunksOf = ({ records }: Trace): string[] =>
  records
    .filter(({ name }) => name === 'io:bytes_received')
    .map(({ data }) => (data['raw'] as { readonly data: string }).data);
const codesOf = ({ records }: Trace): string[] => [
  ...new Set([...JSON.stringify(records).matchAll(/"code":"(ERR_\w+)"/g)].map(([, code]) => code ?? '')),
];
const timeOf = ({ records }: Trace, isWanted: (record: TraceRecord) => boolean): number =>
  records.find(isWanted)?.time ?? NaN;

describe('a fork', () => {
  test('of which the recording is the whole: what is changed is what the recording has there', () => {
    expect(recording.records[SEQ]).toMatchObject({ name: 'io:bytes_received', data: { raw: { data: BYTES } } });
  });

  test.each([
    ['drop', ['--drop'], 'dropped'],
    ['delay', ['--delay', '5000'], '5000 ms later'],
    ['bytes', ['--bytes', '00FF'], '2 other bytes'],
    ['duplicate', ['--duplicate'], 'twice'],
    ['split', ['--split', '3'], 'in two pieces, cut at byte 3'],
  ])('%s: begins with the recording, is told in words, and replays', async (name, change, words) => {
    const end = await fork(name, ...change);
    expect(end.code).toBe(0);
    const made = await readTraceFile(output(name));
    expect(end.stdout.split('\n')[0]).toBe(
      `${output(name)}: ${made.records.length} records, ${SEQ} of them as recorded; then ${words}`,
    );
    expect(made.records.slice(0, SEQ)).toEqual(recording.records.slice(0, SEQ));
    expect((await replayTrace(made)).ok).toBe(true);
    const json = await fork(`${name}-again`, ...change, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ records: made.records.length, sharedRecords: SEQ });
    // The same fork twice is the same bytes.
    expect(readFileSync(output(`${name}-again`), 'utf8') === readFileSync(output(name), 'utf8')).toBe(true);
  });

  test('drop: the chunk never comes, and what comes next is taken in its place', async () => {
    const made = await readTraceFile(output('drop'));
    expect(chunksOf(made)).not.toContain(BYTES);
    expect(chunksOf(made)[0]).toBe(chunksOf(recording)[1]);
    expect(codesOf(made)).toContain('ERR_MULTISTREAM_BAD_MESSAGE');
  });

  test('delay: the same chunk, so much later', async () => {
    const made = await readTraceFile(output('delay'));
    const isChunk = ({ name }: TraceRecord): boolean => name === 'io:bytes_received';
    expect(chunksOf(made)[0]).toBe(BYTES);
    expect(timeOf(made, isChunk) - timeOf(recording, isChunk)).toBeCloseTo(5_000, 6);
  });

  test('bytes: others come in its place, which are no multistream', async () => {
    const made = await readTraceFile(output('bytes'));
    expect(chunksOf(made)[0]).toBe('00ff');
    expect(codesOf(made).some((code) => code.startsWith('ERR_MULTISTREAM_'))).toBe(true);
  });

  test('duplicate: it comes twice', async () => {
    const made = await readTraceFile(output('duplicate'));
    expect(chunksOf(made).slice(0, 2)).toEqual([BYTES, BYTES]);
  });

  test('split: it comes in two pieces, and nothing else changes', async () => {
    const made = await readTraceFile(output('split'));
    const [first, ...rest] = chunksOf(recording);
    expect(first).toBe(BYTES);
    expect(chunksOf(made)).toEqual([BYTES.slice(0, 6), BYTES.slice(6), ...rest]);
    const compared = await swarmchart('trace', 'diff', fixture, output('split'));
    expect(compared).toMatchObject({ code: 0, stdout: 'the same, but perhaps for the times\n' });
  });

  test.each([
    [['--drop'], 'takes -o OUT'],
    [['-o', 'OUT'], '--fork takes one of --drop, --delay, --bytes, --duplicate, --split'],
    [['-o', 'OUT', '--drop', '--duplicate'], '--fork takes one of'],
    [['-o', 'OUT', '--drop', '--split', '3'], '--fork takes one of'],
    [['-o', 'OUT', '--split', '0'], '--split takes a whole number from 1'],
    [['-o', 'OUT', '--split', 'x'], '--split takes a whole number from 1'],
    [['-o', 'OUT', '--split', '28'], `record ${SEQ} has 28 bytes: it is cut at byte 1 to 27, not 28`],
    [['-o', 'OUT', '--delay', '-1'], '--delay'],
    [['-o', 'OUT', '--bytes', '0'], 'bytes are given in hex'],
    [['-o', 'OUT', '--bytes', 'xy'], 'bytes are given in hex'],
    [['-o', 'OUT', '--drop', '--fork', String(SEQ + 1)], 'is no input'],
    [['-o', 'OUT', '--drop', '--fork', '999999'], 'is no input'],
  ])('%j is refused in words', async (words, why) => {
    const args = words.map((word) => (word === 'OUT' ? output('refused') : word));
    const end = await swarmchart('replay', fixture, '--fork', String(SEQ), ...args);
    expect(end.stderr).toContain(why);
    expect(end.code).toBe(2);
  });
});

describe('trace diff', () => {
  test('of a trace and itself: the same, 0', async () => {
    expect(await swarmchart('trace', 'diff', fixture, fixture)).toMatchObject({
      code: 0,
      stdout: 'the same, but perhaps for the times\n',
    });
    const json = await swarmchart('trace', 'diff', fixture, fixture, '--json');
    const diff = JSON.parse(json.stdout) as TraceDiff;
    expect([json.code, diff.same, diff.first]).toEqual([0, true, undefined]);
    expect(new Set(diff.actors.map(({ verdict }) => verdict))).toEqual(new Set(['same']));
  });

  test('of a recording and a fork: where they part, 1', async () => {
    await fork('parted', '--bytes', '00ff');
    const lines = await swarmchart('trace', 'diff', fixture, output('parted'));
    expect(lines.code).toBe(1);
    expect(lines.stdout).toMatch(/^first divergence: /);
    expect(lines.stdout).toMatch(/\n\d+ actors differ, \d+ are the same\n$/);
    const json = await swarmchart('trace', 'diff', fixture, output('parted'), '--json');
    const diff = JSON.parse(json.stdout) as TraceDiff;
    expect([json.code, diff.same]).toEqual([1, false]);
    expect(diff.first).toMatchObject({ verdict: 'differs', firstDivergence: { seqLeft: expect.any(Number) } });
    expect(diff.actors[0]).toEqual(diff.first);
  });

  test('takes two', async () => {
    const end = await swarmchart('trace', 'diff', fixture);
    expect([end.code, end.stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('trace diff takes two files')]);
  });
});
