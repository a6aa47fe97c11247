/** The error of an exchange on a stream, with all that its failure report tells. */
import { toHex } from '../../wire/hex.js';
import { EngineError, type ErrorCode, type StateStay } from '../../errors.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** Bytes of the peer kept for the failure report. */
const LAST_BYTES_KEPT = 64;

/** What went wrong, beside the code. */
export interface ExchangeFailure {
  readonly message: string;
  /** The machine that ended in failure, with its stays. */
  readonly actor: { readonly machine: string; readonly lastEvent: string; readonly stays: readonly StateStay[] };
  readonly stream: ProtocolStream;
  /** What the peer sent last, or what of it could not be read. */
  readonly lastBytes: Uint8Array;
  readonly cause?: unknown;
}

/** Makes the error; the fault is the peer's. */
export function exchangeFailed(code: ErrorCode, failure: ExchangeFailure): EngineError {
  const { actor, stream, lastBytes } = failure;
  return new EngineError(code, 'remote', failure.message, {
    cause: failure.cause,
    details: {
      machine: actor.machine,
      // The last stay is the failure itself; the one before it is where the last event came.
      state: actor.stays.at(-2)?.state ?? '',
      lastEvent: actor.lastEvent,
      timeline: [...actor.stays],
      peer: stream.connection.remotePeer,
      address: stream.connection.remoteAddress,
      ...(lastBytes.length === 0 ? {} : { lastBytesHex: toHex(lastBytes.subarray(0, LAST_BYTES_KEPT)) }),
    },
  });
}
