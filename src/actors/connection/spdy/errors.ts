/** What can go wrong with a SPDY session, in words. */
import { EngineError, type ErrorCode } from '../../../errors.js';
import { describeSpdyHeader, SPDY_GO_AWAY, type SpdyHeader } from '../../../wire/spdy.js';

/** The error of a session that its machine ended with `code`; `goAwayStatus` is what the peer last went away with. */
export function sessionError(code: ErrorCode, goAwayStatus: number, liveStreams: number): EngineError {
  const what: Partial<Record<ErrorCode, string>> = {
    ERR_SPDY_KEEPALIVE: 'nothing was heard after a keep-alive ping',
    ERR_SPDY_GO_AWAY: `the peer went away with status ${goAwayStatus}`,
    ERR_TRANSPORT_ENDED: `the peer ended the connection in the middle, with ${liveStreams} streams open`,
  };
  return new EngineError(code, 'remote', `spdy: ${what[code] ?? 'unexpected event'}`);
}

/** A stream of ours that the peer says it will not serve: it may be asked of another connection. */
export function notServed(streamId: number, lastStreamId: number): EngineError {
  const what = `spdy: the peer goes away and serves no stream above ${lastStreamId}, ${streamId} among them`;
  return new EngineError('ERR_SPDY_GO_AWAY', 'remote', what);
}

/** A frame that names a stream it may not name. */
export function badStreamId(streamId: number, why: string): EngineError {
  return new EngineError('ERR_SPDY_BAD_STREAM_ID', 'remote', `spdy: stream ${streamId}: ${why}`);
}

/** Data beyond what the session as a whole was granted: no single stream is at fault. */
export function sessionWindowExceeded(header: Readonly<SpdyHeader>): EngineError {
  const what = `spdy: more than the session was granted: ${describeSpdyHeader(header)}`;
  return new EngineError('ERR_SPDY_WINDOW_EXCEEDED', 'remote', what);
}

/** A window, or a start window in settings, that 31 bits cannot hold. */
export function windowOverflow(what: string): EngineError {
  return new EngineError('ERR_SPDY_WINDOW_OVERFLOW', 'remote', `spdy: ${what}`);
}

/** What a go-away says when a session is dropped for `error`. */
export function goAwayStatusOf(error: EngineError | undefined): number {
  if (error?.blame === 'remote') return SPDY_GO_AWAY.protocolError;
  return error?.blame === 'engine' ? SPDY_GO_AWAY.internalError : SPDY_GO_AWAY.ok;
}
