/** What a connection adds to an error on its way up: timeline, state, peer, address, the peer's last bytes. */
import { toHex } from '../../wire/hex.js';
import { EngineError, type ErrorCode, type StateStay } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { ConnectionActor } from './connection-actor.js';
import type { ConnectionOptions } from './connection-options.js';
import { mergeStays } from './merged-stays.js';
import type { Secured } from './security.js';

/** Bytes of the peer kept for the failure report. */
export const LAST_BYTES_KEPT = 64;

/** What the connection knows when something fails. */
export interface FailureContext {
  /** The connection's, as it is now. */
  readonly machine: { readonly machine: string; readonly state: string; readonly lastEvent: string };
  readonly stays: readonly StateStay[];
  readonly address: string;
  readonly peer: string | undefined;
  /** At most {@link LAST_BYTES_KEPT}. */
  readonly lastBytes: Uint8Array;
}

/** The same error with the connection's knowledge; what the failing layer said itself wins. */
export function describeFailure(error: EngineError, context: FailureContext): EngineError {
  const { timeline, ...known } = error.details;
  return new EngineError(error.code, error.blame, error.message, {
    cause: error.cause,
    details: {
      machine: context.machine.machine,
      state: context.machine.state,
      lastEvent: context.machine.lastEvent,
      address: context.address,
      ...(context.peer === undefined ? {} : { peer: context.peer }),
      ...(context.lastBytes.length === 0 ? {} : { lastBytesHex: toHex(context.lastBytes) }),
      ...known,
      timeline: mergeStays([context.stays, timeline ?? []]),
    },
  });
}

/** Why a secured connection may not go on: it leads to ourselves, or its owner refuses it. */
export function refusalOf(
  connection: ConnectionActor,
  secured: Secured,
  options: ConnectionOptions,
): EngineError | undefined {
  if (secured.remotePeer !== options.identity.peerId) return options.refuse?.(connection, secured);
  return new EngineError('ERR_DIAL_SELF', 'local', `${options.remoteAddress} leads to this very node`);
}

/** What the connection machine says when it ends by itself: in which state, says the stay before the end. */
export function connectionError(
  code: ErrorCode,
  machine: { readonly stays: readonly StateStay[]; readonly state: string },
  limits: Limits,
): EngineError {
  const state = machine.stays.at(-2)?.state ?? machine.state;
  const words: Partial<Record<ErrorCode, string>> = {
    ERR_DIAL_TIMEOUT: `the transport did not connect within ${limits.dialAddressTimeoutMs} ms`,
    ERR_UPGRADE_TIMEOUT: `no open connection after ${limits.upgradeTimeoutMs} ms`,
    ERR_TRANSPORT_ENDED: 'the peer closed the connection during the upgrade',
    ERR_ABORTED: 'cancelled by the caller',
  };
  const blame = code === 'ERR_ABORTED' ? 'local' : 'remote';
  const message = `connection: ${words[code] ?? 'unexpected event'} (in ${state})`;
  return new EngineError(code, blame, message, { details: { state } });
}

/** The error of streams that outlive a connection which was closed in order. */
export function connectionClosed(): EngineError {
  return new EngineError('ERR_CONNECTION_CLOSED', 'local', 'the connection was closed', { stackless: true });
}
