/**
 * The TLS 1.3 handshake as the server, who was dialed (RFC 8446, 4 and A.2; libp2p/specs tls/tls.md): both sides show
 * certificates, nothing is resumed.
 *
 *   awaitingClientHello -------wire.clientHello---> judgingClientHello --crypto.accepted---------------.
 *                                  crypto.noShare: sends HelloRetryRequest |                           |
 *   awaitingSecondClientHello <--------------------------------------------'                           |
 *     '------------------------wire.clientHello---> judgingSecondClientHello --crypto.accepted---------|
 *                                                                                                      v
 *   (sends ServerHello, EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify and Finished)
 *   awaitingCertificate -------wire.certificate---------> judgingCertificate --------crypto.accepted-->
 *   awaitingCertificateVerify -wire.certificateVerify---> judgingCertificateVerify --crypto.accepted-->
 *   awaitingFinished ----------wire.finished------------> judgingFinished -----------crypto.accepted--> secured
 *
 *   judging*  --crypto.malformed, noCommonVersion, noCommonSuite, noCommonProtocol, badCertificate, peerMismatch,
 *               badSignature, badFinished--> badMessage, or the state of that name
 *   any       --wire.alert--> alerted  --wire.badRecord--> badRecord  --wire.malformed--> badMessage
 *             --wire.flood--> flooded  --deadline--> timedOut  --transport.ended|failed--> ended
 *             --anything else--> unexpected
 *
 * A message is judged legal here before any of its maths is done: the states tagged `paused` wait for the finding.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import {
  failing,
  TLS_ANYWHERE,
  TLS_FAILURES,
  TLS_FINDINGS,
  type TlsHandshakeContext,
  type TlsHandshakeEffect,
  type TlsHandshakeEvent,
  type TlsHandshakeInput,
} from './tls-handshake.js';

export type TlsServerEvent =
  | TlsHandshakeEvent
  | { readonly type: 'wire.clientHello' }
  /** The hello has no key for a group of ours, and knows one. */
  | { readonly type: 'crypto.noShare' };

export type TlsServerEffect =
  | TlsHandshakeEffect
  | { readonly type: 'send.retry' }
  /** ServerHello, EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify and Finished. */
  | { readonly type: 'send.flight' }
  | { readonly type: 'judge.clientHello' }
  | { readonly type: 'judge.secondClientHello' };

const HELLO = {
  ...TLS_FINDINGS.hello,
  'crypto.noCommonSuite': 'noCommonSuite',
  'crypto.noCommonProtocol': 'noCommonProtocol',
} as const;

export const tlsServerMachine = setup({
  types: {
    input: {} as TlsHandshakeInput,
    context: {} as TlsHandshakeContext,
    events: {} as TlsServerEvent,
    emitted: {} as TlsServerEffect,
    tags: {} as 'paused',
  },
  delays: { handshakeTimeout: ({ context }) => context.timeoutMs },
  actions: {
    fail: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', ...params }) as const),
  },
}).createMachine({
  id: 'tlsServer',
  context: ({ input }) => input,
  initial: 'awaitingClientHello',
  after: { handshakeTimeout: '.timedOut' },
  on: TLS_ANYWHERE,
  states: {
    awaitingClientHello: { on: { 'wire.clientHello': 'judgingClientHello' } },
    judgingClientHello: {
      tags: 'paused',
      entry: emit({ type: 'judge.clientHello' }),
      on: { 'crypto.accepted': 'awaitingCertificate', 'crypto.noShare': 'awaitingSecondClientHello', ...HELLO },
    },
    awaitingSecondClientHello: {
      entry: emit({ type: 'send.retry' }),
      on: { 'wire.clientHello': 'judgingSecondClientHello' },
    },
    judgingSecondClientHello: {
      tags: 'paused',
      entry: emit({ type: 'judge.secondClientHello' }),
      on: { 'crypto.accepted': 'awaitingCertificate', ...HELLO },
    },
    awaitingCertificate: {
      entry: emit({ type: 'send.flight' }),
      on: { 'wire.certificate': 'judgingCertificate' },
    },
    judgingCertificate: {
      tags: 'paused',
      entry: emit({ type: 'judge.certificate' }),
      on: { 'crypto.accepted': 'awaitingCertificateVerify', ...TLS_FINDINGS.certificate },
    },
    awaitingCertificateVerify: { on: { 'wire.certificateVerify': 'judgingCertificateVerify' } },
    judgingCertificateVerify: {
      tags: 'paused',
      entry: emit({ type: 'judge.certificateVerify' }),
      on: { 'crypto.accepted': 'awaitingFinished', ...TLS_FINDINGS.certificateVerify },
    },
    awaitingFinished: { on: { 'wire.finished': 'judgingFinished' } },
    judgingFinished: {
      tags: 'paused',
      entry: emit({ type: 'judge.finished' }),
      on: { 'crypto.accepted': 'secured', ...TLS_FINDINGS.finished },
    },
    secured: { type: 'final', entry: emit({ type: 'report.secured' }) },
    noCommonProtocol: failing('ERR_TLS_NO_COMMON_PROTOCOL'),
    ...TLS_FAILURES,
  },
});
