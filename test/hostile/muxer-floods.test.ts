/** Streams by the hundred over spdy and mplex: scopes, and the bound on resets, hold for them as for yamux. */
import { describe, expect, test } from '@jest/globals';
import type { CreateNodeOptions } from '../../src/create-node.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { upgradeToMplex } from '../support/hostile-mplex.js';
import { eventually } from '../support/hostile-pipe.js';
import { upgradeToSpdy } from '../support/hostile-spdy.js';
import {
  expectFailure,
  expectNothingHeld,
  expectStillServing,
  startTarget,
  type Target,
} from '../support/hostile-target.js';
import { rst } from '../support/spdy-peer.js';

/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';
/** Of RST_STREAM. */
const CANCEL = 5;
const FORGOTTEN = 2;
const RESETS = { streamResetsBurst: 50, streamResetsPerSecond: 0.001 };

interface FloodStream {
  readonly id: number;
  send(...pieces: readonly Uint8Array[]): void;
}

/** What every test here does, in a muxer's own frames. */
interface Flooder {
  open(): FloodStream;
  openStream(protocol: string): Promise<FloodStream>;
  reset(stream: FloodStream): void;
  wasReset(stream: FloodStream): boolean;
  expectEcho(text: string): Promise<void>;
  expectClosed(): Promise<void>;
}

interface Case {
  readonly muxer: string;
  /** State of the session's machine when a flood ends it. */
  readonly state: string;
  readonly machine: string;
  readonly connect: (address: string) => Promise<Flooder>;
  readonly fewInbound: Partial<Limits>;
}

async function floodMplex(address: string): Promise<Flooder> {
  const mplex = await upgradeToMplex(address);
  return {
    open: () => mplex.open(),
    openStream: (protocol) => mplex.openStream(protocol),
    reset: ({ id }) => mplex.streams.get(id)?.reset(),
    wasReset: ({ id }) => mplex.streams.get(id)?.wasReset === true,
    expectEcho: (text) => mplex.expectEcho(text),
    expectClosed: () => mplex.pipe.raw.expectClosed(),
  };
}

async function floodSpdy(address: string, status = CANCEL): Promise<Flooder> {
  const spdy = await upgradeToSpdy(address);
  return {
    open: () => spdy.open(),
    openStream: (protocol) => spdy.openStream(protocol),
    reset: ({ id }) => spdy.send(rst(id, status)),
    wasReset: ({ id }) => spdy.frames.some((frame) => frame.startsWith(`rstStream ${id} `)),
    expectEcho: (text) => spdy.expectEcho(text),
    expectClosed: () => spdy.raw.expectClosed(),
  };
}

const CASES: readonly Case[] = [
  {
    muxer: 'mplex',
    state: 'live.open',
    machine: 'mplexSession',
    connect: floodMplex,
    fewInbound: { mplexInboundStreams: 5 },
  },
  {
    muxer: 'spdy',
    state: 'live.streams.open|live.keepAlive.resting',
    machine: 'spdySession',
    connect: floodSpdy,
    fewInbound: { spdyInboundStreams: 5 },
  },
];

async function start(options: CreateNodeOptions = {}): Promise<Target> {
  const security = ['noise', 'unsafe-plaintext-1'] as const;
  const target = await startTarget({ security, muxers: ['yamux', 'mplex', 'spdy'], ...options });
  target.node.registerHandle(STALL, (stream) => stream.closed);
  return target;
}

const many = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);
const streamsOf = ({ node }: Target): number => node.resources().system.usage.streamsInbound;

describe.each(CASES)('$muxer', ({ connect, machine, state, fewInbound }) => {
  test('streams up to the limit of a scope are taken, the next one is refused, and room comes back', async () => {
    const target = await start({ resources: { system: { streamsInbound: 20 } } });
    const peer = await connect(target.address);
    const taken = many(20, () => peer.open());
    await eventually('all are there', () => streamsOf(target) === 20);
    const refused = peer.open();
    await eventually('it is refused', () => peer.wasReset(refused));
    expect(taken.filter((stream) => peer.wasReset(stream))).toEqual([]);
    peer.reset(taken[0] as FloodStream);
    await eventually('one is gone', () => streamsOf(target) === 19);
    await peer.expectEcho('room came back');
  });

  test('opened and reset: as many as the burst, and one past it', async () => {
    const target = await start({ limits: RESETS });
    const peer = await connect(target.address);
    for (let count = 0; count < 50; count++) peer.reset(peer.open());
    await peer.expectEcho('as many as may');
    peer.reset(peer.open());
    const error = await expectFailure(target, {
      event: 'connection.closed',
      code: 'ERR_STREAM_RESET_FLOOD',
      machine,
      state,
    });
    expect(error.message).toContain('streams a second');
    await peer.expectClosed();
    await expectNothingHeld(target);
    await expectStillServing(target);
  });

  test('streams past the limit, again and again: refused, and then the session ends', async () => {
    const target = await start({ limits: { ...fewInbound, ...RESETS } });
    const peer = await connect(target.address);
    const kept = many(5, () => peer.open());
    const refused = many(50, () => peer.open());
    await eventually('all are refused', () => refused.every((stream) => peer.wasReset(stream)));
    expect(kept.filter((stream) => peer.wasReset(stream))).toEqual([]);
    peer.open();
    await expectFailure(target, { event: 'connection.closed', code: 'ERR_STREAM_RESET_FLOOD', machine, state });
    await expectNothingHeld(target);
  });

  test('what is sent and never read: a stream at its memory’s limit stands, one byte past it is reset', async () => {
    const free = LIMITS.resourceFreeBytesPerStream;
    const memoryBytes = LIMITS.resourceBytesPerStream + 4 * free;
    const target = await start({ resources: { stream: { memoryBytes } } });
    const peer = await connect(target.address);
    const used = (): number => target.node.resources().protocols[STALL]?.usage.memoryBytes ?? 0;
    const stream = await peer.openStream(STALL);
    stream.send(new Uint8Array(free));
    await peer.expectEcho('this waits for free');
    expect(used()).toBe(LIMITS.resourceBytesPerStream);
    stream.send(new Uint8Array(3 * free));
    await peer.expectEcho('this is counted');
    expect(used()).toBe(memoryBytes);
    expect(peer.wasReset(stream)).toBe(false);
    stream.send(new Uint8Array(1));
    await eventually('it is reset', () => peer.wasReset(stream));
    await peer.expectEcho('the others go on');
    expect(used()).toBe(0);
    const failed = target.events.filter(({ type }) => type === 'stream.failed');
    expect(failed).toMatchObject([{ error: { code: 'ERR_RESOURCE_LIMIT', details: { resource: 'memoryBytes' } } }]);
  });
});

test('a reset that says that it knows of no such stream is a reset: spdy', async () => {
  const target = await start({ limits: RESETS });
  const peer = await floodSpdy(target.address, FORGOTTEN);
  for (let count = 0; count < 51; count++) peer.reset(peer.open());
  await eventually('it is ended', () => target.events.some(({ type }) => type === 'connection.closed'));
  const [closed] = target.events.filter(({ type }) => type === 'connection.closed');
  expect(closed).toMatchObject({ error: { code: 'ERR_STREAM_RESET_FLOOD' } });
});
