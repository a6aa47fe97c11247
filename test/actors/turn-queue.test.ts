import { describe, expect, test } from '@jest/globals';
import { TurnQueue } from '../../src/actors/turn-queue.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

const newQueue = () => {
  const clock = new VirtualClock(100);
  const broken: string[] = [];
  const turns = new TurnQueue(clock, (error) => broken.push(`${error.code} ${error.message}`));
  return { clock, broken, turns };
};

describe('turn queue', () => {
  test('work posted inside a turn runs after the work that was there, never inside it', () => {
    const { turns } = newQueue();
    const log: string[] = [];
    turns.post(() => {
      turns.post(() => {
        log.push('second');
        turns.post(() => log.push('fourth'));
      });
      turns.post(() => log.push('third'));
      log.push('first');
    });
    expect(log).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('a turn ends with each flush once: sealing, then writing, then publishing', () => {
    const { turns } = newQueue();
    const log: string[] = [];
    const publish = () => log.push('publish');
    const write = () => log.push('write');
    const seal = () => {
      log.push('seal');
      turns.flushLater('write', write);
    };
    turns.post(() => {
      turns.flushLater('publish', publish);
      turns.flushLater('write', write);
      turns.flushLater('seal', seal);
      turns.flushLater('seal', seal);
      log.push('work');
    });
    expect(log).toEqual(['work', 'seal', 'write', 'publish']);
  });

  test('work that a flush posts is done in the same turn, with flushes of its own', () => {
    const { turns } = newQueue();
    const log: string[] = [];
    turns.post(() => {
      turns.flushLater('write', () => {
        log.push('write 1');
        turns.post(() => {
          log.push('work 2');
          turns.flushLater('seal', () => log.push('seal 2'));
        });
      });
      turns.flushLater('publish', () => log.push('publish'));
    });
    expect(log).toEqual(['write 1', 'work 2', 'seal 2', 'publish']);
  });

  test('a flush asked for outside a turn is a turn of its own', () => {
    const { turns } = newQueue();
    const log: string[] = [];
    turns.flushLater('write', () => log.push('write'));
    expect(log).toEqual(['write']);
  });

  test('work that throws is reported by name and the rest goes on', () => {
    const { turns, broken } = newQueue();
    const log: string[] = [];
    turns.post(() => {
      turns.post(() => log.push('still runs'));
      throw new Error('boom');
    });
    turns.post(() => log.push('next turn'));
    expect(broken).toEqual(['ERR_ENGINE_ASSERTION work in a turn threw: Error: boom']);
    expect(log).toEqual(['still runs', 'next turn']);
  });

  test('one time for all that happens in a turn', () => {
    const { turns, clock } = newQueue();
    const times: number[] = [];
    turns.post(() => {
      times.push(turns.nowMs);
      clock.advance(50);
      times.push(turns.nowMs);
    });
    expect([...times, turns.nowMs]).toEqual([100, 100, 150]);
  });

  test('a turn of ten thousand pieces of work keeps their order', () => {
    const { turns } = newQueue();
    const log: number[] = [];
    turns.post(() => {
      for (let index = 0; index < 10_000; index++) turns.post(() => log.push(index));
    });
    expect(log).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  });

  test('a clock that cannot say when the work at hand is done has no passes', () => {
    expect(new TurnQueue(new VirtualClock(), () => undefined).pass).toBeUndefined();
  });

  describe('on a clock that says when the work at hand is done', () => {
    const gathering = () => {
      const soon: (() => void)[] = [];
      const clock = new VirtualClock(100);
      const turns = new TurnQueue(
        {
          now: () => clock.now(),
          wallTime: () => clock.wallTime(),
          setTimeout: (fire, delayMs) => clock.setTimeout(fire, delayMs),
          clearTimeout: (timer) => clock.clearTimeout(timer),
          soon: (fire) => void soon.push(fire),
        },
        () => undefined,
      );
      return { turns, soon, log: [] as string[] };
    };

    test('flushes of turns that follow each other run once, when it is', () => {
      const { turns, soon, log } = gathering();
      const seal = () => {
        log.push('seal');
        turns.flushLater('write', write);
      };
      const write = () => log.push('write');
      for (const name of ['a', 'b']) {
        turns.post(() => {
          log.push(name);
          turns.flushLater('seal', seal);
        });
      }
      turns.flushLater('publish', () => log.push('publish'));
      expect([log, soon.length]).toEqual([['a', 'b'], 1]);
      soon.shift()?.();
      expect([log, soon.length]).toEqual([['a', 'b', 'seal', 'write', 'publish'], 0]);
    });

    test('an urgent one takes the others along at the end of its turn', () => {
      const { turns, soon, log } = gathering();
      turns.post(() => turns.flushLater('write', () => log.push('write')));
      turns.post(() => {
        turns.flushLater('seal', () => log.push('seal'), true);
        log.push('work');
      });
      expect(log).toEqual(['work', 'seal', 'write']);
      // What was asked of the clock still comes, and finds nothing to do; the next turn asks again.
      soon.shift()?.();
      turns.post(() => turns.flushLater('write', () => log.push('later')));
      expect([log.length, soon.length]).toEqual([3, 1]);
      soon.shift()?.();
      expect(log).toEqual(['work', 'seal', 'write', 'later']);
    });

    test('what must not be overtaken can be flushed before, but not from inside a turn', () => {
      const { turns, soon, log } = gathering();
      turns.flushNow();
      turns.post(() => turns.flushLater('write', () => log.push('said')));
      turns.post(() => turns.flushNow());
      expect(log).toEqual([]);
      turns.flushNow();
      turns.post(() => log.push('reset'));
      expect([log, soon.length]).toEqual([['said', 'reset'], 1]);
    });

    test('spare work has a turn of its own each time the work at hand is done, behind what was flushed', () => {
      const { turns, soon, log } = gathering();
      turns.post(() => turns.flushLater('write', () => log.push('written before')));
      for (const name of ['a', 'b']) {
        turns.post(() => {
          turns.whenSpare(() => {
            log.push(`spare ${name}`);
            turns.flushLater('write', () => log.push(`written ${name}`));
          });
        });
      }
      expect([log, soon.length, turns.pass]).toEqual([[], 1, 0]);
      soon.shift()?.();
      expect([log, soon.length, turns.pass]).toEqual([['written before', 'spare a', 'written a'], 1, 1]);
      soon.shift()?.();
      expect([log.slice(3), soon.length, turns.pass]).toEqual([['spare b', 'written b'], 0, 2]);
    });

    test('a turn that asks for no flush asks nothing of the clock', () => {
      const { turns, soon } = gathering();
      turns.post(() => undefined);
      expect(soon).toEqual([]);
    });
  });
});
