/** What a peer may not do, each at the limit and one past it, and what it may although it looks odd. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../../src/limits.js';
import { YAMUX_MAX_UINT32 } from '../../../../src/wire/yamux.js';
import { hex, thrownCode } from '../../../support/decoding.js';
import { NOTHING_LEFT } from '../../../support/muxer-pair.js';
import { pattern, Sink } from '../../../support/streams.js';
import { data, frame, syn, YamuxWithPeer } from '../../../support/yamux-peer.js';

const WINDOW = LIMITS.yamuxInitialWindowBytes;
const PROTOCOL_ERROR = 'goAway stream 0 length 1';

describe('a fault of the session ends it, with a go-away that says so', () => {
  const faults: { name: string; frames: Uint8Array[]; code: string }[] = [
    { name: 'version 1', frames: [hex('0100 0000 00000001 00000000')], code: 'ERR_YAMUX_BAD_HEADER' },
    { name: 'type 4', frames: [hex('0004 0000 00000001 00000000')], code: 'ERR_YAMUX_BAD_HEADER' },
    {
      name: 'a data frame one byte too large',
      frames: [syn(1), frame('data', [], 1, LIMITS.yamuxReceiveFrameBytes + 1)],
      code: 'ERR_YAMUX_FRAME_TOO_LARGE',
    },
    {
      name: 'one byte beyond the credit',
      frames: [syn(1), frame('data', [], 1, WINDOW + 1)],
      code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    },
    {
      name: 'the credit spent, and one byte more',
      frames: [syn(1), data(1, pattern(WINDOW, 1)), data(1, pattern(1, 1))],
      code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    },
    { name: 'a stream with our parity', frames: [syn(2)], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    { name: 'stream 0', frames: [syn(0)], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    { name: 'data for stream 0', frames: [data(0, pattern(1, 1))], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    { name: 'a stream opened twice', frames: [syn(1), syn(1)], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    {
      name: 'the id of a stream that is gone',
      frames: [syn(1), frame('windowUpdate', ['RST'], 1, 0), syn(3), syn(1)],
      code: 'ERR_YAMUX_BAD_STREAM_ID',
    },
    { name: 'a ping on a stream', frames: [frame('ping', ['SYN'], 1, 7)], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    { name: 'a go-away on a stream', frames: [frame('goAway', [], 1, 0)], code: 'ERR_YAMUX_BAD_STREAM_ID' },
    { name: 'a ping that neither asks nor answers', frames: [frame('ping', [], 0, 7)], code: 'ERR_YAMUX_UNEXPECTED' },
    {
      name: 'one ping too many at once',
      frames: Array.from({ length: LIMITS.yamuxPingsPerTurn + 1 }, () => frame('ping', ['SYN'], 0, 7)),
      code: 'ERR_YAMUX_PING_FLOOD',
    },
  ];

  test.each(faults)('$name -> $code', ({ frames, code }) => {
    const peer = new YamuxWithPeer();
    const bystander = peer.end.open();
    peer.sent();
    const sent = peer.hear(...frames);
    expect(peer.ended).toBe(code);
    expect(sent.at(-1)).toBe(PROTOCOL_ERROR);
    expect(bystander.error?.code).toBe(code);
    expect(peer.end.ended[0]).toMatchObject({
      blame: 'remote',
      details: {
        machine: 'yamuxSession',
        state: 'live.streams.open|live.keepAlive.resting',
        lastEvent: 'wire.violation',
      },
    });
    expect(peer.hear(syn(5), frame('ping', ['SYN'], 0, 1))).toEqual([]);
    expect(peer.end.ended).toHaveLength(1);
    expect(peer.close()).toEqual(NOTHING_LEFT);
    expect(peer.end.broken).toEqual([]);
  });

  test('the failure names the frame', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), frame('data', ['FIN'], 1, WINDOW + 1));
    expect(peer.end.ended[0]).toMatchObject({
      details: { lastBytesDecoded: `data FIN stream 1 length ${WINDOW + 1}` },
    });
    const other = new YamuxWithPeer();
    other.hear(hex('0107 0000 00000001 00000000'));
    expect(other.end.ended[0]).toMatchObject({ details: { lastBytesHex: '010700000000000100000000' } });
  });
});

describe('at the limit the session goes on', () => {
  test('the whole credit, and a zero-length frame after it', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), data(1, pattern(WINDOW, 1)), data(1, new Uint8Array(0)));
    expect(peer.end.offered[0]?.unconsumedBytes).toBe(WINDOW);
    expect(peer.ended).toBeUndefined();
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('as many pings as a turn allows, in every turn', () => {
    const peer = new YamuxWithPeer();
    const pings = Array.from({ length: LIMITS.yamuxPingsPerTurn }, (_, value) => frame('ping', ['SYN'], 0, value));
    for (let turn = 0; turn < 3; turn++) {
      expect(peer.hear(...pings)).toEqual(pings.map((_, value) => `ping ACK stream 0 length ${value}`));
    }
    expect(peer.ended).toBeUndefined();
  });

  test('a frame as large as the limit, when there is credit for it', () => {
    const size = LIMITS.yamuxReceiveFrameBytes;
    const peer = new YamuxWithPeer('listener', { limits: { yamuxInitialWindowBytes: size } });
    peer.hear(syn(1), frame('data', [], 1, size));
    expect(peer.ended).toBeUndefined();
  });

  test('answers to pings that nobody sent mean nothing', () => {
    const peer = new YamuxWithPeer();
    expect(
      peer.hear(frame('ping', ['ACK'], 0, 4711), frame('ping', ['ACK'], 0, 0), frame('ping', ['ACK'], 0, 0)),
    ).toEqual([]);
    expect(peer.ended).toBeUndefined();
  });

  test('SYNs may overtake each other: go opens from many goroutines', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(5), syn(1), syn(9), syn(3), syn(7));
    expect(peer.end.offered.map(({ id }) => id)).toEqual([5, 1, 9, 3, 7]);
    peer.hear(syn(7));
    expect(peer.ended).toBe('ERR_YAMUX_BAD_STREAM_ID');
  });
});

describe('a fault of one stream ends that stream', () => {
  test('a window that 32 bits do not hold', () => {
    const peer = new YamuxWithPeer();
    expect(peer.hear(syn(1), syn(3), frame('windowUpdate', [], 1, YAMUX_MAX_UINT32 - WINDOW))).toEqual([
      'windowUpdate ACK stream 1 length 0',
      'windowUpdate ACK stream 3 length 0',
    ]);
    expect(peer.hear(frame('windowUpdate', [], 1, 1))).toEqual(['windowUpdate RST stream 1 length 0']);
    expect(peer.end.offered[0]?.error).toMatchObject({ code: 'ERR_YAMUX_WINDOW_OVERFLOW', blame: 'remote' });
    expect([...peer.muxer.streams.keys()]).toEqual([3]);
    expect(peer.ended).toBeUndefined();
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('data after FIN, and its body is skipped', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), data(1, pattern(3, 1), 'FIN'));
    const sink = new Sink(peer.end.accepted[0]!);
    expect(peer.hear(data(1, pattern(50, 2)), syn(3))).toEqual([
      'windowUpdate RST stream 1 length 0',
      'windowUpdate ACK stream 3 length 0',
    ]);
    expect(peer.end.offered[0]?.error?.code).toBe('ERR_YAMUX_UNEXPECTED');
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(3, 1), end: 'completed' });
  });

  test('FIN twice', () => {
    const peer = new YamuxWithPeer();
    const fin = frame('windowUpdate', ['FIN'], 1, 0);
    expect(peer.hear(syn(1), fin, fin)).toEqual([
      'windowUpdate ACK stream 1 length 0',
      'windowUpdate RST stream 1 length 0',
    ]);
    expect(peer.end.offered[0]?.error?.code).toBe('ERR_YAMUX_UNEXPECTED');
    expect(peer.ended).toBeUndefined();
  });

  test('the code of a reset is no window, and is named', () => {
    const peer = new YamuxWithPeer('dialer');
    const stream = peer.end.open();
    stream.write(pattern(WINDOW + 1, 1));
    peer.sent();
    expect(peer.hear(frame('windowUpdate', ['RST'], 1, 77))).toEqual([]);
    expect(stream.error).toMatchObject({ code: 'ERR_STREAM_RESET', blame: 'remote' });
    expect(stream.error?.message).toContain('code 77');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('what still comes for a stream that we reset is skipped and counted', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1));
    peer.end.accepted[0]!.reset(9);
    expect(peer.sent()).toEqual(['windowUpdate RST stream 1 length 9']);
    const late = [data(1, pattern(1000, 1)), frame('windowUpdate', [], 1, 5), data(1, pattern(7, 1), 'FIN')];
    expect(peer.hear(...late, frame('ping', ['SYN'], 0, 3))).toEqual(['ping ACK stream 0 length 3']);
    expect(peer.muxer.discardedBytes).toBe(1007);
    expect(peer.ended).toBeUndefined();
  });

  test('a reset in the middle of a body: the rest is skipped', () => {
    const peer = new YamuxWithPeer();
    const bytes = data(1, pattern(1000, 1));
    peer.hear(syn(1), bytes.subarray(0, 500));
    peer.end.accepted[0]!.reset();
    peer.sent();
    expect(peer.hear(bytes.subarray(500), frame('ping', ['SYN'], 0, 3))).toEqual(['ping ACK stream 0 length 3']);
  });

  test('opened, filled and finished in one frame', () => {
    const peer = new YamuxWithPeer();
    peer.hear(data(1, pattern(20, 1), 'SYN', 'FIN'));
    const sink = new Sink(peer.end.accepted[0]!);
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(20, 1), end: 'completed' });
  });

  test('finished by an empty data frame', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), data(1, pattern(20, 1)), data(1, new Uint8Array(0), 'FIN'));
    const sink = new Sink(peer.end.accepted[0]!);
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(20, 1), end: 'completed' });
  });

  test('opened and reset in one frame: nobody hears of it, and the id is used', () => {
    const peer = new YamuxWithPeer();
    expect(peer.hear(frame('windowUpdate', ['SYN', 'RST'], 1, 0))).toEqual([]);
    expect(peer.end.offered).toEqual([]);
    peer.hear(syn(1));
    expect(peer.ended).toBe('ERR_YAMUX_BAD_STREAM_ID');
  });
});

describe('how many streams there may be', () => {
  const synsFrom = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => syn(first + 2 * index));

  test('the 257th stream that waits to be accepted is reset', () => {
    const peer = new YamuxWithPeer('listener', { accept: false });
    expect(peer.hear(...synsFrom(1, LIMITS.yamuxAckBacklog))).toEqual([]);
    expect(peer.hear(syn(1001), data(1001, pattern(9, 1)))).toEqual(['windowUpdate RST stream 1001 length 0']);
    expect(peer.end.offered).toHaveLength(LIMITS.yamuxAckBacklog);
    const taken = peer.end.facade(peer.end.offered[0]!);
    expect(peer.sent()).toEqual(['windowUpdate ACK stream 1 length 0']);
    for (let count = 0; count < 3; count++) taken.write(pattern(1, 1));
    expect(peer.sent()).toHaveLength(3);
    expect(peer.hear(syn(1003), syn(1005))).toEqual(['windowUpdate RST stream 1005 length 0']);
    expect(peer.hear(frame('windowUpdate', ['RST'], 3, 0), syn(1007), syn(1009))).toEqual([
      'windowUpdate RST stream 1009 length 0',
    ]);
    expect(peer.ended).toBeUndefined();
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('one inbound stream too many is reset, until another has ended', () => {
    const peer = new YamuxWithPeer('listener', { limits: { yamuxInboundStreams: 3 } });
    expect(peer.hear(...synsFrom(1, 4)).slice(3)).toEqual(['windowUpdate RST stream 7 length 0']);
    expect(peer.hear(frame('windowUpdate', ['RST'], 3, 0), syn(9), syn(11))).toEqual([
      'windowUpdate ACK stream 9 length 0',
      'windowUpdate RST stream 11 length 0',
    ]);
  });

  test('we open 256 streams ahead of the peer, and no more', () => {
    const peer = new YamuxWithPeer('dialer');
    for (let count = 0; count < LIMITS.yamuxAckBacklog; count++) peer.end.open();
    expect(peer.sent()).toHaveLength(LIMITS.yamuxAckBacklog);
    expect(thrownCode(() => peer.end.open())).toBe('ERR_YAMUX_BACKLOG');
    peer.hear(frame('windowUpdate', ['ACK'], 1, 0), frame('windowUpdate', ['ACK'], 1, 0));
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_YAMUX_BACKLOG');
    peer.hear(frame('windowUpdate', ['RST'], 3, 0), data(5, pattern(1, 1)));
    peer.end.open();
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_YAMUX_BACKLOG');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('we open as many as the limit says', () => {
    const peer = new YamuxWithPeer('dialer', { limits: { yamuxOutboundStreams: 2 } });
    const first = peer.end.open();
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_YAMUX_TOO_MANY_STREAMS');
    first.reset();
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_YAMUX_TOO_MANY_STREAMS');
  });
});
