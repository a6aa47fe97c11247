/** Observations in a recording: a replay makes them anew, and is the same whether they are there, others, or not. */
import { describe, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { replayTrace, type ReplayLevel } from '../../src/replay/index.js';
import { isObservation } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { TraceView } from '../../src/testing/trace-view.js';
import { difference } from '../../src/testing/trace-difference.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { cutConnection } from '../../src/trace/tools/cut/index.js';
import { describeRecord } from '../../src/trace/tools/describe.js';
import { traceText } from '../../src/trace/writer.js';
import { qlogTextOf, traceTextOf } from '../../src/trace/export/qlog.js';
import { liveNode } from '../support/live-node.js';
import { addressOf, bytesOf, fetched, once, recordedTrace } from '../trace/support/recorded.js';

const dht = { mode: 'server', peers: 'any' } as const;

/** A node that joins a DHT by one peer, and fetches a file that another one provides. */
async function recorded(observations?: boolean): Promise<Trace> {
  const first = await liveNode({ routing: { dht } });
  const second = await liveNode({ routing: { dht }, bootstrap: [addressOf(first)] });
  const { cid } = await second.add(once(bytesOf(300_000)));
  await second.identify(first.peerId);
  await lastValueFrom(second.routing.provide(cid).pipe(toArray()));
  const routing = { dht: { mode: 'client', peers: 'any' }, bootstrapAt: 'need' } as const;
  const isTold = observations === undefined ? {} : { observations };
  return recordedTrace({ ...isTold, routing, bootstrap: [addressOf(first)] }, async (node) => {
    expect(await fetched(node, cid.toString())).toBe(300_000);
  });
}

const isSeen = ({ name }: TraceRecord): boolean => isObservation(name);
const seenIn = ({ records }: Trace) =>
  records.filter(isSeen).map(({ name, actor, time, data }) => ({ name, actor, time, data }));

/** Without observations, numbered again. */
function without({ header, records }: Trace): Trace {
  const numbers = new Map(records.filter((record) => !isSeen(record)).map(({ seq }, index) => [seq, index]));
  const engine = { ...header.engine, observations: false };
  return {
    header: { ...header, engine },
    records: records.flatMap((record) => {
      const seq = numbers.get(record.seq);
      const { cause } = record;
      return seq === undefined ? [] : [{ ...record, seq, cause: cause === undefined ? undefined : numbers.get(cause) }];
    }),
  };
}

const again = async (trace: Trace, options: Parameters<typeof replayTrace>[1] = {}): Promise<Trace> => {
  const result = await replayTrace(parseTrace(traceText(trace)), options);
  expect(result.difference?.report).toBeUndefined();
  return result.trace;
};

describe('a recording', () => {
  test('has them unless told otherwise, and its replay the same ones', async () => {
    const trace = await recorded();
    expect(trace.header.engine.observations).toBe(true);
    const names = new Set(trace.records.filter(isSeen).map(({ name }) => name));
    expect([...names].sort()).toEqual(['seen:bitswap', 'seen:connection', 'seen:query', 'seen:table']);
    const replay = await again(trace);
    expect(seenIn(replay)).toEqual(seenIn(trace));
    expect(replay.records.map(({ seq, name, cause }) => [seq, name, cause])).toEqual(
      trace.records.map(({ seq, name, cause }) => [seq, name, cause]),
    );
    for (const { cause } of trace.records) {
      if (cause !== undefined) expect(isSeen(trace.records[cause] as TraceRecord)).toBe(false);
    }
    // However the chunks are cut, and as far as is asked for.
    const levels: readonly ReplayLevel[] = ['bytes', 'frames', 'states', 'final'];
    for (const level of levels) await again(trace, { level });
    await again(trace, {
      rechunk: (chunk) => [chunk.subarray(0, 1), chunk.subarray(1)].filter((each) => each.length > 0),
    });
  });

  test('replays without them, with others, and makes them where it had none', async () => {
    const trace = await recorded();
    const bare = without(trace);
    expect(bare.records.length).toBeLessThan(trace.records.length);
    expect(seenIn(await again(bare))).toEqual([]);
    expect(seenIn(await again(bare, { observations: true }))).toEqual(seenIn(trace));
    const blind = await again(trace, { observations: false });
    expect([blind.header.engine.observations, seenIn(blind)]).toEqual([false, []]);
    const lies = trace.records.map((record) => (isSeen(record) ? { ...record, data: { change: 'invented' } } : record));
    expect(seenIn(await again({ ...trace, records: lies }))).toEqual(seenIn(trace));
  });

  test('need not have them', async () => {
    const trace = await recorded(false);
    expect([trace.header.engine.observations, seenIn(trace)]).toEqual([false, []]);
    expect(seenIn(await again(trace, { observations: true })).length).toBeGreaterThan(0);
  });
});

describe('the tools', () => {
  test('cut it', async () => {
    const remotes = [await liveNode(), await liveNode()];
    const { cid } = await remotes[1]!.add(once(bytesOf(100_000)));
    const trace = await recordedTrace({}, async (node) => {
      for (const remote of remotes) await node.dial(addressOf(remote));
      expect(await fetched(node, cid.toString())).toBe(100_000);
    });
    const randomOf = (seed: string): SeededRandom => new SeededRandom(seed);
    const { trace: cut } = cutConnection(trace, 'conn:4', { randomOf });
    expect(cut.records.filter(({ name }) => name === 'seen:connection').map(({ data }) => data['connection'])).toEqual([
      'conn:2',
    ]);
    expect(cut.records.filter(({ name }) => name === 'seen:bitswap').length).toBeGreaterThan(0);
    const replay = await again(cut);
    expect(seenIn(replay).length).toBeGreaterThan(0);
    // What the replay of the cut did is a trace as well: it can be cut again, and replays.
    const { trace: cutAgain } = cutConnection(replay, 'conn:2', { randomOf });
    expect(seenIn(await again(cutAgain))).toEqual(seenIn(replay));
  });

  test('compare, tell and export it', async () => {
    const trace = await recorded();
    const bare = without(trace);
    for (const level of ['bytes', 'frames', 'states', 'final'] as const) {
      expect(difference(TraceView.of(trace), TraceView.of(bare), level)).toBeUndefined();
    }
    expect(traceTextOf(qlogTextOf(traceText(trace)))).toBe(traceText(trace));
    for (const record of trace.records.filter(isSeen)) {
      expect(describeRecord(record)).toMatch(/^(?:seen|stands): /);
      expect(describeRecord(record)).not.toContain('?');
    }
  });
});
