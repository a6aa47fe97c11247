/** The only stream of a connection without a muxer, in every chunking, with what it does to the transport. */
import { describe, expect, test } from '@jest/globals';
import { noMuxer } from '../../../../src/actors/connection/none/muxer.js';
import { LIMITS } from '../../../../src/limits.js';
import { concat, thrownCode } from '../../../support/decoding.js';
import { CHUNKINGS, MuxerPair, NOTHING_LEFT, randomChunking, type Chunking } from '../../../support/muxer-pair.js';
import { outcomeOf, pattern, Sink } from '../../../support/streams.js';

const SEED = Number(process.env['MUXER_SEED'] ?? Date.now() % 1_000_000);
const chunkings: [string, Chunking | undefined][] = [
  ...Object.entries(CHUNKINGS),
  [`random, MUXER_SEED=${SEED}`, randomChunking(SEED)],
];
const MARK = LIMITS.soleStreamHighWaterBytes;

/** Tells the other end what this one did to the transport, as a socket would. */
function passEnds(pair: MuxerPair): void {
  pair.settle();
  const [dialer, listener] = pair.ends;
  for (const [from, to] of [
    [dialer, listener],
    [listener, dialer],
  ] as const) {
    if (from.hasEnded) to.tell({ type: 'transport.ended' });
    from.hasEnded = false;
  }
}

describe.each(chunkings)('%s', (_, chunking) => {
  test('an echo, half-closed by the dialer and then by the listener, is all that goes on the wire', async () => {
    const pair = new MuxerPair(noMuxer, { chunking });
    const stream = pair.dialer.open();
    const [accepted] = pair.listener.accepted;
    const [answer, heard] = [new Sink(stream), new Sink(accepted!)];
    stream.write(pattern(3000, 1));
    stream.write(pattern(2000, 2));
    stream.closeWrite();
    passEnds(pair);
    expect(heard).toMatchObject({ end: 'completed', length: 5000 });
    accepted!.write(heard.bytes);
    expect(concat(...pair.dialer.sent)).toEqual(concat(pattern(3000, 1), pattern(2000, 2)));
    accepted!.closeWrite();
    passEnds(pair);
    // The listener is done with both halves: its connection ends behind the stream.
    expect(pair.listener.ended).toEqual(['well']);
    pair.dialer.tell({ type: 'transport.ended' });
    expect(answer).toMatchObject({ end: 'completed', length: 5000 });
    expect(pair.dialer.ended).toEqual(['well']);
    await expect(Promise.all([stream.closed, accepted!.closed])).resolves.toEqual([undefined, undefined]);
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('after the listener half-closes, the dialer goes on', () => {
    const pair = new MuxerPair(noMuxer, { chunking });
    const stream = pair.dialer.open();
    const [accepted] = pair.listener.accepted;
    const [atDialer, atListener] = [new Sink(stream), new Sink(accepted!)];
    accepted!.write(pattern(10, 1));
    accepted!.closeWrite();
    passEnds(pair);
    expect(atDialer).toMatchObject({ end: 'completed', bytes: pattern(10, 1) });
    stream.write(pattern(5000, 2));
    pair.settle();
    expect(atListener.bytes).toEqual(pattern(5000, 2));
    expect(pair.dialer.muxer.sole).toEqual({ isTaken: true, isHalfOpen: true });
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });
});

test('the dialer opens it once, the listener never', () => {
  const pair = new MuxerPair(noMuxer);
  expect(pair.listener.offered.map(({ id, direction, address }) => [id, direction, address])).toEqual([
    [1, 'inbound', 'conn:listener/stream'],
  ]);
  expect(thrownCode(() => pair.listener.openMuxed())).toBe('ERR_CONNECTION_TAKEN');
  expect(pair.dialer.muxer.sole).toEqual({ isTaken: false, isHalfOpen: false });
  expect(pair.dialer.openMuxed()).toMatchObject({ id: 1, direction: 'outbound', address: 'conn:dialer/stream' });
  expect(thrownCode(() => pair.dialer.openMuxed())).toBe('ERR_CONNECTION_TAKEN');
  expect(pair.close()).toEqual(NOTHING_LEFT);
  expect(thrownCode(() => pair.dialer.openMuxed())).toBe('ERR_CONNECTION_CLOSED');
});

test('what comes before there is a reader waits for it', () => {
  const pair = new MuxerPair(noMuxer, { accept: false });
  const stream = pair.dialer.open();
  stream.write(pattern(700, 4));
  stream.closeWrite();
  passEnds(pair);
  const sink = new Sink(pair.listener.facade(pair.listener.offered[0]!));
  expect(sink).toMatchObject({ end: 'completed', bytes: pattern(700, 4) });
  expect(pair.close()).toEqual(NOTHING_LEFT);
});

test('a reset drops the transport, and says why', async () => {
  const pair = new MuxerPair(noMuxer);
  const stream = pair.dialer.open();
  const sink = new Sink(stream);
  stream.write(pattern(500_000, 2));
  stream.reset();
  expect(sink.end).toBe('ERR_STREAM_RESET');
  expect(pair.dialer.dropped).toMatchObject([
    {
      code: 'ERR_STREAM_RESET',
      blame: 'local',
      details: { machine: 'soleStream', state: 'open.writing', lastEvent: 'local.reset' },
    },
  ]);
  expect(await outcomeOf(stream.closed)).toBe('ERR_STREAM_RESET');
  expect(pair.close()).toEqual(NOTHING_LEFT);
});

test('a reader that stalls holds the transport back at the mark, and lets it go at half', () => {
  const pair = new MuxerPair(noMuxer);
  const stream = pair.dialer.open();
  const [accepted] = pair.listener.accepted;
  const chunks: Uint8Array[] = [];
  accepted!.data$.subscribe((chunk) => chunks.push(chunk));
  stream.write(pattern(MARK, 1));
  pair.settle();
  expect(pair.listener.isPaused).toBe(false);
  stream.write(pattern(1, 1));
  pair.settle();
  expect(pair.listener.isPaused).toBe(true);
  accepted!.consume(MARK / 2);
  expect(pair.listener.isPaused).toBe(true);
  accepted!.consume(1);
  expect(pair.listener.isPaused).toBe(false);
  expect(concat(...chunks).length).toBe(MARK + 1);
  expect(pair.close()).toEqual(NOTHING_LEFT);
});

test('a writer is told to wait, and then to go on', async () => {
  const pair = new MuxerPair(noMuxer, { pipeBytes: 64 * 1024 });
  const stream = pair.dialer.open();
  let count = 0;
  do count++;
  while (stream.write(pattern(65_536, count)) && count < 200);
  expect(count).toBeLessThan(100);
  const sink = new Sink(pair.listener.accepted[0]!);
  const writable = stream.whenWritable();
  pair.settle();
  await writable;
  expect(sink.length).toBe(count * 65_536);
  const { outboxHighWaterBytes, pumpBytes } = LIMITS;
  expect(pair.dialer.maxOutboxBytes).toBeLessThan(outboxHighWaterBytes + pumpBytes + 100_000);
  expect(pair.close()).toEqual(NOTHING_LEFT);
});

test('beyond the queue’s end we reset, at it we do not', () => {
  const pair = new MuxerPair(noMuxer, { limits: { streamSendQueueBytes: 500, streamSendQueueMaxBytes: 1000 } });
  pair.dialer.tell({ type: 'transport.congested' });
  const stream = pair.dialer.openMuxed();
  const send = (size: number): void => {
    const { environment } = pair.dialer;
    const chunks = [new Uint8Array(size)];
    environment.turns.post(() =>
      stream.send(environment.message({ direction: 'outbound', layer: 'protocol', connection: 'conn:1', chunks })),
    );
  };
  send(1000);
  expect([stream.error, stream.queuedBytes]).toEqual([undefined, 1000]);
  send(1);
  expect(stream.error?.code).toBe('ERR_STREAM_QUEUE_FULL');
  expect(pair.dialer.dropped.map(({ code }) => code)).toEqual(['ERR_STREAM_QUEUE_FULL']);
  expect(pair.close()).toEqual(NOTHING_LEFT);
});

test('the peer ends the connection before the stream is used, and after', () => {
  const unused = new MuxerPair(noMuxer);
  unused.dialer.tell({ type: 'transport.ended' });
  expect(unused.dialer.ended).toEqual(['well']);
  expect(unused.close()).toEqual(NOTHING_LEFT);
  const used = new MuxerPair(noMuxer);
  const sink = new Sink(used.dialer.open());
  used.dialer.tell({ type: 'transport.ended' });
  expect([sink.end, used.dialer.ended]).toEqual(['completed', []]);
  expect(used.close()).toEqual(NOTHING_LEFT);
});
