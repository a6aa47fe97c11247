/**
 * The actor of one TLS handshake, as far as both roles are the same: it reads records and messages, feeds the machine of
 * its role, proves who we are and judges the peer's proof, and says why it failed, to the peer as well.
 */
import type { CertificateKey } from '../../../wire/x509.js';
import { judgeCertificates } from '../../../crypto/tls-certificate.js';
import type { TlsKeySchedule, TlsSide } from '../../../crypto/tls-key-schedule.js';
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { TlsTranscript } from '../../../crypto/tls-transcript.js';
import { assert, EngineError, type ErrorCode, type FailureDetails, type StateStay } from '../../../errors.js';
import {
  decodeTlsCertificate,
  decodeTlsCertificateVerify,
  encodeTlsCertificate,
  encodeTlsCertificateVerify,
  encodeTlsMessage,
  tlsMessageName,
  tlsSignedContent,
} from '../../../wire/tls-handshake.js';
import { toHex } from '../../../wire/hex.js';
import {
  TLS_CONTENT,
  TLS_SCHEME,
  tlsAlertName,
  tlsSchemeName,
  type TlsAlertName,
  type TlsSuite,
} from '../../../wire/tls-names.js';
import { tlsContentName } from '../../../wire/tls-record.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import type { StayLog } from '../../stay-log.js';
import type { SecurityOptions } from '../security.js';
import { malformed, type Finding, type HeardType } from './finding.js';
import { tlsDetails, type TlsHandshakeOwner } from './handshake-owner.js';
import { TlsMessageReader, type TlsMessage } from './message-reader.js';
import { ownCertificate } from './own-certificate.js';
import { TlsRecordReader, type TlsRecord } from './record-reader.js';
import { alertRecord, handshakeRecords } from './records.js';

/** The machine of either role, as this actor needs it. */
interface RoleMachine {
  readonly machine: string;
  readonly done: boolean;
  readonly state: string;
  readonly log: StayLog;
  readonly stays: readonly StateStay[];
  readonly lastEvent: string;
  start(): void;
  stop(): void;
}

/** Failures of which the peer knows, or cannot be told. */
const UNTOLD: ReadonlySet<ErrorCode> = new Set(['ERR_TLS_ALERT', 'ERR_TLS_TIMEOUT', 'ERR_TLS_ENDED']);
/** Bytes of the peer's last message that a failure report shows. */
const REPORTED_BYTES = 64;
const NONE = new Uint8Array(0);

/** One handshake, from its first message to its channel. */
export abstract class TlsHandshake {
  protected readonly options: SecurityOptions;
  protected readonly transcript: TlsTranscript;
  protected readonly records: TlsRecordReader;
  protected readonly messages: TlsMessageReader;
  /** Seals what we send; absent: it goes in the clear. */
  protected sending: TlsRecordCipher | undefined;
  /** The message that is being judged. */
  protected message: TlsMessage = { type: 0, body: NONE, whole: NONE };
  protected abstract readonly machine: RoleMachine;
  readonly #owner: TlsHandshakeOwner;
  readonly #buffer: ReceiveBuffer;
  #idleRecords = 0;
  #reason: (Pick<Finding, 'why' | 'cause'> & { readonly alert?: TlsAlertName }) | undefined;
  #lastBytes: Uint8Array = NONE;
  #peer: { readonly peer: string; readonly identityKey: Uint8Array; readonly key: CertificateKey } | undefined;

  /** `buffer` is the connection's: records are taken from it, and nothing beyond the last one of the handshake. */
  constructor(options: SecurityOptions, buffer: ReceiveBuffer, owner: TlsHandshakeOwner) {
    const { ciphers, limits } = options.environment;
    this.options = options;
    this.#owner = owner;
    this.#buffer = buffer;
    this.transcript = new TlsTranscript(ciphers);
    this.records = new TlsRecordReader(buffer);
    this.messages = new TlsMessageReader(limits.tlsHandshakeMessageBytes);
  }

  get machineId(): string {
    return this.machine.machine;
  }

  get log(): StayLog {
    return this.machine.log;
  }

  get stays(): readonly StateStay[] {
    return this.machine.stays;
  }

  start(): void {
    this.machine.start();
  }

  /** Reads messages until more bytes are needed or the handshake is over; nothing before `start`. */
  read(): void {
    while (this.machine.state !== '' && !this.machine.done) {
      const { tooLong } = this.messages;
      const message = this.messages.next();
      if (message !== undefined) this.#take(message);
      else if (tooLong !== undefined) {
        const why = `${tlsMessageName(tooLong.type)} of ${tooLong.length} bytes is over the limit`;
        this.#failing('wire.malformed', why, 'illegal_parameter');
      } else if (!this.#readRecord()) return;
    }
  }

  /** The transport ended or failed: nothing more will come. */
  ended(type: 'transport.ended' | 'transport.failed', cause: EngineError | undefined): void {
    this.#reason = { why: 'the peer closed during the handshake', cause };
    this.hear(type);
  }

  /** Forgets keys and stops the machine. */
  dispose(): void {
    this.machine.stop();
    this.sending = undefined;
  }

  /** The machine hears an event of the wire or the transport, by the machine's own name of it. */
  protected abstract hear(type: HeardType): void;
  /** Name of the event for a message; `wire.other` where the role never hears it. */
  protected abstract eventOf(message: TlsMessage): HeardType;
  /** Machine hears what was found. */
  protected abstract found(type: Finding['finding'] | 'crypto.accepted'): void;
  /** The other side's keys, proofs and messages are told apart by this. */
  protected abstract get ownSide(): TlsSide;

  protected get peerSide(): TlsSide {
    return this.ownSide === 'client' ? 'server' : 'client';
  }

  /** Sends messages as one flight of records, which counts for the transcript already. */
  protected send(messages: readonly Uint8Array[]): void {
    const names = messages.map(([type = 0]) => tlsMessageName(type));
    this.#owner.send(handshakeRecords(messages, this.sending), names);
  }

  /** Sends bytes that are no messages. */
  protected sendRecord(record: Uint8Array): void {
    this.#owner.send([record], []);
  }

  /** A message for the transcript; answers it. */
  protected say(message: Uint8Array): Uint8Array {
    this.transcript.add(message);
    return message;
  }

  /** Certificate, CertificateVerify and Finished of ours; `secret` is our handshake traffic secret. */
  protected proof(schedule: TlsKeySchedule, suite: TlsSuite, secret: Uint8Array): readonly Uint8Array[] {
    const { environment, identity } = this.options;
    const { bytes, signer } = ownCertificate(environment, identity);
    const certificate = this.say(
      encodeTlsMessage('certificate', encodeTlsCertificate({ context: NONE, certificates: [bytes] })),
    );
    const signature = signer.sign(tlsSignedContent(this.ownSide, this.transcript.hash(suite)));
    const verify = encodeTlsCertificateVerify({ scheme: TLS_SCHEME.ecdsa_secp256r1_sha256, signature });
    const certificateVerify = this.say(encodeTlsMessage('certificateVerify', verify));
    const finished = encodeTlsMessage('finished', schedule.verifyData(secret, this.transcript.hash(suite)));
    return [certificate, certificateVerify, this.say(finished)];
  }

  /** Judges what came with `judge`, which may throw what does not decode, and tells the machine. */
  protected judge(judge: () => Finding | undefined): void {
    let finding: Finding | undefined;
    try {
      finding = judge();
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.code !== 'ERR_TLS_BAD_MESSAGE') throw thrown;
      finding = malformed(thrown.message, 'decode_error');
    }
    this.#reason = finding;
    this.found(finding?.finding ?? 'crypto.accepted');
  }

  /** One certificate, of the peer we want. It is added to the transcript. */
  protected judgeCertificate(): Finding | undefined {
    const { environment, expectedPeer } = this.options;
    const { context, certificates } = decodeTlsCertificate(this.message.body);
    if (context.length > 0) return malformed('Certificate answers another request', 'illegal_parameter');
    const nowMs = environment.clock.wallTime();
    const finding = judgeCertificates(environment.ciphers, certificates, nowMs, expectedPeer);
    this.transcript.add(this.message.whole);
    if (finding.kind === 'accepted') {
      // A copy: the view would keep the whole certificate as long as the connection lives.
      this.#peer = { ...finding, identityKey: finding.identityKey.slice() };
      return undefined;
    }
    const { kind, why, alert, cause } = finding;
    return { finding: `crypto.${kind}`, why, alert, cause };
  }

  /** The signature by the certificate's key over everything before it. */
  protected judgeCertificateVerify(suite: TlsSuite): Finding | undefined {
    assert(this.#peer !== undefined, 'tls: CertificateVerify before Certificate');
    const { scheme, signature } = decodeTlsCertificateVerify(this.message.body);
    const { key } = this.#peer;
    const name = tlsSchemeName(scheme);
    if (name !== key.scheme) {
      return malformed(`CertificateVerify by ${name ?? `scheme ${scheme}`} for a key of ${key.scheme}`);
    }
    const content = tlsSignedContent(this.peerSide, this.transcript.hash(suite));
    this.transcript.add(this.message.whole);
    if (this.options.environment.ciphers.verifyScheme(name, key.bytes, content, signature)) return undefined;
    return { finding: 'crypto.badSignature', why: 'the signature over the handshake is wrong', alert: 'decrypt_error' };
  }

  /** The MAC by the peer's handshake traffic secret over everything before it; its keys end here. */
  protected judgeFinished(schedule: TlsKeySchedule, suite: TlsSuite, secret: Uint8Array): Finding | undefined {
    const expected = schedule.verifyData(secret, this.transcript.hash(suite));
    this.transcript.add(this.message.whole);
    if (isSame(expected, this.message.body)) return this.judgeBoundary('Finished');
    return { finding: 'crypto.badFinished', why: 'Finished is not over what we heard', alert: 'decrypt_error' };
  }

  /** Keys change behind this message: no other may have begun. */
  protected judgeBoundary(name: string): Finding | undefined {
    return this.messages.isEmpty
      ? undefined
      : malformed(`a message behind ${name} under its key`, 'unexpected_message');
  }

  protected succeed(suite: TlsSuite, group: string, muxer: string | undefined): void {
    assert(this.#peer !== undefined && this.sending !== undefined, 'tls: secured without a peer');
    const { peer, identityKey, key } = this.#peer;
    this.records.secured = true;
    this.#owner.onSecured({
      remotePeer: peer,
      remotePublicKeyProtobuf: identityKey,
      muxer,
      agreed: { version: 'TLS 1.3', suite: suite.name, group, signature: key.scheme },
      sending: this.sending,
      records: this.records,
    });
  }

  protected fail(code: ErrorCode): void {
    const { why = this.#describeLast(), cause, alert = 'unexpected_message' } = this.#reason ?? {};
    const error = new EngineError(code, 'remote', `tls: ${why}`, {
      cause,
      details: {
        ...tlsDetails(this.machineId, this.stays, this.options.expectedPeer),
        // The state that the last event found, not the one it led to.
        state: this.stays.at(-2)?.state ?? 'start',
        ...this.#bytesForReport(),
      },
    });
    this.#owner.onFailed(error, UNTOLD.has(code) ? undefined : alertRecord(alert, this.sending));
  }

  #take(message: TlsMessage): void {
    this.message = message;
    this.#lastBytes = message.whole;
    this.#owner.onMessage(tlsMessageName(message.type), message.whole);
    this.hear(this.eventOf(message));
  }

  /** Takes one record; `false` while it is not all here. */
  #readRecord(): boolean {
    const record = this.records.next();
    if (record === undefined) return false;
    if (record.kind === 'fault') {
      this.#lastBytes = record.bytes;
      this.#failing('wire.badRecord', record.why, record.alert);
      return true;
    }
    this.#lastBytes = record.content;
    if (record.type === TLS_CONTENT.handshake) this.messages.push(record.content);
    else this.#takeOther(record);
    return true;
  }

  #takeOther({ type, content }: TlsRecord): void {
    if (type === TLS_CONTENT.alert) {
      this.#failing('wire.alert', `the peer says ${tlsAlertName(content[1] ?? 0)}`);
    } else if (type === TLS_CONTENT.changeCipherSpec && this.#mayBeSoothed) {
      // It says nothing (RFC 8446, D.4), and so is not heard, as long as it is not said without end.
      const { tlsIdleRecords } = this.options.environment.limits;
      if (++this.#idleRecords > tlsIdleRecords) {
        this.#failing('wire.flood', `${this.#idleRecords} records in a row say nothing`, 'unexpected_message');
      }
    } else this.#failing('wire.other', `a record of ${tlsContentName(type)} during the handshake`);
  }

  /** change_cipher_spec may come behind the first hello, and not between the pieces of a message. */
  get #mayBeSoothed(): boolean {
    return this.messages.isEmpty && (this.ownSide === 'client' || this.message.type !== 0);
  }

  #failing(type: HeardType, why: string, alert: TlsAlertName = 'unexpected_message'): void {
    this.#reason = { why, alert };
    this.hear(type);
  }

  #describeLast(): string {
    const { type } = this.message;
    const after = type === 0 ? 'before any message' : `after ${tlsMessageName(type)}`;
    return `${this.machine.lastEvent} ${after}`;
  }

  /** What is not a whole record yet, or else the last message. */
  #bytesForReport(): Pick<FailureDetails, 'lastBytesHex' | 'lastBytesDecoded'> {
    const unread = this.#buffer.peek(REPORTED_BYTES);
    const bytes = this.#lastBytes.length > 0 ? this.#lastBytes : unread;
    if (bytes.length === 0) return {};
    return { lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)), lastBytesDecoded: this.#describeLast() };
  }
}

/** Compares in one time whatever differs. */
function isSame(expected: Uint8Array, given: Uint8Array): boolean {
  if (expected.length !== given.length) return false;
  let difference = 0;
  for (const [index, byte] of expected.entries()) difference |= byte ^ (given[index] ?? 0);
  return difference === 0;
}
