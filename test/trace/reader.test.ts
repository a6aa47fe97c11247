/** Traces that are not whole: each is refused with the line and the reason, and a broken-off end is told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { createTraceFile, readTraceFile, readTraceText } from '../../src/platform/trace-file.js';
import { TRACE_FORMAT } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { draft, headerOf, textOf } from './support/traces.js';

const drafts = [
  draft('transport:dial', 'transport', { dial: 1, address: '/ip4/127.0.0.1/tcp/4001' }, undefined, 1.5),
  draft('io:opened', 'conn:1', { socket: 1, role: 'dialer' }, 0, 2),
  draft('actor:transition', 'conn:1', { machine: 'connection', from: '', to: 'connecting', event: 'start' }, 1, 2),
  draft('timer:set', 'clock', { timer: 1, delay_ms: 10_000 }, undefined, 2),
];
const text = textOf(drafts);
const lines = text.split('\n').slice(0, -1);
const [headerLine = '', ...recordLines] = lines;

const parsed = (line: string): object => JSON.parse(line) as object;
const refusal = (given: string): string => {
  try {
    parseTrace(given);
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    return `${code} ${message}`;
  }
  return 'taken';
};
const edited = (index: number, change: Readonly<Record<string, unknown>>): string =>
  lines.map((line, at) => (at === index ? JSON.stringify({ ...parsed(line), ...change }) : line)).join('\n') + '\n';
const withEngine = (change: Readonly<Record<string, unknown>>): string =>
  edited(0, { engine: { ...headerOf().engine, ...change } });

describe('a whole trace', () => {
  test('is read as it was written', () => {
    const trace = parseTrace(text);
    expect(trace.truncated).toBe(false);
    expect(trace.header).toEqual({ ...headerOf(), engine: parsed(JSON.stringify(headerOf().engine)) });
    expect(trace.records).toEqual([
      {
        seq: 0,
        time: 1.5,
        name: 'transport:dial',
        actor: '/node/transport',
        cause: undefined,
        data: { dial: 1, address: '/ip4/127.0.0.1/tcp/4001' },
      },
      {
        seq: 1,
        time: 2,
        name: 'io:opened',
        actor: '/node/swarm/conn:1',
        cause: 0,
        data: { socket: 1, role: 'dialer' },
      },
      {
        seq: 2,
        time: 2,
        name: 'actor:transition',
        actor: '/node/swarm/conn:1',
        cause: 1,
        data: { machine: 'connection', from: '', to: 'connecting', event: 'start' },
      },
      {
        seq: 3,
        time: 2,
        name: 'timer:set',
        actor: '/node/clock',
        cause: undefined,
        data: { timer: 1, delay_ms: 10_000 },
      },
    ]);
  });

  test('names and fields that nobody knows are kept and do no harm', () => {
    const trace = parseTrace(edited(1, { name: 'later:invented', colour: 'blue', data: { more: [1] } }));
    expect(trace.records[0]).toMatchObject({ name: 'later:invented', data: { more: [1] } });
  });

  test('a header alone is a trace without records', () => {
    expect(parseTrace(`${headerLine}\n`).records).toEqual([]);
  });
});

describe('a trace that breaks off', () => {
  test('at any byte: the whole lines are read, the rest is told', () => {
    for (let end = 1; end < text.length; end++) {
      const part = text.slice(0, end);
      const whole = part.split('\n').length - 1;
      if (whole === 0) {
        expect(refusal(part)).toBe('ERR_TRACE_INVALID trace line 1: the header is cut off');
        continue;
      }
      const trace = parseTrace(part);
      expect(trace.records).toHaveLength(whole - 1);
      expect(trace.truncated).toBe(!part.endsWith('\n'));
    }
  });

  test('with nothing in it', () => {
    expect(refusal('')).toBe('ERR_TRACE_INVALID trace line 1: the file is empty');
  });
});

describe('a damaged trace', () => {
  const swapped = [headerLine, recordLines[1], recordLines[0], ...recordLines.slice(2), ''].join('\n');
  const missing = [headerLine, recordLines[0], ...recordLines.slice(2), ''].join('\n');
  const twice = [headerLine, recordLines[0], recordLines[0], ''].join('\n');
  test.each([
    ['lines that changed places', swapped, 'line 2: record 1 where 0 has to follow: lines are missing or moved'],
    ['a line that is missing', missing, 'line 3: record 2 where 1 has to follow: lines are missing or moved'],
    ['a line that is there twice', twice, 'line 3: record 0 where 1 has to follow: lines are missing or moved'],
    ['a line that is broken in the middle', text.replace('"transport:dial"', '"transport:di\n'), 'line 2: not JSON'],
    ['an empty line', text.replace('\n', '\n\n'), 'line 2: not JSON'],
    ['a line that is no object', text.replace(recordLines[0] ?? '', '[1]'), 'line 2: not an object'],
    ['a seq that is text', edited(1, { seq: '0' }), 'line 2: record 0 where 0 has to follow'],
    ['a cause that comes later', edited(2, { cause: 1 }), 'line 3: cause 1 is no earlier record'],
    ['a cause below zero', edited(2, { cause: -1 }), 'line 3: cause -1 is no earlier record'],
    ['a cause between two records', edited(2, { cause: 0.5 }), 'line 3: cause 0.5 is no earlier record'],
    ['no time', edited(2, { time: undefined }), 'line 3: a record needs time, name, group_id and data'],
    ['no name', edited(2, { name: 7 }), 'line 3: a record needs time, name, group_id and data'],
    ['no address', edited(2, { group_id: undefined }), 'line 3: a record needs time, name, group_id and data'],
    ['data that is a list', edited(2, { data: [] }), 'line 3: a record needs time, name, group_id and data'],
  ])('%s', (_, given, why) => {
    expect(refusal(given)).toContain(`ERR_TRACE_INVALID trace ${why}`);
  });
});

describe('a foreign file', () => {
  const qlog = '{"qlog_version":"0.3","qlog_format":"JSON-SEQ","trace":{}}\n';
  test.each([
    ["another program's qlog", qlog, 'the first line is not the header of a swarmchart trace'],
    ['JSON', '{"name":"a package"}\n', 'the first line is not the header of a swarmchart trace'],
    ['a list', '[]\n', 'not an object'],
    ['text', 'Dear diary,\n', 'not JSON'],
    ['bytes', '\u0013/multistream/1.0.0\n', 'not JSON'],
    ['a format that is text', withEngine({ format: '1' }), 'the first line is not the header of a swarmchart trace'],
    ['a class nobody knows', withEngine({ class: 'public' }), 'the class is missing'],
    ['a detail nobody knows', withEngine({ detail: 'bytes' }), 'the detail is missing'],
    ['no machines', withEngine({ machines: undefined }), 'machines, config or versions'],
    ['no config', withEngine({ config: 'noise' }), 'machines, config or versions'],
    ['no versions', withEngine({ versions: null }), 'machines, config or versions'],
  ])('%s', (_, given, why) => {
    expect(refusal(given)).toBe(`ERR_TRACE_INVALID trace line 1: ${why}`);
  });
});

describe('the format', () => {
  test('this one is read, the next one is not, and who wrote it is told', () => {
    expect(refusal(withEngine({ format: TRACE_FORMAT }))).toBe('taken');
    const versions = { swarmchart: '9.1.0' };
    expect(refusal(withEngine({ format: TRACE_FORMAT + 1, versions, class: 'unheard of' }))).toBe(
      `ERR_TRACE_VERSION trace format ${TRACE_FORMAT + 1} (swarmchart 9.1.0); this one reads ${TRACE_FORMAT}`,
    );
    expect(refusal(withEngine({ format: TRACE_FORMAT + 0.5 }))).toContain('ERR_TRACE_INVALID');
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-trace-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = async (name: string): Promise<string> => {
    const file = createTraceFile(join(folder, name));
    for (const line of lines) file.write(`${line}\n`);
    await file.close();
    return file.path;
  };

  test('plain and packed by their name hold the same', async () => {
    const plain = await write('a.trace.jsonl');
    const packed = await write('a.trace.jsonl.gz');
    expect(readFileSync(plain, 'utf8')).toBe(text);
    expect(gunzipSync(readFileSync(packed)).toString()).toBe(text);
    expect(await readTraceFile(packed)).toEqual(await readTraceFile(plain));
  });

  test('a packed one that lost its name is read', async () => {
    const path = join(folder, 'renamed.trace.jsonl');
    writeFileSync(path, gzipSync(text));
    expect((await readTraceFile(path)).records).toHaveLength(drafts.length);
  });

  test('a packed one that is cut or changed is refused', async () => {
    const whole = gzipSync(text);
    const path = join(folder, 'cut.trace.jsonl.gz');
    writeFileSync(path, whole.subarray(0, -9));
    await expect(readTraceFile(path)).rejects.toMatchObject({
      code: 'ERR_TRACE_INVALID',
      message: expect.stringContaining('cannot be unpacked'),
    });
    const changed = Uint8Array.from(whole);
    changed[changed.length - 6] = (changed[changed.length - 6] ?? 0) ^ 1;
    writeFileSync(path, changed);
    await expect(readTraceFile(path)).rejects.toMatchObject({
      code: 'ERR_TRACE_INVALID',
      message: expect.stringContaining('cannot be unpacked'),
    });
  });

  test('the bound holds for what is read and for what is unpacked, and not one byte before', async () => {
    const plain = await write('bound.trace.jsonl');
    const packed = await write('bound.trace.jsonl.gz');
    for (const path of [plain, packed]) {
      expect(await readTraceText(path, text.length)).toBe(text);
      await expect(readTraceText(path, text.length - 1)).rejects.toMatchObject({ code: 'ERR_TRACE_INVALID' });
    }
    expect(LIMITS.traceFileBytes).toBe(512 * 1024 * 1024);
  });

  test.each([
    ['nothing', 'there is no such file or folder (ENOENT)', 'ENOENT'],
    ['.', 'it is a folder, and a file is wanted (EISDIR)', 'EISDIR'],
  ])('%s is no file to read, which is told with its path', async (name, why, code) => {
    const path = join(folder, name);
    await expect(readTraceFile(path)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      blame: 'local',
      message: `${path}: ${why}`,
      cause: expect.objectContaining({ code }),
    });
  });
});
