/** Our yamux as a muxer of js-libp2p, frame by frame: credit, back-pressure, backlog, and every way to end. */
import { describe, expect, test } from '@jest/globals';
import type { Stream } from '@libp2p/interface';
import { yamux, type ChartedMuxer } from '../../src/libp2p/index.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { FakeConnection, settled, virtualChart } from '../support/js-libp2p.js';
import { data, describeFrames, frame, syn } from '../support/yamux-peer.js';

const KIB = 1024;
const PING = 'ping SYN stream 0 length 0';

/** A muxer of ours on a connection that the test holds. */
function session(limits: Partial<Limits> = {}, direction: 'inbound' | 'outbound' = 'inbound') {
  const { chart, clock } = virtualChart(limits);
  const connection = new FakeConnection(direction);
  const muxer: ChartedMuxer = yamux({ chart })().createStreamMuxer(connection);
  const opened: Stream[] = [];
  muxer.addEventListener('stream', ({ detail }) => void opened.push(detail));
  return {
    ...{ chart, clock, connection, muxer, opened },
    /** Frames come; answers what was sent, in words. */
    hear: async (...frames: Uint8Array[]): Promise<string[]> => {
      for (const bytes of frames) connection.onData(bytes);
      await settled();
      return describeFrames(connection.takeSent());
    },
    sent: () => describeFrames(connection.takeSent()),
  };
}

const first = <Value>(values: readonly Value[]): Value => {
  const [value] = values;
  if (value === undefined) throw new Error('there is none');
  return value;
};
const read = (stream: Stream): { bytes: number } => {
  const tally = { bytes: 0 };
  stream.addEventListener('message', ({ data: { byteLength } }) => void (tally.bytes += byteLength));
  return tally;
};

describe('credit', () => {
  const half = new Uint8Array(LIMITS.yamuxInitialWindowBytes / 2);

  test('goes back when somebody reads, not when bytes come', async () => {
    const { hear, opened, sent } = session();
    expect(await hear(syn(1), data(1, half), data(1, half))).toEqual([PING, 'windowUpdate ACK stream 1 length 0']);
    const tally = read(first(opened));
    await settled();
    expect(tally.bytes).toBe(256 * KIB);
    expect(sent()).toEqual([`windowUpdate stream 1 length ${256 * KIB}`]);
  });

  test('is kept while the stream is paused', async () => {
    const { hear, opened, sent } = session();
    await hear(syn(1));
    const stream = first(opened);
    const tally = read(stream);
    stream.pause();
    expect(await hear(data(1, half))).toEqual([]);
    expect([tally.bytes, stream.readBufferLength]).toEqual([0, 128 * KIB]);
    stream.resume();
    expect(tally.bytes).toBe(128 * KIB);
    expect(sent()).toEqual([`windowUpdate stream 1 length ${128 * KIB}`]);
  });

  test('goes back at once where nobody will read', async () => {
    const { hear, opened, sent } = session();
    await hear(syn(1), data(1, half));
    const stream = first(opened);
    await stream.closeRead();
    expect(sent()).toEqual([`windowUpdate stream 1 length ${128 * KIB}`]);
    expect(await hear(data(1, half))).toEqual([`windowUpdate stream 1 length ${128 * KIB}`]);
    expect(stream.readStatus).toBe('closed');
  });

  test('never reaches beyond what js-libp2p holds for a paused stream', () => {
    const { chart } = virtualChart();
    const { maxReadBufferLength } = new FakeConnection();
    expect(chart.environment.limits.yamuxMaxWindowBytes).toBe(maxReadBufferLength);
  });
});

describe('back-pressure', () => {
  test('a stream is told to wait at its mark beyond the window, and to go on at half of it', async () => {
    const { hear, muxer, sent } = session({}, 'outbound');
    const stream = await muxer.createStream();
    await hear(frame('windowUpdate', ['ACK'], 1, 0));
    let drained = 0;
    stream.addEventListener('drain', () => {
      drained++;
    });
    const chunk = new Uint8Array(64 * KIB);
    const answers = Array.from({ length: 8 }, () => stream.send(chunk));
    expect(answers).toEqual([true, true, true, true, true, true, true, false]);
    expect(sent()).toHaveLength(4);
    expect(stream.send(chunk)).toBe(false);
    expect(stream.writeBufferLength).toBe(64 * KIB);
    expect(await hear(frame('windowUpdate', [], 1, 64 * KIB))).toHaveLength(1);
    expect(drained).toBe(0);
    await hear(frame('windowUpdate', [], 1, 64 * KIB));
    expect(drained).toBe(1);
    expect(stream.writeBufferLength).toBe(0);
  });

  test('a connection that is full holds at most its mark and one round, and a stream waits', async () => {
    const { connection, hear, muxer, sent } = session({}, 'outbound');
    const stream = await muxer.createStream();
    await hear(frame('windowUpdate', ['ACK'], 1, 16 * 1024 * KIB));
    connection.isFull = true;
    let bytes = 0;
    while (stream.send(new Uint8Array(16 * KIB))) bytes += 16 * KIB;
    expect(connection.writeBufferLength).toBeGreaterThanOrEqual(LIMITS.outboxLowWaterBytes);
    expect(connection.writeBufferLength).toBeLessThan(LIMITS.outboxLowWaterBytes + LIMITS.pumpBytes);
    expect(bytes).toBeLessThan(LIMITS.outboxLowWaterBytes + LIMITS.pumpBytes + LIMITS.streamSendQueueBytes);
    expect(sent()).toEqual([]);
    await connection.drain();
    await settled();
    expect(connection.writeBufferLength).toBe(0);
    expect(stream.writableNeedsDrain).toBe(false);
  });

  test('single bytes beyond the window are held back, not counted against the stream', async () => {
    const { hear, muxer, sent } = session({}, 'outbound');
    const stream = await muxer.createStream();
    await hear(frame('windowUpdate', ['ACK'], 1, 0));
    stream.send(new Uint8Array(256 * KIB));
    for (let count = 0; count < 2 * LIMITS.streamSendQueueChunks; count++) stream.send(new Uint8Array(1));
    expect(stream.status).toBe('open');
    expect(stream.writableNeedsDrain).toBe(true);
    sent();
    const frames = await hear(frame('windowUpdate', [], 1, 256 * KIB));
    const sizes = frames.map((words) => Number(/length (\d+)/.exec(words)?.[1]));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2 * LIMITS.streamSendQueueChunks);
  });

  test.each([
    { pings: 100, ended: false },
    { pings: 101, ended: true },
  ])('a peer that makes us owe $pings pongs of 12 bytes and reads none', async ({ pings, ended }) => {
    const { connection, hear, muxer } = session({ outboxBytes: 1200 });
    await hear();
    connection.isFull = true;
    for (let count = 0; count < pings; count++) await hear(frame('ping', ['SYN'], 0, count));
    expect(muxer.status).toBe(ended ? 'closed' : 'open');
    expect(connection.reset).toEqual(ended ? expect.objectContaining({ code: 'ERR_OUTBOX_OVERFLOW' }) : undefined);
  });
});

describe('streams beyond the backlog', () => {
  const limits = { yamuxAckBacklog: 1, libp2pWaitingStreams: 2 };

  test('wait for the peer to acknowledge others, in order; one past the line is refused', async () => {
    const { hear, muxer, sent } = session(limits, 'outbound');
    const ids: string[] = [];
    const asked = [1, 2, 3].map(() => muxer.createStream().then(({ id }) => void ids.push(id)));
    await expect(muxer.createStream()).rejects.toMatchObject({ code: 'ERR_YAMUX_BACKLOG' });
    expect(sent().slice(1)).toEqual(['windowUpdate SYN stream 1 length 0']);
    expect(await hear(frame('windowUpdate', ['ACK'], 1, 0))).toEqual(['windowUpdate SYN stream 3 length 0']);
    expect(await hear(frame('windowUpdate', ['ACK'], 3, 0))).toEqual(['windowUpdate SYN stream 5 length 0']);
    await Promise.all(asked);
    expect(ids).toEqual(['1', '3', '5']);
    expect(muxer.streams.map(({ id }) => id)).toEqual(['1', '3', '5']);
  });

  test('are given up when their signal says so, and when the muxer closes', async () => {
    const { hear, muxer } = session(limits, 'outbound');
    await muxer.createStream();
    const giveUp = new AbortController();
    const [aborted, waiting] = [muxer.createStream({ signal: giveUp.signal }), muxer.createStream()];
    giveUp.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(muxer.createStream({ signal: giveUp.signal })).rejects.toMatchObject({ name: 'AbortError' });
    void muxer.close();
    await expect(waiting).rejects.toMatchObject({ name: 'MuxerClosedError' });
    expect(await hear(frame('windowUpdate', ['ACK'], 1, 0))).not.toContain('windowUpdate SYN stream 3 length 0');
  });
});

describe('the end', () => {
  test('of a stream that the peer resets, and of one that we abort', async () => {
    const { hear, muxer, opened } = session();
    await hear(syn(1), syn(3));
    const [reset, aborted] = opened;
    const errors: string[] = [];
    for (const stream of opened)
      stream.addEventListener('close', ({ error, local }) => void errors.push(`${error?.name} ${local}`));
    expect(await hear(frame('windowUpdate', ['RST'], 1, 0))).toEqual([]);
    aborted?.abort(new TypeError('enough'));
    expect(await hear()).toEqual(['windowUpdate RST stream 3 length 0']);
    expect([reset?.status, aborted?.status]).toEqual(['reset', 'aborted']);
    expect(errors).toEqual(['StreamResetError false', 'TypeError true']);
    expect(muxer.streams).toEqual([]);
  });

  test('of a session whose peer breaks the protocol: it hears so before the connection is dropped', async () => {
    const { chart, connection, hear, muxer, opened } = session();
    await hear(syn(1));
    expect(await hear(data(1, new Uint8Array(256 * KIB)), data(1, new Uint8Array(1)))).toEqual([
      'goAway stream 0 length 1',
    ]);
    expect(connection.reset).toMatchObject({ code: 'ERR_YAMUX_WINDOW_EXCEEDED', blame: 'remote' });
    expect([muxer.status, first(opened).status, chart.liveActors]).toEqual(['closed', 'aborted', 0]);
  });

  test('of a session whose peer is silent', async () => {
    const { chart, clock, connection, muxer } = session();
    clock.advance(LIMITS.yamuxKeepAliveMs);
    clock.advance(LIMITS.yamuxKeepAliveTimeoutMs);
    await settled();
    expect(connection.reset).toMatchObject({ code: 'ERR_YAMUX_KEEPALIVE' });
    expect([muxer.status, chart.liveActors]).toEqual(['closed', 0]);
  });

  test('of a session whose peer goes away: streams go on, then the connection is closed', async () => {
    const { chart, connection, hear, muxer, opened } = session();
    await hear(syn(1), frame('goAway', [], 0, 0));
    await expect(muxer.createStream()).rejects.toMatchObject({ name: 'MuxerClosedError' });
    expect([muxer.status, connection.wasClosed]).toEqual(['open', false]);
    await hear(frame('windowUpdate', ['FIN'], 1, 0));
    await first(opened).close();
    await settled();
    expect([muxer.status, connection.wasClosed, chart.liveActors]).toEqual(['closed', true, 0]);
  });

  test('of a muxer that is closed: its streams are, the peer is told, the connection stays', async () => {
    const { chart, connection, hear, muxer, opened, sent } = session();
    await hear(syn(1), frame('windowUpdate', ['FIN'], 1, 0));
    await muxer.close();
    expect(sent()).toEqual(['windowUpdate FIN stream 1 length 0', 'goAway stream 0 length 0']);
    await settled();
    expect(first(opened).status).toBe('closed');
    expect([muxer.status, connection.status, chart.liveActors]).toEqual(['closed', 'open', 0]);
  });

  test('of a connection: streams and machines are over', async () => {
    const { chart, connection, hear, muxer, opened } = session();
    await hear(syn(1));
    connection.onTransportClosed();
    await settled();
    expect([muxer.status, first(opened).status, chart.liveActors]).toEqual(['closed', 'closed', 0]);
    await expect(muxer.createStream()).rejects.toMatchObject({ name: 'MuxerClosedError' });
  });
});

test('streams that come before anybody listens for them wait, and are bounded', async () => {
  const { chart } = virtualChart();
  const connection = new FakeConnection();
  const muxer = yamux({ chart, maxEarlyStreams: 2 })().createStreamMuxer(connection);
  for (const id of [1, 3]) connection.onData(syn(id));
  await settled();
  const opened: string[] = [];
  const late = new FakeConnection();
  const other = yamux({ chart, maxEarlyStreams: 2 })().createStreamMuxer(late);
  for (const id of [1, 3, 5]) late.onData(syn(id));
  await settled();
  muxer.addEventListener('stream', ({ detail }) => void opened.push(detail.id));
  await settled();
  expect(opened).toEqual(['1', '3']);
  expect([muxer.status, other.status]).toEqual(['open', 'closed']);
});
