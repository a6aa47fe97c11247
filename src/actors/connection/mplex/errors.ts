/** What can go wrong with an mplex session, in words. */
import { EngineError, type ErrorCode } from '../../../errors.js';
import { describeMplexHeader, type MplexHeader } from '../../../wire/mplex.js';

/** The error of a session that its machine ended with `code`. */
export function sessionError(code: ErrorCode, liveStreams: number): EngineError {
  const what =
    code === 'ERR_TRANSPORT_ENDED'
      ? `the peer ended the connection in the middle, with ${liveStreams} streams open`
      : 'unexpected event';
  return new EngineError(code, 'remote', `mplex: ${what}`);
}

/** A second stream with an id that a live one has: the two sides no longer agree on what is open. */
export function idInUse(header: MplexHeader): EngineError {
  const what = `mplex: the peer opened a stream whose id is in use: ${describeMplexHeader(header)}`;
  return new EngineError('ERR_MPLEX_BAD_STREAM_ID', 'remote', what);
}
