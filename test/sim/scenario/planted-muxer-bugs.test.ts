/** Bugs planted in each muxer of whole nodes: the invariant that they break fires, and without them nothing does. */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken out to be put back, and called with their own `this` */
import { afterEach, describe, expect, test } from '@jest/globals';
import { StreamTable } from '../../../src/actors/connection/stream-table.js';
import { MplexReceiving } from '../../../src/actors/stream/mplex/receiving.js';
import { MplexStream } from '../../../src/actors/stream/mplex/stream.js';
import { SoleStream } from '../../../src/actors/stream/sole/stream.js';
import { SpdySendWindow } from '../../../src/actors/stream/spdy/send-window.js';
import { SpdyStream } from '../../../src/actors/stream/spdy/stream.js';
import type { StreamCore } from '../../../src/actors/stream/stream-core.js';
import type { MuxerName } from '../../../src/chain-protocols.js';
import {
  NEUTRAL_NETWORK,
  simulate,
  type Operation,
  type Scenario,
  type SimulationFailure,
} from '../../../src/sim/scenario/index.js';
import { Socket } from '../../../src/sim/world/socket.js';
import { encodeMplexHeader, MPLEX_FLAG } from '../../../src/wire/mplex.js';
import { encodeSpdyData } from '../../../src/wire/spdy.js';

const uproot: (() => void)[] = [];
afterEach(() => {
  for (const pull of uproot.splice(0)) pull();
});

/** Puts something else in the place of a property, until the test is over. */
function plant<Owner extends object>(owner: Owner, name: keyof Owner | string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { ...property, configurable: true });
  uproot.push(() => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  });
}

const echoes = (sizeBytes: number, times = 1): Operation[] =>
  Array.from({ length: times }, (_, index) => ({ kind: 'echo', atMs: index * 500, node: 0, target: 1, sizeBytes }));

async function failureOf(muxer: MuxerName, operations: readonly Operation[]): Promise<SimulationFailure | undefined> {
  const scenario: Scenario = {
    format: 1,
    seed: 3,
    nodes: 2,
    ciphers: 'native',
    security: 'noise',
    muxer,
    network: NEUTRAL_NETWORK,
    operations,
    faults: [],
    durationMs: 5_000,
    calmMs: 90_000,
  };
  return (await simulate({ scenario })).failure;
}

/** What is protected of a stream, for what misuses it. */
interface Insides {
  readonly id: number;
  readonly direction: 'inbound' | 'outbound';
  readonly environment: { readonly clock: { setTimeout(callback: () => void, delayMs: number): unknown } };
  readonly outbound: { next(message: unknown): void };
  message(direction: 'outbound', chunks: readonly Uint8Array[]): unknown;
}

/** Sends one more byte when the writing half is closed, `afterMs` later. */
function plantLateByte(
  prototype: StreamCore,
  afterMs: number,
  header: (stream: Insides) => readonly Uint8Array[],
): void {
  const { closeWrite } = prototype;
  plant(prototype, 'closeWrite', {
    value(this: StreamCore) {
      closeWrite.call(this);
      const stream = this as unknown as Insides;
      const send = (): void => stream.outbound.next(stream.message('outbound', [...header(stream), Uint8Array.of(7)]));
      if (afterMs === 0) send();
      else stream.environment.clock.setTimeout(send, afterMs);
    },
  });
}

describe.each(['yamux', 'mplex', 'spdy', 'none'] as const)('%s', (muxer) => {
  test('without a bug all is well', async () => {
    expect(await failureOf(muxer, [...echoes(10, 3), ...echoes(3_000_000)])).toBeUndefined();
  });
});

describe('stream.credit', () => {
  test('spdy: a sender that does not look at its window', async () => {
    plant(SpdySendWindow.prototype, 'available', { get: () => 10_000_000 });
    const failure = await failureOf('spdy', echoes(3_000_000));
    expect(failure).toMatchObject({ invariant: 'stream.credit', machine: 'spdyStream' });
  });
});

describe('stream.afterEnd', () => {
  test('mplex: a byte behind the close', async () => {
    plantLateByte(MplexStream.prototype, 0, ({ id, direction }) => [
      encodeMplexHeader(
        direction === 'outbound' ? MPLEX_FLAG.messageInitiator : MPLEX_FLAG.messageReceiver,
        (id - 1) >> 1,
        1,
      ),
    ]);
    expect(await failureOf('mplex', echoes(10))).toMatchObject({
      invariant: 'stream.afterEnd',
      machine: 'mplexStream',
    });
  });

  test('spdy: a byte behind FIN', async () => {
    plantLateByte(SpdyStream.prototype, 0, ({ id }) => [encodeSpdyData(id, 0, 1)]);
    expect(await failureOf('spdy', echoes(10))).toMatchObject({ invariant: 'stream.afterEnd', machine: 'spdyStream' });
  });

  test('none: a byte behind the end of the transport', async () => {
    plantLateByte(SoleStream.prototype, 1, () => []);
    expect(await failureOf('none', echoes(10))).toMatchObject({ invariant: 'stream.afterEnd', machine: 'soleStream' });
  });
});

describe('stream.id', () => {
  test.each(['mplex', 'spdy'] as const)('%s: a second stream under the number of the first', async (muxer) => {
    const { begin } = StreamTable.prototype as unknown as { begin(stream: StreamCore): StreamCore };
    const firsts = new WeakMap<object, number>();
    plant(StreamTable.prototype, 'begin', {
      value(this: object, stream: StreamCore) {
        if (stream.direction === 'outbound') {
          const first = firsts.get(this);
          if (first === undefined) firsts.set(this, stream.id);
          else Object.defineProperty(stream, 'id', { value: first });
        }
        return begin.call(this, stream);
      },
    });
    const failure = await failureOf(muxer, echoes(10, 2));
    expect(failure).toMatchObject({ invariant: 'stream.id' });
    expect(failure?.message).toMatch(/stream 1 was opened after stream 1/);
  });

  test('none: a stream used without being opened', async () => {
    plant(SoleStream.prototype, 'open', { value: () => undefined });
    expect(await failureOf('none', echoes(10))).toMatchObject({ invariant: 'stream.id', machine: 'soleStream' });
  });
});

describe('stream.prefix', () => {
  test.each([
    ['mplex', MplexStream.prototype, 'mplexStream'],
    ['spdy', SpdyStream.prototype, 'spdyStream'],
    ['none', SoleStream.prototype, 'soleStream'],
  ] as const)('%s: a stream that swallows a piece', async (muxer, prototype, machine) => {
    const { deliver } = prototype;
    let pieces = 0;
    plant(prototype, 'deliver', {
      value(this: StreamCore, piece: Uint8Array) {
        if (++pieces % 5 === 4) return true;
        deliver.call(this, piece);
        // SPDY's answer: it was taken.
        return true;
      },
    });
    expect(await failureOf(muxer, echoes(1_000_000))).toMatchObject({ invariant: 'stream.prefix', machine });
  });
});

describe('stream.buffer', () => {
  /** A peer that takes a stream and does not read it. */
  const stalled = async (muxer: MuxerName, sizeBytes: number): Promise<SimulationFailure | undefined> => {
    const { failure } = await simulate({ seed: 5, nodes: 2, muxers: [muxer] }, async (world) => {
      const [one, other] = [world.node('n0'), world.node('n1')];
      other.host.registerHandle('/stall/1.0.0', (stream) => stream.closed);
      const stream = await world.during(one.run((host) => host.openStream(other.address, '/stall/1.0.0')));
      for (let sent = 0; sent < sizeBytes; sent += 65_536) stream.write(new Uint8Array(65_536));
      await world.run({ untilMs: world.nowMs + 1_000 });
      stream.reset();
      await world.run({ untilMs: world.nowMs + 1_000 });
    });
    return failure;
  };
  const SIZE = 7_000_000;

  test.each(['yamux', 'mplex', 'spdy', 'none'] as const)('%s holds no more than it may', async (muxer) => {
    expect(await stalled(muxer, SIZE)).toBeUndefined();
  });

  test('mplex: a stream that always has room', async () => {
    plant(MplexReceiving.prototype, 'hasRoomFor', { value: () => true });
    expect(await stalled('mplex', SIZE)).toMatchObject({
      invariant: 'stream.buffer',
      machine: 'mplexStream',
      node: 'n1',
    });
  });

  test('none: a transport that is not held back', async () => {
    plant(Socket.prototype, 'pause', { value: () => undefined });
    expect(await stalled('none', SIZE)).toMatchObject({
      invariant: 'stream.buffer',
      machine: 'soleStream',
      node: 'n1',
    });
  });
});
