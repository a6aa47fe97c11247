/** Traces read line by line for one page: credit, choice, window, and what is done about damage. */
import { describe, expect, test } from '@jest/globals';
import { openFileSource, type FileSourceOptions } from '../../src/inspect/file-source.js';
import type { TraceHeader } from '../../src/trace/format.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { NotedWatcher, someHeader, someRecord } from '../support/watching.js';

const linesOf = (count: number, header: TraceHeader = someHeader()): string[] => [
  headerLine(header),
  ...Array.from({ length: count }, (_, seq) => recordLine(someRecord(seq, { time: 1000 + seq, actor: actorOf(seq) }))),
];
const actorOf = (seq: number): string => `/node/swarm/conn:${seq % 2}/yamux`;

/** The text, cut into pieces of so many characters. */
function opening(text: string, pieceCharacters = Infinity) {
  const state = { opened: 0, read: 0, closed: 0 };
  const open = async function* (): AsyncGenerator<string> {
    state.opened++;
    try {
      for (let at = 0; at < text.length; at += pieceCharacters) {
        state.read++;
        yield text.slice(at, at + pieceCharacters);
      }
    } finally {
      state.closed++;
    }
  };
  return { open, state };
}

async function watched(text: string, options: FileSourceOptions & { credit?: number; piece?: number } = {}) {
  const { open, state } = opening(text, options.piece);
  const source = await openFileSource([{ id: 'main', open }], options);
  const watcher = new NotedWatcher();
  const feed = source.watch(watcher);
  feed.credit(options.credit ?? 1_000_000);
  return { source, watcher, feed, state };
}

const ended = (watcher: NotedWatcher) => watcher.until(() => watcher.all('end').length > 0);

test.each([1, 2, 3, 7, 64, Infinity])('pieces of %i characters give the same records', async (piece) => {
  const { watcher, source, state } = await watched(linesOf(5).join(''), { piece });
  await ended(watcher);
  expect(source).toMatchObject({ kind: 'file', title: 'made for a test', abilities: [] });
  expect(watcher.taken).toEqual(
    Array.from({ length: 5 }, (_, seq) => someRecord(seq, { time: 1000 + seq, actor: actorOf(seq) })),
  );
  expect(watcher.heard.at(-1)).toEqual(['end', 'main', false]);
  // Once for the header, once for the page; each is closed.
  expect(state).toMatchObject({ opened: 2, closed: 2 });
});

describe('credit', () => {
  test('no further than it goes; each page reads for itself', async () => {
    const { watcher, feed, source } = await watched(linesOf(10).join(''), { credit: 3, piece: 50 });
    await watcher.until(() => watcher.taken.length === 3);
    feed.credit(2);
    await watcher.until(() => watcher.taken.length === 5);
    const other = new NotedWatcher();
    source.watch(other).credit(100);
    await ended(other);
    expect(other.taken).toHaveLength(10);
    expect(watcher.taken).toHaveLength(5);
  });

  test('the file is read no further than the page takes', async () => {
    const { watcher, state, feed } = await watched(linesOf(1000).join(''), { credit: 10, piece: 100 });
    await watcher.until(() => watcher.taken.length === 10);
    expect(state.read).toBeLessThan(40);
    feed.stop();
    while (state.closed < 2) await Promise.resolve();
    expect(watcher.all('end')).toEqual([]);
  });
});

describe('choice', () => {
  test.each([
    [{ actor: 'conn:1*' }, [1, 3, 5, 7, 9]],
    [{ actor: '/node/swarm/conn:0/yamux' }, [0, 2, 4, 6, 8]],
    [{ fromMs: 7 }, [7, 8, 9]],
    [{ toMs: 2 }, [0, 1, 2]],
    [{ fromMs: 2, toMs: 4, actor: 'conn:1*' }, [3]],
    [{ actor: 'nobody' }, []],
  ])('%j', async (choice, seqs) => {
    const { watcher } = await watched(linesOf(10).join(''), { choice });
    await ended(watcher);
    expect(watcher.taken.map(({ seq }) => seq)).toEqual(seqs);
    expect(watcher.heard[0]).toEqual(['notice', 'window', expect.stringContaining('Not the whole trace'), undefined]);
    expect(watcher.heard.at(-1)).toEqual(['end', 'main', false]);
  });
});

describe('window', () => {
  test.each([
    [10, false, 0],
    [11, true, 1],
  ])('%i records where a page keeps 10', async (count, truncated, notices) => {
    const { watcher } = await watched(linesOf(count).join(''), { limits: { inspectPageRecords: 10 } });
    await ended(watcher);
    expect(watcher.taken).toHaveLength(10);
    expect(watcher.all('notice')).toHaveLength(notices);
    if (truncated)
      expect(watcher.all('notice')).toMatchObject([['notice', 'window', expect.stringContaining('--actor')]]);
    expect(watcher.heard.at(-1)).toEqual(['end', 'main', truncated]);
  });
});

describe('damage', () => {
  const lines = linesOf(6);
  test.each([
    ['a line that is no JSON', [...lines.slice(0, 4), 'nonsense\n', ...lines.slice(4)], 'line 5: not JSON', 3],
    ['a line that is missing', [...lines.slice(0, 4), ...lines.slice(5)], 'line 5: record 4 where 3 has to follow', 3],
    ['a last line that breaks off', [...lines.slice(0, 4), '{"seq":3,"ti'], 'line 5 breaks off', 3],
    ['a line without end', [...lines.slice(0, 4), 'x'.repeat(2000)], 'line 5: more than 1000 characters', 3],
    ['a line in which a prototype is named', [...lines.slice(0, 4), '{"__proto__":1}\n'], 'line 5', 3],
  ])('%s: what comes before it is shown', async (_, damaged, why, kept) => {
    const { watcher } = await watched(damaged.join(''), { piece: 64, limits: { inspectLineBytes: 1000 } });
    await ended(watcher);
    expect(watcher.taken).toHaveLength(kept);
    expect(watcher.all('notice')).toMatchObject([['notice', 'damaged', expect.stringContaining(why)]]);
    expect(watcher.heard.at(-1)).toEqual(['end', 'main', true]);
  });

  test('a file system that fails in the middle', async () => {
    const failing = async function* (): AsyncGenerator<string> {
      yield lines.slice(0, 3).join('');
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    };
    const source = await openFileSource([{ id: 'main', open: failing }]);
    const watcher = new NotedWatcher();
    source.watch(watcher).credit(10);
    await ended(watcher);
    expect(watcher.taken).toHaveLength(2);
    expect(watcher.all('notice')).toMatchObject([['notice', 'damaged', expect.stringContaining('EIO')]]);
  });

  test.each([
    ['nothing', '', 'ERR_TRACE_INVALID', 'line 1: the file is empty'],
    ['a header that breaks off', '{"title":', 'ERR_TRACE_INVALID', 'line 1'],
    ['another kind of file', 'PK\u0003\u0004...\n', 'ERR_TRACE_INVALID', 'line 1: not JSON'],
    ['another qlog', '{"qlog_version":"0.3"}\n', 'ERR_TRACE_INVALID', 'not the header of a swarmchart trace'],
    ['a newer format', headerLine(someHeader({ format: 2 })), 'ERR_TRACE_VERSION', 'trace format 2'],
  ])('%s is no source', async (_, text, code, why) => {
    const { open } = opening(text);
    await expect(openFileSource([{ id: 'main', open }])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(why),
    });
  });
});

test('two files: the other one follows as a further trace', async () => {
  const first = opening(linesOf(2).join(''));
  const second = opening(linesOf(3, { ...someHeader(), title: 'the other' }).join(''));
  const source = await openFileSource([
    { id: 'main', open: first.open },
    { id: 'other', open: second.open },
  ]);
  const watcher = new NotedWatcher();
  source.watch(watcher).credit(100);
  await watcher.until(() => watcher.all('end').length === 2);
  expect(watcher.heard).toEqual([
    ['records', 'main', 2],
    ['end', 'main', false],
    ['trace', 'other', 'the other'],
    ['records', 'other', 3],
    ['end', 'other', false],
  ]);
});

test('of class full neither keys nor what they follow from are shown', async () => {
  const header = someHeader({ class: 'full', seed: 'everything', draws: { noise: '00' }, redaction: ['before'] });
  const text = [
    headerLine(header),
    recordLine(someRecord(0, { name: 'random:drawn', data: { label: 'noise', length: 1, data: '5e' } })),
    recordLine(someRecord(1, { name: 'async:settled', data: { operation: 1, value: { $bytes: '5e' } } })),
    recordLine(someRecord(2, { name: 'io:bytes_received', data: { raw: { length: 1, data: '5e' } } })),
  ].join('');
  const { source, watcher } = await watched(text);
  await ended(watcher);
  expect(source.header.engine).toMatchObject({ class: 'full', seed: undefined });
  expect(source.header.engine.draws).toBeUndefined();
  expect(source.header.engine.redaction).toEqual([
    'before',
    'random:drawn data',
    'async:called arguments',
    'async:settled value',
  ]);
  expect(watcher.taken.map(({ data }) => data)).toEqual([
    { label: 'noise', length: 1 },
    { operation: 1 },
    { raw: { length: 1, data: '5e' } },
  ]);
});
