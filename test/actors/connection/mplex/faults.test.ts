/** What a peer may not do, each at the limit and one past it, and what it may although it looks odd. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../../src/limits.js';
import { hex, thrownCode } from '../../../support/decoding.js';
import { message, MplexWithPeer, newStream } from '../../../support/mplex-peer.js';
import { NOTHING_LEFT } from '../../../support/muxer-pair.js';
import { pattern, Sink } from '../../../support/streams.js';

const QUEUE = LIMITS.mplexStreamQueueBytes;
const MESSAGE = LIMITS.mplexMessageBytes;
const data = (streamId: number, body: Uint8Array): Uint8Array => message('messageInitiator', streamId, body);
const close = (streamId: number): Uint8Array => message('closeInitiator', streamId);
const reset = (streamId: number): Uint8Array => message('resetInitiator', streamId);

/** A message after the other, of the largest size, until `size` bytes are sent. */
function upload(streamId: number, size: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < size; at += MESSAGE) messages.push(data(streamId, pattern(Math.min(MESSAGE, size - at), at)));
  return messages;
}

describe('a fault of the session ends it, and resets its streams', () => {
  const faults: { name: string; messages: Uint8Array[]; code: string }[] = [
    { name: 'flag 7', messages: [hex('07')], code: 'ERR_MPLEX_BAD_HEADER' },
    { name: 'a header that is no varint', messages: [hex('82 80 80 80 80 80 80 80 80')], code: 'ERR_MPLEX_BAD_HEADER' },
    {
      name: 'a message one byte too large',
      messages: [newStream(1), message('messageInitiator', 1, undefined, MESSAGE + 1)],
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
    },
    {
      name: 'a message one byte too large for a stream that is none',
      messages: [message('messageReceiver', 77, undefined, MESSAGE + 1)],
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
    },
    {
      name: 'a name one byte too long',
      messages: [message('newStream', 1, undefined, LIMITS.mplexStreamNameBytes + 1)],
      code: 'ERR_MPLEX_NAME_TOO_LONG',
    },
    { name: 'an id in use', messages: [newStream(1), newStream(1)], code: 'ERR_MPLEX_BAD_STREAM_ID' },
    {
      name: 'an id that is half closed',
      messages: [newStream(1), close(1), newStream(1)],
      code: 'ERR_MPLEX_BAD_STREAM_ID',
    },
  ];

  test.each(faults)('$name -> $code', ({ messages, code }) => {
    const peer = new MplexWithPeer();
    const bystander = peer.end.open();
    peer.sent();
    const sent = peer.hear(...messages);
    expect(peer.ended).toBe(code);
    expect(sent[0]).toBe('resetInitiator stream 0 length 0');
    expect(bystander.error?.code).toBe(code);
    expect(peer.end.ended[0]).toMatchObject({
      blame: 'remote',
      details: { machine: 'mplexSession', state: 'live.open', lastEvent: 'wire.violation' },
    });
    expect(peer.hear(newStream(5))).toEqual([]);
    expect(peer.end.ended).toHaveLength(1);
    expect(peer.close()).toEqual(NOTHING_LEFT);
    expect(peer.end.broken).toEqual([]);
  });

  test('the failure names the message', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1), newStream(1, 'again'));
    expect(peer.end.ended[0]).toMatchObject({ details: { lastBytesDecoded: 'newStream stream 1 length 5' } });
    const other = new MplexWithPeer();
    other.hear(hex('0f 05'));
    expect(other.end.ended[0]).toMatchObject({ details: { lastBytesHex: '0f05' } });
  });

  test('the end of the connection in the middle of a header, and of a message', () => {
    for (const bytes of [
      hex('80'),
      message('newStream', 1, pattern(2, 1), 3),
      message('messageInitiator', 9, pattern(2, 1), 3),
    ]) {
      const peer = new MplexWithPeer();
      peer.end.receive([bytes]);
      peer.end.tell({ type: 'transport.ended' });
      expect(peer.ended).toBe('ERR_TRANSPORT_ENDED');
      expect(peer.close()).toEqual(NOTHING_LEFT);
    }
  });
});

describe('at the limit the session goes on', () => {
  test('a message of 1 MiB, and an empty one after it', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1), data(1, pattern(MESSAGE, 1)), data(1, new Uint8Array(0)));
    expect(peer.end.offered[0]?.unconsumedBytes).toBe(MESSAGE);
    expect(peer.ended).toBeUndefined();
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a name of 256 bytes, and none', () => {
    const peer = new MplexWithPeer();
    expect(peer.hear(newStream(1, 'n'.repeat(LIMITS.mplexStreamNameBytes)), newStream(2, ''))).toEqual([]);
    expect(peer.end.offered.map(({ id }) => id)).toEqual([3, 5]);
  });

  test('our ids and the peer’s are two kinds: each side may have a stream 0', () => {
    const peer = new MplexWithPeer();
    const ours = peer.end.open();
    expect(peer.hear(newStream(0))).toEqual(['newStream stream 0 length 1']);
    const [theirs] = peer.end.accepted;
    const [atOurs, atTheirs] = [new Sink(ours), new Sink(theirs!)];
    peer.hear(data(0, pattern(5, 1)), message('messageReceiver', 0, pattern(6, 2)));
    expect([ours.id, theirs?.id]).toEqual([2, 1]);
    expect([atOurs.bytes, atTheirs.bytes]).toEqual([pattern(6, 2), pattern(5, 1)]);
    ours.write(pattern(7, 3));
    theirs!.write(pattern(8, 4));
    expect(peer.sent()).toEqual(['messageInitiator stream 0 length 7', 'messageReceiver stream 0 length 8']);
    peer.hear(message('resetReceiver', 0));
    expect([atOurs.end, atTheirs.end]).toEqual(['ERR_STREAM_RESET', 'open']);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('an id that was used and is gone may be used again, as go and js let it', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1), reset(1), newStream(1), data(1, pattern(3, 1)));
    expect(peer.end.offered.map(({ unconsumedBytes }) => unconsumedBytes)).toEqual([0, 3]);
    expect(peer.ended).toBeUndefined();
  });

  test('the largest id that a header holds', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(2 ** 50 - 1), data(2 ** 50 - 1, pattern(3, 1)));
    expect(peer.end.offered.map(({ id, unconsumedBytes }) => [id, unconsumedBytes])).toEqual([[2 ** 51 - 1, 3]]);
    peer.end.accepted[0]!.write(pattern(1, 1));
    expect(peer.sent()).toEqual([`messageReceiver stream ${2 ** 50 - 1} length 1`]);
  });

  test('messages for streams that never were, or are gone, are skipped, counted and not answered', () => {
    const peer = new MplexWithPeer();
    const flags = [
      'messageReceiver',
      'messageInitiator',
      'closeReceiver',
      'closeInitiator',
      'resetReceiver',
      'resetInitiator',
    ] as const;
    expect(
      peer.hear(...flags.map((flag) => message(flag, 77, flag.startsWith('message') ? pattern(500, 1) : undefined))),
    ).toEqual([]);
    expect(peer.muxer.discardedBytes).toBe(1000);
    peer.hear(newStream(1));
    peer.end.accepted[0]!.reset();
    expect(peer.sent()).toEqual(['resetReceiver stream 1 length 0']);
    expect(peer.hear(data(1, pattern(7, 1)), close(1), reset(1))).toEqual([]);
    expect(peer.muxer.discardedBytes).toBe(1007);
    expect(peer.ended).toBeUndefined();
  });

  test('close and reset with bytes behind them: they are skipped', () => {
    const peer = new MplexWithPeer();
    peer.hear(
      newStream(1),
      message('closeInitiator', 1, pattern(9, 1)),
      newStream(2),
      message('resetInitiator', 2, pattern(9, 1)),
      newStream(3),
    );
    expect([...peer.muxer.streams.keys()]).toEqual([3, 7]);
    expect(peer.ended).toBeUndefined();
  });
});

describe('a fault of one stream ends that stream', () => {
  test('data after the close, and its bytes are skipped', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1), data(1, pattern(3, 1)), close(1));
    const sink = new Sink(peer.end.accepted[0]!);
    expect(peer.hear(data(1, pattern(50, 2)), newStream(3))).toEqual(['resetReceiver stream 1 length 0']);
    expect(peer.end.offered[0]?.error).toMatchObject({ code: 'ERR_MPLEX_UNEXPECTED', blame: 'remote' });
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(3, 1), end: 'completed' });
    expect([...peer.muxer.streams.keys()]).toEqual([7]);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('closed twice', () => {
    const peer = new MplexWithPeer();
    expect(peer.hear(newStream(1), close(1), close(1))).toEqual(['resetReceiver stream 1 length 0']);
    expect(peer.end.offered[0]?.error).toMatchObject({ code: 'ERR_MPLEX_UNEXPECTED', blame: 'remote' });
    expect(peer.ended).toBeUndefined();
  });

  test('a reset in the middle of a message: the rest is skipped', () => {
    const peer = new MplexWithPeer();
    const bytes = data(1, pattern(1000, 1));
    peer.hear(newStream(1));
    peer.end.receive([bytes.subarray(0, 500)]);
    peer.end.accepted[0]!.reset();
    peer.sent();
    expect(peer.hear(bytes.subarray(500), newStream(3))).toEqual([]);
    expect([...peer.muxer.streams.keys()]).toEqual([7]);
  });
});

describe('what waits for readers is bounded', () => {
  test('4 MiB may wait on a stream, and are read in the end', () => {
    const peer = new MplexWithPeer();
    expect(peer.hear(newStream(1), ...upload(1, QUEUE))).toEqual([]);
    expect(peer.end.offered[0]?.unconsumedBytes).toBe(QUEUE);
    expect(peer.muxer.waitingBytes).toBe(QUEUE);
    const sink = new Sink(peer.end.accepted[0]!);
    expect(sink.length).toBe(QUEUE);
    expect(peer.muxer.waitingBytes).toBe(0);
    expect(peer.hear(data(1, pattern(1, 1)))).toEqual([]);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('one byte more resets it, by its header; the others go on', () => {
    const peer = new MplexWithPeer();
    const stalled = peer.end;
    peer.hear(newStream(1), newStream(2), ...upload(1, QUEUE));
    expect(peer.hear(message('messageInitiator', 1, undefined, 1))).toEqual(['resetReceiver stream 1 length 0']);
    const [stream] = stalled.offered;
    expect(stream?.error).toMatchObject({
      code: 'ERR_MPLEX_QUEUE_FULL',
      blame: 'local',
      details: { machine: 'mplexStream', state: 'open.writing', lastEvent: 'inbox.overflowed' },
    });
    expect([stream?.unconsumedBytes, peer.muxer.waitingBytes]).toEqual([0, 0]);
    expect(new Sink(stalled.accepted[0]!).end).toBe('ERR_MPLEX_QUEUE_FULL');
    // The byte that was announced is skipped.
    peer.hear(hex('aa'), data(2, pattern(5, 1)));
    expect(stalled.offered[1]?.unconsumedBytes).toBe(5);
    expect(peer.ended).toBeUndefined();
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('a stream that nobody reads any more takes any amount, and holds nothing', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1));
    peer.end.environment.turns.post(() => peer.end.offered[0]!.closeRead());
    expect(peer.hear(...upload(1, QUEUE + MESSAGE))).toEqual([]);
    expect(peer.muxer.waitingBytes).toBe(0);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  const SMALL = { mplexStreamQueueBytes: 400, mplexSessionQueueBytes: 1000 };

  test('a session is bounded too: who holds most is reset, and no more than needed', () => {
    const peer = new MplexWithPeer('listener', { limits: SMALL });
    const opens = [1, 2, 3, 4].map((id) => newStream(id));
    expect(peer.hear(...opens, data(1, pattern(300, 1)), data(2, pattern(400, 2)), data(3, pattern(300, 3)))).toEqual(
      [],
    );
    expect(peer.muxer.waitingBytes).toBe(1000);
    expect(peer.hear(data(4, pattern(1, 1)))).toEqual(['resetReceiver stream 2 length 0']);
    expect(peer.end.offered.map(({ error }) => error?.code)).toEqual([
      undefined,
      'ERR_MPLEX_QUEUE_FULL',
      undefined,
      undefined,
    ]);
    expect(peer.end.offered[1]?.error?.message).toContain('1001 bytes wait on this connection, 400 of them here');
    expect(peer.end.offered.map(({ unconsumedBytes }) => unconsumedBytes)).toEqual([300, 0, 300, 1]);
    expect(peer.muxer.waitingBytes).toBe(601);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('what is whole is spared: the stream that comes last pays', () => {
    const peer = new MplexWithPeer('listener', { limits: SMALL });
    const whole = [1, 2, 3].flatMap((id) => [newStream(id), data(id, pattern(330, id)), close(id)]);
    expect(peer.hear(...whole, newStream(4), data(4, pattern(10, 1)))).toEqual([]);
    expect(peer.hear(data(4, pattern(1, 1)))).toEqual(['resetReceiver stream 4 length 0']);
    expect(peer.muxer.waitingBytes).toBe(990);
    const sinks = peer.end.accepted.map((stream) => new Sink(stream));
    expect(sinks.map(({ length, end }) => [length, end])).toEqual([
      [330, 'completed'],
      [330, 'completed'],
      [330, 'completed'],
      [0, 'ERR_MPLEX_QUEUE_FULL'],
    ]);
    expect(peer.muxer.waitingBytes).toBe(0);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('what a stream holds is counted no more when it has ended', () => {
    const peer = new MplexWithPeer('listener', { limits: SMALL });
    peer.hear(newStream(1), data(1, pattern(300, 1)), close(1), newStream(2), data(2, pattern(300, 1)));
    peer.end.accepted[0]!.closeWrite();
    expect(peer.muxer.waitingBytes).toBe(300);
    peer.hear(reset(2));
    expect(peer.muxer.waitingBytes).toBe(0);
    expect(new Sink(peer.end.accepted[0]!).bytes).toEqual(pattern(300, 1));
    expect(peer.muxer.waitingBytes).toBe(0);
  });
});

describe('how many streams there may be', () => {
  const opensFrom = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => newStream(first + index));

  test('one inbound stream too many is reset, until another has ended', () => {
    const peer = new MplexWithPeer('listener', { limits: { mplexInboundStreams: 3 } });
    expect(peer.hear(...opensFrom(0, 4))).toEqual(['resetReceiver stream 3 length 0']);
    expect(peer.hear(data(3, pattern(9, 1)))).toEqual([]);
    expect(peer.hear(reset(1), newStream(4), newStream(5))).toEqual(['resetReceiver stream 5 length 0']);
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });

  test('we open as many as the limit says', () => {
    const peer = new MplexWithPeer('dialer', { limits: { mplexOutboundStreams: 2 } });
    const first = peer.end.open();
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_MPLEX_TOO_MANY_STREAMS');
    first.reset();
    peer.end.open();
    expect(thrownCode(() => peer.end.open())).toBe('ERR_MPLEX_TOO_MANY_STREAMS');
    expect(peer.sent()).toEqual([
      'newStream stream 0 length 1',
      'newStream stream 1 length 1',
      'resetInitiator stream 0 length 0',
      'newStream stream 2 length 1',
    ]);
  });

  test('after going away streams of the peer are reset, live ones go on, and the last one ends the session', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(0));
    peer.end.environment.turns.post(() => peer.muxer.goAway());
    expect(thrownCode(() => peer.end.openMuxed())).toBe('ERR_CONNECTION_CLOSED');
    expect(peer.hear(newStream(1), data(0, pattern(5, 1)))).toEqual(['resetReceiver stream 1 length 0']);
    expect(peer.end.offered[0]?.unconsumedBytes).toBe(5);
    expect(peer.ended).toBeUndefined();
    peer.hear(reset(0));
    expect(peer.ended).toBe('well');
    expect(peer.close()).toEqual(NOTHING_LEFT);
  });
});

describe('what we send', () => {
  test('messages are never larger than the limit, and go out as header and chunks, not copied', () => {
    const peer = new MplexWithPeer('dialer');
    const stream = peer.end.open();
    stream.write(pattern(200_000, 1));
    stream.closeWrite();
    expect(peer.sent()).toEqual([
      'newStream stream 0 length 1',
      'messageInitiator stream 0 length 65536',
      'messageInitiator stream 0 length 65536',
      'messageInitiator stream 0 length 65536',
      'messageInitiator stream 0 length 3392',
      'closeInitiator stream 0 length 0',
    ]);
    const other = peer.end.open();
    peer.end.sent.length = 0;
    const written = pattern(1000, 1);
    peer.end.environment.turns.post(() => {
      other.write(written);
      other.write(written);
    });
    expect(peer.end.sent.map((chunk) => chunk.length)).toEqual([3, 1000, 1000]);
    expect(peer.end.sent[1]?.buffer).toBe(written.buffer);
  });

  test('16 MiB cost no transition', () => {
    const peer = new MplexWithPeer();
    peer.hear(newStream(1));
    const sink = new Sink(peer.end.accepted[0]!);
    const steps: unknown[] = [];
    peer.end.environment.transitions$.subscribe((step) => steps.push(step));
    for (let round = 0; round < 16; round++) {
      peer.hear(data(1, pattern(MESSAGE, round)));
      peer.end.accepted[0]!.write(pattern(MESSAGE, round));
    }
    expect({ length: sink.length, steps }).toEqual({ length: 16 * MESSAGE, steps: [] });
  });
});
