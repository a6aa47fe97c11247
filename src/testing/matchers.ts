/** The matchers for `expect`, of jest or vitest. */
import type { AnyStateMachine } from 'xstate';
import type { ErrorCode } from '../errors.js';
import type { TraceLike } from './check.js';
import { CHECKS } from './checks/index.js';
import type { PathOptions, ReachOptions } from './checks/states.js';
import type { CoverOptions, MatchOptions } from './checks/whole.js';
import type { BytesOptions, FramesOptions } from './checks/wire.js';

/** What {@link installMatchers} adds to `expect(...)`. A trace is a `TraceView`, whole or narrowed, or a parsed `Trace`. */
export interface TraceMatchers<R> {
  /** Some actor was in `state` (an outer or inner one), `within` milliseconds of virtual or node time from its start. */
  toReachState(state: string, options?: ReachOptions): R;
  /** Some actor entered a state of this name; `machine.state`, with `*` for any characters. Mostly used with `not`. */
  toEnterState(pattern: string): R;
  /** Some actor went through exactly these states; `'...'` leaves some out. */
  toTakePath(path: readonly string[], options?: PathOptions): R;
  /** The same as another trace; by default in bytes sent and in states. */
  toMatchTrace(expected: TraceLike, options?: MatchOptions): R;
  /** The one connection of the view sent exactly these bytes (hex or `Uint8Array`), in however many writes. */
  toSendBytes(expected: Uint8Array | string, options?: BytesOptions): R;
  /** It sent exactly these frames, in words (`secio propose`, `yamux 1 windowUpdate SYN`); `'...'` leaves some out. */
  toSendFrames(expected: readonly string[], options?: FramesOptions): R;
  /** A protocol that was agreed: security, muxer, or that of a stream. */
  toNegotiate(protocol: string): R;
  /** A promise or function that fails with `code`, or a trace that holds such an error. Await it for a promise. */
  toRejectWith(code: ErrorCode): Promise<void>;
  /** A function that gives the same twice: traces, text or JSON values. Await it. */
  toBeDeterministic(): Promise<void>;
  /** A trace, or several, that cover enough of a machine (by default all states and 95 % of edges). */
  toCoverMachine(machine: AnyStateMachine | string, options?: CoverOptions): R;
}

/** As much of `expect` as is needed. */
export interface Extensible {
  extend(matchers: Record<string, (received: unknown, ...args: never[]) => unknown>): unknown;
}

/** Adds the matchers to an `expect`. Calling it again changes nothing. */
export function installMatchers(expect: Extensible): void {
  // Runners hand on `this`, which checks do not need.
  expect.extend({ ...CHECKS });
}
