/** What a script knows of its TLS connection: what was said, the keys that follow, and what came besides. */
import { ReceiveBuffer } from '../../../actors/receive-buffer.js';
import { TlsKeySchedule, type TlsSide } from '../../../crypto/tls-key-schedule.js';
import { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { TlsTranscript } from '../../../crypto/tls-transcript.js';
import { AGREEMENT_SEED_BYTES, type CertificateSigner, type KeyAgreement } from '../../../ports.js';
import type { TlsClientHello } from '../../../wire/tls-hello.js';
import { decodeTlsKeyUpdate, tlsMessageName } from '../../../wire/tls-handshake.js';
import {
  TLS_CONTENT,
  TLS_MESSAGE,
  TLS_SUITES,
  tlsAlertName,
  type TlsGroupName,
  type TlsSuite,
} from '../../../wire/tls-names.js';
import { TLS_MAX_CONTENT_BYTES, TLS_RECORD_HEADER_BYTES, tlsContentName } from '../../../wire/tls-record.js';
import type { CertificateKey } from '../../../wire/x509.js';
import { concat } from '../bytes.js';
import type { Channel, OpenedFrame } from './channel.js';
import { misused } from './failure.js';
import { take, Unreadable, type Source } from './source.js';
import type { Stage } from './stage.js';
import { decodeHandshakeMessage, decodeRecord, openRecord, type OpenedRecord } from './tls-records.js';

const CURVES = { x25519: 'x25519', secp256r1: 'P-256' } as const;
const NOTHING: OpenedFrame = { plaintext: new Uint8Array(0) };

/** Something that came between what steps ask for. */
interface Aside<Value> {
  readonly value: Value;
  readonly bytes: Uint8Array;
}

/** One TLS connection, from a script's side. */
export class TlsState {
  readonly side: TlsSide;
  readonly transcript: TlsTranscript;
  suite: TlsSuite = TLS_SUITES[0] as TlsSuite;
  /** The client's last hello. */
  hello: TlsClientHello | undefined;
  /** Of our hellos. */
  random: Uint8Array | undefined;
  /** What a HelloRetryRequest gave us to send back. */
  cookie: Uint8Array | undefined;
  /** The key of the peer's certificate. */
  peerKey: CertificateKey | undefined;
  /** Whom the peer's certificate names. */
  peer: string | undefined;
  sending: TlsRecordCipher | undefined;
  receiving: TlsRecordCipher | undefined;
  readonly alerts: Aside<string>[] = [];
  readonly keyUpdates: Aside<boolean>[] = [];
  /** Whether the record that was opened last in the session held data. */
  lastWasData = false;
  /** Handshake messages, out of their records. */
  readonly messages: Source = { buffer: new ReceiveBuffer(), fill: () => this.#fillMessages() };
  readonly channel: Channel;
  readonly #stage: Stage;
  readonly #keys: Partial<Record<TlsGroupName, KeyAgreement>> = {};
  #schedule: TlsKeySchedule | undefined;
  #secrets: Readonly<Record<TlsSide, Uint8Array>> | undefined;
  #session: Readonly<Record<TlsSide, TlsRecordCipher>> | undefined;
  #signer: CertificateSigner | undefined;

  constructor(stage: Stage) {
    const { role, ciphers } = stage.options;
    this.#stage = stage;
    this.side = role === 'dialer' ? 'client' : 'server';
    this.transcript = new TlsTranscript(ciphers);
    this.channel = {
      name: 'tls',
      prefix: { recordType: TLS_CONTENT.applicationData },
      plaintextBytes: TLS_MAX_CONTENT_BYTES,
      seal: (plaintext) => this.seal(TLS_CONTENT.applicationData, plaintext),
      decode: decodeRecord,
      open: (record) => this.#hearInSession(record),
    };
  }

  get otherSide(): TlsSide {
    return this.side === 'client' ? 'server' : 'client';
  }

  // ------------------------------------------------------------ keys

  draw(what: string, size: number): Uint8Array {
    return this.#stage.options.random.bytes(`scripted/tls/${what}`, size);
  }

  /** Our key pair of the group. */
  keyOf(group: TlsGroupName): KeyAgreement {
    const curve = CURVES[group];
    return (this.#keys[group] ??= this.#stage.options.ciphers.keyAgreement(
      curve,
      this.draw(group, AGREEMENT_SEED_BYTES[curve]),
    ));
  }

  /** The key of our certificate. */
  get signer(): CertificateSigner {
    return (this.#signer ??= this.anotherSigner('certificate'));
  }

  /** A key that might be that of our certificate. */
  anotherSigner(what: string): CertificateSigner {
    return this.#stage.options.ciphers.certificateSigner(this.draw(what, AGREEMENT_SEED_BYTES['P-256']));
  }

  /** Both hellos have passed: their keys, by our key of the group and the peer's. */
  agree(group: TlsGroupName, peerKey: Uint8Array): void {
    const secret = this.keyOf(group).sharedSecret(peerKey);
    if (secret === undefined) throw misused(`the peer's key for ${group} is none`);
    const schedule = new TlsKeySchedule(this.#stage.options.ciphers, this.suite, secret);
    const hash = this.transcript.hash(this.suite);
    this.#schedule = schedule;
    this.#secrets = {
      client: schedule.handshakeTrafficSecret('client', hash),
      server: schedule.handshakeTrafficSecret('server', hash),
    };
    this.sending = this.#cipherOf(this.#secrets[this.side]);
    this.receiving = this.#cipherOf(this.#secrets[this.otherSide]);
  }

  /** verify_data of a Finished that `side` sends now. */
  verifyData(side: TlsSide): Uint8Array {
    const [schedule, secret] = [this.#schedule, this.#secrets?.[side]];
    if (schedule === undefined || secret === undefined) throw misused('there are no keys before both hellos');
    return schedule.verifyData(secret, this.transcript.hash(this.suite));
  }

  /** The Finished of `side` has passed: the keys of the session follow from the server's. */
  finish(side: TlsSide): void {
    const schedule = this.#schedule;
    if (schedule === undefined) throw misused('there are no keys before both hellos');
    if (side === 'server') {
      const hash = this.transcript.hash(this.suite);
      this.#session = {
        client: this.#cipherOf(schedule.applicationTrafficSecret('client', hash)),
        server: this.#cipherOf(schedule.applicationTrafficSecret('server', hash)),
      };
    }
    const cipher = this.#session?.[side];
    if (side === this.side) this.sending = cipher;
    else this.receiving = cipher;
  }

  /** The fragment of a sealed record. */
  seal(type: number, content: Uint8Array): Uint8Array {
    const { sending } = this;
    if (sending === undefined) throw misused('there are no keys before both hellos');
    return concat(...sending.seal(type, [content])).subarray(TLS_RECORD_HEADER_BYTES);
  }

  #cipherOf(secret: Uint8Array): TlsRecordCipher {
    return new TlsRecordCipher(this.#stage.options.ciphers, this.suite, secret);
  }

  // ------------------------------------------------------------ up

  /** Takes one record more, whatever it is; false when none has come. */
  pull(): boolean {
    const { source, wire } = this.#stage;
    return source === wire ? this.#pullRecord() : source.fill();
  }

  /** For who asks for a message: an alert is none. */
  #fillMessages(): boolean {
    const filled = this.alerts.length === 0 && this.#pullRecord();
    const [alert] = this.alerts;
    if (alert !== undefined) throw new Unreadable(alert.bytes, new Error(`the peer says alert ${alert.value}`));
    return filled;
  }

  /** A record of the handshake. */
  #pullRecord(): boolean {
    const taken = take(this.#stage.wire, decodeRecord);
    if (taken === undefined) return false;
    const record = openRecord(taken.value, this.receiving);
    if (record === undefined) throw new Unreadable(taken.bytes, new Error('a record does not open: its tag is wrong'));
    if (record.type === TLS_CONTENT.handshake) this.messages.buffer.append(record.content);
    else if (record.type === TLS_CONTENT.alert) this.#hearAlert(record, taken.bytes);
    else if (record.type !== TLS_CONTENT.changeCipherSpec) {
      throw new Unreadable(taken.bytes, new Error(`a record of ${tlsContentName(record.type)} in the handshake`));
    }
    return true;
  }

  #hearInSession(bytes: Uint8Array): OpenedFrame {
    const record = openRecord(bytes, this.receiving);
    if (record === undefined) return { refused: 'its tag is wrong' };
    const { type, content } = record;
    this.lastWasData = type === TLS_CONTENT.applicationData;
    if (this.lastWasData) return { plaintext: content };
    if (type === TLS_CONTENT.alert) this.#hearAlert(record, bytes);
    return type === TLS_CONTENT.handshake ? this.#hearMessages(content) : NOTHING;
  }

  /** Messages between data: new keys are used at once, tickets are nothing to us. */
  #hearMessages(content: Uint8Array): OpenedFrame {
    const { buffer } = this.messages;
    buffer.append(content);
    // What is not whole yet waits; it is never asked for more here.
    const waiting: Source = { buffer, fill: () => false };
    for (let taken = take(waiting, decodeHandshakeMessage); taken; taken = take(waiting, decodeHandshakeMessage)) {
      const { type, body } = taken.value;
      this.#note(tlsMessageName(type), taken.bytes);
      if (type === TLS_MESSAGE.newSessionTicket) continue;
      if (type !== TLS_MESSAGE.keyUpdate) return { refused: `it holds ${tlsMessageName(type)}` };
      this.keyUpdates.push({ value: decodeTlsKeyUpdate(body), bytes: taken.bytes });
      this.receiving?.update();
    }
    return NOTHING;
  }

  #hearAlert({ content }: OpenedRecord, bytes: Uint8Array): void {
    const value = tlsAlertName(content[1] ?? 0);
    this.#note(`alert ${value}`, bytes);
    this.alerts.push({ value, bytes });
  }

  #note(message: string, bytes: Uint8Array): void {
    this.#stage.note({ direction: 'received', layer: 'tls', message, bytes });
  }
}
