/** The facade that embedders hold: one reader, credit, back-pressure, and ends that are heard but never crash. */
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, map } from 'rxjs';
import { yamuxProtocol } from '../../../src/actors/connection/yamux/muxer.js';
import { createProtocolStream } from '../../../src/actors/stream/protocol-stream-actor.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import { LIMITS } from '../../../src/limits.js';
import { concat, thrownCode } from '../../support/decoding.js';
import { MuxerPair, NOTHING_LEFT, type MuxerEnd } from '../../support/muxer-pair.js';
import { outcomeOf, pattern, Sink, writeAll } from '../../support/streams.js';

/** A pair with one stream, seen from both sides. */
function newStream(): { pair: MuxerPair; ours: ProtocolStream; theirs: ProtocolStream; theirEnd: MuxerEnd } {
  const pair = new MuxerPair(yamuxProtocol);
  const ours = pair.dialer.open();
  pair.settle();
  return { pair, ours, theirs: pair.listener.accepted[0]!, theirEnd: pair.listener };
}

describe('reading by iteration', () => {
  test('gives the bytes, then ends; a chunk is consumed when the next one is asked for', async () => {
    const { pair, ours, theirs, theirEnd } = newStream();
    const muxed = theirEnd.muxedOf(theirs);
    ours.write(pattern(100, 1));
    pair.settle();
    ours.write(pattern(50, 2));
    ours.closeWrite();
    pair.settle();
    const read = theirs[Symbol.asyncIterator]();
    expect(await read.next()).toEqual({ done: false, value: concat(pattern(100, 1), pattern(50, 2)) });
    expect(muxed.unconsumedBytes).toBe(150);
    expect(await read.next()).toEqual({ done: true, value: undefined });
    expect(muxed.unconsumedBytes).toBe(0);
    expect(await read.next()).toEqual({ done: true, value: undefined });
    theirs.closeWrite();
    pair.settle();
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('a large transfer, each side waiting for the other', async () => {
    const { pair, ours, theirs } = newStream();
    const chunks: Uint8Array[] = [];
    let ended = false;
    const reading = (async () => {
      for await (const chunk of theirs) chunks.push(chunk.slice());
      ended = true;
    })();
    const writing = writeAll(ours, pattern(3_000_000, 5), 10_000).then(() => ours.closeWrite());
    await pair.until(() => ended);
    await Promise.all([reading, writing]);
    expect(Buffer.compare(concat(...chunks), pattern(3_000_000, 5))).toBe(0);
    theirs.closeWrite();
    pair.settle();
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('several reads may wait at once', async () => {
    const { pair, ours, theirs } = newStream();
    const read = theirs[Symbol.asyncIterator]();
    const reads = [read.next(), read.next(), read.next()];
    ours.write(pattern(3, 1));
    pair.settle();
    ours.write(pattern(4, 2));
    ours.closeWrite();
    pair.settle();
    expect(await Promise.all(reads)).toEqual([
      { done: false, value: pattern(3, 1) },
      { done: false, value: pattern(4, 2) },
      { done: true, value: undefined },
    ]);
    expect(theirs.error).toBeUndefined();
  });

  test('leaving the loop drops what still comes, and writing goes on', async () => {
    const { pair, ours, theirs, theirEnd } = newStream();
    ours.write(pattern(1000, 1));
    pair.settle();
    for await (const chunk of theirs) {
      expect(chunk.length).toBe(1000);
      break;
    }
    const writing = writeAll(ours, pattern(1_000_000, 1)).then(() => ours.closeWrite());
    const sink = new Sink(ours);
    theirs.write(pattern(10, 3));
    await pair.until(() => theirEnd.muxedOf(theirs).state.startsWith('halfClosedRemote'));
    await writing;
    expect({ length: sink.length, unconsumed: theirEnd.muxedOf(theirs).unconsumedBytes }).toEqual({
      length: 10,
      unconsumed: 0,
    });
    theirs.closeWrite();
    pair.settle();
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('a reset rejects the read that waits, and those after it', async () => {
    const { pair, ours, theirs } = newStream();
    const read = theirs[Symbol.asyncIterator]();
    const first = outcomeOf(read.next());
    ours.reset();
    pair.settle();
    expect([await first, await outcomeOf(read.next())]).toEqual(['ERR_STREAM_RESET', 'ERR_STREAM_RESET']);
  });
});

describe('reading by subscription', () => {
  test('one reader, of either kind', async () => {
    const { theirs } = newStream();
    theirs.data$.subscribe();
    expect(thrownCode(() => theirs[Symbol.asyncIterator]())).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcomeOf(firstValueFrom(theirs.data$))).toBe('ERR_INVALID_ARGUMENT');
    const other = newStream();
    other.theirs[Symbol.asyncIterator]();
    expect(await outcomeOf(firstValueFrom(other.theirs.data$))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('credit is explicit: what is not consumed is not granted again', () => {
    const { pair, ours, theirs, theirEnd } = newStream();
    let got = 0;
    theirs.data$.subscribe((chunk) => (got += chunk.length));
    ours.write(pattern(300_000, 1));
    pair.settle();
    expect({ got, unconsumed: theirEnd.muxedOf(theirs).unconsumedBytes }).toEqual({
      got: 262_144,
      unconsumed: 262_144,
    });
    theirs.consume(200_000);
    pair.settle();
    expect({ got, unconsumed: theirEnd.muxedOf(theirs).unconsumedBytes }).toEqual({
      got: 300_000,
      unconsumed: 100_000,
    });
    expect(thrownCode(() => theirs.consume(100_001))).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownCode(() => theirs.consume(-1))).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownCode(() => theirs.consume(Number.NaN))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('unsubscribing before the end drops what still comes', () => {
    const { pair, ours, theirs, theirEnd } = newStream();
    const seen: number[] = [];
    const subscription = theirs.data$.subscribe((chunk) => seen.push(chunk.length));
    ours.write(pattern(100, 1));
    pair.settle();
    subscription.unsubscribe();
    ours.write(pattern(100_000, 1));
    pair.settle();
    expect({ seen, unconsumed: theirEnd.muxedOf(theirs).unconsumedBytes }).toEqual({ seen: [100], unconsumed: 0 });
  });

  test('what the negotiation left over is read first', () => {
    const pair = new MuxerPair(yamuxProtocol, { accept: false });
    const ours = pair.dialer.open();
    ours.write(pattern(10, 1));
    pair.settle();
    const muxed = pair.listener.offered[0]!;
    let first: Uint8Array | undefined;
    const negotiation = muxed.inbound$.subscribe((message) => (first = message.chunks[0]));
    muxed.consume(4);
    negotiation.unsubscribe();
    ours.write(pattern(5, 2));
    pair.settle();
    const { environment } = pair.listener;
    const connection = { id: 'conn:1', remotePeer: 'p', remoteAddress: 'a', direction: 'inbound' } as const;
    const theirs = createProtocolStream(muxed, {
      environment,
      protocol: '/t',
      connection,
      leftover: [first!.subarray(4)],
    });
    const sink = new Sink(theirs);
    expect(sink.bytes).toEqual(concat(pattern(10, 1).subarray(4), pattern(5, 2)));
    expect(muxed.unconsumedBytes).toBe(0);
    expect({
      protocol: theirs.protocol,
      address: theirs.address,
      id: theirs.id,
      connection: theirs.connection,
    }).toEqual({
      protocol: '/t',
      address: 'conn:listener/yamux/1',
      id: 1,
      connection,
    });
  });

  test('what came before FIN can be read after the stream has ended, even by a lost connection', async () => {
    const { pair, ours, theirs } = newStream();
    ours.write(pattern(5000, 1));
    ours.closeWrite();
    pair.settle();
    pair.listener.tell({ type: 'transport.ended' });
    expect(theirs.error?.code).toBe('ERR_TRANSPORT_ENDED');
    expect(await outcomeOf(theirs.closed)).toBe('ERR_TRANSPORT_ENDED');
    const sink = new Sink(theirs);
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(5000, 1), end: 'completed' });
  });

  test('a stream that nobody has taken keeps what came before FIN, too', () => {
    const pair = new MuxerPair(yamuxProtocol, { accept: false });
    const ours = pair.dialer.open();
    ours.write(pattern(5000, 1));
    ours.closeWrite();
    pair.settle();
    pair.listener.tell({ type: 'transport.ended' });
    const sink = new Sink(pair.listener.facade(pair.listener.offered[0]!));
    expect({ bytes: sink.bytes, end: sink.end }).toEqual({ bytes: pattern(5000, 1), end: 'completed' });
  });

  test('what comes in the turn of the subscription does not overtake what waited', () => {
    const { pair, ours, theirs } = newStream();
    ours.write(pattern(5, 1));
    pair.settle();
    let sink: Sink | undefined;
    ours.write(pattern(5, 2));
    ours.closeWrite();
    const late = concat(...pair.dialer.pipe.splice(0));
    pair.listener.environment.turns.post(() => {
      pair.listener.receive([late]);
      pair.listener.environment.turns.post(() => undefined);
      sink = new Sink(theirs);
    });
    expect({ bytes: sink!.bytes, end: sink!.end }).toEqual({
      bytes: concat(pattern(5, 1), pattern(5, 2)),
      end: 'completed',
    });
  });

  test('a reset drops what waits, and an observer without error handler does not hear of it', () => {
    const { pair, ours, theirs, theirEnd } = newStream();
    const mapped: number[] = [];
    theirs.data$.pipe(map((chunk) => chunk.length)).subscribe((length) => mapped.push(length));
    ours.write(pattern(9, 1));
    pair.settle();
    ours.reset(3);
    pair.settle();
    expect({ mapped, error: theirs.error?.message, broken: theirEnd.broken }).toEqual({
      mapped: [9],
      error: 'yamux: stream 1: reset by the peer, code 3',
      broken: [],
    });
  });
});

describe('writing', () => {
  test('a write may come from inside a subscriber, and is heard in order', () => {
    const { pair, ours, theirs } = newStream();
    const sink = new Sink(ours);
    theirs.data$.subscribe({
      next: (chunk) => {
        theirs.consume(chunk.length);
        theirs.write(chunk.map((byte) => byte ^ 1));
        if (chunk.length < 65_536) theirs.closeWrite();
      },
    });
    ours.write(pattern(100_000, 1));
    ours.closeWrite();
    pair.settle();
    expect({ end: sink.end, length: sink.length }).toEqual({ end: 'completed', length: 100_000 });
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('the queue has a mark, where writers wait, and an end, where they are refused', async () => {
    const { pair, ours } = newStream();
    expect(ours.write(pattern(LIMITS.yamuxInitialWindowBytes, 1))).toBe(true);
    expect(ours.write(pattern(LIMITS.streamSendQueueBytes - 1, 1))).toBe(true);
    expect(ours.write(pattern(1, 1))).toBe(false);
    const rest = LIMITS.streamSendQueueMaxBytes - LIMITS.streamSendQueueBytes;
    expect(ours.write(pattern(rest, 1))).toBe(false);
    expect(thrownCode(() => ours.write(pattern(1, 1)))).toBe('ERR_STREAM_QUEUE_FULL');
    const waiting = outcomeOf(ours.whenWritable());
    const sink = new Sink(pair.listener.accepted[0]!);
    await pair.until(() => sink.length === LIMITS.yamuxInitialWindowBytes + LIMITS.streamSendQueueMaxBytes);
    expect(await waiting).toBe('resolved');
    expect(await outcomeOf(ours.whenWritable())).toBe('resolved');
    expect(ours.error).toBeUndefined();
  });

  test('who waits to write hears why it will never come', async () => {
    const reset = newStream();
    reset.ours.write(pattern(1_000_000, 1));
    const first = outcomeOf(reset.ours.whenWritable());
    let completed = false;
    reset.ours.writable$.subscribe({ complete: () => (completed = true) });
    reset.theirs.reset();
    reset.pair.settle();
    expect([await first, completed]).toEqual(['ERR_STREAM_RESET', true]);
    expect(await outcomeOf(reset.ours.whenWritable())).toBe('ERR_STREAM_RESET');

    const closed = newStream();
    closed.ours.write(pattern(1_000_000, 1));
    const second = outcomeOf(closed.ours.whenWritable());
    closed.ours.closeWrite();
    expect(await second).toBe('ERR_STREAM_CLOSED');
    expect(thrownCode(() => closed.ours.write(pattern(1, 1)))).toBe('ERR_STREAM_CLOSED');
    expect(await outcomeOf(closed.ours.whenWritable())).toBe('ERR_STREAM_CLOSED');
  });

  test('after a failure of the session a write says reset, with the cause', () => {
    const { pair, ours } = newStream();
    pair.dialer.tell({ type: 'transport.ended' });
    let caught: { code?: string; cause?: { code?: string } } = {};
    try {
      ours.write(pattern(1, 1));
    } catch (thrown) {
      caught = thrown as typeof caught;
    }
    expect([caught.code, caught.cause?.code]).toEqual(['ERR_STREAM_RESET', 'ERR_TRANSPORT_ENDED']);
  });

  test('FIN waits for what is queued', () => {
    const { pair, ours, theirs } = newStream();
    ours.write(pattern(1_000_000, 7));
    ours.closeWrite();
    expect(pair.dialer.muxedOf(ours).state).toBe('open.draining');
    const sink = new Sink(theirs);
    pair.settle();
    expect({ end: sink.end, length: sink.length }).toEqual({ end: 'completed', length: 1_000_000 });
  });
});

describe('the end', () => {
  test('close says FIN, drops what comes, completes the reader and resolves when the peer finishes', async () => {
    const { pair, ours, theirs } = newStream();
    const sink = new Sink(ours);
    const closed = outcomeOf(ours.close());
    expect(sink.end).toBe('completed');
    theirs.write(pattern(700_000, 1));
    pair.settle();
    theirs.closeWrite();
    pair.settle();
    expect([await closed, sink.length]).toEqual(['resolved', 0]);
    expect(await outcomeOf(ours.close())).toBe('resolved');
    expect(await outcomeOf(theirs.closed)).toBe('resolved');
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });

  test('nobody asks how it ended: nothing is thrown', async () => {
    const { pair, ours, theirs } = newStream();
    void ours.closed;
    void theirs.closed;
    ours.reset();
    pair.settle();
    await new Promise((resolve) => setImmediate(resolve));
    expect([ours.error?.code, theirs.error?.code]).toEqual(['ERR_STREAM_RESET', 'ERR_STREAM_RESET']);
    expect(await outcomeOf(ours.closed)).toBe('ERR_STREAM_RESET');
  });

  test('calls after the end do nothing', () => {
    const { pair, ours, theirs } = newStream();
    ours.reset();
    pair.settle();
    for (const stream of [ours, theirs]) {
      stream.closeWrite();
      stream.reset();
      stream.consume(0);
      stream.consume(99);
      void stream.close();
    }
    pair.settle();
    expect([...pair.dialer.broken, ...pair.listener.broken]).toEqual([]);
    expect(pair.close()).toEqual(NOTHING_LEFT);
  });
});
