/** A clock whose timers are numbered and told, and which stands still between two inputs. */
import type { Clock } from '../../ports.js';
import type { Recorder } from './recorder.js';

const ACTOR = 'clock';

interface RecordedTimer {
  readonly number: number;
  readonly timer: unknown;
}

/** Wraps `clock`. Wall time decides little (whether a certificate is valid), and each reading of it is told. */
export function recordingClock(recorder: Recorder, clock: Clock): Clock {
  let timers = 0;
  return {
    now: () => recorder.nowMs,
    wallTime: () => {
      const wallMs = clock.wallTime();
      recorder.output('clock:read', ACTOR, { wall_ms: wallMs });
      return wallMs;
    },
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
