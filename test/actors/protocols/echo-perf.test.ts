import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import { echo } from '../../../src/actors/protocols/echo-handler.js';
import { answerPerf, requestPerf } from '../../../src/actors/protocols/perf-handler.js';
import type { EngineError } from '../../../src/errors.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, hex, toHex, utf8 } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream, type FakeStreamOptions } from '../../support/fake-stream.js';

function rig(options: FakeStreamOptions = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const broken: EngineError[] = [];
  environment.broken$.subscribe((error) => broken.push(error));
  const [ours, theirs] = fakeStreamPair(environment, options);
  return { clock, environment, broken, ours, theirs };
}

/** Reads to the end, consuming as it goes. */
function read(stream: FakeStream): { readonly bytes: () => Uint8Array; readonly ended: () => boolean } {
  const chunks: Uint8Array[] = [];
  let ended = false;
  stream.data$.subscribe({
    next: (chunk) => {
      chunks.push(chunk);
      stream.consume(chunk.length);
    },
    complete: () => (ended = true),
    error: () => undefined,
  });
  return { bytes: () => concat(...chunks), ended: () => ended };
}

/** Where two byte strings part: a failure that can be read. */
function firstDifference(left: Uint8Array, right: Uint8Array): string {
  const at = left.findIndex((byte, index) => byte !== right[index]);
  if (at >= 0) return `byte ${at} of ${left.length}`;
  return left.length === right.length ? 'none' : `${left.length} bytes, not ${right.length}`;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as EngineError).code,
  );

describe('echo', () => {
  test.each([1, 100, 65_536])('every byte comes back in order, %d bytes a chunk', async (chunkBytes) => {
    const { environment, broken, ours, theirs } = rig({ chunkBytes, windowBytes: 300, queueBytes: 50 });
    const echoed = echo(environment, theirs);
    const heard = read(ours);
    const bytes = new SeededRandom(7).bytes('echo', 2000);
    ours.write(bytes);
    ours.closeWrite();
    await echoed;
    expect(firstDifference(heard.bytes(), bytes)).toBe('none');
    expect([heard.ended(), ours.isClosed, theirs.isClosed, broken]).toEqual([true, true, true, []]);
  });

  test('a peer that does not read is not read from, and is served when it reads', async () => {
    const { environment, ours, theirs } = rig({ windowBytes: 1000, queueBytes: 100, chunkBytes: 90 });
    const echoed = echo(environment, theirs);
    const bytes = new SeededRandom(8).bytes('echo', 100_000);
    ours.write(bytes);
    ours.closeWrite();
    // Our window is full of echoes, its queue is a chunk above the mark, and what it was sent beyond that stays unread.
    expect(ours.unconsumedBytes).toBe(1000);
    expect(theirs.maxQueuedBytes).toBeLessThanOrEqual(100 + 90);
    expect(theirs.unconsumedBytes).toBeLessThanOrEqual(1000);
    expect(ours.queuedBytes).toBeGreaterThan(97_000);
    const heard = read(ours);
    await echoed;
    expect(firstDifference(heard.bytes(), bytes)).toBe('none');
  });

  test('an echo leaves in the turn in which its bytes came', () => {
    const { environment, ours, theirs } = rig();
    void echo(environment, theirs);
    const heard = read(ours);
    environment.turns.post(() => ours.write(utf8('now')));
    expect(toHex(heard.bytes())).toBe(toHex(utf8('now')));
  });

  test('credit goes back when the echo went through, not before', () => {
    const { environment, ours, theirs } = rig({ windowBytes: 10, queueBytes: 0 });
    void echo(environment, theirs).catch(() => undefined);
    ours.write(new Uint8Array(100));
    // Ten bytes came back and fill our window; the next ten wait there as an echo, and their credit with them.
    expect([ours.unconsumedBytes, theirs.queuedBytes, theirs.unconsumedBytes, ours.queuedBytes]).toEqual([
      10, 10, 10, 80,
    ]);
    read(ours);
    expect([ours.unconsumedBytes, theirs.queuedBytes, theirs.unconsumedBytes, ours.queuedBytes]).toEqual([0, 0, 0, 0]);
  });

  test('a reset ends it, whoever is waiting', async () => {
    const { environment, broken, ours, theirs } = rig({ windowBytes: 10, queueBytes: 0 });
    const echoed = codeOf(echo(environment, theirs));
    ours.write(new Uint8Array(100));
    ours.reset();
    expect(await echoed).toBe('ERR_STREAM_RESET');
    expect(broken).toEqual([]);
  });
});

describe('perf', () => {
  test.each([
    { sendBytes: 0, receiveBytes: 0 },
    { sendBytes: 1, receiveBytes: 0 },
    { sendBytes: 0, receiveBytes: 65_537 },
    { sendBytes: 1_000_000, receiveBytes: 2_000_000 },
  ])('$sendBytes bytes up, $receiveBytes bytes down', async (options) => {
    const { environment, broken, ours, theirs } = rig();
    const answered = answerPerf(environment, theirs);
    expect(await requestPerf(environment, ours, options)).toEqual({ ...options, uploadMs: 0, downloadMs: 0 });
    await answered;
    expect([ours.isClosed, theirs.isClosed, broken]).toEqual([true, true, []]);
    for (const stream of [ours, theirs]) {
      expect(stream.maxUnconsumedBytes).toBeLessThanOrEqual(256 * 1024);
      expect(stream.maxQueuedBytes).toBeLessThanOrEqual((256 + 64) * 1024);
    }
  });

  test("the bytes are the spec's: a big-endian number, the upload, the close; then the download", async () => {
    const { environment, ours, theirs } = rig({ chunkBytes: 3 });
    const answered = answerPerf(environment, theirs);
    const heard = read(ours);
    ours.write(hex('0000000000000102'));
    ours.write(utf8('upload'));
    expect(heard.bytes().length).toBe(0);
    ours.closeWrite();
    await answered;
    expect([heard.bytes().length, heard.ended()]).toEqual([0x102, true]);
  });

  test('the client writes the same', async () => {
    const { environment, ours, theirs, clock } = rig();
    const heard = read(theirs);
    const result = requestPerf(environment, ours, { sendBytes: 3, receiveBytes: 258 });
    expect([toHex(heard.bytes()), heard.ended()]).toEqual(['0000000000000102000000', true]);
    clock.advance(20);
    theirs.write(new Uint8Array(200));
    clock.advance(30);
    theirs.write(new Uint8Array(58));
    theirs.closeWrite();
    expect(await result).toEqual({ sendBytes: 3, receiveBytes: 258, uploadMs: 20, downloadMs: 30 });
  });

  test('a client that asks for everything and stops reading holds one window and one queue', async () => {
    const { environment, ours, theirs } = rig();
    const answered = codeOf(answerPerf(environment, theirs));
    ours.write(hex('ffffffffffffffff'));
    ours.closeWrite();
    expect(ours.unconsumedBytes).toBe(256 * 1024);
    expect(theirs.queuedBytes).toBeLessThanOrEqual((256 + 64) * 1024);
    ours.reset();
    expect(await answered).toBe('ERR_STREAM_RESET');
  });

  const failures: { name: string; act: (theirs: FakeStream) => void; code: string }[] = [
    {
      name: 'too few bytes',
      act: (theirs) => {
        theirs.write(new Uint8Array(9));
        theirs.closeWrite();
      },
      code: 'ERR_STREAM_ENDED',
    },
    { name: 'too many bytes', act: (theirs) => theirs.write(new Uint8Array(11)), code: 'ERR_WIRE_TOO_LARGE' },
    { name: 'a reset', act: (theirs) => theirs.reset(), code: 'ERR_STREAM_RESET' },
  ];
  test.each(failures)('the server sends $name -> $code', async ({ act, code }) => {
    const { environment, broken, ours, theirs } = rig();
    read(theirs);
    const result = codeOf(requestPerf(environment, ours, { sendBytes: 5, receiveBytes: 10 }));
    act(theirs);
    expect(await result).toBe(code);
    // Both sides of the first are closed already: there is nothing to reset.
    expect([ours.error?.code, broken]).toEqual([code === 'ERR_STREAM_ENDED' ? undefined : 'ERR_STREAM_RESET', []]);
  });

  test('the server closes before it was sent everything -> ERR_STREAM_ENDED', async () => {
    const { environment, ours, theirs } = rig();
    const result = codeOf(requestPerf(environment, ours, { sendBytes: 10_000_000, receiveBytes: 0 }));
    theirs.closeWrite();
    expect(await result).toBe('ERR_STREAM_ENDED');
  });

  test('the client closes within the number -> ERR_STREAM_ENDED', async () => {
    const { environment, ours, theirs } = rig();
    const answered = codeOf(answerPerf(environment, theirs));
    ours.write(hex('00000000000000'));
    ours.closeWrite();
    expect(await answered).toBe('ERR_STREAM_ENDED');
    expect(theirs.error?.code).toBe('ERR_STREAM_RESET');
  });

  test.each([-1, 0.5, Number.NaN])("%d bytes are our caller's fault", async (sendBytes) => {
    const { environment, ours } = rig();
    expect(await codeOf(requestPerf(environment, ours, { sendBytes, receiveBytes: 0 }))).toBe('ERR_INVALID_ARGUMENT');
  });
});
