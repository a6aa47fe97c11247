/** One page at a source, over a channel that only writes down, in virtual time. */
import { describe, expect, test } from '@jest/globals';
import type { InspectAbility, InspectCommand } from '../../src/inspect/contract.js';
import { parseRequest } from '../../src/inspect/requests.js';
import { InspectSession } from '../../src/inspect/session.js';
import type { InspectSource, InspectWatcher } from '../../src/inspect/source.js';
import { EngineError } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { NotedChannel, someHeader, someRecord } from '../support/watching.js';

interface SessionOptions {
  readonly abilities?: readonly InspectAbility[];
  readonly order?: NonNullable<InspectSource['order']>;
  readonly allowControl?: boolean;
}

function sessionWith({ abilities = [], order, allowControl = false }: SessionOptions = {}) {
  const clock = new VirtualClock();
  const channel = new NotedChannel();
  const seen: { watcher?: InspectWatcher; credit: number[]; stopped: number } = { credit: [], stopped: 0 };
  const source: InspectSource = {
    kind: 'simulation',
    title: 'a source',
    header: someHeader(),
    abilities,
    watch: (watcher) => {
      seen.watcher = watcher;
      return { credit: (records) => seen.credit.push(records), stop: () => seen.stopped++ };
    },
    ...(order === undefined ? {} : { order }),
  };
  const session = new InspectSession({ source, channel, clock, limits: LIMITS, allowControl });
  session.start();
  const records = (count: number, of = 'main'): void =>
    session.records(
      of,
      Array.from({ length: count }, (_, seq) => someRecord(seq)),
    );
  return { clock, channel, seen, session, records };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

test('says hello first, with what the page may order', () => {
  const { channel } = sessionWith({ abilities: ['replay', 'control', 'export'] });
  expect(channel.sent).toEqual([
    {
      type: 'hello',
      contract: 1,
      kind: 'simulation',
      trace: { id: 'main', title: 'a source', header: someHeader() },
      abilities: ['replay', 'export'],
      recordsMax: LIMITS.inspectPageRecords,
    },
  ]);
  const allowed = sessionWith({ abilities: ['replay', 'control'], allowControl: true });
  expect(allowed.channel.all('hello')[0]?.abilities).toEqual(['replay', 'control']);
});

describe('batches', () => {
  test('leave after a frame of the screen, or when they are full', () => {
    const { clock, channel, records } = sessionWith();
    records(3);
    clock.advance(LIMITS.inspectBatchMs - 1);
    expect(channel.records).toHaveLength(0);
    clock.advance(1);
    expect(channel.all('records')).toHaveLength(1);
    records(LIMITS.inspectBatchRecords - 1);
    expect(channel.all('records')).toHaveLength(1);
    records(1);
    expect(channel.all('records').map((each) => each.records.length)).toEqual([3, LIMITS.inspectBatchRecords]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('are of one trace, and what is said between them stays between', () => {
    const { channel, session, records, clock } = sessionWith();
    records(1);
    records(1, 'fork:1');
    session.notice('whole', 'again', 5);
    records(1, 'fork:1');
    session.end('fork:1', true);
    session.gauges(7, []);
    session.trace('fork:2', 'another', someHeader());
    session.paused(1, 'a breakpoint');
    session.resumed();
    clock.advance(100);
    expect(channel.sent.slice(1).map((each) => ('of' in each ? [each.type, each.of] : each.type))).toEqual([
      ['records', 'main'],
      ['records', 'fork:1'],
      'notice',
      ['records', 'fork:1'],
      ['end', 'fork:1'],
      'gauges',
      'trace',
      'paused',
      'resumed',
    ]);
    expect(channel.all('notice')).toEqual([{ type: 'notice', code: 'whole', text: 'again', dropped: 5 }]);
  });
});

describe('credit', () => {
  test('is handed on in portions, the next one when records have come', () => {
    const { seen, session, records } = sessionWith();
    session.receive(JSON.stringify({ type: 'credit', records: LIMITS.inspectPortionRecords + 10 }));
    expect(seen.credit).toEqual([LIMITS.inspectPortionRecords]);
    records(3);
    expect(seen.credit).toEqual([LIMITS.inspectPortionRecords, 3]);
    records(100);
    expect(seen.credit).toEqual([LIMITS.inspectPortionRecords, 3, 7]);
  });

  test('is not handed on while the page reads too slowly, and numbers are not told', () => {
    const { channel, seen, session } = sessionWith();
    channel.queuedBytes = LIMITS.inspectQueueBytes;
    session.receive('{"type":"credit","records":5}');
    session.gauges(1, []);
    expect({ credit: seen.credit, gauges: channel.all('gauges') }).toEqual({ credit: [], gauges: [] });
    channel.queuedBytes--;
    session.drained();
    session.gauges(1, []);
    expect({ credit: seen.credit, gauges: channel.all('gauges').length }).toEqual({ credit: [5], gauges: 1 });
  });

  test('is no more than a page keeps, however much is asked for', () => {
    const { seen, session, records } = sessionWith();
    for (let count = 0; count < 3; count++) session.receive(`{"type":"credit","records":${Number.MAX_SAFE_INTEGER}}`);
    let granted = 0;
    while (granted < seen.credit.reduce((sum, each) => sum + each, 0)) {
      const more = seen.credit.reduce((sum, each) => sum + each, 0) - granted;
      granted += more;
      records(more);
    }
    expect(granted).toBeGreaterThanOrEqual(LIMITS.inspectPageRecords);
    expect(granted).toBeLessThanOrEqual(LIMITS.inspectPageRecords + 3 * LIMITS.inspectPortionRecords);
  });
});

describe('orders', () => {
  const command = (id: number, body: InspectCommand): string => JSON.stringify({ type: 'command', id, command: body });

  test('are answered one by one, a failed one by its code', async () => {
    const { channel, session } = sessionWith({
      abilities: ['replay', 'export'],
      order: (ordered) => {
        if (ordered.name === 'replay') return Promise.resolve({ same: true, text: 'equal' });
        if (ordered.name === 'export') return Promise.resolve(undefined);
        return Promise.reject(new EngineError('ERR_TRACE_INVALID', 'local', 'no such record'));
      },
    });
    session.receive(command(1, { name: 'replay' }));
    session.receive(command(2, { name: 'fork', atSeq: 9, change: { kind: 'bytes', hex: '00ff' } }));
    session.receive(command(3, { name: 'export', what: 'jest' }));
    await settle();
    expect(channel.all('answer')).toEqual([
      { type: 'answer', id: 1, value: { same: true, text: 'equal' } },
      { type: 'answer', id: 3, value: null },
    ]);
    expect(channel.all('refusal')).toMatchObject([{ id: 2, code: 'ERR_TRACE_INVALID' }]);
  });

  test.each([
    ['replay', [], false, 'ERR_INSPECT_UNSUPPORTED'],
    ['pause', ['replay'], true, 'ERR_INSPECT_UNSUPPORTED'],
    ['pause', ['control'], false, 'ERR_INSPECT_READ_ONLY'],
  ] as const)('%s of a source that can %j, control allowed: %s', (name, abilities, allowControl, code) => {
    const order = (): Promise<never> => Promise.reject(new Error('never asked'));
    const { channel, session } = sessionWith({ abilities, order, allowControl });
    session.receive(command(4, { name }));
    expect(channel.all('refusal')).toMatchObject([{ id: 4, code }]);
    expect(channel.isClosed).toBe(false);
  });

  test('no more than so many at once', async () => {
    const waiting: ((value: unknown) => void)[] = [];
    const order = (): Promise<unknown> => new Promise((resolve) => waiting.push(resolve));
    const { channel, session } = sessionWith({ abilities: ['replay'], order });
    for (let id = 0; id <= LIMITS.inspectCommandsAtOnce; id++) session.receive(command(id, { name: 'replay' }));
    expect(channel.all('refusal')).toMatchObject([{ id: LIMITS.inspectCommandsAtOnce, code: 'ERR_INSPECT_BUSY' }]);
    waiting[0]?.('done');
    await settle();
    session.receive(command(99, { name: 'replay' }));
    expect(channel.all('refusal')).toHaveLength(1);
    session.closed();
    for (const answer of waiting) answer('late');
    await settle();
    expect(channel.all('answer')).toHaveLength(1);
  });
});

describe('the end', () => {
  test('a channel that is gone ends the watch, the timers and all that would be said', () => {
    const { channel, clock, seen, session, records } = sessionWith();
    records(2);
    session.closed();
    const said = channel.sent.length;
    records(1_000);
    session.notice('whole', 'nobody hears', 0);
    session.receive('{"type":"credit","records":1}');
    session.hangUp();
    expect({ said: channel.sent.length, stopped: seen.stopped, timers: clock.pendingTimers }).toEqual({
      said,
      stopped: 1,
      timers: 0,
    });
  });

  test('hanging up sends what waits first', () => {
    const { channel, seen, session, records } = sessionWith();
    records(2);
    session.hangUp();
    expect({ records: channel.records.length, closed: channel.isClosed, stopped: seen.stopped }).toEqual({
      records: 2,
      closed: true,
      stopped: 1,
    });
  });
});

/** What is no request, and why. */
const MALFORMED: readonly (readonly [text: string, why: string])[] = [
  ['', 'not JSON'],
  ['{', 'not JSON'],
  ['[]', 'not an object'],
  ['null', 'not an object'],
  ['"credit"', 'not an object'],
  ['{}', 'neither credit nor command'],
  ['{"type":"hello"}', 'neither credit nor command'],
  ['{"type":"credit"}', 'a number of records'],
  ['{"type":"credit","records":-1}', 'a number of records'],
  ['{"type":"credit","records":1.5}', 'a number of records'],
  ['{"type":"credit","records":"9"}', 'a number of records'],
  ['{"type":"credit","records":1e300}', 'a number of records'],
  ['{"type":"command","command":{"name":"replay"}}', 'a number as its id'],
  ['{"type":"command","id":1}', 'no such command'],
  ['{"type":"command","id":1,"command":{"name":"constructor"}}', 'no such command'],
  ['{"type":"command","id":1,"command":{"name":"__proto__"}}', 'no such command'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":-1,"change":{"kind":"drop"}}}', 'fork is not given'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"toString"}}}', 'fork is not given'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"bytes","hex":"0"}}}', 'fork'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"delay","byMs":-1}}}', 'fork'],
  ...[-1, 0.5, '"1"', 'null', Number.MAX_SAFE_INTEGER + 1].map(
    (atSeq) =>
      [`{"type":"command","id":1,"command":{"name":"replay","atSeq":${atSeq}}}`, 'replay is not given'] as const,
  ),
  ...[0, 1.5, -1, '"1"', 'null', '[1]', Number.MAX_SAFE_INTEGER + 1].map(
    (atByte) =>
      [
        `{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"split","atByte":${atByte}}}}`,
        'fork is not given',
      ] as const,
  ),
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"split"}}}', 'fork is not given'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":{"kind":"Duplicate"}}}', 'fork is not given'],
  ['{"type":"command","id":1,"command":{"name":"fork","atSeq":1,"change":"duplicate"}}', 'fork is not given'],
  ...[-Number.MIN_VALUE, -1, '1e999', '"1"', 'null'].map(
    (speed) =>
      [`{"type":"command","id":1,"command":{"name":"resume","speed":${speed}}}`, 'resume is not given'] as const,
  ),
  ['{"type":"command","id":1,"command":{"name":"step","timeMs":"soon"}}', 'step is not given'],
  ['{"type":"command","id":1,"command":{"name":"breakpoints","breakpoints":{}}}', 'breakpoints is not given'],
  ['{"type":"command","id":1,"command":{"name":"breakpoints","breakpoints":[{"id":1,"state":2}]}}', 'breakpoints'],
  ['{"type":"command","id":1,"command":{"name":"inject","fault":{"kind":"cut","from":"a"}}}', 'inject is not given'],
  ['{"type":"command","id":1,"command":{"name":"export","what":"keys"}}', 'export is not given'],
];

test.each(MALFORMED)('%s is refused, and the page is hung up on', (text, why) => {
  const { channel, session } = sessionWith();
  session.receive(text);
  expect(channel.all('refusal')).toMatchObject([{ id: -1, code: 'ERR_INSPECT_BAD_REQUEST' }]);
  expect(channel.all('refusal')[0]?.text).toContain(why);
  expect(channel.isClosed).toBe(true);
});

test.each([
  { type: 'credit', records: 0 },
  { type: 'credit', records: 5, more: 'from a newer page' },
  { type: 'command', id: 0, command: { name: 'replay' } },
  { type: 'command', id: 0, command: { name: 'replay', atSeq: 0 } },
  { type: 'command', id: 0, command: { name: 'fork', atSeq: 0, change: { kind: 'drop' } } },
  { type: 'command', id: 0, command: { name: 'fork', atSeq: 0, change: { kind: 'delay', byMs: 0 } } },
  { type: 'command', id: 0, command: { name: 'fork', atSeq: 0, change: { kind: 'duplicate' } } },
  { type: 'command', id: 0, command: { name: 'fork', atSeq: 0, change: { kind: 'split', atByte: 1 } } },
  {
    type: 'command',
    id: 0,
    command: { name: 'fork', atSeq: 0, change: { kind: 'split', atByte: Number.MAX_SAFE_INTEGER } },
  },
  { type: 'command', id: 1, command: { name: 'step' } },
  { type: 'command', id: 1, command: { name: 'step', timeMs: 0.5 } },
  { type: 'command', id: 1, command: { name: 'pause' } },
  { type: 'command', id: 1, command: { name: 'resume' } },
  { type: 'command', id: 1, command: { name: 'resume', speed: 0 } },
  { type: 'command', id: 1, command: { name: 'resume', speed: 0.25 } },
  { type: 'command', id: 1, command: { name: 'resume', speed: Number.MAX_VALUE } },
  { type: 'command', id: 1, command: { name: 'inject', fault: { kind: 'heal' } } },
  { type: 'command', id: 1, command: { name: 'inject', fault: { kind: 'clog', from: 'a', to: 'b', forMs: 5 } } },
  { type: 'command', id: 1, command: { name: 'breakpoints', breakpoints: [{ id: 1, machine: 'm' }] } },
  { type: 'command', id: 1, command: { name: 'export', what: 'html' } },
])('%j is a request', (request) => {
  expect(parseRequest(JSON.stringify(request))).toEqual(request);
});

test.each([
  [LIMITS.inspectBreakpoints, true],
  [LIMITS.inspectBreakpoints + 1, false],
])('%i breakpoints: %s', (count, isTaken) => {
  const breakpoints = Array.from({ length: count }, (_, id) => ({ id }));
  const read = (): unknown =>
    parseRequest(JSON.stringify({ type: 'command', id: 1, command: { name: 'breakpoints', breakpoints } }));
  if (isTaken) expect(read()).toMatchObject({ id: 1 });
  else expect(read).toThrow('breakpoints is not given');
});
