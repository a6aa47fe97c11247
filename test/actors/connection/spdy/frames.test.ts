/** A SPDY session against bare frames: windows, settings, ids, limits, and every fault that a peer can make. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../../src/limits.js';
import { encodeSpdySettings, SPDY_FLAG, SPDY_MAX_UINT31, SPDY_SETTING } from '../../../../src/wire/spdy.js';
import { hex, thrownCode } from '../../../support/decoding.js';
import { NOTHING_LEFT } from '../../../support/muxer-pair.js';
import { data, describeFrames, fin, goAway, ping, rst, SpdyWithPeer, widen } from '../../../support/spdy-peer.js';
import { pattern, Sink } from '../../../support/streams.js';

const WINDOW = LIMITS.spdyInitialWindowBytes;
const windowOf = (bytes: number): Uint8Array => encodeSpdySettings([[SPDY_SETTING.initialWindowSize, bytes]]);
const bytesIn = (frames: readonly string[], id: number): number =>
  frames
    .filter((frame) => frame.startsWith(`data ${id} `))
    .reduce((sum, frame) => sum + Number(frame.split(' ').at(-1)), 0);

describe('what we say', () => {
  test.each(['dialer', 'listener'] as const)('settings first, then the session window, as a %s', (role) => {
    const peer = new SpdyWithPeer(role);
    expect(peer.greeting).toEqual(['settings 4=1000 7=1048576', `windowUpdate 0 ${16 * 1024 * 1024 - 65_536}`]);
    expect(peer.close()).toEqual(NOTHING_LEFT);
    const narrow = new SpdyWithPeer(role, { limits: { spdySessionWindowBytes: 1 } });
    expect(narrow.greeting).toEqual(['settings 4=1000 7=1048576']);
    narrow.close();
  });

  test('a stream is answered with SYN_REPLY when somebody takes it, and closed with an empty DATA and FIN', () => {
    const peer = new SpdyWithPeer('listener', { accept: false });
    expect(peer.hear(peer.make.syn(1))).toEqual([]);
    const stream = peer.end.facade(peer.end.offered[0]!);
    const sink = new Sink(stream);
    expect(peer.sent()).toEqual(['synReply 1']);
    stream.write(pattern(3, 1));
    stream.closeWrite();
    expect(peer.sent()).toEqual(['data 1 3', 'data 1 FIN 0']);
    expect(peer.hear(data(1, pattern(5, 2), SPDY_FLAG.FIN))).toEqual([]);
    expect([sink.end, sink.length]).toEqual(['completed', 5]);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('streams and pings of ours ascend: odd from the dialer, even from the listener', () => {
    for (const [role, first] of [
      ['dialer', 1],
      ['listener', 2],
    ] as const) {
      const peer = new SpdyWithPeer(role);
      expect([peer.end.open().id, peer.end.open().id]).toEqual([first, first + 2]);
      expect(peer.sent()).toEqual([`synStream ${first}`, `synStream ${first + 2}`]);
      const rounds: number[] = [];
      for (const id of [first, first + 2]) {
        peer.end.environment.turns.post(() => peer.muxer.ping((ms) => rounds.push(ms)));
        expect(peer.sent()).toEqual([`ping ${id}`]);
        expect(peer.hear(ping(id + 4), ping(id))).toEqual([]);
      }
      expect(rounds).toEqual([0, 0]);
      expect(peer.hear(ping(first + 1))).toEqual([`ping ${first + 1}`]);
      peer.close();
    }
  });
});

describe('what the peer lets us send', () => {
  test('64 KiB on each stream and in all until it says more', () => {
    const peer = new SpdyWithPeer('dialer');
    const [one, two] = [peer.end.open(), peer.end.open()];
    peer.sent();
    one.write(pattern(100_000, 1));
    two.write(pattern(100_000, 2));
    expect(bytesIn(peer.sent(), one.id)).toBe(65_536);
    expect(peer.hear(widen(one.id, 10))).toEqual([]);
    // Only the session's window held the second stream back.
    expect(peer.hear(widen(0, 50_000))).toEqual(['data 1 10', 'data 3 49990']);
    expect(peer.hear(widen(0, 100_000))).toEqual(['data 3 15546']);
    peer.close();
  });

  test('settings change the windows of streams that live, down below nothing and up again', () => {
    const peer = new SpdyWithPeer('dialer');
    peer.hear(widen(0, 1_000_000));
    const stream = peer.end.open();
    peer.sent();
    stream.write(pattern(200_000, 1));
    expect(bytesIn(peer.sent(), 1)).toBe(65_536);
    expect(peer.hear(windowOf(1000))).toEqual([]);
    expect(peer.hear(widen(1, 64_536))).toEqual([]);
    expect(peer.hear(widen(1, 1))).toEqual(['data 1 1']);
    expect(peer.hear(windowOf(3000))).toEqual(['data 1 2000']);
    const next = peer.end.open();
    next.write(pattern(5000, 2));
    expect(peer.sent()).toEqual(['synStream 3', 'data 3 3000']);
    peer.close();
  });

  test('a start window of nothing: a stream opens, and waits', () => {
    const peer = new SpdyWithPeer('dialer');
    peer.hear(windowOf(0));
    const stream = peer.end.open();
    stream.write(pattern(10, 1));
    stream.closeWrite();
    expect(peer.sent()).toEqual(['synStream 1']);
    expect(peer.muxer.streams.get(1)?.state).toBe('open.draining');
    expect(peer.hear(widen(1, 10))).toEqual(['data 1 10', 'data 1 FIN 0']);
    peer.close();
  });

  test('no more streams than it wants at once', () => {
    const peer = new SpdyWithPeer('dialer');
    peer.hear(encodeSpdySettings([[SPDY_SETTING.maxConcurrentStreams, 2]]));
    const [first] = [peer.end.openMuxed(), peer.end.openMuxed()];
    expect(thrownCode(() => peer.end.openMuxed())).toBe('ERR_SPDY_TOO_MANY_STREAMS');
    peer.hear(rst(first.id, 3));
    expect(peer.end.openMuxed().id).toBe(5);
    peer.close();
  });

  test('and no more than our own limit, whatever it says', () => {
    const peer = new SpdyWithPeer('dialer', { limits: { spdyOutboundStreams: 3 } });
    peer.hear(encodeSpdySettings([[SPDY_SETTING.maxConcurrentStreams, 1000]]));
    for (let count = 0; count < 3; count++) peer.end.openMuxed();
    expect(thrownCode(() => peer.end.openMuxed())).toBe('ERR_SPDY_TOO_MANY_STREAMS');
    peer.close();
  });

  test('a data frame holds no more than the limit', () => {
    const peer = new SpdyWithPeer('dialer', { limits: { spdySendFrameBytes: 1000 } });
    const stream = peer.end.open();
    stream.write(pattern(2500, 1));
    expect(peer.sent()).toEqual(['synStream 1', 'data 1 1000', 'data 1 1000', 'data 1 500']);
    peer.close();
  });
});

describe('what we let the peer send', () => {
  test('credit goes back to stream and session as the reader consumes, at half a window', () => {
    const limits = { spdyInitialWindowBytes: 100_000, spdySessionWindowBytes: 200_000, spdySessionOverrunBytes: 0 };
    const peer = new SpdyWithPeer('listener', { limits });
    peer.hear(peer.make.syn(1));
    const muxed = peer.end.offered[0]!;
    muxed.inbound$.subscribe();
    peer.sent();
    expect(peer.hear(data(1, new Uint8Array(100_000)))).toEqual([]);
    const consume = (size: number): string[] => {
      peer.end.environment.turns.post(() => muxed.consume(size));
      return peer.sent();
    };
    expect(consume(49_999)).toEqual([]);
    expect(consume(1)).toEqual(['windowUpdate 1 50000']);
    expect(consume(50_000)).toEqual(['windowUpdate 0 100000', 'windowUpdate 1 50000']);
    peer.close();
  });

  test('the whole window is taken; one byte more resets the stream, and the session goes on', () => {
    const peer = new SpdyWithPeer('listener');
    peer.hear(peer.make.syn(1), peer.make.syn(3));
    expect(peer.hear(data(1, new Uint8Array(WINDOW)))).toEqual([]);
    expect(peer.hear(data(1, new Uint8Array(1)))).toEqual(['rstStream 1 7']);
    expect(peer.end.offered[0]?.error).toMatchObject({ code: 'ERR_SPDY_WINDOW_EXCEEDED', blame: 'remote' });
    expect(peer.hear(data(3, new Uint8Array(10)))).toEqual([]);
    expect([peer.ended, peer.end.offered[1]?.unconsumedBytes]).toEqual([undefined, 10]);
    peer.close();
  });

  test('the session’s window and what libp2p-spdy may run past it are taken; one byte more ends the session', () => {
    const limits = { spdySessionWindowBytes: 100_000 };
    const past = (extra: number): SpdyWithPeer => {
      const peer = new SpdyWithPeer('listener', { limits });
      peer.hear(peer.make.syn(1));
      peer.hear(data(1, new Uint8Array(100_000)), data(1, new Uint8Array(LIMITS.spdySessionOverrunBytes + extra)));
      return peer;
    };
    expect(past(0).ended).toBe(undefined);
    const over = past(1);
    expect(over.ended).toBe('ERR_SPDY_WINDOW_EXCEEDED');
    expect(over.close()).toEqual(NOTHING_LEFT);
  });

  test('what nobody takes goes back to the session: streams that are reset, gone or never were', () => {
    const limits = { spdySessionWindowBytes: 100_000, spdySessionOverrunBytes: 0 };
    const peer = new SpdyWithPeer('listener', { limits });
    peer.hear(peer.make.syn(1));
    peer.end.environment.turns.post(() => peer.end.offered[0]?.reset());
    expect(peer.sent()).toEqual(['rstStream 1 5']);
    for (let round = 0; round < 10; round++) {
      expect(peer.hear(data(1, new Uint8Array(60_000)))).toEqual(['windowUpdate 0 60000']);
    }
    expect(peer.hear(data(9, new Uint8Array(60_000)))).toEqual(['rstStream 9 2', 'windowUpdate 0 60000']);
    expect(peer.muxer.discardedBytes).toBe(11 * 60_000);
    // What waited on a stream that is then reset was never consumed, and is given back as well.
    peer.hear(peer.make.syn(11), data(11, new Uint8Array(50_000)));
    expect(peer.hear(rst(11, 5))).toEqual(['windowUpdate 0 50000']);
    expect(peer.ended).toBe(undefined);
    peer.close();
  });

  test('a body that its stream’s reset cuts is given back whole', () => {
    const limits = { spdySessionWindowBytes: 100_000, spdySessionOverrunBytes: 0 };
    const peer = new SpdyWithPeer('listener', { limits });
    peer.hear(peer.make.syn(1));
    const frame = data(1, new Uint8Array(80_000));
    peer.end.receive([frame.subarray(0, 30_000)]);
    peer.end.environment.turns.post(() => peer.end.offered[0]?.reset());
    peer.end.receive([frame.subarray(30_000)]);
    expect(peer.sent()).toEqual(['rstStream 1 5', 'windowUpdate 0 80000']);
    peer.close();
  });

  test('streams: the thousandth is taken, one more refused; so is one beyond the backlog', () => {
    const peer = new SpdyWithPeer('listener');
    for (let id = 1; id < 2000; id += 2) expect(peer.hear(peer.make.syn(id))).toEqual([`synReply ${id}`]);
    expect(peer.hear(peer.make.syn(2001))).toEqual(['rstStream 2001 3']);
    expect(peer.hear(rst(1, 5), peer.make.syn(2003))).toEqual(['synReply 2003']);
    peer.close();
    const waiting = new SpdyWithPeer('listener', { accept: false, limits: { spdyAcceptBacklog: 2 } });
    expect(waiting.hear(waiting.make.syn(1), waiting.make.syn(3), waiting.make.syn(5))).toEqual(['rstStream 5 3']);
    waiting.end.offered[0]?.inbound$.subscribe();
    waiting.sent();
    expect(waiting.hear(waiting.make.syn(7))).toEqual([]);
    waiting.close();
  });
});

describe('what is refused without a fault', () => {
  test('streams of one direction, streams that are pushed, and streams after our go-away', () => {
    const peer = new SpdyWithPeer('listener');
    expect(peer.hear(peer.make.syn(1, SPDY_FLAG.UNIDIRECTIONAL))).toEqual(['rstStream 1 3']);
    const pushed = peer.make.syn(3);
    pushed[15] = 1;
    expect(peer.hear(pushed)).toEqual(['rstStream 3 3']);
    peer.hear(peer.make.syn(5));
    peer.end.environment.turns.post(() => peer.muxer.goAway());
    expect(peer.sent()).toEqual(['goAway 5 0']);
    expect(peer.hear(peer.make.syn(7))).toEqual(['rstStream 7 3']);
    peer.close();
  });

  test('a SYN_STREAM with FIN is half closed from the start; HEADERS and SYN_REPLY can close too', () => {
    const peer = new SpdyWithPeer('dialer');
    peer.hear(peer.make.syn(2, SPDY_FLAG.FIN), peer.make.syn(4), peer.make.headers(4, SPDY_FLAG.FIN));
    expect(peer.end.offered.map(({ state }) => state)).toEqual([
      'halfClosedRemote.windowOpen',
      'halfClosedRemote.windowOpen',
    ]);
    const ours = peer.end.openMuxed();
    const reply = peer.make.reply(ours.id);
    reply[4] = SPDY_FLAG.FIN;
    peer.hear(reply);
    expect(ours.state).toBe('halfClosedRemote.windowOpen');
    peer.close();
  });

  test('frames nobody knows are skipped, whatever their length; frames for streams that are gone mean nothing', () => {
    const peer = new SpdyWithPeer('listener');
    peer.hear(peer.make.syn(1), rst(1, 5));
    const skipped = new Uint8Array(8 + 100_000);
    skipped.set(hex('8003 000a 000186a0'));
    const gone = [rst(1, 2), widen(1, 5), peer.make.reply(1), peer.make.headers(1), fin(1)];
    expect(peer.hear(skipped, hex('8003 0005 00000000'), ...gone, rst(99, 1), widen(99, 1))).toEqual([]);
    expect(peer.hear(ping(1))).toEqual(['ping 1']);
    peer.close();
  });

  test('streams that never were: the peer hears so', () => {
    const peer = new SpdyWithPeer('listener');
    expect(peer.hear(fin(5), peer.make.reply(2), peer.make.headers(7, SPDY_FLAG.FIN))).toEqual([
      'rstStream 5 2',
      'rstStream 2 2',
      'rstStream 7 2',
    ]);
    peer.close();
  });

  test('a stream forgotten by the peer after our FIN: its last data may come behind the news', () => {
    const peer = new SpdyWithPeer('dialer');
    const stream = peer.end.open();
    const sink = new Sink(stream);
    stream.closeWrite();
    peer.hear(data(1, pattern(10, 1)), rst(1, 2), data(1, pattern(10, 2)), fin(1));
    expect([sink.end, sink.length]).toEqual(['completed', 20]);
    const lost = peer.end.open();
    const atLost = new Sink(lost);
    lost.closeWrite();
    peer.hear(rst(3, 2));
    expect(lost.error).toBe(undefined);
    while (atLost.end === 'open') peer.clock.fireNext();
    expect(atLost.end).toBe('ERR_STREAM_RESET');
    peer.close();
  });

  test('the peer goes away: what it will not serve ends, the rest goes on', () => {
    const peer = new SpdyWithPeer('dialer');
    const [served, unserved] = [peer.end.openMuxed(), peer.end.openMuxed()];
    peer.sent();
    expect(peer.hear(goAway(1, 0))).toEqual([]);
    expect([served.error, unserved.error?.code]).toEqual([undefined, 'ERR_SPDY_GO_AWAY']);
    expect(thrownCode(() => peer.end.openMuxed())).toBe('ERR_SPDY_GO_AWAY');
    peer.hear(rst(1, 5));
    expect(peer.ended).toBe('well');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });
});

describe('faults of one stream', () => {
  const faults: [string, (peer: SpdyWithPeer) => Uint8Array, string, string][] = [
    ['data after FIN', () => data(2, new Uint8Array(1)), 'rstStream 2 9', 'ERR_SPDY_UNEXPECTED'],
    ['FIN twice', () => fin(2), 'rstStream 2 1', 'ERR_SPDY_UNEXPECTED'],
    ['a reply to its own stream', ({ make }) => make.reply(2), 'rstStream 2 8', 'ERR_SPDY_UNEXPECTED'],
    ['a window beyond 31 bits', () => widen(2, SPDY_MAX_UINT31), 'rstStream 2 7', 'ERR_SPDY_WINDOW_OVERFLOW'],
  ];
  test.each(faults)('%s', (_, make, reset, code) => {
    const peer = new SpdyWithPeer('dialer');
    peer.hear(peer.make.syn(2), fin(2));
    expect(peer.hear(make(peer))).toEqual([reset]);
    expect(peer.end.offered[0]?.error).toMatchObject({ code, blame: 'remote', details: { machine: 'spdyStream' } });
    expect(peer.ended).toBe(undefined);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a second reply', () => {
    const peer = new SpdyWithPeer('dialer');
    const stream = peer.end.openMuxed();
    peer.hear(peer.make.reply(1));
    expect(stream.error).toBe(undefined);
    expect(peer.hear(peer.make.reply(1))).toEqual(['rstStream 1 8']);
    expect(stream.error?.code).toBe('ERR_SPDY_UNEXPECTED');
    peer.close();
  });

  test('settings that push the window of one stream beyond 31 bits', () => {
    const peer = new SpdyWithPeer('dialer');
    const stream = peer.end.openMuxed();
    peer.hear(widen(1, SPDY_MAX_UINT31 - 65_536));
    expect(stream.error).toBe(undefined);
    expect(peer.hear(windowOf(65_537))).toContain('rstStream 1 7');
    peer.close();
  });
});

describe('faults of the session', () => {
  const faults: [string, (peer: SpdyWithPeer) => readonly Uint8Array[], string][] = [
    ['SPDY/2', () => [hex('8002 0006 00000004 00000001')], 'ERR_SPDY_BAD_VERSION'],
    ['a control bit and garbage', () => [hex('80ff0000ffffffff')], 'ERR_SPDY_BAD_VERSION'],
    ['a control frame over the limit', () => [hex('8003 0001 00004001')], 'ERR_SPDY_FRAME_TOO_LARGE'],
    ['a ping of five bytes', () => [hex('8003 0006 00000005 0000000100')], 'ERR_SPDY_BAD_FRAME'],
    ['a grant of nothing', () => [hex('8003 0009 00000008 00000000 00000000')], 'ERR_SPDY_BAD_FRAME'],
    ['data on stream 0', () => [hex('00000000 00000001 aa')], 'ERR_SPDY_BAD_STREAM_ID'],
    ['an id of ours', ({ make }) => [make.syn(2)], 'ERR_SPDY_BAD_STREAM_ID'],
    ['an id used before', ({ make }) => [make.syn(1), make.syn(1)], 'ERR_SPDY_BAD_STREAM_ID'],
    ['an id that descends', ({ make }) => [make.syn(5), make.syn(3)], 'ERR_SPDY_BAD_STREAM_ID'],
    ['a session window beyond 31 bits', () => [widen(0, SPDY_MAX_UINT31)], 'ERR_SPDY_WINDOW_OVERFLOW'],
    ['a start window beyond 31 bits', () => [windowOf(0x8000_0000)], 'ERR_SPDY_WINDOW_OVERFLOW'],
    ['no header block', () => [hex('8003 0001 0000000e 00000001 00000000 6000 ffffffff')], 'ERR_SPDY_BAD_COMPRESSION'],
    ['an empty header block', () => [hex('8003 0001 0000000a 00000001 00000000 6000')], 'ERR_SPDY_BAD_HEADERS'],
    [
      'a header block that nobody can read again',
      ({ make }) => [make.syn(1), make.syn(3).subarray(0, 18), make.syn(5)],
      'ERR_SPDY_BAD_COMPRESSION',
    ],
    ['65 pings at once', () => Array.from({ length: 65 }, (_, id) => ping(2 * id + 1)), 'ERR_SPDY_FLOOD'],
    ['65 settings at once', () => Array.from({ length: 65 }, () => windowOf(1)), 'ERR_SPDY_FLOOD'],
  ];
  test.each(faults)('%s', (_, make, code) => {
    const peer = new SpdyWithPeer('listener');
    const sent = peer.hear(...make(peer));
    expect(peer.ended).toBe(code);
    expect(sent.at(-1)).toMatch(/^goAway \d+ 1$/);
    const [error] = peer.end.ended;
    expect(error).toMatchObject({ blame: 'remote', details: { machine: 'spdySession' } });
    expect(peer.hear(ping(1))).toEqual([]);
    expect(peer.close()).toEqual(NOTHING_LEFT);
    expect(peer.end.broken).toEqual([]);
  });

  test('64 pings and settings at once are heeded, and 64 in the next turn', () => {
    const peer = new SpdyWithPeer('listener');
    for (let turn = 0; turn < 2; turn++) {
      const pings = Array.from({ length: 63 }, (_, id) => ping(2 * id + 1));
      expect(peer.hear(windowOf(1000), ...pings)).toHaveLength(63);
    }
    expect(peer.ended).toBe(undefined);
    peer.close();
  });

  test('an error status ends it: the peer has said so, and streams hear it', () => {
    const peer = new SpdyWithPeer('dialer');
    const stream = peer.end.openMuxed();
    peer.hear(goAway(1, 2));
    expect([peer.ended, stream.error?.code]).toEqual(['ERR_SPDY_GO_AWAY', 'ERR_SPDY_GO_AWAY']);
    expect(String(peer.end.ended[0])).toContain('status 2');
  });

  test('nothing heard after a keep-alive ping', () => {
    const peer = new SpdyWithPeer('dialer');
    peer.clock.fireNext();
    expect(peer.sent()).toEqual(['ping 1']);
    peer.hear(rst(99, 1));
    peer.clock.fireNext();
    expect(peer.sent()).toEqual(['ping 1'].slice(1));
    peer.clock.fireNext();
    expect(peer.ended).toBe('ERR_SPDY_KEEPALIVE');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('any bytes end it by name or are waited for: nothing breaks', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const peer = new SpdyWithPeer(seed % 2 === 0 ? 'dialer' : 'listener');
      const garbage = pattern(400, seed);
      if (seed % 3 === 0) garbage.set([0x80, 3, 0, seed % 10, 0, 0, 0, 4 + (seed % 16)]);
      peer.end.receive([garbage]);
      expect({ seed, broken: peer.end.broken }).toEqual({ seed, broken: [] });
      expect({ seed, ended: peer.ended ?? 'ERR_' }).toEqual({ seed, ended: expect.stringMatching(/^(ERR_|well)/) });
      expect(peer.close()).toEqual(NOTHING_LEFT);
    }
  });
});

test('frames in words are whole', () => {
  expect(() => describeFrames(hex('8003 0006 00000004 0000'))).toThrow('half a frame');
});
