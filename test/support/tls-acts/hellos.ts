/** Hellos that are wrong, to a server and to a client, and what a client alone hears. */
import type { ErrorCode } from '../../../src/errors.js';
import { encodeTlsCodes, encodeTlsKeyShares, encodeTlsProtocols } from '../../../src/wire/tls-extensions.js';
import { encodeTlsMessage } from '../../../src/wire/tls-handshake.js';
import { TLS_EXTENSION, TLS_GROUP, type TlsAlertName } from '../../../src/wire/tls-names.js';
import { tlsNumber } from '../../../src/wire/tls-bytes.js';
import { concat, hex } from '../byte-texts.js';
import type { TlsForger } from '../tls-forger.js';

import { NONE, type TlsAct } from './act.js';

const hello = (
  name: string,
  code: ErrorCode,
  alertName: TlsAlertName,
  bytes: (forger: TlsForger) => Uint8Array,
): TlsAct => ({ name, role: 'listener', at: 'hello', code, alert: alertName, state: 'judgingClientHello', bytes });

const withExtension =
  (type: number, data: Uint8Array | null) =>
  (forger: TlsForger): Uint8Array =>
    forger.messages(forger.clientHello({ extensions: { [type]: data } }));

export const CLIENT_HELLOS: readonly TlsAct[] = [
  hello('a hello cut short', 'ERR_TLS_BAD_MESSAGE', 'decode_error', (forger) =>
    forger.messages(hex('01000003 0303ff')),
  ),
  hello('a hello of TLS 1.2', 'ERR_TLS_NO_COMMON_VERSION', 'protocol_version', withExtension(43, null)),
  hello(
    'a hello that offers TLS 1.2 alone',
    'ERR_TLS_NO_COMMON_VERSION',
    'protocol_version',
    withExtension(43, hex('020303')),
  ),
  hello('no suite in common', 'ERR_TLS_NO_COMMON_SUITE', 'handshake_failure', (forger) =>
    forger.messages(forger.clientHello({ suites: [0x1304, 0x1305] })),
  ),
  hello('no group in common', 'ERR_TLS_NO_COMMON_SUITE', 'handshake_failure', (forger) =>
    forger.messages(
      forger.clientHello({
        extensions: {
          [TLS_EXTENSION.supportedGroups]: encodeTlsCodes([0x0018, 0x11ec]),
          [TLS_EXTENSION.keyShare]: encodeTlsKeyShares([{ group: 0x11ec, key: new Uint8Array(1216) }]),
        },
      }),
    ),
  ),
  hello(
    'no signature scheme in common',
    'ERR_TLS_NO_COMMON_SUITE',
    'handshake_failure',
    withExtension(13, encodeTlsCodes([0x0603])),
  ),
  hello(
    'no application protocol in common',
    'ERR_TLS_NO_COMMON_PROTOCOL',
    'no_application_protocol',
    withExtension(16, encodeTlsProtocols(['h2', 'http/1.1'])),
  ),
  hello(
    'an application protocol without a name',
    'ERR_TLS_BAD_MESSAGE',
    'decode_error',
    withExtension(16, hex('000100')),
  ),
  hello('no signature algorithms', 'ERR_TLS_BAD_MESSAGE', 'missing_extension', withExtension(13, null)),
  hello('no key shares', 'ERR_TLS_BAD_MESSAGE', 'missing_extension', withExtension(51, null)),
  hello(
    'a key of low order',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    withExtension(51, encodeTlsKeyShares([{ group: TLS_GROUP.x25519, key: new Uint8Array(32) }])),
  ),
  hello(
    'a point off the curve',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    withExtension(51, encodeTlsKeyShares([{ group: TLS_GROUP.secp256r1, key: new Uint8Array(65).fill(4) }])),
  ),
  hello('an extension twice', 'ERR_TLS_BAD_MESSAGE', 'decode_error', (forger) => {
    const message = forger.clientHello({ extensions: { 0x1234: NONE } });
    const doubled = concat(message.subarray(4), hex('12340000'));
    const at = doubled.length - 4 - extensionBytes(message) - 2;
    doubled.set(tlsNumber(extensionBytes(message) + 4, 2), at);
    return forger.messages(encodeTlsMessage('clientHello', doubled));
  }),
  hello('a message behind the hello', 'ERR_TLS_BAD_MESSAGE', 'unexpected_message', (forger) =>
    forger.messages(forger.clientHello(), hex('14000000')),
  ),
];

/** Bytes of the extensions of a ClientHello without a session id and with three suites. */
function extensionBytes(message: Uint8Array): number {
  return message.length - (4 + 2 + 32 + 1 + 2 + 6 + 2 + 2);
}

const answer = (
  name: string,
  code: ErrorCode,
  alertName: TlsAlertName,
  bytes: (forger: TlsForger) => Uint8Array,
  state = 'judgingServerHello',
): TlsAct => ({ name, role: 'dialer', at: 'hello', code, alert: alertName, state, bytes });

const flight = (
  name: string,
  code: ErrorCode,
  alertName: TlsAlertName,
  bytes: (forger: TlsForger) => Uint8Array,
  state: string,
): TlsAct => ({ name, role: 'dialer', at: 'proof', code, alert: alertName, state, bytes });

const serverHello =
  (options: Parameters<TlsForger['serverHello']>[0]) =>
  (forger: TlsForger): Uint8Array =>
    forger.messages(forger.serverHello(options));

const retry =
  (group: number, extra: Readonly<Record<number, Uint8Array | null>> = {}) =>
  (forger: TlsForger): Uint8Array =>
    forger.messages(forger.retry(group, extra));

const P256 = TLS_GROUP.secp256r1;

export const SERVER_HELLOS: readonly TlsAct[] = [
  answer(
    'a ServerHello of TLS 1.2',
    'ERR_TLS_NO_COMMON_VERSION',
    'protocol_version',
    serverHello({ extensions: { 43: null } }),
  ),
  answer('a suite that we do not offer', 'ERR_TLS_BAD_MESSAGE', 'illegal_parameter', serverHello({ suites: [0x1304] })),
  answer(
    'a session id that we did not send',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    serverHello({ sessionId: new Uint8Array(32) }),
  ),
  answer(
    'a ServerHello without a key',
    'ERR_TLS_BAD_MESSAGE',
    'missing_extension',
    serverHello({ extensions: { 51: null } }),
  ),
  answer('a key for another group', 'ERR_TLS_BAD_MESSAGE', 'illegal_parameter', serverHello({ group: 'secp256r1' })),
  answer(
    'an extension that we did not ask for',
    'ERR_TLS_BAD_MESSAGE',
    'unsupported_extension',
    serverHello({ extensions: { 41: hex('0000') } }),
  ),
  answer('a ServerHello cut short', 'ERR_TLS_BAD_MESSAGE', 'decode_error', (forger) =>
    forger.messages(hex('02000003 0303ff')),
  ),
  answer('a message behind ServerHello in the clear', 'ERR_TLS_BAD_MESSAGE', 'unexpected_message', (forger) =>
    forger.messages(forger.serverHello(), hex('0800000200 00')),
  ),
  answer(
    'a retry of TLS 1.2',
    'ERR_TLS_NO_COMMON_VERSION',
    'protocol_version',
    retry(P256, { 43: null }),
    'judgingRetry',
  ),
  answer(
    'a retry for a group that we do not offer',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    retry(0x0018),
    'judgingRetry',
  ),
  answer(
    'a retry for the group that it was given',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    retry(TLS_GROUP.x25519),
    'judgingRetry',
  ),
  answer(
    'a retry that asks for nothing',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    retry(P256, { 51: null }),
    'judgingRetry',
  ),
  answer(
    'a retry with an empty cookie',
    'ERR_TLS_BAD_MESSAGE',
    'decode_error',
    retry(P256, { 44: hex('0000') }),
    'judgingRetry',
  ),
  answer(
    'a second retry',
    'ERR_TLS_UNEXPECTED',
    'unexpected_message',
    (forger) => concat(forger.messages(forger.retry(P256)), forger.messages(forger.retry(TLS_GROUP.x25519))),
    'awaitingSecondServerHello',
  ),
  flight(
    'EncryptedExtensions with what we did not ask for',
    'ERR_TLS_BAD_MESSAGE',
    'unsupported_extension',
    (forger) => forger.messages(forger.encryptedExtensions(undefined, new Map([[42, NONE]]))),
    'judgingEncryptedExtensions',
  ),
  flight(
    'an application protocol that we do not offer',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    (forger) => forger.messages(forger.encryptedExtensions(['h2'])),
    'judgingEncryptedExtensions',
  ),
  flight(
    'two application protocols',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    (forger) => forger.messages(forger.encryptedExtensions(['libp2p', '/yamux/1.0.0'])),
    'judgingEncryptedExtensions',
  ),
  flight(
    'no CertificateRequest',
    'ERR_TLS_UNEXPECTED',
    'unexpected_message',
    (forger) => forger.messages(forger.encryptedExtensions(), forger.certificates()),
    'awaitingCertificateRequest',
  ),
  flight(
    'a CertificateRequest with a context',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    (forger) => forger.messages(forger.encryptedExtensions(), forger.certificateRequest(undefined, hex('01'))),
    'judgingCertificateRequest',
  ),
  flight(
    'a CertificateRequest without schemes',
    'ERR_TLS_BAD_MESSAGE',
    'missing_extension',
    (forger) => forger.messages(forger.encryptedExtensions(), forger.certificateRequest([])),
    'judgingCertificateRequest',
  ),
  flight(
    'a CertificateRequest for schemes by which we do not sign',
    'ERR_TLS_NO_COMMON_SUITE',
    'handshake_failure',
    (forger) => forger.messages(forger.encryptedExtensions(), forger.certificateRequest([0x0807])),
    'judgingCertificateRequest',
  ),
];
