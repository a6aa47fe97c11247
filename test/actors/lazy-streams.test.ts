/**
 * Streams whose protocol is taken for agreed: what is said leaves with the proposal, and every trap of that
 * (multiformats/go-multistream#20, libp2p/rust-libp2p#1781, libp2p/js-libp2p#2321).
 */
import { describe, expect, test } from '@jest/globals';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import type { SwarmEvent } from '../../src/actors/swarm/swarm-events.js';
import { encodeMultistreamMessage } from '../../src/wire/multistream.js';
import { YAMUX_HEADER_BYTES } from '../../src/wire/yamux.js';
import { concat, toHex, utf8 } from '../support/decoding.js';
import { during, newSwarm, newWorld, type SimSwarm, type World } from '../support/sim-nodes.js';
import { pattern } from '../support/streams.js';

const ECHO = '/echo/1.0.0';
const OTHER = '/other/1.0.0';
const LATENCY_MS = 50;

async function echo(stream: ProtocolStream): Promise<void> {
  for await (const chunk of stream) {
    stream.write(chunk);
    await stream.whenWritable();
  }
  stream.closeWrite();
}

async function readAll(stream: ProtocolStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(...chunks);
}

interface Ends {
  readonly world: World;
  readonly dialer: SimSwarm;
  readonly listener: SimSwarm;
  readonly failures: (SwarmEvent & { readonly type: 'stream.failed' })[];
  open(): Promise<ProtocolStream>;
  /** Nothing is left of any stream, and nothing broke. */
  settled(): Promise<void>;
}

type Rechunk = (chunks: readonly Uint8Array[]) => Uint8Array[];

const CHUNKINGS: { readonly cut: string; readonly rechunk: Rechunk | undefined }[] = [
  { cut: 'as written', rechunk: undefined },
  {
    cut: 'byte by byte',
    rechunk: (chunks) => [...concat(...chunks)].map((byte) => Uint8Array.of(byte)),
  },
];

/** Two connected nodes; the dialer believes that the listener speaks `believed`. */
async function ends(
  believed: readonly string[],
  speaks: Readonly<Record<string, (stream: ProtocolStream) => void | Promise<void>>>,
  { rechunk, gathers = false }: { rechunk?: Rechunk | undefined; gathers?: boolean } = {},
): Promise<Ends> {
  const world = newWorld({ latencyMs: LATENCY_MS, ...(rechunk === undefined ? {} : { rechunk }) });
  const listener = newSwarm(world, { seed: 'listener' });
  for (const [protocol, handler] of Object.entries(speaks)) listener.swarm.registerHandler(protocol, handler);
  await listener.swarm.listen('/memory/listener');
  const dialer = newSwarm(world, { seed: 'dialer', lazyNegotiation: true, gathers });
  dialer.swarm.protocolsOf = (peer) => (peer === listener.peerId ? believed : undefined);
  const failures: Ends['failures'] = [];
  dialer.swarm.events$.subscribe((event) => {
    if (event.type === 'stream.failed') failures.push(event);
  });
  const address = `/memory/listener/p2p/${listener.peerId}`;
  await during(world, dialer.swarm.dial(address));
  const [ofDialer, ofListener] = [dialer.environment.liveActors, listener.environment.liveActors];
  return {
    world,
    dialer,
    listener,
    failures,
    open: () => during(world, dialer.swarm.openStream(address, [ECHO])),
    settled: async () => {
      await world.advance(60_000);
      expect([dialer.swarm.streams, listener.swarm.streams]).toEqual([[], []]);
      expect([dialer.environment.liveActors, listener.environment.liveActors]).toEqual([ofDialer, ofListener]);
      expect([dialer.swarm.connections.length, dialer.broken, listener.broken]).toEqual([1, [], []]);
    },
  };
}

/** Data frames of the dialer's streams, and when they left. */
function framesOf({ dialer, world }: Ends): { atMs: number; length: number }[] {
  const frames: { atMs: number; length: number }[] = [];
  dialer.environment.messages$.subscribe(({ layer, direction, event, length, stream }) => {
    if (layer !== 'yamux' || direction !== 'outbound' || event !== undefined || stream === undefined) return;
    frames.push({ atMs: world.clock.now(), length });
  });
  return frames;
}

describe.each(CHUNKINGS)('a protocol that the peer speaks, chunks $cut', ({ rechunk }) => {
  test('is there at once, and the answer comes after one round trip', async () => {
    const both = await ends([ECHO], { [ECHO]: echo }, { rechunk });
    const startMs = both.world.clock.now();
    const stream = await both.open();
    expect([stream.protocol, both.world.clock.now() - startMs]).toEqual([ECHO, 0]);
    stream.write(utf8('hello'));
    stream.closeWrite();
    expect(toHex(await during(both.world, readAll(stream)))).toBe(toHex(utf8('hello')));
    expect(both.world.clock.now() - startMs).toBe(2 * LATENCY_MS);
    await both.settled();
    expect(both.failures).toEqual([]);
  });

  test('and is half-closed before it has answered', async () => {
    const speak = (stream: ProtocolStream): void => {
      stream.write(utf8('at last'));
      stream.closeWrite();
    };
    const both = await ends([ECHO], { [ECHO]: speak }, { rechunk });
    const stream = await both.open();
    stream.closeWrite();
    expect(toHex(await during(both.world, readAll(stream)))).toBe(toHex(utf8('at last')));
    await both.settled();
  });

  test.each(['close', 'reset', 'leave the loop'] as const)('and we %s before it has answered', async (how) => {
    const both = await ends([ECHO], { [ECHO]: echo }, { rechunk });
    const stream = await both.open();
    stream.write(utf8('never mind'));
    if (how === 'close') stream.close().catch(() => undefined);
    else if (how === 'reset') stream.reset();
    else {
      await stream[Symbol.asyncIterator]().return?.();
      stream.closeWrite();
    }
    await both.settled();
    expect(both.failures).toEqual([]);
  });
});

test('a stream takes more than a window before the peer has answered', async () => {
  const both = await ends([ECHO], { [ECHO]: echo });
  const bytes = pattern(700_000, 7);
  const stream = await both.open();
  stream.write(bytes.subarray(0, 250_000));
  stream.write(bytes.subarray(250_000));
  expect(stream.write(new Uint8Array(0))).toBe(false);
  const writable = stream.whenWritable();
  stream.closeWrite();
  writable.catch(() => undefined);
  expect(toHex(await during(both.world, readAll(stream)))).toBe(toHex(bytes));
  await both.settled();
});

test('proposal, data and half-close leave together: one data frame', async () => {
  const both = await ends([ECHO], { [ECHO]: echo }, { gathers: true });
  const frames = framesOf(both);
  const stream = await both.dialer.swarm.openStream(both.listener.peerId, [ECHO]);
  stream.write(utf8('hello'));
  stream.closeWrite();
  expect(frames).toEqual([]);
  expect(toHex(await during(both.world, readAll(stream)))).toBe(toHex(utf8('hello')));
  const lines = concat(encodeMultistreamMessage('/multistream/1.0.0'), encodeMultistreamMessage(ECHO));
  expect(frames.map(({ length }) => length)).toEqual([YAMUX_HEADER_BYTES + lines.length + 5]);
  await both.settled();
});

describe.each(CHUNKINGS)('a protocol that the peer has unlearned, chunks $cut', ({ rechunk }) => {
  test('fails by name, and nothing that the peer makes of the data behind it is read', async () => {
    const both = await ends([ECHO], { [OTHER]: echo }, { rechunk });
    const stream = await both.open();
    // A payload that is itself a proposal of something that the peer does speak.
    stream.write(encodeMultistreamMessage(OTHER));
    const read = readAll(stream);
    read.catch(() => undefined);
    const where = { machine: 'multistreamLazyDialer', peer: both.listener.peerId };
    await expect(during(both.world, read)).rejects.toMatchObject({ blame: 'remote', details: where });
    expect(stream.error?.code).toBe('ERR_MULTISTREAM_NO_OVERLAP');
    expect(() => stream.write(utf8('more'))).toThrow();
    expect(both.failures.map(({ error }) => error)).toEqual([stream.error]);
    await both.settled();
  });

  test('fails by name where nothing was sent behind it', async () => {
    const both = await ends([ECHO], {}, { rechunk });
    const stream = await both.open();
    await expect(during(both.world, readAll(stream))).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      blame: 'remote',
      details: { machine: 'multistreamLazyDialer', state: 'awaitingEcho', lastEvent: 'wire.na' },
    });
    await expect(stream.closed).rejects.toMatchObject({ code: 'ERR_MULTISTREAM_NO_OVERLAP' });
    await both.settled();
  });
});

test('data that came with a proposal which the peer declines is never read as a proposal', async () => {
  const served: string[] = [];
  const serve = (stream: ProtocolStream): void => void served.push(stream.protocol);
  const both = await ends([ECHO], { [OTHER]: serve }, { gathers: true });
  const stream = await both.dialer.swarm.openStream(both.listener.peerId, [ECHO]);
  stream.write(encodeMultistreamMessage(OTHER));
  const read = readAll(stream);
  read.catch(() => undefined);
  await expect(during(both.world, read)).rejects.toMatchObject({ code: 'ERR_MULTISTREAM_NO_OVERLAP' });
  expect(served).toEqual([]);
  await both.settled();
});

test('what the peer is not known to speak is negotiated in full, and so is what the caller wants to be', async () => {
  const both = await ends([OTHER], { [ECHO]: echo, [OTHER]: echo });
  const machines = new Set<string>();
  both.dialer.environment.transitions$.subscribe(({ machine }) => machines.add(machine));
  const unknown = await both.open();
  const known = await during(both.world, both.dialer.swarm.openStream(both.listener.peerId, [OTHER], { lazy: false }));
  expect([...machines]).not.toContain('multistreamLazyDialer');
  const chosen = await during(both.world, both.dialer.swarm.openStream(both.listener.peerId, ['/none', OTHER]));
  expect([unknown, known, chosen].map(({ protocol }) => protocol)).toEqual([ECHO, OTHER, OTHER]);
  expect([...machines]).toContain('multistreamLazyDialer');
  for (const stream of [unknown, known, chosen]) stream.reset();
  await both.settled();
});

test('a peer that never answers is given up in time', async () => {
  const both = await ends([ECHO], { [ECHO]: echo });
  await both.world.advance(LATENCY_MS);
  expect(both.listener.swarm.connections.length).toBe(1);
  const stream = await both.open();
  // What the listener says goes nowhere from here on.
  for (const connection of both.listener.swarm.connections) connection.send = () => undefined;
  const read = readAll(stream);
  read.catch(() => undefined);
  await both.world.advance(both.dialer.environment.limits.multistreamTimeoutMs + 1000);
  expect(stream.error).toMatchObject({
    code: 'ERR_MULTISTREAM_TIMEOUT',
    details: { machine: 'multistreamLazyDialer', state: 'awaitingHeader' },
  });
});
