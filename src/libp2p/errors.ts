/** Our errors as js-libp2p's users expect them: its own classes where it has one, ours where it has none. */
import {
  AbortError,
  ConnectionFailedError,
  MuxerClosedError,
  TooManyOutboundProtocolStreamsError,
  UnexpectedPeerError,
} from '@libp2p/interface';
import { EngineError, type ErrorCode } from '../errors.js';

const CLASSES: Partial<Record<ErrorCode, new (message?: string) => Error>> = {
  ERR_ABORTED: AbortError,
  ERR_PEER_ID_MISMATCH: UnexpectedPeerError,
  ERR_CONNECTION_CLOSED: MuxerClosedError,
  ERR_YAMUX_GO_AWAY: MuxerClosedError,
  ERR_YAMUX_TOO_MANY_STREAMS: TooManyOutboundProtocolStreamsError,
  ERR_TRANSPORT_REFUSED: ConnectionFailedError,
  ERR_TRANSPORT_UNREACHABLE: ConnectionFailedError,
};

/** The js-libp2p error for what was thrown; its cause is ours, with the code and the failure's details. */
export function toLibp2pError(thrown: unknown): Error {
  if (!(thrown instanceof EngineError)) return thrown instanceof Error ? thrown : new Error(String(thrown));
  const Class = CLASSES[thrown.code];
  if (Class === undefined) return thrown;
  const error = new Class(thrown.message);
  error.cause = thrown;
  return error;
}

/** What an abort signal says. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new AbortError();
}
