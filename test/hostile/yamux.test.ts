/** What a peer may do wrong in yamux, against a node over TCP: faults of the session, and faults of one stream. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { lines } from '../support/hostile-peer.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';

const { data, windowUpdate, ping, goAway } = YAMUX_TYPE;
const { SYN, ACK, FIN, RST } = YAMUX_FLAG;
const WINDOW = LIMITS.yamuxInitialWindowBytes;
/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';
const MAX_UINT32 = 0xffff_ffff;

function pings(count: number): Uint8Array {
  return concat(...Array.from({ length: count }, (_, value) => encodeYamuxHeader(ping, SYN, 0, value)));
}

interface Act {
  readonly name: string;
  readonly act: (yamux: HostileYamux) => void | Promise<void>;
  readonly code: ErrorCode;
  /** Code of the go-away that the node sends; `undefined`: none. */
  readonly goAway?: number;
  readonly limits?: Partial<Limits>;
}

const SESSION: readonly Act[] = [
  {
    name: 'version 1',
    act: ({ pipe }) => pipe.send(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    code: 'ERR_YAMUX_BAD_HEADER',
    goAway: 1,
  },
  {
    name: 'type 4',
    act: (yamux) => yamux.send(4, 0, 0, 0),
    code: 'ERR_YAMUX_BAD_HEADER',
    goAway: 1,
  },
  {
    name: 'a data frame over 16 MiB, by its length',
    act: (yamux) => yamux.send(data, 0, 99, LIMITS.yamuxReceiveFrameBytes + 1),
    code: 'ERR_YAMUX_FRAME_TOO_LARGE',
    goAway: 1,
  },
  {
    name: 'data beyond the credit, by its length',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      yamux.send(data, 0, stream.id, WINDOW + 1);
    },
    code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    goAway: 1,
  },
  {
    name: 'the whole credit and then one byte',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      stream.send(new Uint8Array(WINDOW));
      stream.send(Uint8Array.of(1));
    },
    code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    goAway: 1,
  },
  {
    name: 'a stream whose id has the wrong parity',
    act: (yamux) => yamux.send(windowUpdate, SYN, 2, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a stream with id 0',
    act: (yamux) => yamux.send(windowUpdate, SYN, 0, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'data of stream 0',
    act: (yamux) => yamux.send(data, 0, 0, 4, new Uint8Array(4)),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'an id that is in use',
    act: (yamux) => yamux.send(windowUpdate, SYN, yamux.open().id, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'an id that was used and reset',
    act: (yamux) => {
      const stream = yamux.open();
      stream.reset();
      yamux.send(windowUpdate, SYN, stream.id, 0);
    },
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a ping of a stream',
    act: (yamux) => yamux.send(ping, SYN, 1, 5),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a go-away of a stream',
    act: (yamux) => yamux.send(goAway, 0, 1, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a ping that neither asks nor answers',
    act: (yamux) => yamux.send(ping, 0, 0, 5),
    code: 'ERR_YAMUX_UNEXPECTED',
    goAway: 1,
  },
  {
    name: '65 pings at once',
    act: ({ pipe }) => pipe.send(pings(LIMITS.yamuxPingsPerTurn + 1)),
    code: 'ERR_YAMUX_PING_FLOOD',
    goAway: 1,
  },
  {
    name: 'a go-away for a protocol error',
    act: (yamux) => yamux.send(goAway, 0, 0, 1),
    code: 'ERR_YAMUX_GO_AWAY',
  },
  {
    name: 'a go-away for an internal error, with a stream open',
    act: (yamux) => {
      yamux.open();
      yamux.send(goAway, 0, 0, 2);
    },
    code: 'ERR_YAMUX_GO_AWAY',
  },
  {
    name: 'silence',
    act: (yamux) => {
      yamux.acknowledges = false;
    },
    code: 'ERR_YAMUX_KEEPALIVE',
    limits: { yamuxKeepAliveMs: 100, yamuxKeepAliveTimeoutMs: 100 },
  },
  {
    name: 'the end in the middle of a header',
    act: ({ pipe }) => {
      pipe.send(encodeYamuxHeader(ping, SYN, 0, 1).subarray(0, 7));
      pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end in the middle of a body',
    act: async (yamux) => {
      const stream = await yamux.openStream('/echo/1.0.0');
      yamux.send(data, 0, stream.id, 100, new Uint8Array(40));
      yamux.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end with a stream open',
    act: async (yamux) => {
      await yamux.openStream('/echo/1.0.0');
      yamux.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
];

describe('faults of the session end it', () => {
  test.each(SESSION)('$name', async ({ act, code, goAway: expected, limits }) => {
    const target = await startTarget(limits === undefined ? {} : { limits });
    target.node.registerHandle(STALL, () => undefined);
    const yamux = await upgradeToYamux(target.address);
    if (limits === undefined) await yamux.expectEcho('before');
    await act(yamux);
    await expectFailure(target, {
      event: 'connection.closed',
      code,
      machine: 'yamuxSession',
      state: expect.stringMatching(/^live\./) as unknown as string,
    });
    if (expected !== undefined) await yamux.expectGoAway(expected);
    await yamux.pipe.raw.expectClosed();
    expect([target.node.connections(), target.node.streams()]).toEqual([[], []]);
    await expectStillServing(target);
  });
});

interface StreamAct {
  readonly name: string;
  readonly act: (yamux: HostileYamux) => Promise<number>;
  readonly code: ErrorCode;
  readonly state: string;
}

const STREAM: readonly StreamAct[] = [
  {
    name: 'a window beyond 32 bits',
    act: async (yamux) => {
      const { id } = await yamux.openStream('/echo/1.0.0');
      yamux.send(windowUpdate, 0, id, MAX_UINT32);
      return id;
    },
    code: 'ERR_YAMUX_WINDOW_OVERFLOW',
    state: 'open.windowOpen',
  },
  {
    name: 'data after FIN',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      stream.end();
      stream.send(Uint8Array.of(1, 2, 3));
      return stream.id;
    },
    code: 'ERR_YAMUX_UNEXPECTED',
    state: 'halfClosedRemote.windowOpen',
  },
  {
    name: 'FIN twice',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      stream.end();
      stream.end();
      return stream.id;
    },
    code: 'ERR_YAMUX_UNEXPECTED',
    state: 'halfClosedRemote.windowOpen',
  },
];

describe('faults of one stream end that stream alone', () => {
  test.each(STREAM)('$name', async ({ act, code, state }) => {
    const target = await startTarget();
    target.node.registerHandle(STALL, (stream) => stream.closed);
    const yamux = await upgradeToYamux(target.address);
    const id = await act(yamux);
    await yamux.streams.get(id)?.expectReset();
    await expectFailure(target, { event: 'stream.failed', code, machine: 'yamuxStream', state });
    await yamux.expectEcho('the other streams go on');
    expect(target.node.connections().length).toBe(1);
    await expectStillServing(target);
  });

  test('a window of 2^32 - 1 is the widest there is', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream('/echo/1.0.0');
    // The lines of multistream that the node sent have used some of the first window.
    const sent = LIMITS.yamuxInitialWindowBytes - negotiationBytes(yamux, stream.id);
    yamux.send(windowUpdate, 0, stream.id, MAX_UINT32 - sent);
    stream.grants = false;
    stream.send(Buffer.from('still here'));
    expect(Buffer.from(await stream.read(10)).toString()).toBe('still here');
    yamux.send(windowUpdate, 0, stream.id, 11);
    await stream.expectReset();
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_YAMUX_WINDOW_OVERFLOW',
      machine: 'yamuxStream',
      state: 'open.windowOpen',
    });
    await yamux.expectEcho('the other streams go on');
  });

  /** What of the negotiation's bytes was not granted again by us. */
  function negotiationBytes(yamux: HostileYamux, id: number): number {
    const stream = yamux.streams.get(id);
    const sent = yamux.frames.filter((frame) => frame.id === id && frame.type === data);
    return stream?.grants === true ? 0 : sent.reduce((sum, { length }) => sum + length, 0);
  }
});

describe('at its limits a session goes on', () => {
  test('64 pings at once are all answered', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    yamux.pipe.send(pings(LIMITS.yamuxPingsPerTurn));
    await eventually('64 pongs', () => {
      const pongs = yamux.frames.filter(({ type, flags }) => type === ping && flags === ACK);
      return pongs.length === LIMITS.yamuxPingsPerTurn;
    });
    await yamux.expectEcho('after 64 pings');
    await expectStillServing(target);
  });

  test('a data frame of 16 MiB for a stream that is gone is discarded as it comes', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    yamux.send(data, 0, 99, LIMITS.yamuxReceiveFrameBytes, new Uint8Array(LIMITS.yamuxReceiveFrameBytes));
    await yamux.expectEcho('after 16 MiB');
    await expectStillServing(target);
  });

  test('a stream that uses its whole credit holds it, and others go on', async () => {
    const target = await startTarget();
    target.node.registerHandle(STALL, () => undefined);
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream(STALL);
    stream.send(new Uint8Array(stream.creditBytes));
    await yamux.expectEcho('beside a stalled stream');
    expect([stream.creditBytes, stream.wasReset]).toEqual([0, false]);
    await expectStillServing(target);
  });

  test('ids with gaps, and late ones', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    for (const id of [1001, 9, 0xffff_fffd, 11]) yamux.send(windowUpdate, SYN, id, 0);
    await eventually(
      'four acknowledgements',
      () => yamux.frames.filter(({ flags }) => (flags & ACK) !== 0).length >= 4,
    );
    await yamux.expectEcho('beside them');
    await expectStillServing(target);
  });

  test('window updates, FIN and RST for streams that never were mean nothing', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    for (const flags of [0, FIN, RST, ACK]) {
      yamux.send(windowUpdate, flags, 77, 1);
      yamux.send(data, flags, 78, 0);
    }
    await yamux.expectEcho('after them');
    await expectStillServing(target);
  });

  test('a go-away with code 0 closes an idle session in order', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    await yamux.expectEcho('before');
    await eventually('every stream is over', () => target.node.connections()[0]?.streams === 0);
    yamux.send(goAway, 0, 0, 0);
    await yamux.pipe.raw.expectClosed();
    const closed = await eventually('closed', () => target.events.find(({ type }) => type === 'connection.closed'));
    expect(closed).not.toHaveProperty('error');
    await expectStillServing(target);
  });
});

describe('streams without end', () => {
  test('1000 streams are taken, the 1001st is refused, and room comes back', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const streams = Array.from({ length: LIMITS.yamuxInboundStreams }, () => yamux.open());
    const refused = yamux.open();
    await refused.expectReset();
    expect(streams.filter(({ wasReset }) => wasReset)).toEqual([]);
    streams[0]?.reset();
    await yamux.expectEcho('in the room that came back');
    await expectStillServing(target);
  });

  test('2,000 streams opened and reset at once leave nothing', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const frames: Uint8Array[] = [];
    for (let id = 1; id < 4_000; id += 2) {
      frames.push(encodeYamuxHeader(windowUpdate, SYN, id, 0), encodeYamuxHeader(windowUpdate, RST, id, 0));
    }
    yamux.pipe.send(...frames);
    yamux.send(windowUpdate, SYN, 4_001, 0);
    await yamux.frame('the last stream is acknowledged', ({ id }) => id === 4_001);
    await eventually('they are gone', () => (target.node.connections()[0]?.streams ?? 99) <= 1);
    expect(target.node.streams()).toEqual([]);
    await expectStillServing(target);
  });

  test('a peer that acknowledges nothing gets 256 streams and no more', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    yamux.acknowledges = false;
    const peer = target.node.connections()[0]?.remotePeer ?? '';
    const codes: string[] = [];
    const opened = (): number =>
      yamux.frames.filter(({ type, flags }) => type === windowUpdate && (flags & SYN) !== 0).length;
    for (let count = 0; count < 300; count++) {
      target.node
        .openStream(peer, '/never/1.0.0')
        .catch((error: unknown) => codes.push((error as { code: string }).code));
    }
    await eventually('the rest is refused', () => codes.length >= 300 - LIMITS.yamuxAckBacklog);
    expect(new Set(codes)).toEqual(new Set(['ERR_YAMUX_BACKLOG']));
    await eventually('256 SYNs', () => opened() >= LIMITS.yamuxAckBacklog);
    // Streams that were acknowledged before are not among the 256.
    expect(opened() - LIMITS.yamuxAckBacklog).toBeLessThanOrEqual(1);
    expect(codes.length).toBeLessThanOrEqual(300 - LIMITS.yamuxAckBacklog + 1);
    await yamux.expectEcho('its own streams go on');
    await expectStillServing(target);
  });

  test('the third ping stream of one connection is refused', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const streams = [];
    for (let count = 0; count < LIMITS.pingInboundStreams; count++) {
      streams.push(await yamux.openStream('/ipfs/ping/1.0.0'));
    }
    const third = yamux.open();
    third.send(lines('/multistream/1.0.0', '/ipfs/ping/1.0.0'));
    await third.expectReset();
    const told = await eventually('told', () => target.events.find(({ type }) => type === 'stream.failed'));
    expect(told).toMatchObject({ error: { code: 'ERR_STREAM_LIMIT', blame: 'remote' } });
    streams[0]?.send(new Uint8Array(32).fill(3));
    expect(await streams[0]?.read(32)).toEqual(new Uint8Array(32).fill(3));
    await expectStillServing(target);
  });
});
