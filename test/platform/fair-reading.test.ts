/** In which order connections are read when more comes than one pass of the loop may read. */
import { describe, expect, test } from '@jest/globals';
import { EngineError } from '../../src/errors.js';
import { FairReading } from '../../src/platform/fair-reading.js';
import type { Transport, TransportConnection, TransportEvents } from '../../src/ports.js';

/** An event loop whose time passes by what is read: each chunk costs as many milliseconds as its first byte says. */
class Loop {
  ms = 0;
  readonly log: string[] = [];
  readonly reading: FairReading;
  #ends: (() => void)[] = [];
  #count = 0;

  constructor() {
    this.reading = new FairReading({ now: () => this.ms, afterPoll: (fire) => void this.#ends.push(fire) });
  }

  /** The poll is over. Answers whether anybody waits for that. */
  endPoll(): boolean {
    const ends = this.#ends.splice(0);
    for (const end of ends) end();
    return ends.length > 0;
  }

  /** A connection named by a letter, and what its transport can do. */
  connect(): Wire {
    const wire = new Wire(String.fromCharCode(97 + this.#count++));
    const events: TransportEvents = {
      onChunk: (chunk) => {
        this.ms += chunk[0] ?? 0;
        this.log.push(`${wire.name}${[...chunk].slice(1).join('')}`);
      },
      onChunks: (chunks) => chunks.forEach((chunk) => events.onChunk(chunk)),
      onDrained: () => this.log.push(`${wire.name} drained`),
      onEnded: () => this.log.push(`${wire.name} ended`),
      onClosed: (error) => this.log.push(`${wire.name} closed ${error?.code ?? 'well'}`),
    };
    const transport: Transport = {
      name: 'wire',
      handles: () => true,
      dial: (_, onConnected) => {
        onConnected(wire);
        return () => undefined;
      },
      listen: () => undefined,
    };
    this.reading.share(transport).dial(
      '/wire',
      (connection) => (wire.owner = connection),
      () => undefined,
    );
    wire.owner?.open(events);
    return wire;
  }
}

/** The transport's side of one connection. */
class Wire implements TransportConnection {
  readonly remoteAddress = '/wire/far';
  readonly localAddress = '/wire/near';
  owner: TransportConnection | undefined;
  events: TransportEvents | undefined;
  isPaused = false;
  isDestroyed = false;

  constructor(readonly name: string) {}

  /** A chunk that costs so much, with a number. */
  brings(costMs: number, number = 0): void {
    this.events?.onChunk(Uint8Array.of(costMs, number));
  }

  open(events: TransportEvents): void {
    this.events = events;
  }
  write(): boolean {
    return true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): void {
    // The owner's own half is none of this test's business.
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

describe('fair reading', () => {
  test('what comes while there is time is read at once', () => {
    const loop = new Loop();
    const [a, b] = [loop.connect(), loop.connect()];
    a.brings(0, 1);
    b.brings(0, 1);
    a.brings(0, 2);
    expect([loop.log, a.isPaused, b.isPaused]).toEqual([['a1', 'b1', 'a2'], false, false]);
    expect([loop.endPoll(), loop.endPoll()]).toEqual([true, false]);
  });

  test('what comes when the pass has spent its millisecond waits, its socket paused, until the poll is over', () => {
    const loop = new Loop();
    const [a, b] = [loop.connect(), loop.connect()];
    a.brings(1, 1);
    a.brings(0, 2);
    b.brings(0, 1);
    b.brings(0, 2);
    expect([loop.log, a.isPaused, b.isPaused]).toEqual([['a1'], true, true]);
    loop.endPoll();
    expect([loop.log, a.isPaused, b.isPaused]).toEqual([['a1', 'a2', 'b1', 'b2'], false, false]);
    // The next poll begins with time of its own.
    b.brings(0, 3);
    expect(loop.log.at(-1)).toBe('b3');
  });

  test('whose reads have cost least goes first', () => {
    const loop = new Loop();
    const [dear, cheap, dearer] = [loop.connect(), loop.connect(), loop.connect()];
    for (const [wire, costMs] of [[dear, 5] as const, [dearer, 20] as const, [cheap, 0] as const]) {
      for (let read = 0; read < 20; read++) {
        wire.brings(costMs);
        loop.endPoll();
      }
    }
    loop.log.length = 0;
    dearer.brings(1, 1);
    dear.brings(0, 1);
    dearer.brings(0, 2);
    cheap.brings(0, 1);
    loop.endPoll();
    expect(loop.log).toEqual(['c1', 'b1', 'a1', 'c2']);
  });

  test('what counts is the cost of one read, not how many there are; and what it was long ago is forgotten', () => {
    const loop = new Loop();
    const [many, reformed, blocker] = [loop.connect(), loop.connect(), loop.connect()];
    reformed.brings(64);
    loop.endPoll();
    for (let read = 0; read < 1_000; read++) {
      many.brings(0);
      if (read % 20 === 0) reformed.brings(0);
      loop.endPoll();
    }
    loop.log.length = 0;
    blocker.brings(1);
    reformed.brings(0, 1);
    many.brings(0, 1);
    while (loop.endPoll());
    // Both are cheap: the order in which they came.
    expect(loop.log).toEqual(['c0', 'b1', 'a1']);
  });

  test('after the poll too, a pass reads for a millisecond, then the loop polls again; nothing is lost', () => {
    const loop = new Loop();
    const wires = [loop.connect(), loop.connect(), loop.connect()];
    loop.connect().brings(1);
    for (const wire of wires) wire.brings(1, 1);
    for (const passes of [1, 2, 3]) {
      expect(loop.endPoll()).toBe(true);
      expect(loop.log).toHaveLength(1 + passes);
    }
    expect(loop.log).toEqual(['d0', 'a1', 'b1', 'c1']);
    expect(wires.map(({ isPaused }) => isPaused)).toEqual([false, false, false]);
  });

  test('who is dear is not starved by cheap ones that always have something: after 100 ms it goes first', () => {
    const loop = new Loop();
    const [dear, ...busy] = [loop.connect(), loop.connect(), loop.connect()];
    for (let read = 0; read < 20; read++) {
      dear?.brings(60);
      loop.endPoll();
    }
    for (const wire of busy) {
      for (let read = 0; read < 20; read++) {
        wire.brings(0);
        loop.endPoll();
      }
    }
    for (const wire of busy) wire.brings(1);
    const sinceMs = loop.ms;
    dear?.brings(0, 9);
    while (!loop.log.includes('a9') && loop.ms < sinceMs + 1_000) {
      for (const wire of busy) wire.brings(1);
      loop.endPoll();
    }
    expect(loop.log).toContain('a9');
    expect([loop.ms - sinceMs > 99, loop.ms - sinceMs < 110]).toEqual([true, true]);
  });

  test('the end and the close come behind what was held, and only once', () => {
    const loop = new Loop();
    const [blocker, wire] = [loop.connect(), loop.connect()];
    blocker.brings(1);
    wire.brings(0, 1);
    wire.events?.onEnded();
    wire.events?.onClosed(new EngineError('ERR_TRANSPORT_ENDED', 'remote', 'gone'));
    expect(loop.log).toEqual(['a0']);
    while (loop.endPoll());
    expect(loop.log).toEqual(['a0', 'b1', 'b ended', 'b closed ERR_TRANSPORT_ENDED']);
  });

  test.each(['destroy', 'reset'] as const)('after %s nothing held is handed on, but the close is', (how) => {
    const loop = new Loop();
    const [blocker, early, late] = [loop.connect(), loop.connect(), loop.connect()];
    blocker.brings(1);
    for (const wire of [early, late]) wire.brings(0, 1);
    early.events?.onClosed();
    for (const wire of [early, late]) wire.owner?.[how]?.();
    while (loop.endPoll());
    expect(loop.log).toEqual(['a0', 'b closed well']);
    // A transport may still tell of the peer's end before it tells of its own.
    late.events?.onEnded();
    late.events?.onClosed();
    expect(loop.log.slice(2)).toEqual(['c closed well']);
    expect([early.isDestroyed, late.isDestroyed]).toEqual([true, true]);
  });

  test('an owner that pauses hears nothing until it resumes, not even of an end', () => {
    const loop = new Loop();
    const [blocker, held, free] = [loop.connect(), loop.connect(), loop.connect()];
    blocker.brings(1);
    held.brings(0, 1);
    for (const wire of [held, free]) wire.owner?.pause();
    free.events?.onEnded();
    while (loop.endPoll());
    expect([loop.log, held.isPaused]).toEqual([['a0'], true]);
    for (const wire of [held, free]) wire.owner?.resume();
    while (loop.endPoll());
    expect([loop.log, held.isPaused, free.isPaused]).toEqual([['a0', 'b1', 'c ended'], false, false]);
  });

  test('what a reader throws is charged like the rest, and thrown', () => {
    const loop = new Loop();
    const [wire, other] = [loop.connect(), loop.connect()];
    const broken = new Error('broken');
    expect(() =>
      loop.reading.run({ charge: () => undefined } as never, () => {
        loop.ms += 2;
        throw broken;
      }),
    ).toThrow(broken);
    wire.brings(0, 1);
    other.brings(0, 1);
    expect(loop.log).toEqual([]);
    while (loop.endPoll());
    expect(loop.log).toEqual(['a1', 'b1']);
  });
});
