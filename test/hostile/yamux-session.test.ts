/** What a peer may do wrong in a yamux session, against a node over TCP: it ends with a go-away, and others are served. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';

const { data, windowUpdate, ping, goAway } = YAMUX_TYPE;
const { SYN } = YAMUX_FLAG;
const WINDOW = LIMITS.yamuxInitialWindowBytes;
/** A protocol whose handler never reads. */
const STALL = '/stall/1.0.0';

function pings(count: number): Uint8Array {
  return concat(...Array.from({ length: count }, (_, value) => encodeYamuxHeader(ping, SYN, 0, value)));
}

interface Act {
  readonly name: string;
  readonly act: (yamux: HostileYamux) => void | Promise<void>;
  readonly code: ErrorCode;
  /** Code of the go-away that the node sends; `undefined`: none. */
  readonly goAway?: number;
  readonly limits?: Partial<Limits>;
}

const SESSION: readonly Act[] = [
  {
    name: 'version 1',
    act: ({ pipe }) => pipe.send(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    code: 'ERR_YAMUX_BAD_HEADER',
    goAway: 1,
  },
  {
    name: 'type 4',
    act: (yamux) => yamux.send(4, 0, 0, 0),
    code: 'ERR_YAMUX_BAD_HEADER',
    goAway: 1,
  },
  {
    name: 'a data frame over 16 MiB, by its length',
    act: (yamux) => yamux.send(data, 0, 99, LIMITS.yamuxReceiveFrameBytes + 1),
    code: 'ERR_YAMUX_FRAME_TOO_LARGE',
    goAway: 1,
  },
  {
    name: 'data beyond the credit, by its length',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      yamux.send(data, 0, stream.id, WINDOW + 1);
    },
    code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    goAway: 1,
  },
  {
    name: 'the whole credit and then one byte',
    act: async (yamux) => {
      const stream = await yamux.openStream(STALL);
      stream.send(new Uint8Array(WINDOW));
      stream.send(Uint8Array.of(1));
    },
    code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    goAway: 1,
  },
  {
    name: 'a stream whose id has the wrong parity',
    act: (yamux) => yamux.send(windowUpdate, SYN, 2, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a stream with id 0',
    act: (yamux) => yamux.send(windowUpdate, SYN, 0, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'data of stream 0',
    act: (yamux) => yamux.send(data, 0, 0, 4, new Uint8Array(4)),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'an id that is in use',
    act: (yamux) => yamux.send(windowUpdate, SYN, yamux.open().id, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'an id that was used and reset',
    act: (yamux) => {
      const stream = yamux.open();
      stream.reset();
      yamux.send(windowUpdate, SYN, stream.id, 0);
    },
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a ping of a stream',
    act: (yamux) => yamux.send(ping, SYN, 1, 5),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a go-away of a stream',
    act: (yamux) => yamux.send(goAway, 0, 1, 0),
    code: 'ERR_YAMUX_BAD_STREAM_ID',
    goAway: 1,
  },
  {
    name: 'a ping that neither asks nor answers',
    act: (yamux) => yamux.send(ping, 0, 0, 5),
    code: 'ERR_YAMUX_UNEXPECTED',
    goAway: 1,
  },
  {
    name: '65 pings at once',
    act: ({ pipe }) => pipe.send(pings(LIMITS.yamuxPingsPerTurn + 1)),
    code: 'ERR_YAMUX_PING_FLOOD',
    goAway: 1,
  },
  {
    name: 'a go-away for a protocol error',
    act: (yamux) => yamux.send(goAway, 0, 0, 1),
    code: 'ERR_YAMUX_GO_AWAY',
  },
  {
    name: 'a go-away for an internal error, with a stream open',
    act: (yamux) => {
      yamux.open();
      yamux.send(goAway, 0, 0, 2);
    },
    code: 'ERR_YAMUX_GO_AWAY',
  },
  {
    name: 'silence',
    act: (yamux) => {
      yamux.acknowledges = false;
    },
    code: 'ERR_YAMUX_KEEPALIVE',
    limits: { yamuxKeepAliveMs: 100, yamuxKeepAliveTimeoutMs: 100 },
  },
  {
    name: 'the end in the middle of a header',
    act: ({ pipe }) => {
      pipe.send(encodeYamuxHeader(ping, SYN, 0, 1).subarray(0, 7));
      pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end in the middle of a body',
    act: async (yamux) => {
      const stream = await yamux.openStream('/echo/1.0.0');
      yamux.send(data, 0, stream.id, 100, new Uint8Array(40));
      yamux.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
  {
    name: 'the end with a stream open',
    act: async (yamux) => {
      await yamux.openStream('/echo/1.0.0');
      yamux.pipe.raw.end();
    },
    code: 'ERR_TRANSPORT_ENDED',
  },
];

describe('faults of the session end it', () => {
  test.each(SESSION)('$name', async ({ act, code, goAway: expected, limits }) => {
    const target = await startTarget(limits === undefined ? {} : { limits });
    target.node.registerHandle(STALL, () => undefined);
    const yamux = await upgradeToYamux(target.address);
    if (limits === undefined) await yamux.expectEcho('before');
    await act(yamux);
    await expectFailure(target, {
      event: 'connection.closed',
      code,
      machine: 'yamuxSession',
      state: expect.stringMatching(/^live\./) as unknown as string,
    });
    if (expected !== undefined) await yamux.expectGoAway(expected);
    await yamux.pipe.raw.expectClosed();
    expect([target.node.connections(), target.node.streams()]).toEqual([[], []]);
    await expectStillServing(target);
  });
});
