/** What can go wrong with a yamux session, in words. */
import { EngineError, type ErrorCode } from '../../../errors.js';
import { describeYamuxHeader, YAMUX_GO_AWAY, type YamuxHeader } from '../../../wire/yamux.js';

/** The error of a session that its machine ended with `code`. */
export function sessionError(code: ErrorCode, lastHeader: YamuxHeader, liveStreams: number): EngineError {
  const what: Partial<Record<ErrorCode, string>> = {
    ERR_YAMUX_KEEPALIVE: 'nothing was heard after a keep-alive ping',
    ERR_YAMUX_GO_AWAY: `the peer went away with code ${lastHeader.length}`,
    ERR_TRANSPORT_ENDED: `the peer ended the connection in the middle, with ${liveStreams} streams open`,
  };
  return new EngineError(code, 'remote', `yamux: ${what[code] ?? 'unexpected event'}`);
}

/** A frame that names a stream it may not name. */
export function badStreamId(header: YamuxHeader): EngineError {
  return new EngineError(
    'ERR_YAMUX_BAD_STREAM_ID',
    'remote',
    `yamux: no stream may be named so: ${describeYamuxHeader(header)}`,
  );
}

/**
 * Data beyond the credit. The spec is silent; go, js, rust and hashicorp end the session: a peer that does not count its
 * own bytes, or lost its place among the frames, cannot be trusted with the other streams either.
 */
export function windowExceeded(header: YamuxHeader): EngineError {
  return new EngineError(
    'ERR_YAMUX_WINDOW_EXCEEDED',
    'remote',
    `yamux: more than was granted: ${describeYamuxHeader(header)}`,
  );
}

/** What a go-away says when a session is dropped for `error`. */
export function goAwayCodeOf(error: EngineError | undefined): number {
  if (error?.blame === 'remote') return YAMUX_GO_AWAY.protocolError;
  return error?.blame === 'engine' ? YAMUX_GO_AWAY.internalError : YAMUX_GO_AWAY.normal;
}
