/** What a peer may do wrong in a SPDY session, against a node over TCP: it ends by name, and others are served. */
import { constants, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { SPDY_DICTIONARY } from '../../src/wire/spdy-dictionary.js';
import { encodeSpdyHeaders, SPDY_REQUEST_HEADERS } from '../../src/wire/spdy-headers.js';
import { encodeSpdySettings, encodeSpdySynStream, SPDY_MAX_UINT31, SPDY_SETTING } from '../../src/wire/spdy.js';
import { hex } from '../support/decoding.js';
import { propose } from '../support/hostile-peer.js';
import { connectRaw, eventually } from '../support/hostile-pipe.js';
import { upgradeToSpdy, type HostileSpdy } from '../support/hostile-spdy.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { data, fin, goAway, ping, rst, widen } from '../support/spdy-peer.js';
import { pattern } from '../support/streams.js';

/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';
const WINDOW = LIMITS.spdyInitialWindowBytes;

/** A node that also speaks what an honest one asks for today. */
async function newTarget(limits: Partial<Limits> = {}): Promise<Target> {
  const target = await startTarget({
    security: ['noise', 'unsafe-plaintext-1'],
    muxers: ['yamux', 'spdy'],
    limits,
  });
  target.node.registerHandle(STALL, (stream) => stream.closed);
  return target;
}

/** One flushed zlib block. */
const zlib = (bytes: Uint8Array, dictionary: Uint8Array | undefined = SPDY_DICTIONARY): Uint8Array =>
  new Uint8Array(
    deflateSync(bytes, {
      level: 9,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary === undefined ? {} : { dictionary }),
    }),
  );
const request = encodeSpdyHeaders(SPDY_REQUEST_HEADERS);
const settings = (id: number, value: number): Uint8Array => encodeSpdySettings([[id, value]]);
const many = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

interface Act {
  readonly name: string;
  readonly act: (spdy: HostileSpdy) => void | Promise<void>;
  readonly code: ErrorCode;
  readonly limits?: Partial<Limits>;
}

const SESSION: readonly Act[] = [
  {
    name: 'a bomb: 64 MiB of headers in 64 KiB, cut to what a frame may hold',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, zlib(new Uint8Array(64 << 20)).subarray(0, 16_000))),
    code: 'ERR_SPDY_HEADERS_TOO_LARGE',
  },
  {
    name: 'headers one byte over the limit',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, zlib(new Uint8Array(LIMITS.spdyHeaderBlockBytes + 1)))),
    code: 'ERR_SPDY_HEADERS_TOO_LARGE',
  },
  {
    name: 'another dictionary',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, zlib(request, Buffer.from('GET POST Host')))),
    code: 'ERR_SPDY_BAD_DICTIONARY',
  },
  {
    name: 'a header block that is no zlib stream',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, pattern(100, 1))),
    code: 'ERR_SPDY_BAD_COMPRESSION',
  },
  {
    name: 'a block left out: the next one cannot be opened',
    act: (spdy) => {
      spdy.make.syn(1);
      spdy.send(spdy.make.syn(3));
    },
    code: 'ERR_SPDY_BAD_COMPRESSION',
  },
  {
    name: 'headers whose lengths lie',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, zlib(hex('00000001 7fffffff 61')))),
    code: 'ERR_SPDY_BAD_HEADERS',
  },
  {
    name: 'four thousand million headers',
    act: (spdy) => spdy.send(encodeSpdySynStream(1, 0, zlib(hex('ffffffff 00000001 61 00000000')))),
    code: 'ERR_SPDY_BAD_HEADERS',
  },
  { name: 'SPDY/2', act: (spdy) => spdy.send(hex('8002 0004 0000000c')), code: 'ERR_SPDY_BAD_VERSION' },
  { name: 'SPDY/4', act: (spdy) => spdy.send(hex('8004 0001 00000000')), code: 'ERR_SPDY_BAD_VERSION' },
  { name: 'garbage', act: (spdy) => spdy.send(new Uint8Array(1000).fill(0xa5)), code: 'ERR_SPDY_BAD_VERSION' },
  {
    name: 'a control frame over the limit, by its length',
    act: (spdy) => spdy.send(hex('8003 0008 00004001')),
    code: 'ERR_SPDY_FRAME_TOO_LARGE',
  },
  {
    name: 'a SYN_STREAM of nine bytes',
    act: (spdy) => spdy.send(hex('8003 0001 00000009 000000010000000060')),
    code: 'ERR_SPDY_BAD_FRAME',
  },
  {
    name: 'settings whose count is not theirs',
    act: (spdy) => spdy.send(hex('8003 0004 0000000c 00000002 00000007 00000001')),
    code: 'ERR_SPDY_BAD_FRAME',
  },
  { name: 'a grant of nothing', act: (spdy) => spdy.send(widen(0, 0)), code: 'ERR_SPDY_BAD_FRAME' },
  {
    name: 'a session window beyond 31 bits',
    act: (spdy) => spdy.send(widen(0, 65_537)),
    code: 'ERR_SPDY_WINDOW_OVERFLOW',
  },
  {
    name: 'a start window beyond 31 bits',
    act: (spdy) => spdy.send(settings(SPDY_SETTING.initialWindowSize, 0x8000_0000)),
    code: 'ERR_SPDY_WINDOW_OVERFLOW',
  },
  { name: 'data of stream 0', act: (spdy) => spdy.send(data(0, pattern(4, 1))), code: 'ERR_SPDY_BAD_STREAM_ID' },
  { name: 'an id of the wrong parity', act: (spdy) => spdy.send(spdy.make.syn(2)), code: 'ERR_SPDY_BAD_STREAM_ID' },
  {
    name: 'an id that is in use',
    act: (spdy) => spdy.send(spdy.make.syn(spdy.open().id)),
    code: 'ERR_SPDY_BAD_STREAM_ID',
  },
  {
    name: 'an id that was used and reset',
    act: (spdy) => spdy.send(rst(spdy.open().id, 5), spdy.make.syn(1)),
    code: 'ERR_SPDY_BAD_STREAM_ID',
  },
  {
    name: 'ids that descend',
    act: (spdy) => spdy.send(spdy.make.syn(9), spdy.make.syn(7)),
    code: 'ERR_SPDY_BAD_STREAM_ID',
  },
  {
    name: '65 pings at once',
    act: (spdy) => spdy.send(...many(LIMITS.spdyControlsPerTurn + 1, (index) => ping(2 * index + 1))),
    code: 'ERR_SPDY_FLOOD',
  },
  {
    name: '65 settings at once',
    act: (spdy) => spdy.send(...many(LIMITS.spdyControlsPerTurn + 1, (index) => settings(7, index))),
    code: 'ERR_SPDY_FLOOD',
  },
  {
    name: 'data beyond what the session holds, by its length',
    act: (spdy) => {
      const stream = spdy.open();
      spdy.send(data(stream.id, new Uint8Array(0)), hex('00000001 00ffffff'));
    },
    limits: { spdySessionWindowBytes: 100_000 },
    code: 'ERR_SPDY_WINDOW_EXCEEDED',
  },
  { name: 'a go-away for a protocol error', act: (spdy) => spdy.send(goAway(0, 1)), code: 'ERR_SPDY_GO_AWAY' },
  {
    name: 'a frame cut short, and the end',
    act: (spdy) => {
      spdy.send(spdy.make.syn(1).subarray(0, 20));
      spdy.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
];

describe('faults of the session end it by name', () => {
  test.each(SESSION)('$name', async ({ act, code, limits = {} }) => {
    const target = await newTarget(limits);
    const spdy = await upgradeToSpdy(target.address);
    await act(spdy);
    const error = await expectFailure(target, {
      event: 'connection.closed',
      code,
      machine: 'spdySession',
      state: expect.stringMatching(/^live\.streams\.open\|/) as unknown as string,
    });
    expect(error.details.address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\//);
    if (!['ERR_SPDY_GO_AWAY', 'ERR_TRANSPORT_ENDED'].includes(code)) await spdy.expectFrame(/^goAway \d+ 1$/);
    await spdy.raw.expectClosed();
    expect(target.node.connections()).toEqual([]);
    await expectStillServing(target);
  });
});

interface StreamAct {
  readonly name: string;
  readonly act: (spdy: HostileSpdy) => Promise<{ readonly id: number }>;
  readonly code: ErrorCode;
  readonly status: number;
  readonly state: string;
}

const STREAM: readonly StreamAct[] = [
  {
    name: 'the whole credit and then one byte',
    act: async (spdy) => {
      const stream = await spdy.openStream(STALL);
      // The lines of multistream were consumed, and not yet granted again.
      stream.send(new Uint8Array(WINDOW));
      stream.send(new Uint8Array(1));
      return stream;
    },
    code: 'ERR_SPDY_WINDOW_EXCEEDED',
    status: 7,
    state: 'open.windowOpen',
  },
  {
    name: 'a window beyond 31 bits',
    act: async (spdy) => {
      const stream = await spdy.openStream(STALL);
      spdy.send(widen(stream.id, SPDY_MAX_UINT31));
      return stream;
    },
    code: 'ERR_SPDY_WINDOW_OVERFLOW',
    status: 7,
    state: 'open.windowOpen',
  },
  {
    name: 'data after FIN',
    act: async (spdy) => {
      const stream = await spdy.openStream(STALL);
      stream.end();
      stream.send(pattern(3, 1));
      return stream;
    },
    code: 'ERR_SPDY_UNEXPECTED',
    status: 9,
    state: 'halfClosedRemote.windowOpen',
  },
  {
    name: 'FIN twice',
    act: async (spdy) => {
      const stream = await spdy.openStream(STALL);
      stream.end();
      stream.end();
      return stream;
    },
    code: 'ERR_SPDY_UNEXPECTED',
    status: 1,
    state: 'halfClosedRemote.windowOpen',
  },
  {
    name: 'a reply to its own stream',
    act: async (spdy) => {
      const stream = await spdy.openStream(STALL);
      spdy.send(spdy.make.reply(stream.id));
      return stream;
    },
    code: 'ERR_SPDY_UNEXPECTED',
    status: 8,
    state: 'open.windowOpen',
  },
];

describe('faults of one stream end that stream alone', () => {
  test.each(STREAM)('$name', async ({ act, code, status, state }) => {
    const target = await newTarget();
    const spdy = await upgradeToSpdy(target.address);
    const { id } = await act(spdy);
    await spdy.expectFrame(new RegExp(`^rstStream ${id} ${status}$`));
    await expectFailure(target, { event: 'stream.failed', code, machine: 'spdyStream', state });
    await spdy.expectEcho('the other streams go on');
    expect(target.node.connections()).toHaveLength(1);
    await expectStillServing(target);
  });
});

describe('at its limits a session goes on', () => {
  test('64 pings at once are all answered', async () => {
    const target = await newTarget();
    const spdy = await upgradeToSpdy(target.address);
    await spdy.expectEcho('before');
    spdy.send(...many(LIMITS.spdyControlsPerTurn, (index) => ping(2 * index + 1)));
    await spdy.expectFrame(/^ping 127$/);
    await spdy.expectEcho('after');
  });

  test('a control frame at the limit, and frames of unknown types of any length', async () => {
    const target = await newTarget();
    const spdy = await upgradeToSpdy(target.address);
    // 2,047 settings that mean nothing fill the frame to four bytes below the limit.
    spdy.send(encodeSpdySettings(many(2047, (index) => [1000 + index, 1] as const)));
    spdy.send(hex('8003 000a 00fffff0'), new Uint8Array(0xff_fff0));
    await spdy.expectEcho('after them');
  });

  test('streams up to the limit are taken, and one more is refused', async () => {
    const target = await newTarget({ spdyInboundStreams: 100 });
    const spdy = await upgradeToSpdy(target.address);
    const streams = many(101, () => spdy.open());
    await spdy.expectFrame(/^rstStream 201 3$/);
    expect(spdy.frames.filter((frame) => frame.startsWith('rstStream'))).toEqual(['rstStream 201 3']);
    spdy.send(rst(streams[0]!.id, 5));
    await spdy.expectEcho('one went, one comes');
  });

  test('three thousand streams opened and reset at once, thrice what may live, cost nothing that stays', async () => {
    const target = await newTarget({ streamResetsBurst: 3_000 });
    const spdy = await upgradeToSpdy(target.address);
    for (let round = 0; round < 30; round++) {
      const ids = many(100, () => spdy.open().id);
      spdy.send(...ids.map((id) => rst(id, 5)));
    }
    await spdy.expectEcho('after three thousand');
    const [connection] = target.node.connections();
    await eventually('no stream is left', () => (target.node.connections()[0]?.streams ?? 9) <= 2);
    expect(connection?.muxer).toBe('/spdy/3.1.0');
  });

  test('data for streams that are gone or never were is discarded as it comes, and never stalls the rest', async () => {
    const target = await newTarget({ spdySessionWindowBytes: 1 << 20 });
    const spdy = await upgradeToSpdy(target.address);
    const gone = spdy.open();
    spdy.send(rst(gone.id, 5));
    for (let round = 0; round < 20; round++) {
      spdy.send(data(gone.id, new Uint8Array(500_000)));
      const grants = round + 1;
      await eventually('the session has it back', () => {
        const back = spdy.frames.filter((frame) => frame.startsWith('windowUpdate 0 '));
        return back.reduce((sum, frame) => sum + Number(frame.split(' ')[2]), 0) >= (grants - 2) * 500_000;
      });
    }
    spdy.send(fin(9999));
    await spdy.expectFrame(/^rstStream 9999 2$/);
    await spdy.expectEcho('the session goes on');
  });

  test('every cut of the bytes gives the same: one byte at a time', async () => {
    const target = await newTarget();
    const spdy = await upgradeToSpdy(target.address);
    const bytes = Buffer.concat([
      spdy.make.syn(1),
      data(1, Buffer.from('\x13/multistream/1.0.0\n\x0c/echo/1.0.0\n')),
      data(1, Buffer.from('hello')),
      ping(1),
    ]);
    for (const byte of bytes) {
      spdy.raw.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await spdy.expectFrame(/^ping 1$/);
    // Two lines of multistream and five letters, in whatever pieces they were echoed.
    await eventually('the echo', () => {
      const sizes = spdy.frames.filter((frame) => frame.startsWith('data 1 ')).map((frame) => Number(frame.slice(7)));
      return sizes.reduce((sum, size) => sum + size, 0) === 20 + 13 + 5;
    });
  });
});

describe('who a peer of plaintext 1.0 is', () => {
  test('nobody, until identify has named it; many that nobody named are not taken for one', async () => {
    const target = await newTarget({ connectionsPerPeer: 1 });
    // One more than one peer's scope takes.
    const all = await Promise.all(many(5, () => upgradeToSpdy(target.address)));
    for (const spdy of all) await spdy.expectEcho('served');
    expect(target.node.connections().map(({ remotePeer, agreed }) => [remotePeer, agreed])).toEqual(
      all.map(() => ['', { identity: 'unproven' }]),
    );
    expect(target.events.some(({ type }) => type === 'peer.connected')).toBe(false);
  });

  test('it is off unless asked for: a node of our defaults declines it', async () => {
    const target = await startTarget();
    const raw = await connectRaw(target.address);
    await expect(propose(raw, '/plaintext/1.0.0')).rejects.toThrow('the node said /multistream/1.0.0, na');
    raw.end();
  });
});
