/** What a peer may do wrong on one yamux stream, and with too many, against a node over TCP: the session goes on. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { lines } from '../support/hostile-peer.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';

const { data, windowUpdate, ping, goAway } = YAMUX_TYPE;
const { SYN, ACK, FIN, RST } = YAMUX_FLAG;
/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';
const MAX_UINT32 = 0xffff_ffff;

function pings(count: number): Uint8Array {
  return concat(...Array.from({ length: count }, (_, value) => encodeYamuxHeader(ping, SYN, 0, value)));
}

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
    const target = await startTarget({ limits: { streamResetsBurst: 2_000 } });
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
