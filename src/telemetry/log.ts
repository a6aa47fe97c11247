/**
 * Structured logs: what a node tells, as lines with time, level, event, and whom it is about. No bytes, no keys. Lines of
 * one kind (event and code) come at a bounded rate; those left out are summed.
 */
import { Subscription } from 'rxjs';
import type { HostEvent } from '../host/host-events.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports.js';
import type { TransitionNotice } from '../actors/environment.js';
import type { EngineError } from '../errors.js';
import { failureStates } from './ends.js';
import type { WatchedNode } from './watched-node.js';

/** Most talkative last: each level has those before it too. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line. */
export interface LogLine {
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  readonly level: Exclude<LogLevel, 'silent'>;
  readonly event: string;
  /** Address of the actor, e.g. `conn:1`. */
  readonly actor?: string | undefined;
  readonly code?: string | undefined;
  readonly peer?: string | undefined;
  readonly address?: string | undefined;
  readonly protocol?: string | undefined;
  readonly machine?: string | undefined;
  readonly state?: string | undefined;
  readonly message?: string | undefined;
  /** Lines like this one that were left out since the last one. */
  readonly suppressed?: number | undefined;
}

/** Where lines go. */
export type LogSink = (line: LogLine) => void;

/** Options of {@link logTo}. */
export interface LogOptions {
  /** Default: `info`. */
  readonly level?: LogLevel;
  readonly clock: Pick<Clock, 'now' | 'wallTime' | 'setTimeout' | 'clearTimeout'>;
}

type Draft = Omit<LogLine, 'timeMs' | 'suppressed'>;

/** Sends what `node` tells to `sink`, until the answer is called. Below `debug` no step of a machine is looked at. */
export function logTo(node: WatchedNode, sink: LogSink, options: LogOptions): () => void {
  const { level = 'info', clock } = options;
  const wanted = LOG_LEVELS.indexOf(level);
  if (wanted === 0) return () => undefined;
  const limiter = new LineLimiter(sink, clock);
  const listening = new Subscription();
  const write = (draft: Draft | undefined): void => {
    if (draft !== undefined && LOG_LEVELS.indexOf(draft.level) <= wanted) limiter.write(draft);
  };
  listening.add(node.events$.subscribe((event) => write(draftOf(event))));
  listening.add(node.broken$.subscribe((error) => write({ level: 'error', event: 'engine.broken', ...told(error) })));
  if (wanted >= LOG_LEVELS.indexOf('debug')) {
    const failures = failureStates();
    listening.add(node.transitions$.subscribe((notice) => write(stepOf(notice, failures))));
  }
  return () => {
    listening.unsubscribe();
    limiter.stop();
  };
}

/** A line for people: time, level, event, and what is known of it as `name=value`. */
export function formatLogLine(line: LogLine, timeOf: (timeMs: number) => string): string {
  const { timeMs, level, event, ...rest } = line;
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${quoted(String(value))}`);
  return [timeOf(timeMs), level.padEnd(5), event, ...fields].join(' ');
}

/** Plain where it can be; what would steer a terminal is escaped or gone. */
function quoted(text: string): string {
  return /^[\w./:+-]+$/.test(text) ? text : JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}

const EVENT_LEVELS: Readonly<Record<HostEvent['type'], Draft['level']>> = {
  'connection.opened': 'debug',
  'connection.named': 'debug',
  'connection.closed': 'debug',
  'connection.failed': 'warn',
  'connection.refused': 'warn',
  'connection.trimmed': 'info',
  'connection.unanswered': 'warn',
  'peer.connected': 'info',
  'peer.disconnected': 'info',
  'stream.opened': 'debug',
  'stream.failed': 'warn',
  'address.confirmed': 'info',
  'address.expired': 'info',
  'record.refused': 'warn',
  'peer.discovered': 'debug',
  'router.problem': 'warn',
  'records.problem': 'error',
  'name.problem': 'warn',
  'peers.problem': 'error',
};

function draftOf(event: HostEvent): Draft {
  const base = { level: EVENT_LEVELS[event.type], event: event.type };
  const error = 'error' in event && event.error !== undefined ? told(event.error) : {};
  if ('info' in event) {
    const { id, remotePeer, remoteAddress, state } = event.info;
    const peer = remotePeer === '' ? undefined : remotePeer;
    return { ...base, actor: id, peer, address: remoteAddress, state, ...error };
  }
  if ('stream' in event) {
    const { id, remotePeer, protocol } = event.stream;
    return { ...base, actor: id, peer: remotePeer, protocol };
  }
  const peer = 'peer' in event ? event.peer : undefined;
  const address = 'address' in event ? event.address : 'remoteAddress' in event ? event.remoteAddress : undefined;
  return { ...base, peer, address, ...error };
}

function stepOf(notice: TransitionNotice, failures: ReadonlySet<string>): Draft {
  const { actor, machine, to, event } = notice;
  const isFailure = failures.has(`${machine} ${to}`);
  const kind = isFailure ? 'machine.failed' : 'machine.step';
  return { level: isFailure ? 'debug' : 'trace', event: kind, actor, machine, state: to, message: `on ${event}` };
}

function told({ code, message, details }: EngineError): Partial<Draft> {
  const { machine, state } = details;
  return { code, message, ...(machine === undefined ? {} : { machine }), ...(state === undefined ? {} : { state }) };
}

/** Lines of one kind: what it may still write, and what it left out. */
interface Kind {
  left: number;
  atMs: number;
  suppressed: number;
  last: Draft;
}

/** A burst of each kind of line, then so many a second; the rest is summed. */
class LineLimiter {
  readonly #sink: LogSink;
  readonly #clock: LogOptions['clock'];
  readonly #kinds = new Map<string, Kind>();
  #timer: unknown;

  constructor(sink: LogSink, clock: LogOptions['clock']) {
    this.#sink = sink;
    this.#clock = clock;
  }

  write(draft: Draft): void {
    const kind = this.#kindOf(draft);
    const nowMs = this.#clock.now();
    const { logLinesBurst, logLinesPerSecond } = LIMITS;
    // Steps are asked for one by one; what is bounded is what peers can cause without end.
    if (draft.level === 'trace') {
      this.#tell(draft);
      return;
    }
    kind.left = Math.min(logLinesBurst, kind.left + ((nowMs - kind.atMs) * logLinesPerSecond) / 1000);
    kind.atMs = nowMs;
    kind.last = draft;
    if (kind.left < 1) {
      kind.suppressed++;
      this.#timer ??= this.#clock.setTimeout(() => this.#sum(), LIMITS.logSummaryMs);
      return;
    }
    kind.left--;
    this.#tell(draft, take(kind));
  }

  /** Tells what is left out, and ends. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#sum();
  }

  #kindOf(draft: Draft): Kind {
    const name = `${draft.event} ${draft.code ?? ''}`;
    const isKnown = this.#kinds.has(name) || this.#kinds.size < LIMITS.logKinds;
    const key = isKnown ? name : '';
    const kind = this.#kinds.get(key) ?? {
      left: LIMITS.logLinesBurst,
      atMs: this.#clock.now(),
      suppressed: 0,
      last: draft,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  #sum(): void {
    this.#timer = undefined;
    for (const kind of this.#kinds.values()) {
      const suppressed = take(kind);
      const { level, event, code } = kind.last;
      if (suppressed > 0) this.#tell({ level, event, code }, suppressed);
    }
  }

  #tell(draft: Draft, suppressed = 0): void {
    this.#sink({ timeMs: this.#clock.wallTime(), ...draft, ...(suppressed === 0 ? {} : { suppressed }) });
  }
}

function take(kind: Kind): number {
  const { suppressed } = kind;
  kind.suppressed = 0;
  return suppressed;
}
