/** Puts handshake messages together from the records that they came in: several in one, or one in several. */
import {
  decodeTlsMessageHeader,
  TLS_MESSAGE_HEADER_BYTES,
  type TlsMessageHeader,
} from '../../../wire/tls-handshake.js';
import { ReceiveBuffer } from '../../receive-buffer.js';

/** One whole message. */
export interface TlsMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** Type and length included: what counts for the transcript. */
  readonly whole: Uint8Array;
}

/** Messages of one connection. */
export class TlsMessageReader {
  readonly #buffer = new ReceiveBuffer();
  readonly #maxBytes: number;

  /** `maxBytes` bounds one message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether nothing is waiting. Where keys change, a message may not go on (RFC 8446, 5.1). */
  get isEmpty(): boolean {
    return this.#buffer.length === 0;
  }

  /** Adds what a record held. */
  push(content: Uint8Array): void {
    this.#buffer.append(content);
  }

  /** Type and length of what comes next, as soon as they are here; it is too long when over the bound. */
  get tooLong(): TlsMessageHeader | undefined {
    const header = this.#header;
    return header !== undefined && header.length > this.#maxBytes ? header : undefined;
  }

  /** The next message, or `undefined` while it is not all here. */
  next(): TlsMessage | undefined {
    const header = this.#header;
    if (header === undefined || header.length > this.#maxBytes) return undefined;
    const whole = this.#buffer.take(TLS_MESSAGE_HEADER_BYTES + header.length);
    if (whole === undefined) return undefined;
    return { type: header.type, body: whole.subarray(TLS_MESSAGE_HEADER_BYTES), whole };
  }

  get #header(): TlsMessageHeader | undefined {
    return decodeTlsMessageHeader(this.#buffer.peek(TLS_MESSAGE_HEADER_BYTES))?.value;
  }
}
