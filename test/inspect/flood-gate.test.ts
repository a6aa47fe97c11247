/** A node that moves more than can be told piece by piece, over virtual time: what is told, to whom, and until when. */
import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../src/actors/environment.js';
import { TransportTrace } from '../../src/actors/connection/transport-trace.js';
import { LiveSource } from '../../src/inspect/live-source.js';
import { streamsOf } from '../../src/inspect/streams.js';
import { swarmOf } from '../../src/inspect/swarm.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import type { MessageEvent } from '../../src/messages.js';
import type { TraceDraft, TransportConnection } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { LIMITS } from '../../src/limits.js';
import { NotedWatcher, someHeader } from '../support/watching.js';

const FLOOD = {
  inspectFloodRecords: 5,
  inspectFloodWindowMs: 100,
  inspectFloodQuietMs: 1_000,
  inspectFloodSums: 3,
};
const HEADER_BYTES = 12;
const END = Number.MAX_SAFE_INTEGER;
const CIPHERS = {} as ConstructorParameters<typeof Environment>[0]['ciphers'];
const SOCKET = { number: 1, remoteAddress: '/r', localAddress: '/l' } as unknown as TransportConnection;

/** An environment of actors that are played by hand, with a page at it. */
function looked({ credit = 100_000 } = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({
    clock,
    random: { bytes: (length: number) => new Uint8Array(length) } as never,
    ciphers: CIPHERS,
  });
  const node = { traceTo: (sink: never) => environment.traceTo(sink), actors: () => [], gauges: () => [] };
  const source = new LiveSource({ title: 'live', header: someHeader(), node, clock, limits: FLOOD });
  const watch = (credited = credit) => {
    const watcher = new NotedWatcher();
    const feed = source.watch(watcher);
    feed.credit(credited);
    return { watcher, feed };
  };
  const { watcher, feed } = watch();
  const trace = new TransportTrace(environment, 'conn:1');
  const frame = (
    bytes: number,
    {
      direction = 'inbound',
      stream = 1,
      event,
      layer = 'yamux',
    }: { direction?: 'inbound' | 'outbound'; stream?: number; event?: MessageEvent; layer?: 'yamux' } = {},
  ) => environment.message({ direction, layer, connection: 'conn:1', stream, chunks: [new Uint8Array(bytes)], event });
  const frames = (count: number): void => {
    for (let at = 0; at < count; at++) frame(10);
  };
  const codes = (of = watcher) => of.all('notice').map((each) => [(each as unknown[])[1], (each as unknown[])[3]]);
  const names = (of = watcher) => of.taken.map(({ name }) => name);
  const store = () => {
    const held = new TraceStore(source.header);
    held.append(watcher.taken);
    return held;
  };
  const ofPassed = () => watcher.taken.filter(({ name }) => name === 'seen:passed');
  return { clock, environment, source, watcher, feed, watch, trace, frame, frames, codes, names, store, ofPassed };
}

describe('a flood', () => {
  test.each([
    ['one below the bound', FLOOD.inspectFloodRecords - 1, []],
    ['at the bound', FLOOD.inspectFloodRecords, [['summary', 0]]],
  ])('%s', (_, records, notices) => {
    const { frames, codes, names } = looked();
    frames(records);
    expect(codes()).toEqual(notices);
    expect(names()).toHaveLength(records);
    frames(1);
    // At the bound it would have been one below it before.
    expect(names()).toHaveLength(FLOOD.inspectFloodRecords);
  });

  test('is none where the records are spread over windows', () => {
    const { clock, frames, codes } = looked();
    for (let window = 0; window < 20; window++) {
      frames(FLOOD.inspectFloodRecords - 1);
      clock.advance(FLOOD.inspectFloodWindowMs);
    }
    expect(codes()).toEqual([]);
  });

  test('of steps, control frames and failures is none, and they go on in one', () => {
    const { environment, frame, frames, codes, names } = looked();
    const step = () =>
      environment.notice({ actor: 'conn:1', machine: 'm', from: 'a', to: 'b', event: 'e', edges: [], timeMs: 0 });
    const ping = () => frame(0, { event: { type: 'yamux.ping' } });
    for (let at = 0; at < 3 * FLOOD.inspectFloodRecords; at++) step();
    for (let at = 0; at < 3 * FLOOD.inspectFloodRecords; at++) ping();
    expect(codes()).toEqual([]);
    frames(50);
    const before = names().length;
    step();
    ping();
    environment.record('io:opened', 'conn:2', {});
    environment.record('assert:failed', 'node', {});
    expect(names().slice(before)).toEqual([
      'actor:transition',
      'seen:passed',
      'frame:decoded',
      'io:opened',
      'assert:failed',
    ]);
  });

  test('is over after a second without a full window; then every record again, and how many were left out', () => {
    const { clock, frames, codes, names } = looked();
    frames(20);
    clock.advance(FLOOD.inspectFloodQuietMs - 1);
    expect(codes()).toEqual([['summary', 0]]);
    clock.advance(1);
    expect(codes()).toEqual([
      ['summary', 0],
      ['whole', 15],
    ]);
    const before = names().length;
    frames(FLOOD.inspectFloodRecords - 1);
    expect(names()).toHaveLength(before + FLOOD.inspectFloodRecords - 1);
    expect(codes()).toHaveLength(2);
  });

  test('goes on while windows are full: one sum a second, one notice', () => {
    const { clock, frames, codes, ofPassed } = looked();
    for (let tenth = 0; tenth < 30; tenth++) {
      frames(10);
      clock.advance(100);
    }
    expect(codes()).toEqual([['summary', 0]]);
    expect(ofPassed().map(({ data }) => data)).toEqual([
      { stream: 1, sent: 0, received: 950, sent_records: 0, received_records: 95 },
      { stream: 1, sent: 0, received: 1_000, sent_records: 0, received_records: 100 },
      { stream: 1, sent: 0, received: 1_000, sent_records: 0, received_records: 100 },
    ]);
  });

  test('costs a timer while it lasts, and none when nobody looks or the node has stopped', () => {
    const { clock, source, frames, codes } = looked();
    frames(20);
    expect(clock.pendingTimers).toBe(2);
    source.stop();
    expect(clock.pendingTimers).toBe(0);
    expect(codes()).toEqual([
      ['summary', 0],
      ['whole', 15],
      ['stopped', undefined],
    ]);
  });

  test('is told to who comes in the middle of it, with what was left out since', () => {
    const { clock, frames, watch, codes } = looked();
    frames(20);
    const late = watch();
    frames(3);
    clock.advance(FLOOD.inspectFloodQuietMs);
    expect(codes(late.watcher)).toEqual([
      ['summary', 0],
      ['whole', 3],
    ]);
  });

  test('and a page that falls behind meanwhile: one summary, one whole, when both are over', () => {
    const { clock, frames, watch, codes, environment } = looked();
    const slow = watch(0);
    frames(20);
    for (let at = 0; at < 2 * LIMITS.inspectLagRecords; at++) environment.record('api:pulled', 'node', {});
    clock.advance(FLOOD.inspectFloodQuietMs);
    expect(codes(slow.watcher)).toEqual([['summary', 0]]);
    slow.feed.credit(100_000);
    const [first, second] = codes(slow.watcher);
    expect([first, second?.[0], codes(slow.watcher).length]).toEqual([['summary', 0], 'whole', 2]);
    // Frames, calls, and one sum, of which the page was told the sum alone.
    expect(Number(second?.[1])).toBe(20 + 2 * LIMITS.inspectLagRecords);
    expect(slow.watcher.taken.map(({ name }) => name)).toEqual(['seen:passed']);
  });
});

describe('what passed in a flood', () => {
  test('stands in the streams and the swarm as if every record had been told', () => {
    const flooded = looked();
    const whole = { taken: [] as TraceDraft[] };
    const unbound = flooded.environment.traceTo({
      detail: 'frames',
      lengthsOnly: true,
      observations: true,
      record: (draft) => whole.taken.push(draft) - 1,
    });
    const { trace, frame, clock, store } = flooded;
    trace.opened('dialer', SOCKET);
    for (let at = 0; at < 40; at++) {
      trace.received(new Uint8Array(100));
      trace.sent([new Uint8Array(30), new Uint8Array(20)], true);
      frame(100);
      frame(HEADER_BYTES + 7, { direction: 'outbound', stream: 3 });
      if (at % 10 === 9) {
        frame(HEADER_BYTES, {
          direction: 'outbound',
          event: { type: 'yamux.windowUpdate', flags: '', length: 1_000 },
        });
      }
    }
    clock.advance(2 * FLOOD.inspectFloodQuietMs);
    unbound();
    const all = new TraceStore(flooded.source.header);
    all.append(
      whole.taken.map(({ name, timeMs: time, data }, seq) => ({
        ...{ seq, time, name, data, cause: undefined },
        actor: name.startsWith('io') ? '/node/swarm/conn:1' : '/node/swarm/conn:1/yamux',
      })),
    );
    const bytes = (held: TraceStore) =>
      streamsOf(held, END).map((each) => [each.stream, each.sentBytes, each.receivedBytes]);
    const passed = (held: TraceStore) => swarmOf(held, END).edges.map((each) => [each.sentBytes, each.receivedBytes]);
    expect(bytes(all)).toEqual([
      [1, 0, 4_000],
      [3, 280, 0],
    ]);
    expect(bytes(store())).toEqual(bytes(all));
    expect(passed(all)).toEqual([[2_000, 4_000]]);
    expect(passed(store())).toEqual(passed(all));
    const credits = (held: TraceStore) => streamsOf(held, END).map(({ credit }) => credit.at(-1));
    expect(credits(store()).map((point) => [point?.sendBytes, point?.receiveBytes])).toEqual(
      credits(all).map((point) => [point?.sendBytes, point?.receiveBytes]),
    );
    // No window ever stood open wider than it did.
    const widest = (held: TraceStore) =>
      Math.max(...streamsOf(held, END)[0]!.credit.map((point) => point.receiveBytes));
    expect(widest(store())).toBe(widest(all));
  });

  test('of more streams than are summed at once is told early, and all of it', () => {
    const { frames, frame, clock, ofPassed } = looked();
    frames(FLOOD.inspectFloodRecords);
    for (let stream = 1; stream <= FLOOD.inspectFloodSums; stream++) frame(10, { stream });
    expect(ofPassed()).toEqual([]);
    frame(10, { stream: 9 });
    expect(ofPassed()).toHaveLength(FLOOD.inspectFloodSums);
    clock.advance(FLOOD.inspectFloodQuietMs);
    expect(ofPassed().map(({ data }) => data['stream'])).toEqual([1, 2, 3, 9]);
  });
});

describe('other sinks', () => {
  test('keep every record, at every moment, and causes that are there', () => {
    const { environment, trace, frame, frames, watcher, codes, clock } = looked();
    const recorded: TraceDraft[] = [];
    const stop = environment.traceTo({
      detail: 'frames',
      lengthsOnly: false,
      observations: true,
      record: (draft) => recorded.push(draft) - 1,
    });
    const turn = (): void =>
      environment.turns.post(() => {
        trace.received(new Uint8Array(100));
        frame(100);
        environment.notice({ actor: 'conn:1', machine: 'm', from: 'a', to: 'b', event: 'e', edges: [], timeMs: 0 });
        trace.sent([new Uint8Array(50)], false);
        trace.drained();
      });
    const TURNS = 100;
    for (let at = 0; at < TURNS; at++) turn();
    frames(3);
    clock.advance(FLOOD.inspectFloodQuietMs);
    expect(codes()).toHaveLength(2);
    expect(recorded.filter(({ name }) => name === 'io:bytes_received')).toHaveLength(TURNS);
    expect(recorded.filter(({ name }) => name === 'io:bytes_sent')).toHaveLength(TURNS);
    expect(recorded.filter(({ name }) => name === 'frame:decoded')).toHaveLength(TURNS + 3);
    expect(recorded.filter(({ name }) => name === 'seen:passed')).toEqual([]);
    for (const [seq, { cause }] of recorded.entries()) expect(cause === undefined || cause < seq).toBe(true);
    expect(recorded.filter(({ name, cause }) => name === 'actor:transition' && cause !== undefined)).toHaveLength(
      TURNS,
    );
    const told = new Set(watcher.taken.map(({ seq }) => seq));
    for (const { cause } of watcher.taken) expect(cause === undefined || told.has(cause)).toBe(true);
    expect(watcher.taken.filter(({ name }) => name === 'actor:transition')).toHaveLength(TURNS);
    stop();
    // Alone again: nothing is made that nobody wants, and causes do not point at what was not made.
    for (let at = 0; at < TURNS; at++) turn();
    expect(recorded.filter(({ name }) => name === 'io:bytes_received')).toHaveLength(TURNS);
    const again = new Set(watcher.taken.map(({ seq }) => seq));
    for (const { cause } of watcher.taken) expect(cause === undefined || again.has(cause)).toBe(true);
  });
});
