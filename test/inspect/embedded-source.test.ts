/** Sources that an embedder hands over: a text, whole and damaged, and whatever else can be looked at. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { EngineError } from '../../src/errors.js';
import type { InspectMessage } from '../../src/inspect/contract.js';
import { sourceOf, sourceOfText, type EmbeddedSource } from '../../src/inspect/embedded-source.js';
import type { InspectSource, InspectWatcher } from '../../src/inspect/source.js';
import { LIMITS } from '../../src/limits.js';
import { parseTrace } from '../../src/trace/reader.js';

const TEXT = readFileSync('test/replay/fixtures/noise-timeout.trace.jsonl', 'utf8');
const TRACE = parseTrace(TEXT);

/** All that is told until `end`, or a notice where there is no trace. */
const told = (source: EmbeddedSource): Promise<readonly InspectMessage[]> =>
  new Promise((resolve) => {
    const messages: InspectMessage[] = [];
    source.connect((message) => {
      messages.push(message);
      if (message.type === 'end' || messages[0]?.type === 'notice') resolve(messages);
    });
  });
const recordsOf = (messages: readonly InspectMessage[]): readonly unknown[] =>
  messages.flatMap((message) => (message.type === 'records' ? message.records : []));
const noticesOf = (messages: readonly InspectMessage[]): readonly string[] =>
  messages.flatMap((message) => (message.type === 'notice' ? `${message.code}: ${message.text}` : []));

describe('a text', () => {
  test('is told from hello to end, as the reader reads it', async () => {
    const messages = await told(sourceOfText(TEXT));
    expect(messages[0]).toEqual({
      type: 'hello',
      contract: 1,
      kind: 'embedded',
      trace: { id: 'main', title: TRACE.header.title, header: TRACE.header },
      abilities: [],
      recordsMax: LIMITS.inspectPageRecords,
    });
    expect(recordsOf(messages)).toEqual(TRACE.records);
    expect(messages.at(-1)).toEqual({ type: 'end', of: 'main', truncated: false });
    expect(noticesOf(messages)).toEqual([]);
  });

  test('has the title that the embedder gives it', async () => {
    const [hello] = await told(sourceOfText(TEXT, { title: 'ours' }));
    expect(hello).toMatchObject({ trace: { title: 'ours' } });
  });

  test.each([TRACE.records.length, TRACE.records.length - 1])('of which %i records are kept', async (recordsMax) => {
    const messages = await told(sourceOfText(TEXT, { recordsMax }));
    expect(recordsOf(messages)).toHaveLength(recordsMax);
    expect(messages.at(-1)).toMatchObject({ truncated: recordsMax < TRACE.records.length });
    expect(noticesOf(messages).map((notice) => notice.split(':')[0])).toEqual(
      recordsMax < TRACE.records.length ? ['window'] : [],
    );
  });

  test('that breaks off is told up to there, with a notice', async () => {
    const messages = await told(sourceOfText(TEXT.slice(0, -10)));
    expect(recordsOf(messages)).toEqual(TRACE.records.slice(0, -1));
    expect(noticesOf(messages)).toEqual([
      `damaged: ${TRACE.header.title}: line ${TRACE.records.length + 1} breaks off. What comes before it is shown.`,
    ]);
    expect(messages.at(-1)).toMatchObject({ type: 'end', truncated: true });
  });

  test.each([
    ['', 'damaged: trace line 1: the file is empty, or its header is cut off'],
    ['{}\n', 'damaged: trace line 1: the first line is not the header of a swarmchart trace'],
    ['<html>\n', 'damaged: trace line 1: not JSON'],
  ])('%j is a notice alone', async (text, notice) => {
    expect(noticesOf(await told(sourceOfText(text)))).toEqual([notice]);
  });

  test('of a newer format is a notice alone', async () => {
    const [notice, ...more] = noticesOf(await told(sourceOfText(TEXT.replace('"format":1', '"format":2'))));
    expect(notice).toMatch(/^damaged: trace format 2 .*this one reads 1$/);
    expect(more).toEqual([]);
  });

  test('that is closed at once tells nothing', async () => {
    const messages: InspectMessage[] = [];
    sourceOfText(TEXT)
      .connect((message) => messages.push(message))
      .close();
    await told(sourceOfText(TEXT));
    expect(messages).toEqual([]);
  });
});

describe('anything that can be looked at', () => {
  const watched = (order?: NonNullable<InspectSource['order']>) => {
    const acts: string[] = [];
    const watchers: InspectWatcher[] = [];
    const source: InspectSource = {
      kind: 'live',
      title: 'a node',
      header: TRACE.header,
      abilities: ['replay'],
      recordsExpected: 5,
      watch: (watcher) => {
        watchers.push(watcher);
        return { credit: (records) => acts.push(`credit ${records}`), stop: () => acts.push('stop') };
      },
      ...(order === undefined ? {} : { order }),
    };
    return { acts, watchers, source };
  };

  test('is heard word for word, given credit for what was taken, and stopped', async () => {
    const { acts, watchers, source } = watched();
    const messages: InspectMessage[] = [];
    const hold = sourceOf(() => source, 7).connect((message) => messages.push(message));
    await Promise.resolve();
    const [watcher] = watchers;
    watcher!.trace('fork:1', 'a fork', TRACE.header);
    watcher!.gauges(3, [{ name: 'streams', value: 2, unit: 'count' }]);
    watcher!.notice('summary', 'steps alone', 9);
    watcher!.paused(4, 'a breakpoint');
    watcher!.resumed();
    hold.taken?.(3);
    hold.close();
    watcher!.notice('whole', 'too late');
    expect(messages).toEqual([
      {
        type: 'hello',
        contract: 1,
        kind: 'live',
        trace: { id: 'main', title: 'a node', header: TRACE.header },
        abilities: ['replay'],
        recordsMax: 7,
        recordsExpected: 5,
      },
      { type: 'trace', trace: { id: 'fork:1', title: 'a fork', header: TRACE.header } },
      { type: 'gauges', timeMs: 3, gauges: [{ name: 'streams', value: 2, unit: 'count' }] },
      { type: 'notice', code: 'summary', text: 'steps alone', dropped: 9 },
      { type: 'paused', timeMs: 4, why: 'a breakpoint' },
      { type: 'resumed' },
    ]);
    expect(acts).toEqual(['credit 7', 'credit 3', 'stop']);
  });

  test('is ordered, where it can be', async () => {
    const able = sourceOf(() => watched(async ({ name }) => `${name} done`).source).connect(() => {});
    const unable = sourceOf(() => watched().source).connect(() => {});
    await Promise.resolve();
    await expect(able.order?.({ name: 'replay' })).resolves.toBe('replay done');
    await expect(unable.order?.({ name: 'replay' })).rejects.toThrow('this trace stands alone: nobody can run it');
  });

  test.each([
    ['an error of ours', new EngineError('ERR_TRACE_INVALID', 'local', 'no trace'), 'damaged: no trace'],
    ["somebody else's", new Error('no way'), 'damaged: it cannot be read: Error: no way'],
  ])('that fails to open with %s is a notice', async (_, error, notice) => {
    expect(noticesOf(await told(sourceOf(() => Promise.reject(error))))).toEqual([notice]);
  });
});
