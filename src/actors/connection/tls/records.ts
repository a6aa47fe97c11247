/** Records that we send: in the clear, or sealed once there is a key. */
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { TLS_ALERT, TLS_CONTENT, type TlsAlertName } from '../../../wire/tls-names.js';
import { encodeTlsRecordHeader, TLS_MAX_CONTENT_BYTES } from '../../../wire/tls-record.js';
import { joinBytes } from '../../../wire/tls-bytes.js';

/** Level of an alert: TLS 1.3 goes by the description alone. */
const WARNING = 1;
const FATAL = 2;

/** The records around handshake messages that follow each other. */
export function handshakeRecords(
  messages: readonly Uint8Array[],
  cipher: TlsRecordCipher | undefined,
): readonly Uint8Array[] {
  const bytes = joinBytes(...messages);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += TLS_MAX_CONTENT_BYTES) {
    chunks.push(...recordOf(TLS_CONTENT.handshake, bytes.subarray(at, at + TLS_MAX_CONTENT_BYTES), cipher));
  }
  return chunks;
}

/** The record of an alert. */
export function alertRecord(alert: TlsAlertName, cipher: TlsRecordCipher | undefined): readonly Uint8Array[] {
  const level = alert === 'close_notify' || alert === 'user_canceled' ? WARNING : FATAL;
  return recordOf(TLS_CONTENT.alert, Uint8Array.of(level, TLS_ALERT[alert]), cipher);
}

function recordOf(type: number, content: Uint8Array, cipher: TlsRecordCipher | undefined): readonly Uint8Array[] {
  return cipher?.seal(type, [content]) ?? [encodeTlsRecordHeader(type, content.length), content];
}
