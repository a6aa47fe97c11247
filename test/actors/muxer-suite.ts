/**
 * What any muxer has to do, said in terms of the `Muxer` contract: run against each muxer protocol, in every chunking.
 */
import { describe, expect, test } from '@jest/globals';
import type { MuxerProtocol } from '../../src/actors/connection/muxer.js';
import { LIMITS } from '../../src/limits.js';
import { thrownCode } from '../support/decoding.js';
import { CHUNKINGS, MuxerPair, NOTHING_LEFT, randomChunking, type Chunking } from '../support/muxer-pair.js';
import { outcomeOf, pattern, Sink, writeAll } from '../support/streams.js';

/** What a muxer protocol has beyond streams. */
export interface MuxerFeatures {
  /** Each stream has a window: a stalled one holds up no other, and is bounded at the receiver. */
  readonly windows: boolean;
  readonly goAway: boolean;
  readonly ping: boolean;
  /** Start window of a stream, and the code of a stream that the peer takes no more; default: yamux's. */
  readonly windowBytes?: number;
  readonly goAwayCode?: string;
}

/** Set to repeat a run: the seed is in the name of the test. */
const SEED = Number(process.env['MUXER_SEED'] ?? Date.now() % 1_000_000);

export function describeMuxer(name: string, protocol: MuxerProtocol, features: MuxerFeatures): void {
  const chunkings: [string, Chunking | undefined][] = [
    ...Object.entries(CHUNKINGS),
    [`random, MUXER_SEED=${SEED}`, randomChunking(SEED)],
  ];

  describe.each(chunkings)(`${name}, %s`, (_, chunking) => {
    const newPair = () => new MuxerPair(protocol, { chunking });

    test('streams open both ways, with ids that cannot collide', () => {
      const pair = newPair();
      const ours = [pair.dialer.open(), pair.dialer.open()];
      const theirs = [pair.listener.open(), pair.listener.open()];
      pair.settle();
      expect(pair.listener.offered.map(({ id }) => id)).toEqual(ours.map(({ id }) => id));
      expect(pair.dialer.offered.map(({ id }) => id)).toEqual(theirs.map(({ id }) => id));
      expect(pair.dialer.offered.map(({ direction }) => direction)).toEqual(['inbound', 'inbound']);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test.each(['dialer', 'listener'] as const)('an echo comes back, opened by the %s', (side) => {
      const pair = newPair();
      const [opener, other] = side === 'dialer' ? pair.ends : [pair.listener, pair.dialer];
      const stream = opener.open();
      const answer = new Sink(stream);
      stream.write(pattern(3000, 1));
      stream.closeWrite();
      pair.settle();
      const [accepted] = other.accepted;
      accepted!.data$.subscribe({
        next: (chunk) => {
          accepted!.consume(chunk.length);
          accepted!.write(chunk);
        },
        complete: () => accepted!.closeWrite(),
      });
      pair.settle();
      expect(answer.end).toBe('completed');
      expect(answer.bytes).toEqual(pattern(3000, 1));
      expect([opener.muxer.streams.size, other.muxer.streams.size]).toEqual([0, 0]);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test('a hundred streams each way keep their bytes apart and in order', () => {
      const pair = newPair();
      const opened = Array.from({ length: 200 }, (_, index) => {
        const stream = (index % 2 === 0 ? pair.dialer : pair.listener).open();
        return { stream, index, sink: new Sink(stream) };
      });
      for (const part of [0, 1, 2]) {
        for (const { stream, index } of opened) stream.write(pattern(100 + index, index * 3 + part));
      }
      for (const { stream } of opened) stream.closeWrite();
      pair.settle();
      const sinks = new Map(
        [...pair.dialer.accepted, ...pair.listener.accepted].map((stream) => [stream.id, new Sink(stream)]),
      );
      pair.settle();
      for (const { stream, index } of opened) {
        const sink = sinks.get(stream.id);
        expect({ index, end: sink?.end, length: sink?.bytes.length }).toEqual({
          index,
          end: 'completed',
          length: 3 * (100 + index),
        });
        const [first, second, third] = [0, 1, 2].map((part) => pattern(100 + index, index * 3 + part));
        expect(sink?.bytes).toEqual(new Uint8Array([...first!, ...second!, ...third!]));
      }
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test.each(['opener', 'acceptor'] as const)('after the %s half-closes, the other side goes on', async (first) => {
      const pair = newPair();
      const opened = pair.dialer.open();
      opened.write(pattern(10, 1));
      pair.settle();
      const accepted = pair.listener.accepted[0]!;
      const [closing, going] = first === 'opener' ? [opened, accepted] : [accepted, opened];
      const [atClosing, atGoing] = [new Sink(closing), new Sink(going)];
      closing.closeWrite();
      closing.closeWrite();
      pair.settle();
      expect(atGoing.end).toBe('completed');
      expect(thrownCode(() => closing.write(pattern(1, 1)))).toBe('ERR_STREAM_CLOSED');
      for (let part = 0; part < 5; part++) {
        going.write(pattern(2000, part));
        pair.settle();
      }
      expect(atClosing.bytes.length).toBe(first === 'opener' ? 10_000 : 10_010);
      going.closeWrite();
      pair.settle();
      await expect(Promise.all([opened.closed, accepted.closed])).resolves.toEqual([undefined, undefined]);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test.each(['opener', 'acceptor'] as const)('a reset by the %s ends both directions at once', async (first) => {
      const pair = newPair();
      const opened = pair.dialer.open();
      opened.write(pattern(10, 1));
      pair.settle();
      const accepted = pair.listener.accepted[0]!;
      const bystander = pair.dialer.open();
      const [resetting, hearing] = first === 'opener' ? [opened, accepted] : [accepted, opened];
      const [atResetting, atHearing] = [new Sink(resetting), new Sink(hearing)];
      resetting.write(pattern(500_000, 2));
      resetting.reset();
      pair.settle();
      expect([atResetting.end, atHearing.end]).toEqual(['ERR_STREAM_RESET', 'ERR_STREAM_RESET']);
      expect([resetting.error?.blame, hearing.error?.blame]).toEqual(['local', 'remote']);
      expect(await outcomeOf(resetting.closed)).toBe('ERR_STREAM_RESET');
      expect(await outcomeOf(hearing.closed)).toBe('ERR_STREAM_RESET');
      expect(thrownCode(() => hearing.write(pattern(1, 1)))).toBe('ERR_STREAM_RESET');
      bystander.write(pattern(5, 3));
      pair.settle();
      expect(pair.listener.offered.map(({ unconsumedBytes }) => unconsumedBytes)).toEqual([0, 5]);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test('what comes before there is a reader waits for it, then FIN', () => {
      const pair = newPair();
      const stream = pair.dialer.open();
      stream.write(pattern(700, 4));
      stream.closeWrite();
      pair.settle();
      const sink = new Sink(pair.listener.accepted[0]!);
      pair.settle();
      expect({ end: sink.end, bytes: sink.bytes }).toEqual({ end: 'completed', bytes: pattern(700, 4) });
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test('dispose resets every stream on both sides and leaves nothing', async () => {
      const pair = newPair();
      const streams = Array.from({ length: 10 }, () => pair.dialer.open());
      pair.settle();
      const outcomes = [...streams, ...pair.listener.accepted].map((stream) => outcomeOf(stream.closed));
      pair.dialer.environment.turns.post(() => pair.dialer.muxer.dispose());
      pair.settle();
      pair.listener.tell({ type: 'transport.ended' });
      expect(new Set(await Promise.all(outcomes)).has('resolved')).toBe(false);
      expect(pair.close()).toEqual(NOTHING_LEFT);
      expect([...pair.dialer.broken, ...pair.listener.broken]).toEqual([]);
    });
  });

  describe(name, () => {
    test('the peer ends the connection: well without streams, an error with them', () => {
      const well = new MuxerPair(protocol);
      well.dialer.tell({ type: 'transport.ended' });
      expect(well.dialer.ended).toEqual(['well']);
      expect(well.close()).toEqual(NOTHING_LEFT);

      const failed = new MuxerPair(protocol);
      const stream = failed.dialer.open();
      failed.settle();
      failed.dialer.tell({ type: 'transport.ended' });
      expect(failed.dialer.ended.map((error) => (error === 'well' ? error : error.code))).toEqual([
        'ERR_TRANSPORT_ENDED',
      ]);
      expect(stream.error?.code).toBe('ERR_TRANSPORT_ENDED');
      expect(failed.close()).toEqual(NOTHING_LEFT);
    });

    test('a writer is told to wait, and then to go on', async () => {
      const pair = new MuxerPair(protocol, { pipeBytes: 64 * 1024 });
      const stream = pair.dialer.open();
      const answers = [];
      for (let sent = 0; sent < 8 * 1024 * 1024; sent += 65_536) {
        answers.push(stream.write(pattern(65_536, sent)));
        if (!answers.at(-1)) break;
      }
      expect(answers.at(-1)).toBe(false);
      let resumed = 0;
      stream.writable$.subscribe(() => resumed++);
      const writable = stream.whenWritable();
      const sink = new Sink(pair.listener.accepted[0] ?? (pair.settle(), pair.listener.accepted[0]!));
      pair.settle();
      await writable;
      expect(resumed).toBe(1);
      expect(sink.bytes.length).toBe(answers.length * 65_536);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test('a bulk stream does not starve the others while the connection is congested', () => {
      // Windows that hold nobody back: what holds is the connection.
      const limits = { yamuxInitialWindowBytes: LIMITS.yamuxMaxWindowBytes };
      const pair = new MuxerPair(protocol, { pipeBytes: 64 * 1024, limits });
      const bulk = pair.dialer.open();
      const small = Array.from({ length: 10 }, () => pair.dialer.open());
      pair.settle();
      const sinks = pair.listener.accepted.map((stream) => new Sink(stream));
      bulk.write(pattern(8 * 1024 * 1024, 1));
      for (const stream of small) {
        stream.write(pattern(20_000, 2));
        stream.closeWrite();
      }
      const areDone = () => sinks.slice(1).every(({ end }) => end === 'completed');
      while (!areDone() && pair.step());
      expect(areDone()).toBe(true);
      expect(sinks[0]!.length).toBeLessThan(2 * 1024 * 1024);
      pair.settle();
      expect(sinks[0]!.length).toBe(8 * 1024 * 1024);
      const { outboxHighWaterBytes, pumpBytes } = LIMITS;
      expect(pair.dialer.maxOutboxBytes).toBeLessThan(outboxHighWaterBytes + pumpBytes + 100_000);
      expect(pair.close()).toEqual(NOTHING_LEFT);
    });

    test('five thousand streams opened and closed leave nothing behind', () => {
      const pair = new MuxerPair(protocol);
      const before = pair.ends.map(({ environment }) => environment.liveActors);
      for (let round = 0; round < 50; round++) {
        const streams = Array.from({ length: 50 }, () => [pair.dialer.open(), pair.listener.open()]).flat();
        for (const stream of streams) stream.write(pattern(10, round));
        pair.settle();
        for (const end of pair.ends) {
          for (const stream of end.accepted.splice(0)) void stream.close();
          end.offered.length = 0;
        }
        for (const [index, stream] of streams.entries()) {
          if (index % 10 === 0) stream.reset();
          else void stream.close();
        }
        pair.settle();
      }
      expect(pair.ends.map(({ environment }) => environment.liveActors)).toEqual(before);
      expect(pair.ends.map(({ muxer }) => muxer.streams.size)).toEqual([0, 0]);
      expect(pair.close()).toEqual(NOTHING_LEFT);
      expect([...pair.dialer.broken, ...pair.listener.broken]).toEqual([]);
    });

    if (features.windows) {
      test('a stalled reader holds one window and stops no other stream', async () => {
        const pair = new MuxerPair(protocol);
        const stalled = pair.dialer.open();
        const other = pair.dialer.open();
        pair.settle();
        const [atStalled, atOther] = pair.listener.offered;
        const chunk = pattern(65_536, 1);
        while (stalled.write(chunk)) pair.settle();
        const sink = new Sink(pair.listener.accepted[1]!);
        const done = writeAll(other, pattern(4 * 1024 * 1024, 2));
        await pair.until(() => sink.length === 4 * 1024 * 1024);
        await done;
        const windowBytes = features.windowBytes ?? LIMITS.yamuxInitialWindowBytes;
        expect(atStalled!.unconsumedBytes).toBe(windowBytes);
        expect(atOther!.unconsumedBytes).toBe(0);
        expect(pair.dialer.muxedOf(stalled).queuedBytes).toBe(LIMITS.streamSendQueueBytes);
        const late = new Sink(pair.listener.accepted[0]!);
        pair.settle();
        expect(late.length).toBe(windowBytes + LIMITS.streamSendQueueBytes);
        expect(pair.close()).toEqual(NOTHING_LEFT);
      });
    }

    if (features.goAway) {
      test('who hears a go-away opens no more; live streams go on, and the last one ends the session', () => {
        const pair = new MuxerPair(protocol);
        const stream = pair.dialer.open();
        pair.settle();
        pair.listener.environment.turns.post(() => pair.listener.muxer.goAway());
        pair.settle();
        expect(thrownCode(() => pair.dialer.openMuxed())).toBe(features.goAwayCode ?? 'ERR_YAMUX_GO_AWAY');
        expect(thrownCode(() => pair.listener.openMuxed())).toBe('ERR_CONNECTION_CLOSED');
        const sink = new Sink(pair.listener.accepted[0]!);
        stream.write(pattern(100, 1));
        pair.settle();
        expect(sink.bytes).toEqual(pattern(100, 1));
        expect([pair.dialer.ended, pair.listener.ended]).toEqual([[], []]);
        void stream.close();
        void pair.listener.accepted[0]!.close();
        pair.settle();
        expect([pair.dialer.ended, pair.listener.ended]).toEqual([['well'], ['well']]);
        expect(pair.close()).toEqual(NOTHING_LEFT);
      });
    }

    if (features.ping) {
      test('a ping measures the round trip', () => {
        const pair = new MuxerPair(protocol, { latencyMs: 20 });
        const heard: number[] = [];
        for (const end of pair.ends) {
          end.environment.turns.post(() => {
            end.muxer.ping((roundTripMs) => heard.push(roundTripMs));
            end.muxer.ping((roundTripMs) => heard.push(roundTripMs));
          });
        }
        while (heard.length < 4 && pair.step());
        expect(heard).toEqual([40, 40, 40, 40]);
        expect(pair.close()).toEqual(NOTHING_LEFT);
      });
    }
  });
}
