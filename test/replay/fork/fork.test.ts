/** Forks of recordings with live peers: what is shared, what changes, and that the same fork is the same bytes. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { diffTraces } from '../../../src/inspect/diff.js';
import { LIMITS } from '../../../src/limits.js';
import { readTraceFile } from '../../../src/platform/trace-file.js';
import { forkTrace, type ForkChange } from '../../../src/replay/fork/index.js';
import { replayTo, replayTrace } from '../../../src/replay/replayer.js';
import { INPUT_NAMES, type Trace, type TraceRecord } from '../../../src/trace/format.js';
import { traceText, recordLine } from '../../../src/trace/writer.js';

const load = (name: string): Promise<Trace> =>
  readTraceFile(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));
const FILES = [
  'noise-dialed-kubo.trace.jsonl',
  'noise-timeout.trace.jsonl',
  'secio-accepted-js-secio-mplex.trace.jsonl',
  'tls-dialed-kubo.trace.jsonl',
  'bitswap-fetched-from-kubo.trace.jsonl',
  'mplex-too-many-streams.trace.jsonl',
  'yamux-keep-alive.trace.jsonl',
  'dial-aborted.trace.jsonl',
  'swarm-join-2018.trace.jsonl.gz',
  'two-connections-and-a-store.trace.jsonl.gz',
];
const linesOf = ({ records }: Trace): string[] => records.map(recordLine);
const inputsOf = ({ records }: Trace): TraceRecord[] => records.filter(({ name }) => INPUT_NAMES.has(name));
const isInCallback = ({ records }: Trace, seq: number): boolean => {
  const open = new Set<unknown>();
  for (const { name, data } of records.slice(0, seq)) {
    if (name === 'api:invoked') open.add(data['id']);
    if (name === 'api:left' || name === 'api:threw') open.delete(data['from']);
  }
  return open.size > 0;
};
const bytesOf = (trace: Trace, index: number): TraceRecord => {
  const record = trace.records.filter(({ name }) => name === 'io:bytes_received')[index];
  if (record === undefined) throw new Error(`there is no chunk ${index}`);
  return record;
};
const errorsOf = ({ records }: Trace): string[] => [
  ...new Set([...JSON.stringify(records).matchAll(/"code":"(ERR_\w+)"/g)].map(([, code]) => code ?? '')),
];

describe.each(FILES)('%s', (file) => {
  test('a fork that changes nothing is the recording, wherever it begins', async () => {
    const trace = await load(file);
    const inputs = inputsOf(trace);
    const every = Math.max(1, Math.floor(inputs.length / 8));
    for (const { seq } of inputs.filter((_, index) => index % every === 0)) {
      const fork = await forkTrace(trace, seq, { kind: 'delay', byMs: 0 });
      // Inside a callback of the embedder's, what it did there comes once the callback is left.
      if (isInCallback(trace, seq)) expect(diffTraces(trace, fork.trace).first).toBeUndefined();
      else {
        expect(linesOf(fork.trace)).toEqual(linesOf(trace));
        expect(fork.sharedRecords).toBe(seq);
      }
      expect([fork.leftOut, fork.ended]).toEqual([[], 'quiet']);
    }
  });

  test('whatever is dropped: the same beginning, the same bytes twice, and a trace that replays', async () => {
    const trace = await load(file);
    const inputs = inputsOf(trace);
    const every = Math.max(1, Math.floor(inputs.length / 5));
    for (const { seq } of inputs.filter((_, index) => index % every === 0)) {
      const [one, other] = [
        await forkTrace(trace, seq, { kind: 'drop' }),
        await forkTrace(trace, seq, { kind: 'drop' }),
      ];
      expect(traceText(other.trace)).toBe(traceText(one.trace));
      expect(other.leftOut).toEqual(one.leftOut);
      expect(linesOf(one.trace).slice(0, seq)).toEqual(linesOf(trace).slice(0, seq));
      expect((await replayTrace(one.trace)).difference?.report).toBeUndefined();
    }
  });
});

describe('what becomes of a handshake', () => {
  const FILE = 'noise-dialed-kubo.trace.jsonl';

  test('its answer never comes: the time-out of the handshake fires by itself', async () => {
    const trace = await load(FILE);
    // multistream's header, its answer, then noise message 2.
    const second = trace.records.find(
      ({ name, data }) => name === 'actor:transition' && data['to'] === 'dialing.openingMessage2',
    );
    const chunk = trace.records.findLast(({ seq, name }) => name === 'io:bytes_received' && seq < (second?.seq ?? 0));
    const fork = await forkTrace(trace, chunk?.seq ?? -1, { kind: 'drop' });
    expect(errorsOf(fork.trace)).not.toEqual(errorsOf(trace));
    expect(fork.trace.records.some(({ data }) => data['to'] === 'secured')).toBe(false);
    expect(fork.leftOut.map(({ name }) => name)).toContain('io:bytes_received');
    expect(fork.ended).toBe('quiet');
  });

  test('its answer comes later: time moves on, and all that followed comes after it', async () => {
    const trace = await load(FILE);
    const chunk = bytesOf(trace, 2);
    const fork = await forkTrace(trace, chunk.seq, { kind: 'delay', byMs: 700 });
    const again = fork.trace.records.find(({ seq, name }) => name === 'io:bytes_received' && seq >= fork.sharedRecords);
    expect(again?.time).toBe(chunk.time + 700);
    expect(again?.data['raw']).toEqual(chunk.data['raw']);
    expect(fork.trace.records.some(({ data }) => data['to'] === 'secured')).toBe(true);
    const times = fork.trace.records.map(({ time }) => time);
    expect(times).toEqual([...times].sort((left, right) => left - right));
  });

  test('other bytes, twice, in two pieces', async () => {
    const trace = await load(FILE);
    const chunk = bytesOf(trace, 2);
    const { length, data: hex = '' } = chunk.data['raw'] as { readonly length: number; readonly data?: string };
    const changes: [ForkChange, string[]][] = [
      [{ kind: 'bytes', hex: `${hex.slice(0, -2)}${hex.endsWith('00') ? '01' : '00'}` }, ['other']],
      [{ kind: 'duplicate' }, [hex, hex]],
      [{ kind: 'split', atByte: 5 }, [hex.slice(0, 10), hex.slice(10)]],
    ];
    for (const [change, expected] of changes) {
      const { trace: forked, sharedRecords } = await forkTrace(trace, chunk.seq, change);
      const came = forked.records
        .filter(({ seq, name }) => seq >= sharedRecords && name === 'io:bytes_received')
        .map(({ data }) => (data['raw'] as { readonly data: string }).data);
      if (expected[0] === 'other') expect(errorsOf(forked)).not.toEqual(errorsOf(trace));
      else expect(came.slice(0, 2)).toEqual(expected);
    }
    // Cut in two, a handshake is the same handshake.
    const cut = await forkTrace(trace, chunk.seq, { kind: 'split', atByte: Math.floor(length / 2) });
    expect(cut.leftOut).toEqual([]);
    expect(cut.trace.records.some(({ data }) => data['to'] === 'secured')).toBe(true);
  });

  test('what a fork does not take', async () => {
    const trace = await load(FILE);
    const chunk = bytesOf(trace, 0).seq;
    const call = inputsOf(trace)[0]?.seq ?? 0;
    const refused = (atSeq: number, change: ForkChange) => expect(forkTrace(trace, atSeq, change)).rejects;
    await refused(0, { kind: 'drop' }).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('record 0 is no input') as unknown,
    });
    await refused(1e9, { kind: 'drop' }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await refused(call, { kind: 'bytes', hex: '00' }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await refused(chunk, { kind: 'bytes', hex: '0' }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await refused(chunk, { kind: 'split', atByte: 0 }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    for (const byMs of [-1, NaN, LIMITS.forkDelayMs + 1]) {
      await refused(chunk, { kind: 'delay', byMs }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
    const hex = '00'.repeat(LIMITS.forkBytes);
    await refused(chunk, { kind: 'bytes', hex: `${hex}00` }).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect((await forkTrace(trace, chunk, { kind: 'bytes', hex })).sharedRecords).toBe(chunk);
    expect((await forkTrace(trace, chunk, { kind: 'delay', byMs: LIMITS.forkDelayMs })).sharedRecords).toBe(chunk);
  });

  test('traces that cannot be run again say what to do', async () => {
    const { header, records } = await load(FILE);
    const of = (engine: object, list = records): Trace => ({
      header: { ...header, engine: { ...header.engine, ...engine } },
      records: list,
    });
    const world = records.map((record, index) => (index === 5 ? { ...record, actor: '/n2/swarm' } : record));
    const cases: [Trace, RegExp][] = [
      [of({ class: 'redacted' }), /record it with class replayable/],
      [of({ partial: true }), /record it from the start/],
      [of({}, world), /run the simulation again, from its seed/],
    ];
    for (const [trace, why] of cases) {
      for (const run of [forkTrace(trace, 1, { kind: 'drop' }), replayTrace(trace), replayTo(trace, 1)]) {
        const error = await run.then(
          () => undefined,
          (thrown: unknown) => thrown as Error & { code: string },
        );
        expect(error?.code).toBe('ERR_TRACE_NOT_REPLAYABLE');
        expect(error?.message).toMatch(why);
      }
    }
  });

  test('a trace that the engine does not follow has no fork behind the difference', async () => {
    const trace = await load(FILE);
    const sent = trace.records.find(({ name }) => name === 'io:bytes_sent');
    const records = trace.records.map((record) =>
      record === sent ? { ...record, data: { ...record.data, raw: { length: 1, data: 'ff' } } } : record,
    );
    const last = inputsOf(trace).at(-1)?.seq ?? 0;
    await expect(forkTrace({ ...trace, records }, last, { kind: 'drop' })).rejects.toMatchObject({
      code: 'ERR_REPLAY_DIVERGED',
    });
  });
});

describe('a replay up to a record', () => {
  test('every machine stands where it stood', async () => {
    const trace = await load('noise-dialed-kubo.trace.jsonl');
    for (const seq of [0, 40, 90, trace.records.length - 1]) {
      const { ok, states } = await replayTo(trace, seq);
      const last = new Map<string, unknown>();
      for (const { name, actor, data } of trace.records.slice(0, seq + 1)) {
        if (name === 'actor:transition') last.set(actor, data['to']);
      }
      expect(ok).toBe(true);
      expect(new Map(states.map(({ actor, replayed }) => [actor, replayed]))).toEqual(last);
      expect(states.every(({ recorded, replayed }) => recorded === replayed)).toBe(true);
    }
    await expect(replayTo(trace, trace.records.length)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
