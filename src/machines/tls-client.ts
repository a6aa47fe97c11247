/**
 * The TLS 1.3 handshake as the client, who dialed (RFC 8446, 4 and A.1; libp2p/specs tls/tls.md): both sides show
 * certificates, nothing is resumed.
 *
 *   awaitingServerHello ------------wire.serverHello---------> judgingServerHello --crypto.accepted--.
 *     '--wire.helloRetryRequest--> judgingRetry                    ^                                 |
 *            crypto.accepted: sends ClientHello |                  | wire.serverHello                |
 *                                 awaitingSecondServerHello -------'                                 v
 *   awaitingEncryptedExtensions --wire.encryptedExtensions--> judgingEncryptedExtensions --crypto.accepted-->
 *   awaitingCertificateRequest ---wire.certificateRequest---> judgingCertificateRequest ---crypto.accepted-->
 *   awaitingCertificate ----------wire.certificate----------> judgingCertificate ----------crypto.accepted-->
 *   awaitingCertificateVerify ----wire.certificateVerify----> judgingCertificateVerify ----crypto.accepted-->
 *   awaitingFinished -------------wire.finished-------------> judgingFinished -------------crypto.accepted-->
 *   (sends Certificate, CertificateVerify and Finished) secured
 *
 *   judging*  --crypto.malformed, noCommonVersion, noCommonSuite, badCertificate, peerMismatch, badSignature,
 *               badFinished--> badMessage, or the state of that name
 *   any       --wire.alert--> alerted  --wire.badRecord--> badRecord  --wire.malformed--> badMessage
 *             --wire.flood--> flooded  --deadline--> timedOut  --transport.ended|failed--> ended
 *             --anything else--> unexpected
 *
 * A message is judged legal here before any of its maths is done: the states tagged `paused` wait for the finding.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import {
  TLS_ANYWHERE,
  TLS_FAILURES,
  TLS_FINDINGS,
  type TlsHandshakeContext,
  type TlsHandshakeEffect,
  type TlsHandshakeEvent,
  type TlsHandshakeInput,
} from './tls-handshake.js';

export type TlsClientEvent =
  | TlsHandshakeEvent
  | { readonly type: 'wire.serverHello' }
  | { readonly type: 'wire.helloRetryRequest' }
  | { readonly type: 'wire.encryptedExtensions' }
  | { readonly type: 'wire.certificateRequest' };

export type TlsClientEffect =
  | TlsHandshakeEffect
  | { readonly type: 'send.clientHello' }
  | { readonly type: 'send.secondClientHello' }
  /** Certificate, CertificateVerify and Finished. */
  | { readonly type: 'send.flight' }
  | { readonly type: 'judge.serverHello' }
  | { readonly type: 'judge.retry' }
  | { readonly type: 'judge.encryptedExtensions' }
  | { readonly type: 'judge.certificateRequest' };

export const tlsClientMachine = setup({
  types: {
    input: {} as TlsHandshakeInput,
    context: {} as TlsHandshakeContext,
    events: {} as TlsClientEvent,
    emitted: {} as TlsClientEffect,
    tags: {} as 'paused',
  },
  delays: { handshakeTimeout: ({ context }) => context.timeoutMs },
  actions: {
    fail: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', ...params }) as const),
  },
}).createMachine({
  id: 'tlsClient',
  context: ({ input }) => input,
  initial: 'awaitingServerHello',
  after: { handshakeTimeout: '.timedOut' },
  on: TLS_ANYWHERE,
  states: {
    awaitingServerHello: {
      entry: emit({ type: 'send.clientHello' }),
      on: { 'wire.serverHello': 'judgingServerHello', 'wire.helloRetryRequest': 'judgingRetry' },
    },
    judgingRetry: {
      tags: 'paused',
      entry: emit({ type: 'judge.retry' }),
      on: { 'crypto.accepted': 'awaitingSecondServerHello', ...TLS_FINDINGS.hello },
    },
    awaitingSecondServerHello: {
      entry: emit({ type: 'send.secondClientHello' }),
      on: { 'wire.serverHello': 'judgingServerHello' },
    },
    judgingServerHello: {
      tags: 'paused',
      entry: emit({ type: 'judge.serverHello' }),
      on: { 'crypto.accepted': 'awaitingEncryptedExtensions', ...TLS_FINDINGS.hello },
    },
    awaitingEncryptedExtensions: { on: { 'wire.encryptedExtensions': 'judgingEncryptedExtensions' } },
    judgingEncryptedExtensions: {
      tags: 'paused',
      entry: emit({ type: 'judge.encryptedExtensions' }),
      on: { 'crypto.accepted': 'awaitingCertificateRequest', ...TLS_FINDINGS.any },
    },
    awaitingCertificateRequest: { on: { 'wire.certificateRequest': 'judgingCertificateRequest' } },
    judgingCertificateRequest: {
      tags: 'paused',
      entry: emit({ type: 'judge.certificateRequest' }),
      on: { 'crypto.accepted': 'awaitingCertificate', 'crypto.noCommonSuite': 'noCommonSuite', ...TLS_FINDINGS.any },
    },
    awaitingCertificate: { on: { 'wire.certificate': 'judgingCertificate' } },
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
      on: {
        'crypto.accepted': { target: 'secured', actions: emit({ type: 'send.flight' }) },
        ...TLS_FINDINGS.finished,
      },
    },
    secured: { type: 'final', entry: emit({ type: 'report.secured' }) },
    ...TLS_FAILURES,
  },
});
