/** What a script can do wrong once yamux stands: frames, windows, and the protocols on streams. */
import { describe, expect, test } from '@jest/globals';
import { generateIdentity } from '../../../src/crypto/keys.js';
import type { ErrorCode } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import type { Steps, StreamSteps, YamuxSteps } from '../../../src/testing/scripted-peer/index.js';
import { during } from '../../support/sim-nodes.js';
import { pattern } from '../../support/streams.js';
import { accepted, dialed } from './upgraded.js';
import { scene } from './world.js';

const WINDOW = LIMITS.yamuxInitialWindowBytes;
const stranger = generateIdentity(nodeCiphers, new SeededRandom('stranger')).identity;

describe('faults that end the connection', () => {
  const cases: readonly { name: string; act: (yamux: YamuxSteps) => Steps; code: ErrorCode }[] = [
    {
      name: 'another version',
      act: (yamux) => yamux.sendFrame({ type: 'ping', flags: 'SYN', version: 1 }).expectGoAway(1),
      code: 'ERR_YAMUX_BAD_HEADER',
    },
    {
      name: 'a type that is none',
      act: (yamux) => yamux.sendFrame({ type: 4 }).expectGoAway(1),
      code: 'ERR_YAMUX_BAD_HEADER',
    },
    {
      name: 'a stream id of the wrong parity',
      act: (yamux) => yamux.sendFrame({ type: 'windowUpdate', flags: 'SYN', stream: 2 }).expectGoAway(1),
      code: 'ERR_YAMUX_BAD_STREAM_ID',
    },
    {
      name: 'a stream id twice',
      act: (yamux) => yamux.open('first').yamux.open('again', { id: 1 }).yamux.expectGoAway(1),
      code: 'ERR_YAMUX_BAD_STREAM_ID',
    },
    {
      name: 'a ping on a stream',
      act: (yamux) => yamux.sendFrame({ type: 'ping', flags: 'SYN', stream: 1 }).expectGoAway(1),
      code: 'ERR_YAMUX_BAD_STREAM_ID',
    },
    {
      name: 'a ping that neither asks nor answers',
      act: (yamux) => yamux.sendFrame({ type: 'ping' }).expectGoAway(1),
      code: 'ERR_YAMUX_UNEXPECTED',
    },
    {
      name: 'a frame over the limit, by its length',
      act: (yamux) =>
        yamux
          .open('big')
          .yamux.sendFrame({ type: 'data', stream: 'big', length: LIMITS.yamuxReceiveFrameBytes + 1 })
          .expectGoAway(1),
      code: 'ERR_YAMUX_FRAME_TOO_LARGE',
    },
    {
      name: 'one byte more than the window',
      act: (yamux) =>
        yamux
          .open('big')
          .sendBytes(new Uint8Array(WINDOW + 1))
          .yamux.expectGoAway(1),
      code: 'ERR_YAMUX_WINDOW_EXCEEDED',
    },
    {
      name: 'a keep-alive that nobody answers',
      // The first ping measures the round trip; the second asks for a sign of life.
      act: (yamux) =>
        yamux
          .expectPing()
          .sendPong()
          .expectPing(undefined, { withinMs: LIMITS.yamuxKeepAliveMs + 1 })
          .expectClose({ withinMs: LIMITS.yamuxKeepAliveTimeoutMs + 1 }),
      code: 'ERR_YAMUX_KEEPALIVE',
    },
  ];
  test.each(cases)('$name: $code', async ({ act, code }) => {
    const { play, dialer, failed } = await scene();
    await play(act(dialed(dialer()).yamux).expectClose());
    expect(await failed('connection.closed')).toMatchObject({ code, blame: 'remote' });
  });

  test('a header cut short by the end of the connection: ERR_TRANSPORT_ENDED', async () => {
    const { play, dialer, failed } = await scene();
    await play(dialed(dialer()).yamux.sendFrame({ type: 'ping', truncateTo: 11 }).end().expectClose());
    expect(await failed('connection.closed')).toMatchObject({ code: 'ERR_TRANSPORT_ENDED' });
  });

  test('a window filled to its last byte is no fault', async () => {
    const { play, dialer, events } = await scene();
    const script = dialed(dialer())
      .yamux.open('ping')
      .negotiate('/ipfs/ping/1.0.0')
      .sendBytes(new Uint8Array(WINDOW - 38))
      .expectBytes(65_536)
      .expectGrant((credit) => credit > 0)
      .yamux.sendPing(7)
      .expectPong(7);
    await play(script);
    expect(events.filter(({ type }) => type === 'connection.failed')).toEqual([]);
  });
});

describe('faults that end a stream', () => {
  const cases: readonly { name: string; act: (stream: StreamSteps) => StreamSteps; code: ErrorCode }[] = [
    {
      name: 'a window beyond 32 bits',
      act: (stream) => stream.grant(0xffff_ffff),
      code: 'ERR_YAMUX_WINDOW_OVERFLOW',
    },
    { name: 'data after FIN', act: (stream) => stream.fin().sendBytes(pattern(1, 1)), code: 'ERR_YAMUX_UNEXPECTED' },
  ];
  test.each(cases)('$name: $code', async ({ act, code }) => {
    const { play, dialer, node } = await scene();
    let closed: Promise<unknown> = Promise.resolve();
    node.registerHandle('/held/1.0.0', (stream) => {
      closed = stream.closed.catch((error: unknown) => error);
      return new Promise(() => undefined);
    });
    const held = dialed(dialer()).yamux.open('held').negotiate('/held/1.0.0');
    await play(act(held).expectReset().yamux.sendPing(3).expectPong(3));
    expect(await closed).toMatchObject({ code });
  });

  test('an unknown protocol is declined and the connection goes on', async () => {
    const { play, dialer } = await scene();
    const script = dialed(dialer())
      .yamux.open('kad')
      .multistream.sendHeader()
      .propose('/ipfs/kad/1.0.0')
      .expectHeader()
      .expectNa()
      .propose('/ipfs/ping/1.0.0')
      .expectEcho()
      .stream('kad')
      .sendBytes(pattern(32, 4))
      .expectBytes(pattern(32, 4));
    await play(script);
  });

  test('they open a stream and get a reset: ERR_STREAM_RESET', async () => {
    const { world, node, listener } = await scene();
    const script = accepted(listener())
      .yamux.accept('/shout/1.0.0', { name: 'shout' })
      .reset(7)
      .yamux.sendPing(1)
      .expectPong();
    const running = script.start();
    const stream = await during(world, node.openStream(await running.address, '/shout/1.0.0'));
    expect(
      await during(
        world,
        stream.closed.catch((error: unknown) => error),
      ),
    ).toMatchObject({ code: 'ERR_STREAM_RESET' });
    await during(world, running.outcome);
  });
});

describe('faults of the protocols', () => {
  const identify: readonly { name: string; act: (stream: StreamSteps) => StreamSteps; code: ErrorCode }[] = [
    {
      name: 'a message that is no protobuf',
      act: (stream) => stream.sendMessage(new Uint8Array(9).fill(0xff)).fin(),
      code: 'ERR_IDENTIFY_BAD_MESSAGE',
    },
    {
      name: 'a message over the limit, by its length',
      act: (stream) => stream.sendIdentify({}, { length: LIMITS.identifyMessageBytes + 1 }),
      code: 'ERR_IDENTIFY_TOO_LARGE',
    },
    {
      name: "somebody else's key",
      act: (stream) => stream.sendIdentify({ publicKey: stranger.publicKeyProtobuf }).fin(),
      code: 'ERR_IDENTIFY_KEY_MISMATCH',
    },
    {
      name: 'half a message',
      act: (stream) => stream.sendIdentify({}, { truncateTo: 20 }).fin(),
      code: 'ERR_IDENTIFY_ENDED',
    },
    { name: 'a reset', act: (stream) => stream.reset(), code: 'ERR_IDENTIFY_ENDED' },
    {
      name: 'silence',
      act: (stream) => stream.expectReset(undefined, { withinMs: 20_000 }),
      code: 'ERR_IDENTIFY_TIMEOUT',
    },
  ];
  test.each(identify)('identify, $name: $code', async ({ act, code }) => {
    const { world, node, listener } = await scene();
    const script = act(accepted(listener()).yamux.accept('/ipfs/id/1.0.0', { name: 'asked' }));
    const running = script.yamux.sendPing().expectPong().wait(100).start();
    const error = during(
      world,
      node.identify(await running.address).catch((thrown: unknown) => thrown),
    );
    expect(await error).toMatchObject({ code });
    await during(world, running.outcome);
  });

  test('a ping that comes back changed: ERR_PING_MISMATCH', async () => {
    const { world, node, listener } = await scene();
    const running = accepted(listener())
      .yamux.accept('/ipfs/ping/1.0.0', { name: 'ping' })
      .expectBytes(32)
      .sendBytes(new Uint8Array(32))
      .expectReset()
      .start();
    const times = node.ping(await running.address)[Symbol.asyncIterator]();
    expect(
      await during(
        world,
        Promise.resolve(times.next()).catch((error: unknown) => error),
      ),
    ).toMatchObject({
      code: 'ERR_PING_MISMATCH',
    });
    await during(world, running.outcome);
  });
});
