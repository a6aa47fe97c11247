/** What is heard and found during a handshake, by the names of the machines' events. */
import type { TlsFinding } from '../../../machines/tls-handshake.js';
import type { TlsAlertName } from '../../../wire/tls-names.js';

/** What is found of a message. */
export interface Finding {
  readonly finding: TlsFinding | 'crypto.noShare';
  readonly why: string;
  /** What the peer is told. */
  readonly alert: TlsAlertName;
  readonly cause?: unknown;
}

/** Every event that reading brings about; each role's machine knows its own of them. */
export type HeardType =
  | 'wire.clientHello'
  | 'wire.serverHello'
  | 'wire.helloRetryRequest'
  | 'wire.encryptedExtensions'
  | 'wire.certificateRequest'
  | 'wire.certificate'
  | 'wire.certificateVerify'
  | 'wire.finished'
  | 'wire.other'
  | 'wire.malformed'
  | 'wire.badRecord'
  | 'wire.flood'
  | 'wire.alert'
  | 'transport.ended'
  | 'transport.failed';

/** A message that decodes and says what it may not, or does not decode. */
export function malformed(why: string, alert: TlsAlertName = 'illegal_parameter'): Finding {
  return { finding: 'crypto.malformed', why, alert };
}
