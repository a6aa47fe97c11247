/** What every check answers: the form that `expect.extend` takes, of which the plain functions throw the message. */
import { EngineError } from '../errors.js';
import type { Trace } from '../trace/format.js';
import { TraceView } from './trace-view.js';

/** The answer of a check. */
export interface CheckResult {
  readonly pass: boolean;
  /** Why it failed; where it passed, what a negated check says. */
  readonly message: () => string;
}

/** What a trace matcher may be given. */
export type TraceLike = TraceView | Trace;

/** Thrown by the plain functions: the message is the one that the matcher shows. */
export class TraceAssertionError extends Error {
  override readonly name = 'TraceAssertionError';
}

/** The view of what a matcher was given. @throws EngineError `ERR_INVALID_ARGUMENT` for what is no trace. */
export function viewOf(received: unknown): TraceView {
  if (isTrace(received)) return TraceView.of(received);
  const what = typeof received === 'object' && received !== null ? 'an object' : typeof received;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `a trace or a view of one is expected, not ${what}`);
}

/** Whether a value is a trace or a view of one. */
export function isTrace(value: unknown): value is TraceLike {
  if (value instanceof TraceView) return true;
  if (typeof value !== 'object' || value === null) return false;
  return 'header' in value && 'records' in value && Array.isArray(value.records);
}

/** Throws what a failed check says. */
export function enforce({ pass, message }: CheckResult): void {
  if (!pass) throw new TraceAssertionError(message());
}
