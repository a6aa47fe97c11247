/** A clock whose timers are numbered and told, and which stands still between two inputs. */
import type { Clock } from '../../ports.js';
import type { Recorder } from './recorder.js';

const ACTOR = 'clock';

interface RecordedTimer {
  readonly number: number;
  readonly timer: unknown;
}

/**
 * Wraps `clock`. Wall time runs on from `originMs`, what it is at the clock's zero, and stands still with the rest: a
 * node dates what it keeps and signs by it, so that a replay has to see the same.
 */
export function recordingClock(recorder: Recorder, clock: Clock, originMs: number): Clock {
  let timers = 0;
  return {
    now: () => recorder.nowMs,
    wallTime: () => originMs + recorder.nowMs,
    setTimeout: (fire, delayMs) => {
      const number = ++timers;
      recorder.output('timer:set', ACTOR, { timer: number, delay_ms: delayMs });
      const timer = clock.setTimeout(() => {
        recorder.input('timer:fired', ACTOR, { timer: number });
        fire();
      }, delayMs);
      return { number, timer } satisfies RecordedTimer;
    },
    clearTimeout: (handle) => {
      if (handle === undefined) return;
      const { number, timer } = handle as RecordedTimer;
      recorder.output('timer:cleared', ACTOR, { timer: number });
      clock.clearTimeout(timer);
    },
  };
}
