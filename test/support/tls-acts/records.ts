/** Records that are wrong, before the handshake and in it, to a node of either role. */
import { TLS_ALERT, TLS_CONTENT } from '../../../src/wire/tls-names.js';
import { TLS_CHANGE_CIPHER_SPEC } from '../../../src/wire/tls-record.js';
import { concat, hex } from '../byte-texts.js';

import { atHello, atProof, certificateOf, flipped, header, repeated, type TlsAct } from './act.js';

const { handshake, alert, applicationData, changeCipherSpec } = TLS_CONTENT;

export const RECORDS: readonly TlsAct[] = [
  ...atHello('no TLS but text', 'ERR_TLS_BAD_RECORD', 'unexpected_message', () =>
    new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
  ),
  ...atHello('a record of an unknown type', 'ERR_TLS_BAD_RECORD', 'unexpected_message', () => header(24, 0x0303, 1)),
  ...atHello('a record of SSL 2', 'ERR_TLS_BAD_RECORD', 'protocol_version', () => header(handshake, 0x0200, 1)),
  ...atHello('a record one byte over the limit, by its length', 'ERR_TLS_BAD_RECORD', 'record_overflow', () =>
    header(handshake, 0x0303, 2 ** 14 + 1),
  ),
  ...atHello('an empty handshake record', 'ERR_TLS_BAD_RECORD', 'unexpected_message', () =>
    header(handshake, 0x0303, 0),
  ),
  ...atHello('a change_cipher_spec that says something', 'ERR_TLS_BAD_RECORD', 'unexpected_message', () =>
    concat(header(changeCipherSpec, 0x0303, 1), hex('02')),
  ),
  ...atHello('an alert of one byte', 'ERR_TLS_BAD_RECORD', 'decode_error', () =>
    concat(header(alert, 0x0303, 1), hex('02')),
  ),
  ...atHello('data before any key', 'ERR_TLS_UNEXPECTED', 'unexpected_message', (forger) => forger.data(hex('00'))),
  ...atHello('an alert instead of a hello', 'ERR_TLS_ALERT', 'none', (forger) =>
    forger.alert(TLS_ALERT.handshake_failure),
  ),
  ...atProof('change_cipher_spec without end', 'ERR_TLS_FLOOD', 'unexpected_message', () =>
    repeated(() => TLS_CHANGE_CIPHER_SPEC, 33),
  ),
  ...atHello(
    'change_cipher_spec before any hello',
    'ERR_TLS_UNEXPECTED',
    'unexpected_message',
    () => TLS_CHANGE_CIPHER_SPEC,
  ).filter(({ role }) => role === 'listener'),
  ...atProof(
    'a record one byte over the limit of sealed ones, by its length',
    'ERR_TLS_BAD_RECORD',
    'record_overflow',
    () => header(applicationData, 0x0303, 2 ** 14 + 257),
  ),
  ...atProof('a record at the limit that does not verify', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', () =>
    concat(header(applicationData, 0x0303, 2 ** 14 + 256), new Uint8Array(2 ** 14 + 256)),
  ),
  ...atProof('a sealed record too short for type and tag', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', () =>
    header(applicationData, 0x0303, 16),
  ),
  ...atProof('a flipped bit of the tag', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', (forger) =>
    flipped(certificateOf(forger), -1),
  ),
  ...atProof('a flipped bit of the ciphertext', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', (forger) =>
    flipped(certificateOf(forger), 7),
  ),
  ...atProof('a flipped bit of the header', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', (forger) =>
    flipped(certificateOf(forger), 2),
  ),
  ...atProof('a record of zeros alone', 'ERR_TLS_BAD_RECORD', 'unexpected_message', (forger) =>
    forger.record(0, new Uint8Array(20)),
  ),
  ...atProof('content one byte over the limit', 'ERR_TLS_BAD_RECORD', 'record_overflow', (forger) =>
    forger.record(applicationData, new Uint8Array(2 ** 14 + 1)),
  ),
  ...atProof('a sealed change_cipher_spec', 'ERR_TLS_BAD_RECORD', 'unexpected_message', (forger) =>
    forger.record(changeCipherSpec, hex('01')),
  ),
  ...atProof('a handshake message in the clear', 'ERR_TLS_BAD_RECORD', 'unexpected_message', () =>
    concat(header(handshake, 0x0303, 4), hex('14000000')),
  ),
  ...atProof('data before the handshake is over', 'ERR_TLS_UNEXPECTED', 'unexpected_message', (forger) =>
    forger.data(hex('00')),
  ),
  ...atProof('a sealed alert', 'ERR_TLS_ALERT', 'none', (forger) => forger.alert(TLS_ALERT.bad_certificate)),
  ...atProof('an alert in the clear, of one who knows no key', 'ERR_TLS_ALERT', 'none', () =>
    concat(header(alert, 0x0303, 2), Uint8Array.of(2, TLS_ALERT.illegal_parameter)),
  ),
  ...atProof('close_notify in the middle', 'ERR_TLS_ALERT', 'none', (forger) => forger.alert(TLS_ALERT.close_notify)),
];
