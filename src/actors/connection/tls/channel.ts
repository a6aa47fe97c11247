/**
 * The records of a TLS channel once both sides are finished: sealing what a turn gathered, opening what a chunk completed,
 * and the few messages that still come between the data (RFC 8446, 4.6 and 6). No machine hears of a record.
 */
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { assert, EngineError, type ErrorCode } from '../../../errors.js';
import type { Limits } from '../../../limits.js';
import {
  decodeTlsKeyUpdate,
  encodeTlsKeyUpdate,
  encodeTlsMessage,
  tlsMessageName,
} from '../../../wire/tls-handshake.js';
import { TLS_ALERT, TLS_CONTENT, TLS_MESSAGE, tlsAlertName, type TlsAlertName } from '../../../wire/tls-names.js';
import { TLS_MAX_CONTENT_BYTES } from '../../../wire/tls-record.js';
import { toHex } from '../../../wire/hex.js';
import { SealingQueue } from '../sealing-queue.js';
import type { Role } from '../security.js';
import { TlsMessageReader, type TlsMessage } from './message-reader.js';
import type { TlsRecord, TlsRecordReader } from './record-reader.js';
import { alertRecord, handshakeRecords } from './records.js';

/** Gathers plaintext and seals it in as few records as it fits in. */
export class TlsSealer {
  readonly #cipher: TlsRecordCipher;
  readonly #limits: Limits;
  readonly #queue = new SealingQueue();
  #owesUpdate = false;
  /** `closing`: close_notify is due behind what was sent. `closed`: it is sealed, and nothing else will be. */
  #farewell: 'none' | 'closing' | 'closed' = 'none';

  constructor(cipher: TlsRecordCipher, limits: Limits) {
    this.#cipher = cipher;
    this.#limits = limits;
    assert(limits.tlsSendRecordBytes > 0, 'a record has to have room for data');
  }

  /** Takes pieces for the next {@link seal}; nobody may write to them any more. */
  push(pieces: readonly Uint8Array[]): void {
    if (this.#farewell === 'none') this.#queue.push(pieces);
  }

  /** The peer asked for a KeyUpdate; several requests are answered by one. */
  oweUpdate(): void {
    this.#owesUpdate = true;
  }

  /** Nothing is said any more after the next {@link seal}, whose last word is close_notify. */
  close(): void {
    if (this.#farewell === 'none') this.#farewell = 'closing';
  }

  /** Seals everything taken and appends the records' bytes to `wire`. */
  seal(wire: Uint8Array[]): void {
    if (this.#farewell === 'closed') return;
    if (this.#owesUpdate) this.#update(wire);
    const size = Math.min(this.#limits.tlsSendRecordBytes, TLS_MAX_CONTENT_BYTES);
    for (const plaintext of this.#queue.takeFrames(size)) {
      if (this.#cipher.records >= this.#limits.tlsRecordsPerKey) this.#update(wire);
      wire.push(...this.#cipher.seal(TLS_CONTENT.applicationData, plaintext));
    }
    if (this.#farewell === 'none') return;
    this.#farewell = 'closed';
    wire.push(...this.alert('close_notify'));
  }

  /** The record of an alert, which is the last that is sent. */
  alert(alert: TlsAlertName): readonly Uint8Array[] {
    return alertRecord(alert, this.#cipher);
  }

  #update(wire: Uint8Array[]): void {
    this.#owesUpdate = false;
    wire.push(...handshakeRecords([encodeTlsMessage('keyUpdate', encodeTlsKeyUpdate(false))], this.#cipher));
    this.#cipher.update();
  }
}

/** Why a channel fails, and what the peer is told. */
export interface TlsChannelFailure {
  readonly error: EngineError;
  readonly alert: TlsAlertName | undefined;
}

/** Bytes of a bad record that a failure report shows. */
const REPORTED_BYTES = 64;

/** Opens the records that a receive buffer holds. */
export class TlsOpener {
  readonly #records: TlsRecordReader;
  readonly #messages: TlsMessageReader;
  readonly #limits: Limits;
  readonly #role: Role;
  /** Called for a KeyUpdate that asks for one in return. */
  readonly #onUpdateAsked: () => void;
  #idleRecords = 0;
  #tickets = 0;
  #ended = false;

  constructor(records: TlsRecordReader, limits: Limits, role: Role, onUpdateAsked: () => void) {
    this.#records = records;
    this.#limits = limits;
    this.#role = role;
    this.#onUpdateAsked = onUpdateAsked;
    this.#messages = new TlsMessageReader(limits.tlsHandshakeMessageBytes);
  }

  /** Whether the peer said close_notify: it sends nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Takes every whole record and appends its data to `plaintext`; stops at the peer's close_notify. Answers the failure,
   * if there is one: what was opened before it is authentic.
   */
  open(plaintext: Uint8Array[]): TlsChannelFailure | undefined {
    while (!this.#ended) {
      const record = this.#records.next();
      if (record === undefined) return undefined;
      if (record.kind === 'fault') return failure('ERR_TLS_BAD_RECORD', record.why, record.alert, record.bytes);
      const failed = this.#take(record, plaintext);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  #take(record: TlsRecord, plaintext: Uint8Array[]): TlsChannelFailure | undefined {
    const { type, content } = record;
    if (type === TLS_CONTENT.applicationData && this.#messages.isEmpty) {
      if (content.length === 0) return this.#countIdle();
      this.#idleRecords = 0;
      plaintext.push(content);
      return undefined;
    }
    if (type === TLS_CONTENT.alert) return this.#takeAlert(content);
    if (type === TLS_CONTENT.handshake) {
      this.#messages.push(content);
      return this.#takeMessages() ?? this.#countIdle();
    }
    const why = 'a record of data in the middle of a message';
    return failure('ERR_TLS_UNEXPECTED', why, 'unexpected_message', content);
  }

  #takeAlert(content: Uint8Array): TlsChannelFailure | undefined {
    const code = content[1] ?? 0;
    if (code === TLS_ALERT.close_notify) {
      this.#ended = true;
      return undefined;
    }
    if (code === TLS_ALERT.user_canceled) return this.#countIdle();
    return failure('ERR_TLS_ALERT', `the peer says ${tlsAlertName(code)}`, undefined, content);
  }

  #takeMessages(): TlsChannelFailure | undefined {
    for (let message = this.#messages.next(); message !== undefined; message = this.#messages.next()) {
      const failed = this.#takeMessage(message);
      if (failed !== undefined) return failed;
    }
    const { tooLong } = this.#messages;
    if (tooLong === undefined) return undefined;
    const why = `${tlsMessageName(tooLong.type)} of ${tooLong.length} bytes is over the limit`;
    return failure('ERR_TLS_BAD_MESSAGE', why, 'illegal_parameter');
  }

  #takeMessage({ type, body, whole }: TlsMessage): TlsChannelFailure | undefined {
    if (type === TLS_MESSAGE.keyUpdate) return this.#takeKeyUpdate(body, whole);
    const isTicket = type === TLS_MESSAGE.newSessionTicket && this.#role === 'dialer';
    if (!isTicket) {
      return failure('ERR_TLS_UNEXPECTED', `${tlsMessageName(type)} after the handshake`, 'unexpected_message', whole);
    }
    // Nothing is resumed: it is forgotten.
    if (++this.#tickets <= this.#limits.tlsSessionTickets) return undefined;
    return failure('ERR_TLS_FLOOD', `${this.#tickets} session tickets`, 'unexpected_message');
  }

  #takeKeyUpdate(body: Uint8Array, whole: Uint8Array): TlsChannelFailure | undefined {
    if (!this.#messages.isEmpty) {
      return failure('ERR_TLS_BAD_MESSAGE', 'a message behind KeyUpdate under its key', 'unexpected_message', whole);
    }
    try {
      if (decodeTlsKeyUpdate(body)) this.#onUpdateAsked();
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      return failure('ERR_TLS_BAD_MESSAGE', thrown.message, 'illegal_parameter', whole);
    }
    this.#records.cipher?.update();
    return undefined;
  }

  #countIdle(): TlsChannelFailure | undefined {
    if (++this.#idleRecords <= this.#limits.tlsIdleRecords) return undefined;
    return failure('ERR_TLS_FLOOD', `${this.#idleRecords} records in a row bring no data`, 'unexpected_message');
  }
}

function failure(
  code: ErrorCode,
  why: string,
  alert: TlsAlertName | undefined,
  bytes: Uint8Array = new Uint8Array(0),
): TlsChannelFailure {
  const details =
    bytes.length === 0 ? {} : { lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)), lastBytesDecoded: why };
  return { error: new EngineError(code, 'remote', `tls: ${why}`, { details }), alert };
}
