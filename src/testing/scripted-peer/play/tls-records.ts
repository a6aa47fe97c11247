/** Records of TLS as a script sees them: reading one from the wire, and opening it. */
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { EngineError } from '../../../errors.js';
import type { Decoded } from '../../../wire/decoded.js';
import { decodeTlsMessageHeader } from '../../../wire/tls-handshake.js';
import { TLS_CONTENT } from '../../../wire/tls-names.js';
import {
  decodeTlsInnerPlaintext,
  decodeTlsRecordHeader,
  judgeTlsRecordHeader,
  TLS_RECORD_HEADER_BYTES,
} from '../../../wire/tls-record.js';

/** What a record holds. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/** A handshake message. */
export interface HeardMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** Type and length included. */
  readonly whole: Uint8Array;
}

/** The record at the beginning of `bytes`, its header included. Throws `ERR_TLS_BAD_RECORD`. */
export function decodeRecord(bytes: Uint8Array): Decoded<Uint8Array> | undefined {
  const header = decodeTlsRecordHeader(bytes);
  if (header === undefined) return undefined;
  const fault = judgeTlsRecordHeader(header.value);
  if (fault !== undefined) throw new EngineError('ERR_TLS_BAD_RECORD', 'remote', `tls: no record, by its ${fault}`);
  const size = header.size + header.value.length;
  return bytes.length < size ? undefined : { value: bytes.subarray(0, size), size };
}

/** What is in a record; `undefined` when it does not open. One that is not sealed is taken even where there are keys. */
export function openRecord(record: Uint8Array, cipher: TlsRecordCipher | undefined): OpenedRecord | undefined {
  const header = record.subarray(0, TLS_RECORD_HEADER_BYTES);
  const fragment = record.subarray(TLS_RECORD_HEADER_BYTES);
  const [type = 0] = header;
  if (type !== TLS_CONTENT.applicationData || cipher === undefined) return { type, content: fragment };
  const inner = cipher.open(header, fragment);
  return inner && decodeTlsInnerPlaintext(inner);
}

/** The handshake message at the beginning of `bytes`. */
export function decodeHandshakeMessage(bytes: Uint8Array): Decoded<HeardMessage> | undefined {
  const header = decodeTlsMessageHeader(bytes);
  if (header === undefined) return undefined;
  const size = header.size + header.value.length;
  if (bytes.length < size) return undefined;
  const whole = bytes.subarray(0, size);
  return { value: { type: header.value.type, body: whole.subarray(header.size), whole }, size };
}
