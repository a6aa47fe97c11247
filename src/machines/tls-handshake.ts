/** What the two machines of the TLS 1.3 handshake have in common: events, findings, and the states in which it ends. */
import type { ErrorCode } from '../errors.js';

export interface TlsHandshakeInput {
  /** From start to secured. */
  readonly timeoutMs: number;
}

export type TlsHandshakeContext = TlsHandshakeInput;

/** What both sides may hear. */
export type TlsHandshakeEvent =
  | { readonly type: 'wire.certificate' }
  | { readonly type: 'wire.certificateVerify' }
  | { readonly type: 'wire.finished' }
  /** A message that has no place in any handshake of ours, or data before the end of it. */
  | { readonly type: 'wire.other' }
  /** A message over the limit, or one that a change of keys cuts in two. */
  | { readonly type: 'wire.malformed' }
  /** A record that is none, is over the limit, or does not verify. */
  | { readonly type: 'wire.badRecord' }
  /** Records without end that say nothing. */
  | { readonly type: 'wire.flood' }
  | { readonly type: 'wire.alert' }
  /** The message that came is as it should be. */
  | { readonly type: 'crypto.accepted' }
  | { readonly type: TlsFinding }
  | { readonly type: 'transport.ended' }
  | { readonly type: 'transport.failed' };

/** What may be wrong with a message. */
export type TlsFinding =
  | 'crypto.malformed'
  | 'crypto.noCommonVersion'
  | 'crypto.noCommonSuite'
  | 'crypto.noCommonProtocol'
  | 'crypto.badCertificate'
  | 'crypto.peerMismatch'
  | 'crypto.badSignature'
  | 'crypto.badFinished';

export type TlsHandshakeEffect =
  | { readonly type: 'judge.certificate' }
  | { readonly type: 'judge.certificateVerify' }
  | { readonly type: 'judge.finished' }
  | { readonly type: 'report.secured' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

/** Where the events lead that no state expects. */
export const TLS_ANYWHERE = {
  'wire.alert': '.alerted',
  'wire.badRecord': '.badRecord',
  'wire.flood': '.flooded',
  'wire.malformed': '.badMessage',
  'transport.ended': '.ended',
  'transport.failed': '.ended',
  '*': '.unexpected',
} as const;

/** Where findings lead, by the message that they are made of. */
export const TLS_FINDINGS = {
  any: { 'crypto.malformed': 'badMessage' },
  hello: { 'crypto.malformed': 'badMessage', 'crypto.noCommonVersion': 'noCommonVersion' },
  certificate: {
    'crypto.malformed': 'badMessage',
    'crypto.badCertificate': 'badCertificate',
    'crypto.peerMismatch': 'peerMismatch',
  },
  certificateVerify: { 'crypto.malformed': 'badMessage', 'crypto.badSignature': 'badSignature' },
  finished: { 'crypto.malformed': 'badMessage', 'crypto.badFinished': 'badFinished' },
} as const;

/** The states in which a handshake fails, on either side. */
export const TLS_FAILURES = {
  badRecord: failing('ERR_TLS_BAD_RECORD'),
  badMessage: failing('ERR_TLS_BAD_MESSAGE'),
  noCommonVersion: failing('ERR_TLS_NO_COMMON_VERSION'),
  noCommonSuite: failing('ERR_TLS_NO_COMMON_SUITE'),
  badCertificate: failing('ERR_TLS_BAD_CERTIFICATE'),
  peerMismatch: failing('ERR_PEER_ID_MISMATCH'),
  badSignature: failing('ERR_TLS_BAD_SIGNATURE'),
  badFinished: failing('ERR_TLS_BAD_FINISHED'),
  flooded: failing('ERR_TLS_FLOOD'),
  alerted: failing('ERR_TLS_ALERT'),
  unexpected: failing('ERR_TLS_UNEXPECTED'),
  timedOut: failing('ERR_TLS_TIMEOUT'),
  ended: failing('ERR_TLS_ENDED'),
} as const;

/** A state in which a handshake fails. */
export function failing<Code extends ErrorCode>(
  code: Code,
): { readonly type: 'final'; readonly entry: { readonly type: 'fail'; readonly params: { readonly code: Code } } } {
  return { type: 'final', entry: { type: 'fail', params: { code } } };
}
