/** Log lines: which events at which level, what a line holds and never holds, and how many a flood may cause. */
import { describe, expect, test } from '@jest/globals';
import { EngineError } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { formatLogLine, LOG_LEVELS, logTo, type LogLevel, type LogLine } from '../../src/telemetry/log.js';
import { connectionOf, FakeNode, stepOf, streamOf } from './watched.js';

/** A clock that stands still until it is moved. */
class HandClock {
  nowMs = 0;
  readonly timers = new Set<() => void>();
  now = (): number => this.nowMs;
  wallTime = (): number => 1_000_000 + this.nowMs;
  setTimeout = (fire: () => void): unknown => {
    this.timers.add(fire);
    return fire;
  };
  clearTimeout = (timer: unknown): void => void this.timers.delete(timer as () => void);
  fire(): void {
    for (const timer of [...this.timers]) {
      this.timers.delete(timer);
      timer();
    }
  }
}

function logOf(level?: LogLevel): {
  readonly node: FakeNode;
  readonly clock: HandClock;
  readonly lines: LogLine[];
  readonly stop: () => void;
} {
  const node = new FakeNode();
  const clock = new HandClock();
  const lines: LogLine[] = [];
  const stop = logTo(node, (line) => lines.push(line), { clock, ...(level === undefined ? {} : { level }) });
  return { node, clock, lines, stop };
}

const details = { machine: 'noiseHandshake', state: 'dialing.awaitingMessage2', lastBytesHex: 'c0ffee' };
const failed = new EngineError('ERR_NOISE_BAD_MESSAGE', 'remote', 'it does not decrypt', { details });

function tellAll(node: FakeNode): void {
  const info = connectionOf();
  node.broken$.next(new EngineError('ERR_ENGINE_MACHINE', 'engine', 'odd'));
  node.events$.next({ type: 'connection.failed', info: connectionOf({ remotePeer: '' }), error: failed });
  node.events$.next({ type: 'connection.refused', remoteAddress: '/ip4/10.0.0.1/tcp/1', error: failed });
  node.events$.next({ type: 'peer.connected', peer: 'them' });
  node.events$.next({ type: 'address.confirmed', address: '/ip4/1.2.3.4/tcp/1' });
  node.events$.next({ type: 'connection.opened', info });
  node.events$.next({ type: 'connection.closed', info });
  node.events$.next({ type: 'stream.opened', stream: streamOf('/odd/1') });
  node.transitions$.next(stepOf('noiseHandshake', 'idle', 'badMessage', 'conn:1/noise'));
  node.transitions$.next(stepOf('noiseHandshake', '', 'idle', 'conn:1/noise'));
}

const LINES: readonly LogLine[] = [
  { timeMs: 1_000_000, level: 'error', event: 'engine.broken', code: 'ERR_ENGINE_MACHINE', message: 'odd' },
  {
    timeMs: 1_000_000,
    level: 'warn',
    event: 'connection.failed',
    actor: 'conn:1',
    address: '/ip4/127.0.0.1/tcp/9',
    state: 'dialing.awaitingMessage2',
    machine: 'noiseHandshake',
    code: 'ERR_NOISE_BAD_MESSAGE',
    message: 'it does not decrypt',
  },
  {
    timeMs: 1_000_000,
    level: 'warn',
    event: 'connection.refused',
    address: '/ip4/10.0.0.1/tcp/1',
    state: 'dialing.awaitingMessage2',
    machine: 'noiseHandshake',
    code: 'ERR_NOISE_BAD_MESSAGE',
    message: 'it does not decrypt',
  },
  { timeMs: 1_000_000, level: 'info', event: 'peer.connected', peer: 'them' },
  { timeMs: 1_000_000, level: 'info', event: 'address.confirmed', address: '/ip4/1.2.3.4/tcp/1' },
  ...(['connection.opened', 'connection.closed'] as const).map((event): LogLine => ({
    timeMs: 1_000_000,
    level: 'debug',
    event,
    actor: 'conn:1',
    peer: 'them',
    address: '/ip4/127.0.0.1/tcp/9',
    state: 'open',
  })),
  {
    timeMs: 1_000_000,
    level: 'debug',
    event: 'stream.opened',
    actor: 'conn:1/yamux/1',
    peer: 'them',
    protocol: '/odd/1',
  },
  {
    timeMs: 1_000_000,
    level: 'debug',
    event: 'machine.failed',
    actor: 'conn:1/noise',
    machine: 'noiseHandshake',
    state: 'badMessage',
    message: 'on x',
  },
  {
    timeMs: 1_000_000,
    level: 'trace',
    event: 'machine.step',
    actor: 'conn:1/noise',
    machine: 'noiseHandshake',
    state: 'idle',
    message: 'on x',
  },
];

describe('lines', () => {
  test.each(LOG_LEVELS)('of level %s', (level) => {
    const { node, lines, stop } = logOf(level);
    tellAll(node);
    const wanted = LINES.filter((line) => LOG_LEVELS.indexOf(line.level) <= LOG_LEVELS.indexOf(level));
    expect(lines).toEqual(wanted);
    expect(JSON.stringify(lines)).not.toContain('c0ffee');
    stop();
    expect([node.events$.observed, node.broken$.observed, node.transitions$.observed]).toEqual([false, false, false]);
  });

  test('below debug no step of a machine is looked at; the default is info', () => {
    const { node, lines } = logOf();
    expect(node.transitions$.observed).toBe(false);
    tellAll(node);
    expect(lines.length).toBe(5);
  });

  test('as text: what a peer says cannot break a line or steer a terminal', () => {
    const line: LogLine = {
      timeMs: 5,
      level: 'info',
      event: 'stream.opened',
      protocol: '/x\n\u001b[2J\u009b2J "y"',
      code: undefined,
    };
    const text = formatLogLine(line, (timeMs) => `T${timeMs}`);
    expect(text).toBe('T5 info  stream.opened protocol="/x\\n\\u001b[2J?2J \\"y\\""');
  });
});

describe('a flood', () => {
  const flood = (node: FakeNode, count: number): void => {
    for (let index = 0; index < count; index++) {
      node.events$.next({
        type: 'connection.refused',
        remoteAddress: `/ip4/10.0.0.${index % 250}/tcp/1`,
        error: failed,
      });
    }
  };

  test('has a burst of lines; one more is left out, and the sum is told later, once', () => {
    const { node, clock, lines } = logOf();
    flood(node, LIMITS.logLinesBurst);
    expect([lines.length, clock.timers.size]).toEqual([LIMITS.logLinesBurst, 0]);
    flood(node, 1_000);
    expect([lines.length, clock.timers.size]).toEqual([LIMITS.logLinesBurst, 1]);
    clock.fire();
    expect(lines.slice(LIMITS.logLinesBurst)).toEqual([
      {
        timeMs: 1_000_000,
        level: 'warn',
        event: 'connection.refused',
        code: 'ERR_NOISE_BAD_MESSAGE',
        suppressed: 1_000,
      },
    ]);
    clock.fire();
    expect(lines.length).toBe(LIMITS.logLinesBurst + 1);
  });

  test('has a line again after its pause, which says how many were left out; another kind waits for nothing', () => {
    const { node, clock, lines } = logOf();
    flood(node, LIMITS.logLinesBurst + 5);
    node.events$.next({ type: 'peer.connected', peer: 'them' });
    expect(lines.at(-1)).toMatchObject({ event: 'peer.connected' });
    clock.nowMs = 1_000 / LIMITS.logLinesPerSecond;
    flood(node, 2);
    expect(lines.length).toBe(LIMITS.logLinesBurst + 2);
    expect(lines.at(-1)).toMatchObject({ event: 'connection.refused', suppressed: 5 });
  });

  test('what is left out is told when the log stops', () => {
    const { node, clock, lines, stop } = logOf();
    flood(node, LIMITS.logLinesBurst + 3);
    stop();
    expect(lines.at(-1)).toMatchObject({ suppressed: 3 });
    expect(clock.timers.size).toBe(0);
  });

  test('kinds: as many as may be have their own rate; those beyond share one', () => {
    const { node, lines } = logOf();
    const kindOf = (index: number): EngineError => new EngineError(`ERR_${index}` as never, 'remote', 'odd');
    for (let index = 0; index < LIMITS.logKinds + 2 * LIMITS.logLinesBurst; index++) {
      node.events$.next({ type: 'connection.refused', remoteAddress: 'x', error: kindOf(index) });
    }
    expect(lines.length).toBe(LIMITS.logKinds + LIMITS.logLinesBurst);
  });
});
