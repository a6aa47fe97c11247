/**
 * Takes records out of what came, opens those that are sealed, and judges each as early as it can be: a length that
 * cannot be right before its bytes have come.
 */
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { TLS_CONTENT, type TlsAlertName } from '../../../wire/tls-names.js';
import {
  decodeTlsInnerPlaintext,
  decodeTlsRecordHeader,
  judgeTlsRecordHeader,
  TLS_MAX_CONTENT_BYTES,
  TLS_RECORD_HEADER_BYTES,
  tlsContentName,
  type TlsRecordHeader,
} from '../../../wire/tls-record.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { contiguous } from '../contiguous.js';

/** One record, opened where it was sealed. */
export interface TlsRecord {
  readonly kind: 'record';
  readonly type: number;
  /** In memory of its own. */
  readonly content: Uint8Array;
}

/** Why what came is no record, and what the peer is to be told. */
export interface TlsRecordFault {
  readonly kind: 'fault';
  readonly why: string;
  readonly alert: TlsAlertName;
  /** What came of it. */
  readonly bytes: Uint8Array;
}

/** Type and tag: the least that a sealed record holds. */
const SEALED_BYTES = 1 + 16;
/** Bytes of a bad record that are kept for a failure report. */
const KEPT_BYTES = 64;

/** Reads the records of one connection. */
export class TlsRecordReader {
  readonly #buffer: ReceiveBuffer;
  /** Opens what comes; absent: records come in the clear. */
  cipher: TlsRecordCipher | undefined;
  /** Whether the handshake is over, and with it records in the clear. */
  secured = false;

  constructor(buffer: ReceiveBuffer) {
    this.#buffer = buffer;
  }

  /** The next record, or what is wrong with it; `undefined` while it is not all here. */
  next(): TlsRecord | TlsRecordFault | undefined {
    const header = decodeTlsRecordHeader(this.#buffer.peek(TLS_RECORD_HEADER_BYTES))?.value;
    if (header === undefined) return undefined;
    const fault = this.#judge(header);
    if (fault !== undefined) return fault;
    const size = TLS_RECORD_HEADER_BYTES + header.length;
    if (this.#buffer.length < size) return undefined;
    const bytes = contiguous(this.#buffer.takePieces(size));
    const fragment = bytes.subarray(TLS_RECORD_HEADER_BYTES);
    const isSealed = this.cipher !== undefined && header.type === TLS_CONTENT.applicationData;
    return isSealed ? this.#open(bytes, fragment) : judgeContent(header.type, fragment.slice(), bytes);
  }

  #judge(header: TlsRecordHeader): TlsRecordFault | undefined {
    const { type, version, length } = header;
    const fault = (why: string, alert: TlsAlertName): TlsRecordFault =>
      faultOf(why, alert, this.#buffer.peek(TLS_RECORD_HEADER_BYTES + length));
    switch (judgeTlsRecordHeader(header)) {
      case 'type':
        return fault(`a record of type ${type}`, 'unexpected_message');
      case 'version':
        return fault(`a record of version ${version}, which is not TLS`, 'protocol_version');
      case 'length':
        return fault(`a record of ${length} bytes is over the limit`, 'record_overflow');
      case undefined:
        break;
    }
    if (this.cipher === undefined) return undefined;
    if (type === TLS_CONTENT.applicationData) {
      if (length >= SEALED_BYTES) return undefined;
      return fault(`a sealed record of ${length} bytes, ${SEALED_BYTES} are the least`, 'bad_record_mac');
    }
    // Until both sides are done, one may know no key yet to say by what it failed, and boxes in the middle are soothed.
    const isLate = this.secured || type === TLS_CONTENT.handshake;
    return isLate ? fault(`a record of ${tlsContentName(type)} in the clear`, 'unexpected_message') : undefined;
  }

  #open(bytes: Uint8Array, fragment: Uint8Array): TlsRecord | TlsRecordFault {
    const plaintext = this.cipher?.open(bytes.subarray(0, TLS_RECORD_HEADER_BYTES), fragment);
    if (plaintext === undefined) {
      return faultOf(`a record of ${fragment.length} bytes does not verify`, 'bad_record_mac', bytes);
    }
    const inner = decodeTlsInnerPlaintext(plaintext);
    if (inner === undefined) return faultOf('a record of zeros alone', 'unexpected_message', bytes);
    const { type, content } = inner;
    if (content.length > TLS_MAX_CONTENT_BYTES) {
      return faultOf(`a record with ${content.length} bytes of content`, 'record_overflow', bytes);
    }
    const isKnown = type >= TLS_CONTENT.alert && type <= TLS_CONTENT.applicationData;
    if (!isKnown) return faultOf(`a sealed record of ${tlsContentName(type)}`, 'unexpected_message', bytes);
    return judgeContent(type, content, bytes);
  }
}

function judgeContent(type: number, content: Uint8Array, bytes: Uint8Array): TlsRecord | TlsRecordFault {
  const fits =
    type === TLS_CONTENT.alert
      ? content.length === 2
      : type === TLS_CONTENT.changeCipherSpec
        ? content.length === 1 && content[0] === 1
        : type === TLS_CONTENT.applicationData || content.length > 0;
  if (fits) return { kind: 'record', type, content };
  const alert = type === TLS_CONTENT.alert ? 'decode_error' : 'unexpected_message';
  return faultOf(`a record of ${tlsContentName(type)} of ${content.length} bytes`, alert, bytes);
}

function faultOf(why: string, alert: TlsAlertName, bytes: Uint8Array): TlsRecordFault {
  return { kind: 'fault', why, alert, bytes: bytes.slice(0, KEPT_BYTES) };
}
