import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import { answerPing, pingPeer, type PingOptions } from '../../../src/actors/protocols/ping-handler.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, hex, toHex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStreamOptions } from '../../support/fake-stream.js';

function rig(options: FakeStreamOptions = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const broken: EngineError[] = [];
  environment.broken$.subscribe((error) => broken.push(error));
  const [ours, theirs] = fakeStreamPair(environment, options);
  return { clock, environment, broken, ours, theirs };
}

/** Collects until the end; the error, if any, comes last. */
async function collect(times: AsyncIterable<number>): Promise<(number | EngineError)[]> {
  const heard: (number | EngineError)[] = [];
  try {
    for await (const time of times) heard.push(time);
  } catch (error) {
    heard.push(error as EngineError);
  }
  return heard;
}

/** A peer that keeps what it hears and answers when told. */
function keeping(theirs: ReturnType<typeof rig>['theirs']) {
  const heard: Uint8Array[] = [];
  theirs.data$.subscribe({
    next: (chunk) => {
      heard.push(chunk);
      theirs.consume(chunk.length);
    },
    error: () => undefined,
  });
  return () => concat(...heard);
}

/** Lets promises that are due run; no time passes. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('both sides', () => {
  for (const chunkBytes of [1, 31, 33, 4096]) {
    test(`three pings, ${chunkBytes} bytes a chunk`, async () => {
      const { clock, environment, broken, ours, theirs } = rig({ chunkBytes });
      const answered = answerPing(environment, theirs);
      expect(await collect(pingPeer(environment, ours, { count: 3 }))).toEqual([0, 0, 0]);
      await answered;
      expect([ours.isClosed, theirs.isClosed, ours.error, theirs.error]).toEqual([true, true, undefined, undefined]);
      expect([environment.liveActors, clock.pendingTimers, broken]).toEqual([0, 0, []]);
    });
  }
});

describe('asking', () => {
  test("payloads are 32 fresh bytes; times are the clock's; the pause is kept", async () => {
    const { clock, environment, ours, theirs } = rig();
    const heard = keeping(theirs);
    const options: PingOptions = { count: 2, intervalMs: 1000 };
    const times = collect(pingPeer(environment, ours, options));
    expect(heard().length).toBe(LIMITS.pingBytes);
    clock.advance(7);
    theirs.write(heard());
    clock.advance(999);
    expect(heard().length).toBe(LIMITS.pingBytes);
    clock.advance(1);
    expect(heard().length).toBe(2 * LIMITS.pingBytes);
    const [first, second] = [heard().slice(0, 32), heard().slice(32)];
    expect(toHex(first)).not.toBe(toHex(second));
    clock.advance(250);
    theirs.write(second);
    expect(await times).toEqual([7, 250]);
    expect(ours.writeClosed).toBe(true);
  });

  const cases: {
    name: string;
    act: (one: ReturnType<typeof rig>, sent: Uint8Array) => void;
    code: string;
    state: string;
    lastBytesHex?: (sent: Uint8Array) => string | undefined;
  }[] = [
    {
      name: 'other bytes',
      act: ({ theirs }, sent) => theirs.write(sent.map((byte, index) => (index === 31 ? byte ^ 1 : byte))),
      code: 'ERR_PING_MISMATCH',
      state: 'awaitingEcho',
      lastBytesHex: (sent) => toHex(sent.map((byte, index) => (index === 31 ? byte ^ 1 : byte))),
    },
    {
      name: 'a byte too many',
      act: ({ theirs }, sent) => theirs.write(concat(sent, hex('00'))),
      code: 'ERR_PING_UNEXPECTED',
      state: 'awaitingEcho',
      lastBytesHex: toHex,
    },
    {
      name: 'bytes in the pause',
      act: ({ theirs }, sent) => {
        theirs.write(sent);
        theirs.write(hex('77'));
      },
      code: 'ERR_PING_UNEXPECTED',
      state: 'resting',
      lastBytesHex: () => '77',
    },
    {
      name: 'a byte too few',
      act: ({ theirs, clock }, sent) => {
        theirs.write(sent.slice(1));
        clock.advance(10_000);
      },
      code: 'ERR_PING_TIMEOUT',
      state: 'awaitingEcho',
    },
    { name: 'silence', act: ({ clock }) => clock.advance(10_000), code: 'ERR_PING_TIMEOUT', state: 'awaitingEcho' },
    { name: 'a close', act: ({ theirs }) => theirs.closeWrite(), code: 'ERR_PING_ENDED', state: 'awaitingEcho' },
    { name: 'a reset', act: ({ theirs }) => theirs.reset(), code: 'ERR_PING_ENDED', state: 'awaitingEcho' },
    {
      name: 'a close in the pause',
      act: ({ theirs }, sent) => {
        theirs.write(sent);
        theirs.closeWrite();
      },
      code: 'ERR_PING_ENDED',
      state: 'resting',
      lastBytesHex: toHex,
    },
  ];
  test.each(cases)('$name -> $code', async ({ act, code, state, lastBytesHex }) => {
    const one = rig();
    const heard = keeping(one.theirs);
    const times = collect(pingPeer(one.environment, one.ours, { count: 2, intervalMs: 1000 }));
    const sent = heard();
    act(one, sent);
    const error = (await times).at(-1) as EngineError;
    expect(error).toMatchObject({ code, blame: 'remote', details: { machine: 'ping', state } });
    expect(error.details.lastBytesHex).toBe(lastBytesHex?.(sent));
    expect(one.ours.error?.code).toBe('ERR_STREAM_RESET');
    expect([one.environment.liveActors, one.clock.pendingTimers, one.broken]).toEqual([0, 0, []]);
  });

  test('a stream that is closed already ends it by name', async () => {
    const { environment, broken, ours } = rig();
    ours.closeWrite();
    const [error] = await collect(pingPeer(environment, ours));
    expect(error).toMatchObject({ code: 'ERR_PING_ENDED', cause: { code: 'ERR_STREAM_CLOSED' } });
    expect([environment.liveActors, broken]).toEqual([0, []]);
  });

  test('leaving the loop closes the stream and leaves nothing', async () => {
    const { clock, environment, ours, theirs } = rig();
    const answered = answerPing(environment, theirs);
    for await (const time of pingPeer(environment, ours, { count: 5, intervalMs: 1000 })) {
      expect(time).toBe(0);
      break;
    }
    await answered;
    expect([ours.isClosed, environment.liveActors, clock.pendingTimers]).toEqual([true, 0, 0]);
  });

  test.each([0, -1, 1.5, Number.NaN])("a count of %d is our caller's fault", async (count) => {
    const { environment, ours } = rig();
    expect(await collect(pingPeer(environment, ours, { count }))).toMatchObject([{ code: 'ERR_INVALID_ARGUMENT' }]);
    expect(environment.liveActors).toBe(0);
  });
});

describe('answering', () => {
  test('only whole payloads are echoed; a close inside of one resets', async () => {
    const { environment, ours, theirs } = rig();
    const answered = answerPing(environment, theirs).catch((error: unknown) => (error as EngineError).code);
    const heard = keeping(ours);
    const payload = new Uint8Array(80).map((_, index) => index);
    ours.write(payload);
    expect(toHex(heard())).toBe(toHex(payload.slice(0, 64)));
    ours.closeWrite();
    expect(await answered).toBe('ERR_STREAM_ENDED');
    expect(theirs.error?.code).toBe('ERR_STREAM_RESET');
  });

  test('a reset between payloads is an orderly end, one inside of a payload is not', async () => {
    for (const [size, outcome] of [
      [64, 'resolved'],
      [65, 'ERR_STREAM_RESET'],
    ] as const) {
      const { environment, ours, theirs } = rig();
      const answered = answerPing(environment, theirs).then(
        () => 'resolved',
        (error: unknown) => (error as EngineError).code,
      );
      ours.write(new Uint8Array(size));
      ours.reset();
      expect(await answered).toBe(outcome);
    }
  });

  test('a peer that sends without reading is not read from beyond its windows', async () => {
    const { environment, ours, theirs } = rig({ windowBytes: 1024, queueBytes: 256 });
    void answerPing(environment, theirs).catch(() => undefined);
    for (let count = 0; count < 1000; count++) ours.write(new Uint8Array(31).fill(count));
    await settled();
    expect(theirs.maxUnconsumedBytes).toBeLessThanOrEqual(1024);
    // Its answers fill our credit, then our queue to one answer above its mark.
    expect(theirs.maxQueuedBytes).toBeLessThanOrEqual(256 + 1024);
    expect(ours.queuedBytes).toBeGreaterThan(28_000);
    ours.reset();
  });
});
