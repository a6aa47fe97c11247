/** The simulated network alone: what a stream transport promises, and each fault. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '../../../src/limits.js';
import type { NetworkEvent } from '../../../src/sim/index.js';
import { counting, Links } from './links.js';

describe('a link', () => {
  test('bytes arrive after the latency; a dial takes there and back', async () => {
    const links = new Links({ latencyMs: 20 });
    const [near, far] = await links.pair();
    expect(links.agenda.nowMs).toBe(40);
    near.connection.write([counting(3), counting(4, 3)]);
    await links.run();
    expect(far.heard).toEqual(['60 7 bytes']);
    expect(far.bytes).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([near.connection.localAddress, near.connection.remoteAddress]).toEqual(['/memory/a.b.1', '/memory/b']);
    expect([far.connection.localAddress, far.connection.remoteAddress]).toEqual(['/memory/b', '/memory/a.b.1']);
  });

  test('bandwidth is shared by the connections of a link', async () => {
    const links = new Links({ latencyMs: 10 });
    const [[one, first], [two, second]] = [await links.pair(), await links.pair()];
    links.network.setLink('a', 'b', { latencyMs: 10, bandwidthBytesPerSecond: 1000 });
    one.connection.write([counting(500)]);
    two.connection.write([counting(250)]);
    await links.run();
    expect([first.heard, second.heard]).toEqual([['550 500 bytes'], ['800 250 bytes']]);
  });

  test('what a slow link has not sent yet leaves at the new speed, behind what is on its way', async () => {
    const links = new Links({ latencyMs: 10 });
    const [near, far] = await links.pair();
    links.network.setLink('a', 'b', { latencyMs: 10, bandwidthBytesPerSecond: 1000 });
    for (const size of [100, 5000, 1000]) near.connection.write([counting(size)]);
    const startMs = links.agenda.nowMs;
    await links.run(startMs + 105);
    links.network.setLink('a', 'b', { latencyMs: 10, bandwidthBytesPerSecond: 100_000 });
    await links.run();
    const told = far.heard.map((line) => line.replace(/^\d+/, (ms) => `${Number(ms) - startMs}`));
    expect(told).toEqual(['110 100 bytes', '165 5000 bytes', '175 1000 bytes']);
  });

  test('a connection that its owner drops as no end is reset at the other end', async () => {
    const links = new Links({ latencyMs: 5 });
    const [near, far] = await links.pair();
    near.connection.reset?.();
    near.connection.end();
    await links.run();
    expect(near.heard).toEqual([expect.stringContaining('closed clean')]);
    expect(far.heard).toEqual([expect.stringContaining('closed ERR_TRANSPORT_ENDED')]);
  });

  test.each(['whole', 'cut', 'joined', 'mixed'] as const)('%s: what comes out is what went in', async (chunking) => {
    const writes = fc.array(fc.record({ size: fc.nat(300), pauseMs: fc.nat(5) }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(writes, fc.nat(), async (list, seed) => {
        const links = new Links({ latencyMs: 3, jitterMs: 30, chunking, lossChance: 0.2 }, `${seed}`);
        const [near, far] = await links.pair();
        let sent = 0;
        for (const { size, pauseMs } of list) {
          near.connection.write([counting(size, sent)]);
          sent += size;
          await links.run(links.agenda.nowMs + pauseMs);
        }
        near.connection.end();
        await links.run();
        expect(far.bytes).toEqual([...counting(sent)]);
        expect(far.heard.at(-1)).toMatch(/ended$/);
      }),
      { numRuns: 60 },
    );
  });

  test('chunkings do what their names say', async () => {
    const chunksOf = async (chunking: 'whole' | 'cut' | 'joined'): Promise<number[]> => {
      const links = new Links({ chunking });
      const [near, far] = await links.pair();
      for (let write = 0; write < 50; write++) near.connection.write([counting(100)]);
      await links.run();
      return far.chunks;
    };
    expect(await chunksOf('whole')).toEqual(Array(50).fill(100));
    expect((await chunksOf('cut')).length).toBeGreaterThan(70);
    expect(await chunksOf('joined')).toEqual([5000]);
  });

  test('loss is delay, and holds back what comes behind', async () => {
    const links = new Links({ latencyMs: 1 });
    const [near, far] = await links.pair();
    links.network.setDefaults({ lossChance: 1, retransmitMs: 200 });
    near.connection.write([counting(1)]);
    links.network.setDefaults({ lossChance: 0 });
    near.connection.write([counting(1, 1)]);
    await links.run();
    const lostMs = 3 + 200 * (2 ** 9 - 1);
    expect(far.heard).toEqual([`${lostMs} 1 bytes`, `${lostMs} 1 bytes`]);
    expect(far.bytes).toEqual([0, 1]);
  });
});

describe('back-pressure', () => {
  test('at the mark writers go on, one byte past it they wait until half is read', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    far.connection.pause();
    expect(near.connection.write([new Uint8Array(LIMITS.simulatedPipeBytes)])).toBe(true);
    expect(near.connection.write([new Uint8Array(1)])).toBe(false);
    await links.run();
    expect([near.heard, far.heard]).toEqual([[], []]);
    far.connection.resume();
    await links.run();
    expect(near.heard).toEqual([expect.stringMatching(/drained$/)]);
    expect(far.bytes.length).toBe(LIMITS.simulatedPipeBytes + 1);
  });

  test('room is not told while the way back is cut', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    const cut = links.network.partition(['a'], 'in');
    expect(near.connection.write([new Uint8Array(LIMITS.simulatedPipeBytes + 1)])).toBe(false);
    await links.run();
    expect(far.bytes.length).toBe(LIMITS.simulatedPipeBytes + 1);
    expect(near.heard).toEqual([]);
    links.network.heal(cut);
    await links.run();
    expect(near.heard).toEqual([expect.stringMatching(/drained$/)]);
  });

  test('a writer that does not wait is cut off past the end, and not at it', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    far.connection.pause();
    const part = new Uint8Array(LIMITS.simulatedPipeMaxBytes / 4);
    for (let write = 0; write < 4; write++) near.connection.write([part]);
    await links.run();
    expect(near.heard).toEqual([]);
    near.connection.write([new Uint8Array(1)]);
    await links.run();
    expect(near.error).toMatchObject({ code: 'ERR_TRANSPORT_FAILED', blame: 'local' });
    expect(far.error?.code).toBe('ERR_TRANSPORT_ENDED');
    expect(links.network.connections).toEqual([]);
  });
});

describe('ends', () => {
  test('each side ends, both hear it, and it is closed clean', async () => {
    const links = new Links({ latencyMs: 5 });
    const [near, far] = await links.pair();
    near.connection.write([counting(2)]);
    near.connection.end();
    near.connection.write([counting(2)]);
    await links.run();
    expect(far.heard).toEqual(['15 2 bytes', '15 ended']);
    far.connection.write([counting(1)]);
    far.connection.end();
    await links.run();
    expect(near.heard).toEqual(['20 1 bytes', '20 ended', '20 closed clean']);
    expect(far.isClosed && far.error === undefined).toBe(true);
    expect(links.network.connections).toEqual([]);
  });

  test('destroy: this side is closed, the other one hears a reset', async () => {
    const links = new Links({ latencyMs: 5 });
    const [near, far] = await links.pair();
    near.connection.destroy();
    near.connection.destroy();
    expect(near.heard).toEqual([]);
    await links.run();
    expect(near.heard).toEqual(['10 closed clean']);
    expect(far.heard).toEqual(['15 closed ERR_TRANSPORT_ENDED']);
  });

  test('an end that is opened late hears what came, or that it is over', async () => {
    const links = new Links();
    links.keepsShut = true;
    const [near, far] = await links.pair();
    near.connection.write([counting(3)]);
    await links.run();
    expect(far.heard).toEqual([]);
    far.connection.open(far);
    await links.run();
    expect(far.bytes).toEqual([0, 1, 2]);
    const [second, late] = await links.pair();
    second.connection.destroy();
    await links.run();
    late.connection.open(late);
    await links.run();
    expect(late.error?.code).toBe('ERR_TRANSPORT_ENDED');
  });

  test('nobody listens: refused after there and back; nobody is there: unreachable', async () => {
    const links = new Links({ latencyMs: 5 });
    links.network.port('c');
    links.dial('a', 'c');
    links.dial('a', 'nobody');
    await links.run();
    expect(links.failures).toEqual(['5 ERR_TRANSPORT_UNREACHABLE', '10 ERR_TRANSPORT_REFUSED']);
  });

  test('a dial that was given up never connects, and its listener hears a reset', async () => {
    const links = new Links({ latencyMs: 5 });
    const cancelBefore = links.dial('a', 'b', () => links.failures.push('connected'));
    cancelBefore();
    await links.run();
    expect(links.accepted).toEqual([]);
    const cancelBetween = links.dial('a', 'b', () => links.failures.push('connected'));
    await links.run(7);
    cancelBetween();
    cancelBetween();
    await links.run();
    expect(links.accepted.map(({ heard }) => heard)).toEqual([['12 closed ERR_TRANSPORT_ENDED']]);
    expect(links.failures).toEqual([]);
  });

  test('two cannot listen on a name, nor one on the name of another; a closed one is free again', async () => {
    const links = new Links();
    links.listen('b');
    links.network.transportOf('c').listen(
      '/memory/d',
      () => undefined,
      () => undefined,
      ({ message }) => links.failures.push(message),
    );
    expect(links.failures).toEqual(['0 ERR_LISTEN_FAILED', 'simulated: /memory/d belongs to another node than c']);
    expect(() => links.network.port('a/b')).toThrow('is no name for a node');
    await links.run();
  });
});

describe('faults that last', () => {
  test.each([
    { direction: 'both', reaches: { a: false, b: false } },
    { direction: 'in', reaches: { a: false, b: true } },
    { direction: 'out', reaches: { a: true, b: false } },
  ] as const)('a partition $direction of a', async ({ direction, reaches }) => {
    const links = new Links();
    const [near, far] = await links.pair();
    const cut = links.network.isolate('a', direction);
    near.connection.write([counting(3)]);
    far.connection.write([counting(4)]);
    await links.run(1000);
    expect({ a: near.bytes.length > 0, b: far.bytes.length > 0 }).toEqual(reaches);
    links.network.heal(cut);
    links.network.heal(cut);
    await links.run();
    expect([near.bytes, far.bytes]).toEqual([[...counting(4)], [...counting(3)]]);
  });

  test('a partition of three: two groups talk among themselves; healing one of two leaves the other', async () => {
    const links = new Links();
    links.listen('c');
    links.listen('d');
    links.network.partition(['a', 'b']);
    const other = links.network.partition(['b']);
    const connected: string[] = [];
    for (const [from, to] of [
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'c'],
    ] as const) {
      links.dial(from, to, () => connected.push(`${from}${to}`));
    }
    await links.run(900);
    expect(connected).toEqual(['cd']);
    links.network.heal(other);
    await links.run(3000);
    expect(connected).toEqual(['cd', 'ab']);
    links.network.heal();
    await links.run(8000);
    expect(connected).toEqual(['cd', 'ab', 'ac']);
  });

  test('a dial through a partition is tried again, as often as the limit says, and then fails', async () => {
    const links = new Links({ latencyMs: 0 });
    links.network.isolate('b');
    links.dial('a', 'b');
    await links.run();
    const seconds = Array.from({ length: LIMITS.simulatedConnectAttempts - 1 }, (_, retry) => 2 ** retry);
    expect(links.failures).toEqual([`${1000 * seconds.reduce((sum, each) => sum + each)} ERR_TRANSPORT_UNREACHABLE`]);
  });

  test('a clog holds one direction until its time, then all comes in order', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.clog('a', 'b', 500);
    near.connection.write([counting(2)]);
    near.connection.end();
    far.connection.write([counting(1)]);
    await links.run(499);
    expect([near.heard, far.heard]).toEqual([['3 1 bytes'], []]);
    await links.run();
    expect(far.heard).toEqual(['500 2 bytes', '500 ended']);
  });

  test('calm ends them all', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.isolate('a');
    links.network.clog('a', 'b', 1e6);
    links.network.corrupt('a', 'b');
    links.network.resetMidFrame('a', 'b');
    links.network.setDefaults({ corruptChance: 1, resetChance: 1 });
    links.network.setLink('b', 'a', { corruptChance: 1 });
    near.connection.write([counting(9)]);
    await links.run(100);
    links.network.calm();
    near.connection.write([counting(9, 9)]);
    await links.run(1000);
    expect(far.bytes).toEqual([...counting(18)]);
  });

  test('a slow machine takes one thing at a time, in order, also when it becomes fast again', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.port('b').slowMs = 100;
    for (let write = 0; write < 3; write++) near.connection.write([counting(1, write)]);
    await links.run(150);
    expect(far.heard).toEqual(['103 1 bytes']);
    near.connection.write([counting(1, 3)]);
    await links.run(160);
    links.network.port('b').slowMs = 0;
    near.connection.write([counting(1, 4)]);
    await links.run();
    expect(far.bytes).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('faults that strike', () => {
  test('reset: both ends at once', async () => {
    const links = new Links({ latencyMs: 50 });
    const [near, far] = await links.pair();
    expect(links.network.reset('b', 'a')).toBe(1);
    await links.run();
    expect([near.heard, far.heard]).toEqual([['100 closed ERR_TRANSPORT_ENDED'], ['100 closed ERR_TRANSPORT_ENDED']]);
    expect(links.network.reset('a', 'b')).toBe(0);
  });

  test('reset in the middle of a frame: a part of it comes, and nothing after', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.resetMidFrame('a', 'b');
    near.connection.write([counting(200)]);
    near.connection.write([counting(200)]);
    await links.run();
    expect(far.bytes.length).toBeGreaterThan(0);
    expect(far.bytes.length).toBeLessThan(200);
    expect(far.bytes).toEqual([...counting(far.bytes.length)]);
    expect([near.error?.code, far.error?.code]).toEqual(['ERR_TRANSPORT_ENDED', 'ERR_TRANSPORT_ENDED']);
  });

  test('half-open: one end knows, the other one is never told, and writes into nothing until its buffers are full', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    expect(links.network.halfOpen('a', 'b')).toBe(1);
    await links.run();
    expect(near.error).toMatchObject({ code: 'ERR_TRANSPORT_FAILED', blame: 'remote' });
    expect(far.connection.write([counting(10)])).toBe(true);
    expect(far.connection.write([new Uint8Array(LIMITS.simulatedPipeBytes)])).toBe(false);
    await links.run();
    expect([near.bytes, far.heard]).toEqual([[], []]);
    far.connection.destroy();
    await links.run();
    expect(links.network.connections).toEqual([]);
  });

  test('silence: one direction stops for good, healing or not, and new connections are well', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.silence('a', 'b');
    near.connection.write([counting(10)]);
    far.connection.write([counting(2)]);
    links.network.heal();
    links.network.calm();
    await links.run();
    expect([far.bytes, near.bytes]).toEqual([[], [0, 1]]);
    const [fresh, other] = await links.pair();
    fresh.connection.write([counting(1)]);
    await links.run();
    expect(other.bytes).toEqual([0]);
  });

  test('finish: one side ends without having said so', async () => {
    const links = new Links();
    const [near, far] = await links.pair();
    links.network.finish('a', 'b');
    await links.run();
    expect([near.heard, far.heard]).toEqual([[], ['3 ended']]);
  });

  test('corruption: exactly one byte differs, once', async () => {
    const links = new Links();
    const events: NetworkEvent[] = [];
    const stop = links.network.watch((event) => events.push(event));
    const [near, far] = await links.pair();
    const original = counting(100);
    links.network.corrupt('a', 'b');
    near.connection.write([original]);
    near.connection.write([counting(100)]);
    await links.run();
    const differing = far.bytes.filter((byte, at) => byte !== counting(100)[at % 100]);
    expect(differing.length).toBe(1);
    expect([...original]).toEqual([...counting(100)]);
    expect(events.map(({ event, connection, atMs }) => ({ event, connection, atMs }))).toEqual([
      { event: 'opened', connection: 'a>b/1', atMs: 1 },
      { event: 'corrupted', connection: 'a>b/1', atMs: 3 },
    ]);
    stop();
    links.network.reset('a', 'b');
    await links.run();
    expect(events.length).toBe(2);
  });

  test('crash with reset: peers are told, dials refused', async () => {
    const links = new Links({ latencyMs: 5 });
    const [near, far] = await links.pair();
    far.connection.write([counting(2)]);
    links.network.crash('b', 'reset');
    links.dial('a', 'b');
    await links.run();
    expect(near.heard).toEqual(['15 2 bytes', '15 closed ERR_TRANSPORT_ENDED']);
    expect(far.heard).toEqual([]);
    expect(links.failures).toEqual(['20 ERR_TRANSPORT_REFUSED']);
  });

  test('silent crash: peers hear nothing, until the machine is back and knows nothing of them', async () => {
    const links = new Links({ latencyMs: 5 });
    const [near, far] = await links.pair();
    links.network.crash('b', 'silent');
    near.connection.write([counting(2)]);
    let isConnected = false;
    links.dial('a', 'b', () => (isConnected = true));
    await links.run(1500);
    expect([near.heard, far.heard, links.failures]).toEqual([[], [], []]);
    links.network.revive('b');
    links.listen('b');
    await links.run();
    expect(near.heard).toEqual(['1505 closed ERR_TRANSPORT_ENDED']);
    expect(isConnected).toBe(true);
    expect(far.heard).toEqual([]);
  });
});

test('draws go by link and connection: what one connection does changes no other one', async () => {
  const timesOf = async (disturbed: boolean): Promise<string[]> => {
    const links = new Links({ latencyMs: 5, jitterMs: 100, chunking: 'cut', lossChance: 0.1 });
    links.listen('c');
    const [near, far] = await links.pair();
    links.dial('a', 'c', ({ connection }) => {
      if (disturbed) for (let write = 0; write < 20; write++) connection.write([counting(1000)]);
    });
    for (let write = 0; write < 20; write++) near.connection.write([counting(100)]);
    await links.run();
    return far.heard;
  };
  const quiet = await timesOf(false);
  expect(quiet.length).toBeGreaterThan(20);
  expect(await timesOf(true)).toEqual(quiet);
});
