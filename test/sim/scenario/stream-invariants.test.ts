/** The invariants of streams over mplex, SPDY and no muxer, broken by hand; and what may wait for readers, at its bounds. */
import { describe, expect, test } from '@jest/globals';
import { Subject } from 'rxjs';
import type { Muxer, MuxerOptions } from '../../../src/actors/connection/muxer.js';
import type { TransitionNotice } from '../../../src/actors/environment.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import type { ConnectionMessage, MessageEvent } from '../../../src/messages.js';
import { watchedMuxer } from '../../../src/sim/scenario/invariants/buffers.js';
import { Watch, type Violation, type WireEnd } from '../../../src/sim/scenario/invariants/watch.js';
import { encodeMplexHeader, MPLEX_FLAG, mplexStreamNumber } from '../../../src/wire/mplex.js';
import { encodeSpdyData, SPDY_DEFAULT_WINDOW_BYTES } from '../../../src/wire/spdy.js';

type Layer = 'mplex' | 'spdy' | 'stream';

/** A watch over the two ends of one wire, that say what the test lets them say. */
function watched(layer: Layer) {
  const world = { step: 1 };
  const watch = new Watch(
    () => 42,
    () => world.step,
  );
  const side = (name: string, role: WireEnd['role']) => {
    const messages$ = new Subject<ConnectionMessage>();
    const transitions$ = new Subject<TransitionNotice>();
    watch.attach(name, { messages$, transitions$, broken$: new Subject<EngineError>() }, () => ({ wire: 'w', role }));
    const say = (
      direction: ConnectionMessage['direction'],
      stream: number | undefined,
      chunks: readonly Uint8Array[],
      event?: MessageEvent,
    ): void => {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      messages$.next({
        sequence: 0,
        timeMs: 42,
        direction,
        layer,
        connection: 'conn:1',
        stream,
        chunks,
        length,
        event,
      });
    };
    const step = (from: string, to: string): void =>
      transitions$.next({ actor: 'conn:1/stream', machine: 'soleStream', from, to, event: 'x', edges: [], timeMs: 42 });
    return { say, step };
  };
  return { watch, world, dialer: side('n0', 'dialer'), listener: side('n1', 'listener') };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('mplex', () => {
  const mplex = () => {
    const all = watched('mplex');
    const speaker = (role: 'dialer' | 'listener') => {
      const numberOf = (id: number, isOwn: boolean) => mplexStreamNumber(id, isOwn === (role === 'dialer'));
      const control = (type: keyof typeof MPLEX_FLAG, id: number, isOwn = true): void =>
        all[role].say('outbound', numberOf(id, isOwn), [encodeMplexHeader(MPLEX_FLAG[type], id, 0)], {
          type: `mplex.${type}`,
          id,
        });
      const data = (body: Uint8Array, id = 0, isOwn = true, flag = isOwn ? 2 : 1): void =>
        all[role].say('outbound', numberOf(id, isOwn), [encodeMplexHeader(flag, id, body.length), body]);
      const delivers = (body: Uint8Array, id = 0, isOwn = true): void =>
        all[role].say('inbound', numberOf(id, isOwn), [body]);
      return { control, data, delivers };
    };
    return { ...all, dialer: speaker('dialer'), listener: speaker('listener') };
  };

  test('streams of both sides with the same ids, data both ways, and their ends are well', () => {
    const { watch, dialer, listener } = mplex();
    for (const side of [dialer, listener]) for (const id of [0, 1, 5]) side.control('newStream', id);
    dialer.data(bytes(1, 2));
    listener.data(bytes(9), 0, false);
    listener.delivers(bytes(1), 0, false);
    listener.delivers(bytes(2), 0, false);
    dialer.delivers(bytes(9));
    dialer.control('closeInitiator', 0);
    listener.data(bytes(7), 0, false);
    listener.control('closeReceiver', 0, false);
    dialer.control('resetInitiator', 0);
    expect(watch.failure).toBeUndefined();
  });

  test.each([
    { name: 'the same id twice', ids: [0, 1, 1] },
    { name: 'a lower id', ids: [4, 2] },
  ])('$name', ({ ids }) => {
    const { watch, listener } = mplex();
    for (const id of ids) listener.control('newStream', id);
    expect(watch.failure).toMatchObject({ invariant: 'stream.id', actor: `conn:1/mplex/${ids.at(-1)! * 2 + 2}` });
  });

  test('a stream of the peer spoken on as though it were ours', () => {
    const { watch, listener } = mplex();
    listener.data(bytes(1), 0, false);
    expect(watch.failure).toBeUndefined();
    listener.data(bytes(1), 0, false, MPLEX_FLAG.messageInitiator);
    expect(watch.failure).toMatchObject({
      invariant: 'stream.id',
      message: expect.stringContaining('opened') as unknown,
    });
  });

  test.each([
    { name: 'data after close', end: 'closeInitiator', then: 'data' },
    { name: 'data after reset', end: 'resetInitiator', then: 'data' },
    { name: 'close after close', end: 'closeInitiator', then: 'closeInitiator' },
    { name: 'close after reset', end: 'resetInitiator', then: 'closeInitiator' },
  ] as const)('$name', ({ end, then }) => {
    const { watch, dialer } = mplex();
    dialer.control(end, 0);
    expect(watch.failure).toBeUndefined();
    if (then === 'data') dialer.data(bytes(1));
    else dialer.control(then, 0);
    expect(watch.failure?.invariant).toBe('stream.afterEnd');
  });

  test('a changed byte', () => {
    const { watch, dialer, listener } = mplex();
    dialer.data(bytes(1, 2, 3));
    listener.delivers(bytes(1, 2, 4), 0, false);
    expect(watch.failure).toMatchObject({ invariant: 'stream.prefix', actor: 'conn:1/mplex/1' });
  });
});

describe('spdy', () => {
  const spdy = () => {
    const all = watched('spdy');
    const speaker = ({ say }: (typeof all)['dialer']) => ({
      data: (size: number, stream = 1): void =>
        say('outbound', stream, [encodeSpdyData(stream, 0, size), new Uint8Array(size)]),
      control: (type: string, stream: number | undefined, more: Omit<MessageEvent, 'type'> = {}): void =>
        say('outbound', stream, [], { type: `spdy.${type}`, ...more }),
      /** What the other end said arrives. */
      hears: (type: string, stream?: number): void => say('inbound', stream, [], { type: `spdy.${type}`, length: 8 }),
    });
    return { ...all, dialer: speaker(all.dialer), listener: speaker(all.listener) };
  };
  const WINDOW = SPDY_DEFAULT_WINDOW_BYTES;

  test('a window spent to its last byte is well; one byte more is not', () => {
    const { watch, dialer } = spdy();
    dialer.data(WINDOW);
    expect(watch.failure).toBeUndefined();
    dialer.data(1);
    expect(watch.failure).toMatchObject({ invariant: 'stream.credit', node: 'n0', actor: 'conn:1/spdy/1' });
  });

  test('the session has a window of its own', () => {
    const { watch, dialer, listener } = spdy();
    listener.control('settings', undefined, { windowBytes: 1000 + WINDOW });
    listener.control('windowUpdate', undefined, { value: 10 });
    dialer.hears('settings');
    dialer.hears('windowUpdate');
    dialer.data(WINDOW, 1);
    dialer.data(10, 3);
    expect(watch.failure).toBeUndefined();
    dialer.data(1, 5);
    expect(watch.failure).toMatchObject({
      invariant: 'stream.credit',
      message: '1 bytes were sent, and 0 more were granted to the session',
    });
  });

  test('what is granted counts when it has come, and in the order in which it was given', () => {
    const { watch, dialer, listener } = spdy();
    listener.control('windowUpdate', undefined, { value: 5 * WINDOW });
    listener.control('windowUpdate', 1, { value: 7 });
    listener.control('settings', undefined, { windowBytes: 2 * WINDOW });
    dialer.data(WINDOW);
    dialer.hears('windowUpdate');
    dialer.hears('windowUpdate', 1);
    dialer.data(7);
    dialer.hears('settings');
    dialer.data(WINDOW);
    // Of a stream that begins afterwards, too.
    dialer.data(2 * WINDOW, 3);
    expect(watch.failure).toBeUndefined();
    dialer.data(1, 3);
    expect(watch.failure).toMatchObject({ invariant: 'stream.credit', actor: 'conn:1/spdy/3' });
  });

  test('a grant that is under way is none yet', () => {
    const { watch, dialer, listener } = spdy();
    listener.control('windowUpdate', undefined, { value: WINDOW });
    listener.control('windowUpdate', 1, { value: WINDOW });
    dialer.data(WINDOW);
    dialer.data(1);
    expect(watch.failure?.invariant).toBe('stream.credit');
  });

  test.each([
    { name: 'ascending odd ids of a dialer', ids: [1, 3, 9], side: 'dialer', fails: false },
    { name: 'an even id of a dialer', ids: [1, 4], side: 'dialer', fails: true },
    { name: 'an odd id of a listener', ids: [2, 3], side: 'listener', fails: true },
    { name: 'the same id twice', ids: [2, 2], side: 'listener', fails: true },
  ] as const)('$name', ({ ids, side, fails }) => {
    const all = spdy();
    for (const id of ids) all[side].control('synStream', id);
    expect(all.watch.failure?.invariant).toBe(fails ? 'stream.id' : undefined);
  });

  test.each([
    { name: 'data after FIN', end: 'FIN', then: 'data' },
    { name: 'FIN after FIN', end: 'FIN', then: 'FIN' },
    { name: 'data after a reset', end: 'rstStream', then: 'data' },
    { name: 'a window update after a reset', end: 'rstStream', then: 'windowUpdate' },
    { name: 'a reply after a reset', end: 'rstStream', then: 'synReply' },
  ])('$name', ({ end, then }) => {
    const { watch, dialer } = spdy();
    const says = (what: string): void => {
      if (what === 'data') dialer.data(1);
      else if (what === 'FIN') dialer.control('data', 1, { flags: 'FIN' });
      else dialer.control(what, 1, { value: 1 });
    };
    says(end);
    expect(watch.failure).toBeUndefined();
    says(then);
    expect(watch.failure?.invariant).toBe('stream.afterEnd');
  });

  test('a window update and a reset after FIN are well', () => {
    const { watch, dialer } = spdy();
    dialer.control('data', 1, { flags: 'FIN' });
    dialer.control('windowUpdate', 1, { value: 1 });
    dialer.control('rstStream', 1, { value: 5 });
    expect(watch.failure).toBeUndefined();
  });
});

describe('without a muxer', () => {
  test('what leaves before the end, in the same step of the world, is well; behind it, it is not', () => {
    const { watch, world, dialer, listener } = watched('stream');
    dialer.step('', 'unused');
    dialer.step('unused', 'open.writing');
    dialer.say('outbound', 1, [bytes(1, 2)]);
    dialer.step('open.writing', 'halfClosedLocal.receiving');
    dialer.say('outbound', 1, [bytes(3)]);
    listener.say('inbound', 1, [bytes(1, 2, 3)]);
    expect(watch.failure).toBeUndefined();
    world.step++;
    dialer.step('halfClosedLocal.receiving', 'closed');
    dialer.say('outbound', 1, [bytes(4)]);
    expect(watch.failure).toMatchObject({ invariant: 'stream.afterEnd', actor: 'conn:1/stream' });
  });

  test('the half that the peer has ended leaves ours open', () => {
    const { watch, world, dialer } = watched('stream');
    dialer.step('', 'unused');
    dialer.step('unused', 'open.writing');
    dialer.step('open.writing', 'halfClosedRemote.writing');
    world.step++;
    dialer.say('outbound', 1, [bytes(1)]);
    expect(watch.failure).toBeUndefined();
  });

  test('nothing leaves before it is opened', () => {
    const { watch, dialer } = watched('stream');
    dialer.step('', 'unused');
    dialer.say('outbound', 1, [bytes(1)]);
    expect(watch.failure).toMatchObject({ invariant: 'stream.id', actor: 'conn:1/stream' });
  });

  test('a byte that nobody sent', () => {
    const { watch, dialer, listener } = watched('stream');
    dialer.step('', 'open.writing');
    dialer.say('outbound', 1, [bytes(1)]);
    listener.say('inbound', 1, [bytes(1, 2)]);
    expect(watch.failure).toMatchObject({ invariant: 'stream.prefix', actor: 'conn:1/stream' });
  });
});

describe('stream.buffer', () => {
  type Fed = MuxedStream & { deliver(size: Uint8Array): void };
  /** A muxer that keeps no count of anything, behind the watch. */
  const unbounded = (id: string) => {
    const violations: Violation[] = [];
    const streams = new Map<number, MuxedStream>();
    const stream = (number: number): Fed => {
      const fed = { id: number, deliver: () => undefined, consume: () => undefined, closeRead: () => undefined };
      streams.set(number, fed as unknown as Fed);
      return fed as unknown as Fed;
    };
    const made: { options?: MuxerOptions } = {};
    const muxer = watchedMuxer(
      {
        id,
        create: (options) => {
          made.options = options;
          const openStream = () => stream(1);
          return { streams, openStream, address: 'conn:1/muxer', layer: 'mplex' } as unknown as Muxer;
        },
      },
      'n0',
      (violation) => violations.push(violation),
    ).create({
      connection: 'conn:1',
      environment: { limits: LIMITS },
      onStream: () => undefined,
    } as unknown as MuxerOptions);
    const peerOpens = (number: number): Fed => {
      const opened = stream(number);
      made.options?.onStream(opened);
      return opened;
    };
    return { violations, streams, ours: muxer.openStream() as Fed, peerOpens };
  };
  const sole = LIMITS.soleStreamHighWaterBytes + LIMITS.outboxHighWaterBytes + LIMITS.pumpBytes;

  test.each([
    ['/mplex/6.7.0', LIMITS.mplexStreamQueueBytes],
    ['/spdy/3.1.0', LIMITS.spdyInitialWindowBytes],
    ['/yamux/1.0.0', LIMITS.yamuxMaxWindowBytes],
    ['none', sole],
  ])('a stream of %s holds %s bytes, and not one more', (id, most) => {
    const { violations, ours } = unbounded(id);
    ours.deliver(new Uint8Array(most));
    ours.consume(10);
    ours.deliver(new Uint8Array(10));
    expect(violations).toEqual([]);
    ours.deliver(new Uint8Array(1));
    const message = `${most + 1} bytes wait for the reader, the bound is ${most}`;
    expect(violations).toEqual([{ invariant: 'stream.buffer', node: 'n0', actor: 'conn:1/muxer/1', message }]);
  });

  test.each([
    ['/mplex/6.7.0', LIMITS.mplexStreamQueueBytes, LIMITS.mplexSessionQueueBytes],
    ['/spdy/3.1.0', LIMITS.spdyInitialWindowBytes, LIMITS.spdySessionWindowBytes + LIMITS.spdySessionOverrunBytes],
  ])('all streams of %s together', (id, each, most) => {
    const { violations, peerOpens } = unbounded(id);
    let number = 2;
    for (let left = most; left > 0; left -= each, number += 2)
      peerOpens(number).deliver(new Uint8Array(Math.min(each, left)));
    expect(violations).toEqual([]);
    peerOpens(number).deliver(new Uint8Array(1));
    expect(violations).toMatchObject([{ message: `${most + 1} bytes wait on all streams, the bound is ${most}` }]);
  });

  test('what nobody reads any more, and what has ended, does not count', () => {
    const { violations, streams, ours, peerOpens } = unbounded('/mplex/6.7.0');
    ours.deliver(new Uint8Array(LIMITS.mplexStreamQueueBytes));
    ours.closeRead();
    ours.deliver(new Uint8Array(1));
    for (let number = 2; number <= 20; number += 2) {
      peerOpens(number).deliver(new Uint8Array(LIMITS.mplexStreamQueueBytes));
      streams.delete(number);
    }
    expect(violations).toEqual([]);
  });
});
