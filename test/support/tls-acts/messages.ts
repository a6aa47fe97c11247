/** Handshake messages that are wrong or out of order, and certificates, to a node of either role. */
import { encodeTlsMessage } from '../../../src/wire/tls-handshake.js';
import { TLS_CONTENT } from '../../../src/wire/tls-names.js';
import { TLS_CHANGE_CIPHER_SPEC } from '../../../src/wire/tls-record.js';
import { tlsNumber } from '../../../src/wire/tls-bytes.js';
import { concat, hex } from '../byte-texts.js';

import {
  atHello,
  atProof,
  badCertificate,
  certificateOf,
  header,
  MESSAGE_LIMIT_BYTES,
  NONE,
  preface,
  type TlsAct,
} from './act.js';

const { handshake } = TLS_CONTENT;

export const MESSAGES: readonly TlsAct[] = [
  ...atHello('a message one byte over the limit, by its length', 'ERR_TLS_BAD_MESSAGE', 'illegal_parameter', (forger) =>
    forger.messages(concat(hex('01'), tlsNumber(MESSAGE_LIMIT_BYTES + 1, 3))),
  ),
  ...atHello('a message that TLS 1.3 does not have', 'ERR_TLS_UNEXPECTED', 'unexpected_message', (forger) =>
    forger.messages(hex('0c000000')),
  ),
  ...atHello('Finished at once', 'ERR_TLS_UNEXPECTED', 'unexpected_message', (forger) =>
    forger.messages(hex('14000000')),
  ),
  ...atHello('silence', 'ERR_TLS_TIMEOUT', 'none', () => NONE, { limits: { tlsHandshakeTimeoutMs: 200 } }),
  ...atHello('silence in the middle of a record', 'ERR_TLS_TIMEOUT', 'none', () => header(handshake, 0x0303, 100), {
    limits: { tlsHandshakeTimeoutMs: 200 },
  }),
  ...atHello('the end', 'ERR_TLS_ENDED', 'none', () => NONE, { ends: true }),
  ...atProof('silence behind the hellos', 'ERR_TLS_TIMEOUT', 'none', () => NONE, {
    limits: { tlsHandshakeTimeoutMs: 200 },
  }),
  ...atProof(
    'the end in the middle of a record',
    'ERR_TLS_ENDED',
    'none',
    (forger) => certificateOf(forger).subarray(0, 99),
    {
      ends: true,
    },
  ),
  ...atProof(
    'CertificateVerify without a certificate',
    'ERR_TLS_UNEXPECTED',
    'unexpected_message',
    (forger) => forger.messages(...preface(forger), forger.certificateVerify()),
    { state: 'awaitingCertificate' },
  ),
  ...atProof('data between the pieces of a message', 'ERR_TLS_UNEXPECTED', 'unexpected_message', (forger) =>
    concat(forger.messages(hex('0b0000')), forger.data(hex('00'))),
  ),
  ...atProof(
    'change_cipher_spec between the pieces of a message',
    'ERR_TLS_UNEXPECTED',
    'unexpected_message',
    (forger) => concat(forger.messages(hex('0b0000')), TLS_CHANGE_CIPHER_SPEC),
  ),
  ...atProof(
    'a certificate that is cut short',
    'ERR_TLS_BAD_MESSAGE',
    'decode_error',
    (forger) => forger.messages(...preface(forger), encodeTlsMessage('certificate', hex('00000009000001'))),
    { state: 'judgingCertificate' },
  ),
  ...atProof(
    'a certificate that answers another request',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    (forger) => forger.messages(...preface(forger), forger.certificates(undefined, hex('07'))),
    { state: 'judgingCertificate' },
  ),
  ...atProof(
    'no certificate',
    'ERR_TLS_BAD_CERTIFICATE',
    'certificate_required',
    (forger) => forger.messages(...preface(forger), forger.certificates([])),
    { state: 'judgingCertificate' },
  ),
  ...atProof(
    'two certificates',
    'ERR_TLS_BAD_CERTIFICATE',
    'bad_certificate',
    (forger) => {
      const { certificate } = forger.certificate;
      return forger.messages(...preface(forger), forger.certificates([certificate, certificate]));
    },
    { state: 'judgingCertificate' },
  ),
  ...atProof(
    'a certificate that is no DER',
    'ERR_TLS_BAD_CERTIFICATE',
    'bad_certificate',
    (forger) => forger.messages(...preface(forger), forger.certificates([new Uint8Array(300).fill(0x30)])),
    { state: 'judgingCertificate' },
  ),
  ...badCertificate('a certificate without the libp2p extension', { extension: 'none' }),
  ...badCertificate('an extension with a signature over another key', { extension: 'other key' }),
  ...badCertificate('an extension signed by somebody else', { extension: 'other signer' }),
  ...badCertificate('a certificate that is not signed by its own key', { selfSignature: 'wrong' }),
  ...badCertificate('a certificate that is over', { notAfter: '690101000000Z' }, 'certificate_expired'),
  ...badCertificate('a certificate with a key on another curve', { keyType: 'p384' }, 'unsupported_certificate'),
  ...atProof(
    'a CertificateVerify by another key',
    'ERR_TLS_BAD_SIGNATURE',
    'decrypt_error',
    (forger) => forger.messages(...preface(forger), forger.certificates(), forger.certificateVerify({ flip: true })),
    { state: 'judgingCertificateVerify' },
  ),
  ...atProof(
    'a CertificateVerify by a scheme that is not the key’s',
    'ERR_TLS_BAD_MESSAGE',
    'illegal_parameter',
    (forger) =>
      forger.messages(...preface(forger), forger.certificates(), forger.certificateVerify({ scheme: 0x0804 })),
    { state: 'judgingCertificateVerify' },
  ),
  ...atProof(
    'a CertificateVerify of another handshake',
    'ERR_TLS_BAD_SIGNATURE',
    'decrypt_error',
    (forger) => {
      const before = preface(forger);
      const early = forger.certificateVerify();
      return forger.messages(...before, forger.certificates(), early);
    },
    { state: 'judgingCertificateVerify' },
  ),
  ...atProof(
    'a Finished that is wrong',
    'ERR_TLS_BAD_FINISHED',
    'decrypt_error',
    (forger) =>
      forger.messages(
        ...preface(forger),
        forger.certificates(),
        forger.certificateVerify(),
        forger.finished({ flip: true }),
      ),
    { state: 'judgingFinished' },
  ),
  ...atProof(
    'a Finished of no bytes',
    'ERR_TLS_BAD_FINISHED',
    'decrypt_error',
    (forger) => forger.messages(...preface(forger), forger.certificates(), forger.certificateVerify(), hex('14000000')),
    { state: 'judgingFinished' },
  ),
  ...atProof(
    'a message behind Finished, under its key',
    'ERR_TLS_BAD_MESSAGE',
    'unexpected_message',
    (forger) =>
      forger.messages(
        ...preface(forger),
        forger.certificates(),
        forger.certificateVerify(),
        forger.finished(),
        hex('18000001 00'),
      ),
    { state: 'judgingFinished' },
  ),
];
