/** What a peer may do wrong in mplex, in the session, on one stream and with too many, against a node over TCP. */
import { describe, expect, test } from '@jest/globals';
import type { CreateNodeOptions } from '../../src/create-node.js';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { encodeMplexHeader, MPLEX_FLAG } from '../../src/wire/mplex.js';
import { upgradeToMplex, type HostileMplex } from '../support/hostile-mplex.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { seededDraw } from '../support/muxer-pair.js';

/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';
const QUEUE = LIMITS.mplexStreamQueueBytes;

async function start(options: CreateNodeOptions = {}): Promise<Target> {
  const target = await startTarget({ muxers: ['yamux', 'mplex'], ...options });
  target.node.registerHandle(STALL, (stream) => stream.closed);
  return target;
}

interface Act {
  readonly name: string;
  readonly act: (mplex: HostileMplex) => void | Promise<void>;
  readonly code: ErrorCode;
}

const SESSION: readonly Act[] = [
  { name: 'flag 7', act: (mplex) => mplex.send(7, 0), code: 'ERR_MPLEX_BAD_HEADER' },
  {
    name: 'a header without end',
    act: ({ pipe }) => pipe.send(new Uint8Array(9).fill(0x82)),
    code: 'ERR_MPLEX_BAD_HEADER',
  },
  {
    name: 'a message over 1 MiB, by its length',
    act: async (mplex) => {
      const stream = await mplex.openStream(STALL);
      mplex.send('messageInitiator', stream.id, undefined, LIMITS.mplexMessageBytes + 1);
    },
    code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
  },
  {
    name: 'a message over 1 MiB for no stream',
    act: (mplex) => mplex.send('messageReceiver', 9, undefined, LIMITS.mplexMessageBytes + 1),
    code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
  },
  {
    name: 'a name of 257 bytes, by its length',
    act: (mplex) => mplex.send('newStream', 9, undefined, LIMITS.mplexStreamNameBytes + 1),
    code: 'ERR_MPLEX_NAME_TOO_LONG',
  },
  {
    name: 'an id that is in use',
    act: (mplex) => mplex.send('newStream', mplex.open().id),
    code: 'ERR_MPLEX_BAD_STREAM_ID',
  },
  {
    name: 'the end in the middle of a header',
    act: ({ pipe }) => {
      pipe.send(Uint8Array.of(0x80));
      pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end in the middle of a message',
    act: async (mplex) => {
      const stream = await mplex.openStream('/echo/1.0.0');
      mplex.send('messageInitiator', stream.id, new Uint8Array(40), 100);
      mplex.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end with a stream open',
    act: async (mplex) => {
      await mplex.openStream('/echo/1.0.0');
      mplex.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
];

describe('faults of the session end it', () => {
  test.each(SESSION)('$name', async ({ act, code }) => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    await mplex.expectEcho('before');
    await act(mplex);
    await expectFailure(target, { event: 'connection.closed', code, machine: 'mplexSession', state: 'live.open' });
    await mplex.pipe.raw.expectClosed();
    expect([target.node.connections(), target.node.streams()]).toEqual([[], []]);
    await expectStillServing(target);
  });

  test('every live stream is reset before the node closes', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    const streams = [await mplex.openStream(STALL), await mplex.openStream(STALL)];
    mplex.send(7, 0);
    for (const stream of streams) await stream.expectReset();
    await mplex.pipe.raw.expectClosed();
    await expectStillServing(target);
  });

  const seed = Number(process.env['MPLEX_SEED'] ?? Date.now() % 1_000_000);
  test(`garbage, MPLEX_SEED=${seed}`, async () => {
    const draw = seededDraw(seed);
    const target = await start();
    for (let round = 0; round < 10; round++) {
      const mplex = await upgradeToMplex(target.address, { seed: `mallory ${round}` });
      for (let count = 0; count < 20; count++) {
        mplex.pipe.send(Uint8Array.from({ length: 1 + draw(300) }, () => draw(256)));
      }
      // Bytes that happen to make sense are one long message: what is certain is that they end it.
      mplex.pipe.raw.end();
      await mplex.pipe.raw.expectClosed();
    }
    const closed = target.events.filter(({ type }) => type === 'connection.closed');
    const codes = closed.map((event) => ('error' in event ? event.error?.code : undefined));
    expect(closed.length).toBe(10);
    for (const code of codes) expect(code).toMatch(/^ERR_(?:MPLEX_|TRANSPORT_ENDED$)/);
    await expectStillServing(target);
  });
});

interface StreamAct {
  readonly name: string;
  readonly act: (mplex: HostileMplex) => Promise<number>;
  readonly code: ErrorCode;
  readonly blame?: 'local';
  readonly state: string;
}

const STREAM: readonly StreamAct[] = [
  {
    name: 'data after the close',
    act: async (mplex) => {
      const stream = await mplex.openStream(STALL);
      stream.end();
      stream.send(Uint8Array.of(1, 2, 3));
      return stream.id;
    },
    code: 'ERR_MPLEX_UNEXPECTED',
    state: 'halfClosedRemote.writing',
  },
  {
    name: 'closed twice',
    act: async (mplex) => {
      const stream = await mplex.openStream(STALL);
      stream.end();
      stream.end();
      return stream.id;
    },
    code: 'ERR_MPLEX_UNEXPECTED',
    state: 'halfClosedRemote.writing',
  },
  {
    name: 'a byte more than may wait for a reader that stalls',
    act: async (mplex) => {
      const stream = await mplex.openStream(STALL);
      stream.send(new Uint8Array(QUEUE + 1));
      return stream.id;
    },
    code: 'ERR_MPLEX_QUEUE_FULL',
    blame: 'local',
    state: 'open.writing',
  },
];

describe('faults of one stream end that stream alone', () => {
  test.each(STREAM)('$name', async ({ act, code, state, blame }) => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    const id = await act(mplex);
    await mplex.streams.get(id)?.expectReset();
    await expectFailure(target, {
      event: 'stream.failed',
      code,
      machine: 'mplexStream',
      state,
      ...(blame === undefined ? {} : { blame }),
    });
    await mplex.expectEcho('the other streams go on');
    expect(target.node.connections().length).toBe(1);
    await expectStillServing(target);
  });
});

describe('at its limits a session goes on', () => {
  test('a stream on which as much waits as may, and others go on', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    const stream = await mplex.openStream(STALL);
    stream.send(new Uint8Array(QUEUE));
    await mplex.expectEcho('beside a stalled stream');
    expect(stream.wasReset).toBe(false);
    expect(target.node.streams().map(({ protocol }) => protocol)).toContain(STALL);
    await expectStillServing(target);
  });

  test('as many stalled streams as a session holds, and one more: the first that is too much is reset', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    const count = LIMITS.mplexSessionQueueBytes / QUEUE;
    const streams = [];
    for (let index = 0; index < count; index++) {
      const stream = await mplex.openStream(STALL);
      stream.send(new Uint8Array(QUEUE));
      streams.push(stream);
    }
    await eventually('all of it waits', () => target.node.streams().length === count);
    const last = await mplex.openStream('/echo/1.0.0');
    last.send(Buffer.from('room is made'));
    expect(Buffer.from(await last.read(12)).toString()).toBe('room is made');
    expect(streams.filter(({ wasReset }) => wasReset).length).toBe(1);
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_MPLEX_QUEUE_FULL',
      blame: 'local',
      machine: 'mplexStream',
      state: 'open.writing',
    });
    await expectStillServing(target);
  });

  test('messages, closes and resets for streams that never were, or are gone, mean nothing', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    // The node's own streams have ids too, from 0 on.
    mplex.skipTo(50);
    const gone = await mplex.openStream('/echo/1.0.0');
    gone.reset();
    const before = mplex.messages.length;
    for (const id of [77, gone.id]) {
      for (const flag of ['message', 'close', 'reset'] as const) {
        mplex.send(`${flag}Initiator`, id, flag === 'message' ? new Uint8Array(1000) : undefined);
        mplex.send(`${flag}Receiver`, id, flag === 'message' ? new Uint8Array(1000) : undefined);
      }
    }
    await mplex.expectEcho('after them');
    expect(mplex.messages.slice(before).filter(({ flag }) => flag.startsWith('reset'))).toEqual([]);
    await expectStillServing(target);
  });

  test('a message of 1 MiB, a name of 256 bytes, and the largest id', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    mplex.send('messageInitiator', 99, new Uint8Array(LIMITS.mplexMessageBytes));
    mplex.send('newStream', 1000, new Uint8Array(LIMITS.mplexStreamNameBytes).fill(0xff));
    mplex.skipTo(2 ** 50 - 1);
    await mplex.expectEcho('on a stream with a long id');
    await expectStillServing(target);
  });
});

describe('streams without end', () => {
  test('1000 streams are taken, the 1001st is refused, and room comes back', async () => {
    const target = await start();
    const mplex = await upgradeToMplex(target.address);
    const streams = Array.from({ length: LIMITS.mplexInboundStreams }, () => mplex.open());
    const refused = mplex.open();
    await refused.expectReset();
    expect(streams.filter(({ wasReset }) => wasReset)).toEqual([]);
    streams[0]?.reset();
    await mplex.expectEcho('in the room that came back');
    await expectStillServing(target);
  });

  test('5,000 streams opened and reset at once leave nothing', async () => {
    const target = await start({ limits: { streamResetsBurst: 5_000 } });
    const mplex = await upgradeToMplex(target.address);
    const { newStream, resetInitiator } = MPLEX_FLAG;
    const messages: Uint8Array[] = [];
    for (let id = 0; id < 5_000; id++) {
      messages.push(encodeMplexHeader(newStream, id, 0), encodeMplexHeader(resetInitiator, id, 0));
    }
    mplex.pipe.send(...messages);
    mplex.skipTo(5_000);
    await mplex.expectEcho('behind them');
    await eventually('they are gone', () => (target.node.connections()[0]?.streams ?? 99) <= 1);
    await eventually('no stream is served', () => target.node.streams().length <= 1);
    await expectStillServing(target);
  });

  test('5,000 opens without a pause: 1000 are taken, the rest is refused, and the connection lives', async () => {
    const target = await start({ limits: { streamResetsBurst: 5_000 } });
    const mplex = await upgradeToMplex(target.address);
    mplex.pipe.send(...Array.from({ length: 5_000 }, (_, id) => encodeMplexHeader(MPLEX_FLAG.newStream, id, 0)));
    const resets = () => mplex.messages.filter(({ flag }) => flag === 'resetReceiver').length;
    await eventually('4000 are refused', () => resets() === 5_000 - LIMITS.mplexInboundStreams);
    expect(target.node.connections()[0]?.streams).toBeGreaterThanOrEqual(LIMITS.mplexInboundStreams);
    mplex.send('resetInitiator', 0);
    mplex.skipTo(5_000);
    await mplex.expectEcho('in the room that came back');
    await expectStillServing(target);
  });
});
