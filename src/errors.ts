/**
 * Errors: a code, whose fault it is, where it happened, and what to try.
 *
 * Callers switch on `code`. `blame: 'remote'` closes the stream or connection at fault and the node goes on;
 * `'local'` rejects the caller; `'engine'` is a bug of ours: it stops that actor and is reported.
 */

import { ERROR_HINTS, type ErrorCode } from './error-hints.js';

export { ERROR_HINTS, type ErrorCode } from './error-hints.js';

/** Whose fault an error is. */
export type Blame = 'remote' | 'local' | 'engine';

/** One stay in a state: entered by `event`, left after `durationMs` (absent while it lasts). */
export interface StateStay {
  readonly machine: string;
  readonly state: string;
  readonly event: string;
  readonly enteredAtMs: number;
  readonly durationMs?: number;
  /** Ascending number of this node's stays: their order within one turn, which has one time. */
  readonly order?: number;
}

/** Where something failed, as far as it is known; filled in on the way up. */
export interface FailureDetails {
  /** Id of the machine that ended in failure, e.g. `secioHandshake`. */
  readonly machine?: string;
  /** The state it was in when the last event came. */
  readonly state?: string;
  /** The event that led to failure. */
  readonly lastEvent?: string;
  /** Every stay of every machine on the way, oldest first. */
  readonly timeline?: readonly StateStay[];
  /** The peer's last bytes, as hex, at most 64 bytes of them. */
  readonly lastBytesHex?: string;
  /** The same bytes in words, where the layer could decode them. */
  readonly lastBytesDecoded?: string;
  readonly peer?: string;
  readonly address?: string;
  /** The scope that is full, e.g. `peer:12D3Koo...`, what of it, and its limit. */
  readonly scope?: string;
  readonly resource?: string;
  readonly limit?: number;
  /** Where the gater refused: `dialPeer`, `dialAddress`, `accept` or `secured`. */
  readonly stage?: string;
  /** Who was asked for a block and what each said, e.g. `12D3KooW...: dont-have`. */
  readonly asked?: readonly string[];
}

/** Options of an {@link EngineError}. */
export interface EngineErrorOptions {
  readonly cause?: unknown;
  readonly details?: FailureDetails;
  /** It tells of an end in good order and is thrown by nobody: where it was made means nothing. */
  readonly stackless?: true;
}

/** The one error class of the engine. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: ErrorCode,
    readonly blame: Blame,
    message: string,
    options: EngineErrorOptions = {},
  ) {
    // What a peer did wrong is told by timeline and bytes, not by our stack; and taking it is most of what a peer can
    // make us pay for a stream that fails, by the ten thousand.
    const { stackTraceLimit } = Error;
    if (blame === 'remote' || options.stackless === true) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.details = options.details ?? {};
  }

  /** Where it failed; empty when nothing more is known. */
  readonly details: FailureDetails;

  /** What to try next, in one sentence. */
  get hint(): string {
    return ERROR_HINTS[this.code];
  }

  /** The same error with more details; what is known already wins. */
  withDetails(details: FailureDetails): EngineError {
    const { stackTraceLimit } = Error;
    // The stack is the first error's; taking another one, and putting either into words before somebody asks, would
    // cost more than all the rest of a failed stream.
    Error.stackTraceLimit = 0;
    const merged = new EngineError(this.code, this.blame, this.message, {
      cause: this.cause,
      details: { ...details, ...this.details },
    });
    Error.stackTraceLimit = stackTraceLimit;
    Object.defineProperty(merged, 'stack', { configurable: true, get: () => this.stack });
    return merged;
  }
}

/** Throws `ERR_ENGINE_ASSERTION` unless `condition` holds. For our own bugs only, never for what a peer sends. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', message);
}

/** Any thrown value as an {@link EngineError}; unknown ones become `code` with the value as cause. */
export function toEngineError(thrown: unknown, code: ErrorCode, blame: Blame, message: string): EngineError {
  return thrown instanceof EngineError ? thrown : new EngineError(code, blame, message, { cause: thrown });
}
