/** Windows, memory and cost of the data path, counted in bytes, frames and transitions. */
import { describe, expect, test } from '@jest/globals';
import { yamuxProtocol } from '../../../../src/actors/connection/yamux/muxer.js';
import type { TransitionNotice } from '../../../../src/actors/environment.js';
import { EngineError } from '../../../../src/errors.js';
import { LIMITS } from '../../../../src/limits.js';
import { thrownCode } from '../../../support/decoding.js';
import { MuxerPair, NOTHING_LEFT } from '../../../support/muxer-pair.js';
import { pattern, Sink, writeAll } from '../../../support/streams.js';
import { data, describeFrames, frame, syn, YamuxWithPeer } from '../../../support/yamux-peer.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const WINDOW = LIMITS.yamuxInitialWindowBytes;

describe('what a frame costs', () => {
  test('16 MiB through a window of 256 KiB: transitions for its edges, none for its frames', async () => {
    const pair = new MuxerPair(yamuxProtocol, { limits: { yamuxSendFrameBytes: 4 * KIB } });
    const steps: TransitionNotice[] = [];
    for (const end of pair.ends) end.environment.transitions$.subscribe((step) => steps.push(step));
    const stream = pair.dialer.open();
    pair.settle();
    const sink = new Sink(pair.listener.accepted[0]!);
    const written = writeAll(stream, pattern(16 * MIB, 1));
    await pair.until(() => sink.length === 16 * MIB);
    await written;
    const frames = describeFrames(pair.dialer.takeSent()).filter((words) => words.startsWith('data'));
    expect(frames.length).toBeGreaterThanOrEqual((16 * MIB) / (4 * KIB));
    const edges = steps.filter(({ event }) => event.startsWith('window.'));
    // Credit comes back at half a window: at most so often is it spent, and opened again.
    expect(edges.length).toBeLessThanOrEqual((2 * 16 * MIB) / (WINDOW / 2));
    // What is left are the two streams' starts and nothing else.
    expect(steps.filter((step) => !edges.includes(step)).map(({ event }) => event)).toEqual(['start', 'start']);
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('with credit at hand there are no edges, so there are no transitions at all', () => {
    const peer = new YamuxWithPeer('dialer');
    const stream = peer.end.open();
    peer.hear(frame('windowUpdate', ['ACK'], 1, 32 * MIB));
    const steps: TransitionNotice[] = [];
    peer.end.environment.transitions$.subscribe((step) => steps.push(step));
    for (let round = 0; round < 256; round++) {
      stream.write(pattern(64 * KIB, round));
      peer.hear(frame('windowUpdate', [], 1, 64 * KIB));
    }
    expect(steps).toEqual([]);
  });

  test('a frame goes out as its header and the chunks that were written, not copied', () => {
    const peer = new YamuxWithPeer('dialer');
    const stream = peer.end.open();
    peer.end.sent.length = 0;
    const written = pattern(1000, 1);
    peer.end.environment.turns.post(() => {
      stream.write(written);
      stream.write(written);
    });
    expect(peer.end.sent.map((chunk) => chunk.length)).toEqual([12, 1000, 1000]);
    expect(peer.end.sent[1]!.buffer).toBe(written.buffer);
  });

  test('frames are never larger than the limit', () => {
    const peer = new YamuxWithPeer('dialer');
    peer.end.open().write(pattern(200_000, 1));
    expect(peer.sent()).toEqual([
      'windowUpdate SYN stream 1 length 0',
      'data stream 1 length 65536',
      'data stream 1 length 65536',
      'data stream 1 length 65536',
      'data stream 1 length 3392',
    ]);
  });
});

describe('opening', () => {
  test('SYN, the first data and FIN leave in one write', () => {
    const pair = new MuxerPair(yamuxProtocol);
    const writes = pair.dialer.writes;
    pair.dialer.takeSent();
    pair.dialer.environment.turns.post(() => {
      const stream = pair.dialer.facade(pair.dialer.muxer.openStream());
      stream.write(pattern(20, 1));
      stream.write(pattern(20, 2));
      stream.closeWrite();
    });
    expect(pair.dialer.writes - writes).toBe(1);
    expect(describeFrames(pair.dialer.takeSent())).toEqual([
      'windowUpdate SYN stream 1 length 0',
      'data stream 1 length 40',
      'windowUpdate FIN stream 1 length 0',
    ]);
  });

  test('ACK comes before the answer', () => {
    const peer = new YamuxWithPeer();
    peer.end.environment.turns.post(() => {
      peer.end.receive([syn(1)]);
      peer.end.environment.turns.post(() => peer.end.accepted[0]!.write(pattern(5, 1)));
    });
    expect(peer.sent()).toEqual(['windowUpdate ACK stream 1 length 0', 'data stream 1 length 5']);
  });
});

describe('taking turns', () => {
  test('streams with data and window send a frame each, in the order they came', () => {
    const peer = new YamuxWithPeer('dialer');
    const streams = [peer.end.open(), peer.end.open(), peer.end.open()];
    peer.sent();
    peer.end.environment.turns.post(() => {
      streams[0]!.write(pattern(200_000, 1));
      streams[1]!.write(pattern(70_000, 1));
      streams[2]!.write(pattern(10, 1));
    });
    expect(peer.sent().map((words) => words.replace('data stream ', ''))).toEqual([
      ...['1 length 65536', '3 length 65536', '5 length 10'],
      ...['1 length 65536', '3 length 4464', '1 length 65536', '1 length 3392'],
    ]);
  });

  test('nothing is pumped while the connection is congested; control frames are', () => {
    const peer = new YamuxWithPeer('dialer');
    const stream = peer.end.open();
    peer.sent();
    peer.end.tell({ type: 'transport.congested' });
    stream.write(pattern(10, 1));
    stream.closeWrite();
    expect(peer.hear(frame('ping', ['SYN'], 0, 8))).toEqual(['ping ACK stream 0 length 8']);
    peer.end.tell({ type: 'transport.drained' });
    expect(peer.sent()).toEqual(['data stream 1 length 10', 'windowUpdate FIN stream 1 length 0']);
  });
});

describe('bodies stream', () => {
  test('a frame of 16 MiB is passed on as it comes', () => {
    const peer = new YamuxWithPeer('listener', { limits: { yamuxInitialWindowBytes: 16 * MIB } });
    peer.hear(syn(1));
    const sink = new Sink(peer.end.accepted[0]!);
    const bytes = data(1, pattern(16 * MIB, 1), 'FIN');
    for (let at = 0; at < bytes.length; at += 100_000) {
      peer.end.receive([bytes.subarray(at, at + 100_000)]);
      expect(sink.length).toBe(Math.min(at + 100_000, bytes.length) - 12);
    }
    expect(sink.end).toBe('completed');
    expect(Buffer.compare(sink.bytes, pattern(16 * MIB, 1))).toBe(0);
  });
});

describe('receive window', () => {
  test('credit goes back at half a window, as it is consumed', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), data(1, pattern(WINDOW, 1)));
    const stream = peer.end.accepted[0]!;
    stream.data$.subscribe();
    stream.consume(WINDOW / 2 - 1);
    expect(peer.sent()).toEqual([]);
    stream.consume(1);
    expect(peer.sent()).toEqual([`windowUpdate stream 1 length ${WINDOW / 2}`]);
    stream.consume(WINDOW / 2);
    expect(peer.sent()).toEqual([`windowUpdate stream 1 length ${WINDOW / 2}`]);
    expect(thrownCode(() => stream.consume(1))).toBe('ERR_INVALID_ARGUMENT');
  });

  /** A peer that fills the window again and again, with a reader that consumes after `readMs`; answers the grants. */
  const grants = (readMs: number, rounds: number, roundTripMs = 50): number[] => {
    const peer = new YamuxWithPeer();
    peer.clock.advance(roundTripMs);
    peer.hear(frame('ping', ['ACK'], 0, 0), syn(1));
    const stream = peer.end.accepted[0]!;
    stream.data$.subscribe();
    let credit = WINDOW;
    const granted: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let left = credit; left > 0; left -= 64 * KIB) peer.hear(data(1, pattern(Math.min(left, 64 * KIB), round)));
      peer.clock.advance(readMs);
      stream.consume(peer.end.offered[0]!.unconsumedBytes);
      credit = Number(/length (\d+)/.exec(peer.sent()[0]!)?.[1]);
      granted.push(credit / KIB);
    }
    peer.close();
    return granted;
  };

  test('doubles while the reader consumes within four round trips, up to 16 MiB', () => {
    expect(grants(199, 8)).toEqual([512, 1024, 2048, 4096, 8192, 16_384, 16_384, 16_384]);
  });

  test('stays when the reader takes four round trips, or the round trip was not measured', () => {
    expect(grants(200, 3)).toEqual([256, 256, 256]);
    expect(grants(0, 3, 0)).toEqual([256, 256, 256]);
  });

  test("what grows is bounded for the session, and given back at a stream's end", () => {
    const growth = 1024 * KIB;
    const peer = new YamuxWithPeer('listener', { limits: { yamuxWindowGrowthBytes: growth } });
    peer.clock.advance(50);
    peer.hear(frame('ping', ['ACK'], 0, 0));
    const grow = (id: number): string => {
      peer.hear(syn(id), data(id, pattern(WINDOW, 1)));
      const stream = peer.end.accepted.at(-1)!;
      stream.data$.subscribe();
      stream.consume(WINDOW);
      return peer.sent()[0]!;
    };
    const [doubled, same] = [2 * WINDOW, WINDOW];
    for (const id of [1, 3, 5, 7]) expect(grow(id)).toBe(`windowUpdate stream ${id} length ${doubled}`);
    expect(grow(9)).toBe(`windowUpdate stream 9 length ${same}`);
    peer.hear(frame('windowUpdate', ['RST'], 1, 0));
    expect(grow(11)).toBe(`windowUpdate stream 11 length ${doubled}`);
  });
});

describe('memory', () => {
  test('a stalled reader and a sender of 1 GiB: each side holds its queue, other streams go on', async () => {
    const pair = new MuxerPair(yamuxProtocol);
    const stalled = pair.dialer.open();
    const other = pair.dialer.open();
    pair.settle();
    const chunk = pattern(MIB, 1);
    let accepted = 0;
    for (let sent = 0; sent < 1024 * MIB; sent += MIB) {
      if (!pair.dialer.muxedOf(stalled).writable) break;
      stalled.write(chunk);
      accepted += MIB;
      pair.settle();
    }
    const held = (): number => pair.dialer.muxedOf(stalled).queuedBytes + pair.dialer.outbox.queuedBytes;
    expect(accepted).toBe(MIB);
    expect(held()).toBe(MIB - WINDOW);
    expect(pair.listener.offered[0]!.unconsumedBytes).toBe(WINDOW);

    const sink = new Sink(pair.listener.accepted[1]!);
    const written = writeAll(other, pattern(8 * MIB, 2));
    await pair.until(() => sink.length === 8 * MIB);
    await written;

    // A writer that does not listen is refused, and that is all it can make us hold.
    let refused = '';
    for (let sent = 0; sent < 1024 && refused === ''; sent++) {
      const code = thrownCode(() => stalled.write(chunk));
      if (code !== 'nothing was thrown') refused = code;
    }
    expect(refused).toBe('ERR_STREAM_QUEUE_FULL');
    expect(held()).toBeLessThanOrEqual(LIMITS.streamSendQueueMaxBytes);
    expect(held() + pair.listener.offered[0]!.unconsumedBytes).toBeLessThan(20 * MIB);
    const late = new Sink(pair.listener.accepted[0]!);
    await pair.until(() => pair.dialer.muxedOf(stalled).queuedBytes === 0 && late.length > 16 * MIB - WINDOW);
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('a reader that was quick and then stalls holds the window it had, not more', () => {
    const peer = new YamuxWithPeer();
    peer.clock.advance(50);
    peer.hear(frame('ping', ['ACK'], 0, 0), syn(1));
    const stream = peer.end.accepted[0]!;
    const subscription = { reads: true };
    stream.data$.subscribe((chunk) => {
      if (subscription.reads) stream.consume(chunk.length);
    });
    const chunk = pattern(64 * KIB, 1);
    let credit = WINDOW;
    let lastGrant = 0;
    const send = (): void => {
      credit -= chunk.length;
      for (const words of peer.hear(data(1, chunk))) {
        lastGrant = Number(/length (\d+)/.exec(words)?.[1]);
        credit += lastGrant;
      }
    };
    while (lastGrant < 8 * MIB) send();
    subscription.reads = false;
    while (credit > 0) send();
    expect(credit).toBe(0);
    expect(peer.end.offered[0]!.unconsumedBytes).toBe(16 * MIB);
    peer.hear(data(1, pattern(1, 1)));
    expect(peer.ended).toBe('ERR_YAMUX_WINDOW_EXCEEDED');
  });

  test('a queue of tiny chunks ends too', () => {
    const peer = new YamuxWithPeer('dialer');
    const stream = peer.end.open();
    stream.write(pattern(WINDOW, 1));
    const tiny = pattern(1, 1);
    for (let count = 0; count < LIMITS.streamSendQueueChunks; count++) stream.write(tiny);
    expect(stream.error).toBeUndefined();
    stream.write(tiny);
    expect(stream.error).toMatchObject({ code: 'ERR_STREAM_QUEUE_FULL', blame: 'local' });
    expect(peer.sent().at(-1)).toBe('windowUpdate RST stream 1 length 0');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a peer that never finishes a stream nobody reads is reset in time, and is dropped and granted until then', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), data(1, pattern(WINDOW, 1)));
    const stream = peer.end.accepted[0]!;
    void stream.close();
    expect(peer.sent()).toEqual([`windowUpdate FIN stream 1 length 0`, `windowUpdate stream 1 length ${WINDOW}`]);
    expect(peer.hear(data(1, pattern(WINDOW / 2, 1)))).toEqual([`windowUpdate stream 1 length ${WINDOW / 2}`]);
    peer.clock.advance(LIMITS.streamFinTimeoutMs - 1);
    expect(peer.muxer.streams.size).toBe(1);
    peer.clock.advance(1);
    expect(peer.sent()).toContain('windowUpdate RST stream 1 length 0');
    expect(peer.muxer.streams.size).toBe(0);
    expect(stream.error).toBeUndefined();
  });
});

test('FIN that had to wait for the window starts the time a peer has to finish', () => {
  const peer = new YamuxWithPeer();
  peer.hear(syn(1));
  const stream = peer.end.accepted[0]!;
  stream.write(pattern(WINDOW + 1, 1));
  void stream.close();
  peer.clock.advance(LIMITS.streamFinTimeoutMs + 5000);
  peer.hear(frame('ping', ['SYN'], 0, 1));
  expect(peer.hear(frame('windowUpdate', [], 1, 1))).toEqual([
    'data stream 1 length 1',
    'windowUpdate FIN stream 1 length 0',
  ]);
  peer.clock.advance(LIMITS.streamFinTimeoutMs);
  expect(peer.sent()).toContain('windowUpdate RST stream 1 length 0');
  expect(peer.close()).toEqual(NOTHING_LEFT);
});

describe('keep-alive', () => {
  const due = LIMITS.yamuxKeepAliveMs;

  test('pings once an interval; any frame is a sign of life', () => {
    const peer = new YamuxWithPeer();
    peer.hear(frame('ping', ['ACK'], 0, 0));
    peer.clock.advance(due);
    expect(peer.sent()).toEqual(['ping SYN stream 0 length 1']);
    peer.clock.advance(LIMITS.yamuxKeepAliveTimeoutMs - 1);
    peer.hear(frame('windowUpdate', [], 99, 1));
    peer.clock.advance(1);
    expect(peer.ended).toBeUndefined();
    expect(peer.muxer.state).toBe('live.streams.open|live.keepAlive.resting');
    expect(peer.clock.pendingTimers).toBe(1);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a silent peer fails the session, and its streams', () => {
    const peer = new YamuxWithPeer();
    const stream = peer.end.open();
    peer.hear(frame('ping', ['ACK'], 0, 0));
    peer.clock.advance(due + LIMITS.yamuxKeepAliveTimeoutMs - 1);
    expect(peer.ended).toBeUndefined();
    peer.clock.advance(1);
    expect(peer.ended).toBe('ERR_YAMUX_KEEPALIVE');
    expect(stream.error?.code).toBe('ERR_YAMUX_KEEPALIVE');
    // As in go, no go-away: whoever reads no ping reads none, and no code of it means silence (docs/adr/0006).
    expect(peer.sent().at(-1)).toMatch(/^ping SYN stream 0/);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a thousand idle sessions hold one timer and one actor each', () => {
    const sessions = Array.from({ length: 1000 }, () => new YamuxWithPeer());
    expect(new Set(sessions.map(({ clock }) => clock.pendingTimers))).toEqual(new Set([1]));
    expect(new Set(sessions.map(({ end }) => end.environment.liveActors))).toEqual(new Set([1]));
  });
});

describe('the transport ends', () => {
  test.each([
    { name: 'between frames', bytes: frame('ping', ['SYN'], 0, 1), ended: 'well' },
    { name: 'inside a header', bytes: frame('ping', ['SYN'], 0, 1).subarray(0, 5), ended: 'ERR_TRANSPORT_ENDED' },
    { name: 'inside a body that nobody reads', bytes: frame('data', [], 9, 5), ended: 'ERR_TRANSPORT_ENDED' },
  ])('$name -> $ended', ({ bytes, ended }) => {
    const peer = new YamuxWithPeer();
    peer.hear(bytes);
    peer.end.tell({ type: 'transport.ended' });
    expect(peer.ended).toBe(ended);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('or fails: the session and its streams say why', () => {
    const peer = new YamuxWithPeer();
    const stream = peer.end.open();
    peer.end.tell({ type: 'transport.failed' }, new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'cable cut'));
    expect([peer.ended, stream.error?.code]).toEqual(['ERR_TRANSPORT_FAILED', 'ERR_TRANSPORT_FAILED']);
    expect(peer.sent().slice(1)).toEqual([]);
  });
});

describe('going away', () => {
  test('a stream that comes while the last one goes keeps the session', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1), frame('goAway', [], 0, 0));
    peer.hear(frame('windowUpdate', ['RST'], 1, 0), syn(3));
    expect(peer.ended).toBeUndefined();
    peer.hear(frame('windowUpdate', ['RST'], 3, 0));
    expect(peer.ended).toBe('well');
  });

  test('with an error code: the session ends and says with which', () => {
    const peer = new YamuxWithPeer();
    const stream = peer.end.open();
    peer.hear(frame('goAway', [], 0, 2));
    expect(peer.ended).toBe('ERR_YAMUX_GO_AWAY');
    expect((peer.end.ended[0] as Error).message).toContain('code 2');
    expect(stream.error?.code).toBe('ERR_YAMUX_GO_AWAY');
  });

  test('we say it once, refuse new streams, and dispose says it no more', () => {
    const peer = new YamuxWithPeer();
    peer.hear(syn(1));
    peer.end.environment.turns.post(() => peer.muxer.goAway());
    expect(peer.sent()).toEqual(['goAway stream 0 length 0']);
    expect(peer.hear(syn(3), data(3, pattern(9, 1)))).toEqual(['windowUpdate RST stream 3 length 0']);
    expect(peer.close()).toEqual(NOTHING_LEFT);
    expect(peer.sent()).toEqual([]);
  });

  test.each([
    { name: 'no reason', code: 0, error: undefined },
    { name: 'the peer broke a rule', code: 1, error: new EngineError('ERR_SECIO_BAD_MAC', 'remote', 'x') },
    { name: 'we broke', code: 2, error: new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'x') },
  ])('dispose for $name says $code', ({ code, error }) => {
    const peer = new YamuxWithPeer();
    const stream = peer.end.open();
    peer.sent();
    peer.end.environment.turns.post(() => peer.muxer.dispose(error));
    expect(peer.sent()).toEqual([`goAway stream 0 length ${code}`]);
    expect(stream.error).toBeDefined();
    expect(peer.end.ended).toEqual([]);
    expect(thrownCode(() => peer.end.open())).toBe('ERR_CONNECTION_CLOSED');
    expect(peer.muxer.readsOn).toBe(false);
  });
});
