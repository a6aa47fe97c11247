/** A node as a source, over virtual time: who is told what, when, and how much is kept for whom. */
import { describe, expect, test } from '@jest/globals';
import type { InspectGauge } from '../../src/inspect/contract.js';
import { LiveSource, type LiveSourceLimits, type PresentActor } from '../../src/inspect/live-source.js';
import type { TraceDraft, TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { NotedWatcher, someHeader } from '../support/watching.js';

const LIMITS: LiveSourceLimits = {
  inspectRingRecords: 100,
  inspectRingBytes: 1_000_000,
  inspectLagRecords: 10,
  inspectSampleRecords: 4,
  inspectBatchRecords: 7,
  inspectPageRecords: 1_000,
  inspectPresentRecords: 4,
  inspectGaugesMs: 1_000,
  inspectLingerMs: 5_000,
  inspectFloodRecords: 5,
  inspectFloodWindowMs: 100,
  inspectFloodQuietMs: 1_000,
  inspectFloodSums: 3,
};

function nodeWith(present: readonly PresentActor[] = []) {
  const clock = new VirtualClock();
  const sinks = new Set<TraceSink>();
  const counted: { gauges: readonly InspectGauge[] } = { gauges: [{ name: 'peers', value: 0, unit: 'count' }] };
  const node = {
    traceTo: (sink: TraceSink) => {
      sinks.add(sink);
      return () => void sinks.delete(sink);
    },
    actors: () => present,
    gauges: () => counted.gauges,
  };
  const source = new LiveSource({ title: 'live', header: someHeader(), node, clock, limits: LIMITS });
  const tell = (draft: Partial<TraceDraft> = {}): void => {
    for (const sink of sinks) {
      sink.record({ name: 'frame:decoded', actor: 'conn:1/yamux', timeMs: clock.now(), data: {}, ...draft });
    }
  };
  const watch = () => {
    const watcher = new NotedWatcher();
    return { watcher, feed: source.watch(watcher) };
  };
  return { clock, sinks, source, counted, tell, watch };
}

const seqs = ({ taken }: NotedWatcher): number[] => taken.map(({ seq }) => seq);

describe('attached', () => {
  test('to nothing while nobody looks, to one sink of lengths while somebody does, and a while after', () => {
    const { clock, sinks, source, watch } = nodeWith();
    expect(sinks.size).toBe(0);
    const first = watch();
    const second = watch();
    expect([...sinks]).toMatchObject([{ detail: 'frames', lengthsOnly: true }]);
    expect([...sinks][0]?.plaintext).toBeUndefined();
    first.feed.stop();
    second.feed.stop();
    clock.advance(LIMITS.inspectLingerMs - 1);
    expect(source.isAttached).toBe(true);
    clock.advance(1);
    expect({ isAttached: source.isAttached, sinks: sinks.size, timers: clock.pendingTimers }).toEqual({
      isAttached: false,
      sinks: 0,
      timers: 0,
    });
  });

  test('a page that is loaded again within the while misses nothing', () => {
    const { clock, tell, watch } = nodeWith();
    const first = watch();
    tell();
    first.feed.stop();
    clock.advance(LIMITS.inspectLingerMs / 2);
    tell();
    const again = watch();
    clock.advance(LIMITS.inspectLingerMs);
    tell();
    again.feed.credit(10);
    expect(seqs(again.watcher)).toEqual([0, 1, 2]);
  });

  test('one that comes after it begins anew', () => {
    const { clock, tell, watch } = nodeWith();
    const first = watch();
    tell();
    first.feed.stop();
    clock.advance(LIMITS.inspectLingerMs);
    const again = watch();
    tell({ name: 'io:opened' });
    again.feed.credit(10);
    expect(again.watcher.taken).toMatchObject([{ seq: 0, name: 'io:opened' }]);
  });
});

describe('what a page is told', () => {
  test('the states that every live actor went through, at their times, under full addresses', () => {
    const stay = (state: string, enteredAtMs: number, order: number) => ({
      ...{ machine: 'm', state, event: 'go', enteredAtMs, order },
    });
    const present = [
      { address: 'conn:2', machine: 'connection', stays: [stay('connecting', 5, 3)] },
      { address: 'conn:1', machine: 'connection', stays: [stay('connecting', 1, 0), stay('open', 5, 2)] },
    ];
    const { watch } = nodeWith(present);
    const { watcher, feed } = watch();
    feed.credit(10);
    expect(watcher.taken.map(({ seq, time, actor, data }) => [seq, time, actor, data['from'], data['to']])).toEqual([
      [0, 1, '/node/swarm/conn:1', '', 'connecting'],
      [1, 5, '/node/swarm/conn:1', 'connecting', 'open'],
      [2, 5, '/node/swarm/conn:2', '', 'connecting'],
    ]);
  });

  test('present states alone where the way to them is longer than the bound', () => {
    const stay = (state: string, order: number) => ({ machine: 'm', state, event: 'go', enteredAtMs: order, order });
    const actor = (at: number) => ({ address: `conn:${at}`, machine: 'm', stays: [stay('a', at), stay('b', at + 10)] });
    const { watch } = nodeWith([actor(0), actor(1), actor(2)]);
    const { watcher, feed } = watch();
    feed.credit(10);
    expect(watcher.taken.map(({ data }) => [data['from'], data['to']])).toEqual([
      ['', 'b'],
      ['', 'b'],
      ['', 'b'],
    ]);
  });

  test('no bytes, keys or arguments, whatever the node tells', () => {
    const { tell, watch } = nodeWith();
    const { watcher, feed } = watch();
    feed.credit(10);
    tell({ name: 'io:bytes_received', data: { raw: { length: 2, data: 'beef' } } });
    tell({ name: 'random:drawn', data: { label: 'noise', length: 2, data: 'dead' } });
    tell({ name: 'api:called', data: { call: 1, arguments: ['secret'] } });
    expect(watcher.taken.map(({ data }) => data)).toEqual([
      { raw: { length: 2 } },
      { label: 'noise', length: 2 },
      { call: 1 },
    ]);
  });

  test('no more than it has credit for; the rest when it has', () => {
    const { tell, watch } = nodeWith();
    const { watcher, feed } = watch();
    feed.credit(2);
    for (let count = 0; count < 5; count++) tell();
    expect(seqs(watcher)).toEqual([0, 1]);
    feed.credit(1);
    expect(seqs(watcher)).toEqual([0, 1, 2]);
    feed.credit(100);
    expect(seqs(watcher)).toEqual([0, 1, 2, 3, 4]);
    expect(watcher.all('notice')).toEqual([]);
  });

  test('its numbers at once, and each second where they changed', () => {
    const { clock, counted, watch } = nodeWith();
    const { watcher } = watch();
    expect(watcher.all('gauges')).toHaveLength(1);
    clock.advance(3_000);
    expect(watcher.all('gauges')).toHaveLength(2);
    counted.gauges = [{ name: 'peers', value: 1, unit: 'count' }];
    clock.advance(999);
    expect(watcher.all('gauges')).toHaveLength(2);
    clock.advance(1);
    expect(watcher.all('gauges')).toHaveLength(3);
  });
});

describe('a page that cannot keep up', () => {
  test('at the bound nothing is left out; one past it steps, connections and failures remain, then all again', () => {
    const { tell, watch } = nodeWith();
    const { watcher, feed } = watch();
    for (let count = 0; count < LIMITS.inspectLagRecords; count++) tell();
    expect(watcher.all('notice')).toEqual([]);
    tell({ name: 'actor:transition' });
    expect(watcher.all('notice')).toMatchObject([['notice', 'summary', expect.stringContaining('cannot keep up'), 0]]);
    tell({ name: 'assert:failed' });
    feed.credit(100);
    expect(watcher.taken.map(({ name }) => name)).toEqual(['actor:transition', 'assert:failed']);
    expect(watcher.all('notice')).toHaveLength(2);
    expect(watcher.all('notice')[1]).toEqual(['notice', 'whole', expect.any(String), LIMITS.inspectLagRecords]);
    tell();
    expect(watcher.taken.at(-1)).toMatchObject({ seq: LIMITS.inspectLagRecords + 2, name: 'frame:decoded' });
  });

  test('far behind, one step in so many is told; what the ring lost is counted', () => {
    const { tell, watch } = nodeWith();
    const { watcher, feed } = watch();
    const steps = LIMITS.inspectRingRecords + 20;
    for (let count = 0; count < steps; count++) tell({ name: 'actor:transition' });
    feed.credit(1_000);
    const lost = 20;
    // More than half a ring behind: 20 to 68, of which every fourth is told; from then on each one.
    const told = [
      ...Array.from({ length: 13 }, (_, at) => lost + 4 * at),
      ...Array.from({ length: 51 }, (_, at) => 69 + at),
    ];
    expect(seqs(watcher)).toEqual(told);
    const dropped = watcher.all('notice').reduce<number>((sum, each) => sum + Number((each as unknown[])[3]), 0);
    expect(dropped + watcher.taken.length).toBe(steps);
  });

  test('no credit forever costs one notice, and no more than the ring', () => {
    const { tell, watch } = nodeWith();
    const { watcher } = watch();
    for (let count = 0; count < 10_000; count++) tell();
    expect(watcher.all('notice')).toHaveLength(1);
    expect(watcher.taken).toEqual([]);
  });

  test('does not slow another one down', () => {
    const { tell, watch } = nodeWith();
    const slow = watch();
    const quick = watch();
    quick.feed.credit(1_000);
    for (let count = 0; count < 500; count++) tell();
    expect(seqs(quick.watcher)).toHaveLength(500);
    expect(quick.watcher.all('notice')).toEqual([]);
    expect(slow.watcher.taken).toEqual([]);
  });

  test('what was there before it came does not make it late', () => {
    const { tell, watch } = nodeWith();
    watch();
    for (let count = 0; count < 50; count++) tell();
    const second = watch();
    tell();
    second.feed.credit(100);
    expect(seqs(second.watcher)).toHaveLength(51);
    expect(second.watcher.all('notice')).toEqual([]);
  });
});

describe('a node that stops', () => {
  test('tells whoever looks, what is left out included, and whoever comes after it', () => {
    const { clock, source, tell, watch, sinks } = nodeWith();
    const { watcher, feed } = watch();
    feed.credit(1);
    tell();
    tell();
    source.stop();
    source.stop();
    expect(watcher.heard.slice(-3)).toEqual([
      ['notice', 'whole', expect.stringContaining('1 records were left out'), 1],
      ['notice', 'stopped', expect.any(String), undefined],
      ['end', 'main', false],
    ]);
    expect({ sinks: sinks.size, timers: clock.pendingTimers }).toEqual({ sinks: 0, timers: 0 });
    const late = watch();
    expect(late.watcher.all('end')).toEqual([['end', 'main', false]]);
    expect(sinks.size).toBe(0);
  });
});
