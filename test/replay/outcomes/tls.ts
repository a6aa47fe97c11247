/** What came of the recordings over TLS: with live peers, and of each failure. */
import type { Outcome } from '../outcome.js';

export const TLS: Readonly<Record<string, Outcome>> = {
  'tls-accepted-js-libp2p': {
    ends: 'connection closed; multistreamListener selected, selected, selected; tlsServer secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/tls/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: '',
    path: 'tlsServer: awaitingClientHello, judgingClientHello, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, secured',
  },
  'tls-accepted-kubo': {
    ends: 'connection closed; multistreamListener selected, selected, selected; tlsServer secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, resetByPeer; multistreamDialer selected; identify identified',
    agreed: '/tls/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_STREAM_RESET, ERR_TRANSPORT_ENDED',
    path: 'tlsServer: awaitingClientHello, judgingClientHello, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, secured',
  },
  'tls-dialed-js-libp2p': {
    ends: 'dial connected; connection closed; multistreamLazyDialer confirmed, confirmed; tlsClient secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded; multistreamDialer selected; multistreamListener selected; identify identified; ping finished',
    agreed: '/tls/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, secured',
  },
  'tls-dialed-kubo': {
    ends: 'dial connected; connection closed; multistreamLazyDialer confirmed, confirmed; tlsClient secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded; multistreamDialer selected; multistreamListener selected; identify identified; ping finished',
    agreed: '/tls/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, secured',
  },
  'tls-alert': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient alerted',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_ALERT (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, alerted',
  },
  'tls-bad-certificate': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient badCertificate',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_BAD_CERTIFICATE (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, badCertificate',
  },
  'tls-bad-finished': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient badFinished',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_BAD_FINISHED (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, badFinished',
  },
  'tls-bad-message': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient badMessage',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_BAD_MESSAGE (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, badMessage',
  },
  'tls-bad-record-in-session': {
    ends: 'dial connected; connection failed; multistreamLazyDialer confirmed; tlsClient secured; yamuxSession disposed; bitswapOutbound stopped',
    agreed: '/tls/1.0.0, /yamux/1.0.0',
    errors: '',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, secured',
  },
  'tls-bad-record': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient badRecord',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_BAD_RECORD (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, badRecord',
  },
  'tls-bad-signature': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient badSignature',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_BAD_SIGNATURE (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, badSignature',
  },
  'tls-ended': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient ended',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_ENDED (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, ended',
  },
  'tls-flood': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient flooded',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_FLOOD (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, flooded',
  },
  'tls-listener-bad-certificate': {
    ends: 'connection failed; multistreamListener selected; tlsServer badCertificate',
    agreed: '/tls/1.0.0',
    errors: '',
    path: 'tlsServer: awaitingClientHello, judgingClientHello, awaitingCertificate, judgingCertificate, badCertificate',
  },
  'tls-listener-bad-finished': {
    ends: 'connection failed; multistreamListener selected; tlsServer badFinished',
    agreed: '/tls/1.0.0',
    errors: '',
    path: 'tlsServer: awaitingClientHello, judgingClientHello, awaitingCertificate, judgingCertificate, awaitingCertificateVerify, judgingCertificateVerify, awaitingFinished, judgingFinished, badFinished',
  },
  'tls-listener-no-common-protocol': {
    ends: 'connection failed; multistreamListener selected; tlsServer noCommonProtocol',
    agreed: '/tls/1.0.0',
    errors: '',
    path: 'tlsServer: awaitingClientHello, judgingClientHello, noCommonProtocol',
  },
  'tls-no-common-suite': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient noCommonSuite',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_NO_COMMON_SUITE (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, noCommonSuite',
  },
  'tls-no-common-version': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient noCommonVersion',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_NO_COMMON_VERSION (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, noCommonVersion',
  },
  'tls-peer-mismatch': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient peerMismatch',
    agreed: '/tls/1.0.0',
    errors: 'ERR_PEER_ID_MISMATCH (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, judgingEncryptedExtensions, awaitingCertificateRequest, judgingCertificateRequest, awaitingCertificate, judgingCertificate, peerMismatch',
  },
  'tls-second-retry': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient unexpected',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_UNEXPECTED (remote)',
    path: 'tlsClient: awaitingServerHello, judgingRetry, awaitingSecondServerHello, unexpected',
  },
  'tls-timeout': {
    ends: 'dial exhausted; connection failed; multistreamLazyDialer confirmed; tlsClient timedOut',
    agreed: '/tls/1.0.0',
    errors: 'ERR_TLS_TIMEOUT (remote)',
    path: 'tlsClient: awaitingServerHello, judgingServerHello, awaitingEncryptedExtensions, timedOut',
  },
};
