/** The TLS handshake of a dialer: performs what `tlsClientMachine` orders. */
import { TlsKeySchedule, type TlsSide } from '../../../crypto/tls-key-schedule.js';
import { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { assert, type EngineError } from '../../../errors.js';
import { tlsClientMachine, type TlsClientEffect, type TlsClientEvent } from '../../../machines/tls-client.js';
import type { KeyAgreement } from '../../../ports.js';
import {
  encodeTlsCodes,
  encodeTlsKeyShares,
  encodeTlsProtocols,
  readTlsExtensions,
} from '../../../wire/tls-extensions.js';
import {
  decodeTlsCertificateRequest,
  decodeTlsEncryptedExtensions,
  encodeTlsMessage,
} from '../../../wire/tls-handshake.js';
import {
  decodeTlsServerHello,
  encodeTlsClientHello,
  isTlsRetry,
  TLS_RANDOM_BYTES,
  type TlsServerHello,
} from '../../../wire/tls-hello.js';
import {
  TLS_EXTENSION,
  TLS_GROUP,
  TLS_GROUP_NAMES,
  TLS_MESSAGE,
  TLS_SCHEME,
  TLS_SCHEME_NAMES,
  TLS_SUITES,
  TLS_VERSION_13,
  tlsGroupName,
  tlsSuite,
  type TlsGroupName,
  type TlsSuite,
} from '../../../wire/tls-names.js';
import { tlsNumber, tlsVector } from '../../../wire/tls-bytes.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { SecurityOptions } from '../security.js';
import { malformed, type Finding, type HeardType } from './finding.js';
import { TlsHandshake } from './handshake.js';
import type { TlsHandshakeOwner } from './handshake-owner.js';
import { drawKeyShare } from './key-share.js';
import type { TlsMessage } from './message-reader.js';
import { ownCertificate } from './own-certificate.js';
import { muxerOf, offeredProtocols } from './protocols.js';

const EVENTS: Readonly<Record<number, HeardType>> = {
  [TLS_MESSAGE.serverHello]: 'wire.serverHello',
  [TLS_MESSAGE.encryptedExtensions]: 'wire.encryptedExtensions',
  [TLS_MESSAGE.certificateRequest]: 'wire.certificateRequest',
  [TLS_MESSAGE.certificate]: 'wire.certificate',
  [TLS_MESSAGE.certificateVerify]: 'wire.certificateVerify',
  [TLS_MESSAGE.finished]: 'wire.finished',
};
const NONE = new Uint8Array(0);

/** Extensions that a ServerHello or HelloRetryRequest may answer with: nothing else was asked. */
const HELLO_ANSWERS: readonly number[] = [TLS_EXTENSION.supportedVersions, TLS_EXTENSION.keyShare];
const RETRY_ANSWERS: readonly number[] = [...HELLO_ANSWERS, TLS_EXTENSION.cookie];
const ENCRYPTED_ANSWERS: readonly number[] = [
  TLS_EXTENSION.applicationLayerProtocolNegotiation,
  // A server may tell its groups, for the next connection.
  TLS_EXTENSION.supportedGroups,
];

/** What both hellos come to. */
interface Agreed {
  readonly suite: TlsSuite;
  readonly schedule: TlsKeySchedule;
  readonly ownSecret: Uint8Array;
  readonly peerSecret: Uint8Array;
}

/** One handshake as the client. */
export class TlsClientHandshake extends TlsHandshake {
  protected readonly ownSide: TlsSide = 'client';
  protected readonly machine: MachineActor<typeof tlsClientMachine>;
  #random: Uint8Array = NONE;
  #group: TlsGroupName = 'x25519';
  #keyShare: KeyAgreement | undefined;
  /** What a HelloRetryRequest fixed. */
  #retry: { readonly suite: TlsSuite; readonly cookie: Uint8Array | undefined } | undefined;
  #agreed: Agreed | undefined;
  #muxer: string | undefined;
  #applicationSecret: Uint8Array = NONE;

  constructor(address: string, options: SecurityOptions, buffer: ReceiveBuffer, owner: TlsHandshakeOwner) {
    super(options, buffer, owner);
    const { environment } = options;
    this.machine = spawnMachine(environment, tlsClientMachine, {
      address,
      input: { timeoutMs: environment.limits.tlsHandshakeTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error: EngineError) => owner.onFailed(error, undefined),
    });
  }

  protected hear(type: HeardType): void {
    this.machine.send({ type } as TlsClientEvent);
  }

  protected found(type: Finding['finding'] | 'crypto.accepted'): void {
    this.machine.send({ type } as TlsClientEvent);
  }

  protected eventOf({ type, body }: TlsMessage): HeardType {
    if (type === TLS_MESSAGE.serverHello && isTlsRetry(body)) return 'wire.helloRetryRequest';
    return EVENTS[type] ?? 'wire.other';
  }

  #perform(effect: TlsClientEffect): void {
    switch (effect.type) {
      case 'send.clientHello': {
        this.#begin();
        this.#sendHello();
        return;
      }
      case 'send.secondClientHello': {
        this.#sendHello();
        return;
      }
      case 'judge.retry': {
        this.judge(() => this.#judgeRetry());
        return;
      }
      case 'judge.serverHello': {
        this.judge(() => this.#judgeServerHello());
        return;
      }
      case 'judge.encryptedExtensions': {
        this.judge(() => this.#judgeEncryptedExtensions());
        return;
      }
      case 'judge.certificateRequest': {
        this.judge(() => this.#judgeCertificateRequest());
        return;
      }
      case 'judge.certificate': {
        this.judge(() => this.judgeCertificate());
        return;
      }
      case 'judge.certificateVerify': {
        this.judge(() => this.judgeCertificateVerify(this.#known.suite));
        return;
      }
      case 'judge.finished': {
        this.judge(() => this.#judgeFinished());
        return;
      }
      case 'send.flight': {
        this.#sendFlight();
        return;
      }
      case 'report.secured': {
        this.succeed(this.#known.suite, this.#group, this.#muxer);
        return;
      }
      case 'report.failed': {
        this.fail(effect.code);
        return;
      }
      default:
        return effect satisfies never;
    }
  }

  /** What belongs to the node is drawn before what belongs to the connection, as the cutting of traces has it. */
  #begin(): void {
    const { environment, identity } = this.options;
    ownCertificate(environment, identity);
    this.#random = environment.random.bytes('tls.random', TLS_RANDOM_BYTES);
  }

  get #known(): Agreed {
    assert(this.#agreed !== undefined, 'tls: no hello was accepted yet');
    return this.#agreed;
  }

  /** The session id is empty: nobody stands between whom it would soothe, for multistream came before. */
  #sendHello(): void {
    const { environment, muxers } = this.options;
    this.#keyShare = drawKeyShare(environment, this.#group);
    const { publicKey } = this.#keyShare;
    const cookie = this.#retry?.cookie;
    const extensions = new Map([
      [TLS_EXTENSION.supportedVersions, tlsVector(1, tlsNumber(TLS_VERSION_13, 2))],
      [TLS_EXTENSION.supportedGroups, encodeTlsCodes(TLS_GROUP_NAMES.map((name) => TLS_GROUP[name]))],
      [TLS_EXTENSION.signatureAlgorithms, SIGNATURE_ALGORITHMS],
      [TLS_EXTENSION.keyShare, encodeTlsKeyShares([{ group: TLS_GROUP[this.#group], key: publicKey }])],
      [TLS_EXTENSION.applicationLayerProtocolNegotiation, encodeTlsProtocols(offeredProtocols(muxers))],
      ...(cookie === undefined ? [] : ([[TLS_EXTENSION.cookie, tlsVector(2, cookie)]] as const)),
    ]);
    const suites = TLS_SUITES.map(({ code }) => code);
    const hello = encodeTlsClientHello({ random: this.#random, sessionId: NONE, suites, extensions });
    this.send([this.say(encodeTlsMessage('clientHello', hello))]);
  }

  #judgeRetry(): Finding | undefined {
    const hello = decodeTlsServerHello(this.message.body);
    const suite = tlsSuite(hello.suite);
    const finding = judgeForm(hello, RETRY_ANSWERS, 'HelloRetryRequest');
    if (finding !== undefined || suite === undefined) return finding;
    const extensions = readTlsExtensions(hello.extensions);
    const code = extensions.code(TLS_EXTENSION.keyShare);
    const cookie = extensions.cookie()?.slice();
    const group = code === undefined ? this.#group : tlsGroupName(code);
    if (group === undefined)
      return malformed(`HelloRetryRequest asks for group ${String(code)}, which we do not offer`);
    if (code !== undefined && group === this.#group)
      return malformed('HelloRetryRequest asks for the group it was given');
    if (code === undefined && cookie === undefined) return malformed('HelloRetryRequest asks for nothing');
    this.#group = group;
    this.#retry = { suite, cookie };
    this.transcript.beginAgain(suite);
    this.transcript.add(this.message.whole);
    return undefined;
  }

  #judgeServerHello(): Finding | undefined {
    const hello = decodeTlsServerHello(this.message.body);
    const suite = tlsSuite(hello.suite);
    const finding = judgeForm(hello, HELLO_ANSWERS, 'ServerHello') ?? this.judgeBoundary('ServerHello');
    if (finding !== undefined || suite === undefined) return finding;
    const retried = this.#retry?.suite;
    if (retried !== undefined && retried !== suite) return malformed(`ServerHello chose ${retried.name} before`);
    const share = readTlsExtensions(hello.extensions).keyShare();
    if (share === undefined) return malformed('ServerHello has no key_share', 'missing_extension');
    if (share.group !== TLS_GROUP[this.#group]) return malformed(`ServerHello has a key for group ${share.group}`);
    const sharedSecret = this.#keyShare?.sharedSecret(share.key.slice());
    if (sharedSecret === undefined) return malformed(`ServerHello has no valid key for ${this.#group}`);
    this.#keyShare = undefined;
    this.transcript.add(this.message.whole);
    this.#useHandshakeKeys(suite, sharedSecret);
    return undefined;
  }

  #useHandshakeKeys(suite: TlsSuite, sharedSecret: Uint8Array): void {
    const { ciphers } = this.options.environment;
    const schedule = new TlsKeySchedule(ciphers, suite, sharedSecret);
    const hash = this.transcript.hash(suite);
    const ownSecret = schedule.handshakeTrafficSecret('client', hash);
    const peerSecret = schedule.handshakeTrafficSecret('server', hash);
    this.#agreed = { suite, schedule, ownSecret, peerSecret };
    this.sending = new TlsRecordCipher(ciphers, suite, ownSecret);
    this.records.cipher = new TlsRecordCipher(ciphers, suite, peerSecret);
  }

  #judgeEncryptedExtensions(): Finding | undefined {
    const { muxers } = this.options;
    const extensions = decodeTlsEncryptedExtensions(this.message.body);
    const strange = [...extensions.keys()].find((type) => !ENCRYPTED_ANSWERS.includes(type));
    if (strange !== undefined) return unasked('EncryptedExtensions', strange);
    const protocols = readTlsExtensions(extensions).protocols();
    const [protocol] = protocols ?? [];
    if (protocols !== undefined && protocols.length !== 1) return malformed('the server chose several protocols');
    if (protocol !== undefined && !offeredProtocols(muxers).includes(protocol)) {
      return malformed(`the server chose ${JSON.stringify(protocol)}, which we do not offer`);
    }
    this.#muxer = muxerOf(protocol);
    this.transcript.add(this.message.whole);
    return undefined;
  }

  #judgeCertificateRequest(): Finding | undefined {
    const { context, extensions } = decodeTlsCertificateRequest(this.message.body);
    if (context.length > 0) return malformed('CertificateRequest has a context, which handshakes have not');
    const schemes = readTlsExtensions(extensions).codes(TLS_EXTENSION.signatureAlgorithms);
    if (schemes === undefined) return malformed('CertificateRequest has no signature_algorithms', 'missing_extension');
    this.transcript.add(this.message.whole);
    if (schemes.includes(TLS_SCHEME.ecdsa_secp256r1_sha256)) return undefined;
    const why = 'the server does not take ecdsa_secp256r1_sha256, by which we sign';
    return { finding: 'crypto.noCommonSuite', why, alert: 'handshake_failure' };
  }

  #judgeFinished(): Finding | undefined {
    const { ciphers } = this.options.environment;
    const { suite, schedule, peerSecret } = this.#known;
    const finding = this.judgeFinished(schedule, suite, peerSecret);
    if (finding !== undefined) return finding;
    const hash = this.transcript.hash(suite);
    this.#applicationSecret = schedule.applicationTrafficSecret('client', hash);
    this.records.cipher = new TlsRecordCipher(ciphers, suite, schedule.applicationTrafficSecret('server', hash));
    return undefined;
  }

  #sendFlight(): void {
    const { suite, schedule, ownSecret } = this.#known;
    this.send(this.proof(schedule, suite, ownSecret));
    this.sending = new TlsRecordCipher(this.options.environment.ciphers, suite, this.#applicationSecret);
  }
}

const SIGNATURE_ALGORITHMS = encodeTlsCodes(TLS_SCHEME_NAMES.map((name) => TLS_SCHEME[name]));

/** What holds for every answer to our hello. */
function judgeForm(hello: TlsServerHello, answers: readonly number[], name: string): Finding | undefined {
  const { sessionId, suite, compressionMethod, extensions } = hello;
  if (readTlsExtensions(extensions).code(TLS_EXTENSION.supportedVersions) !== TLS_VERSION_13) {
    return { finding: 'crypto.noCommonVersion', why: `${name} is not of TLS 1.3`, alert: 'protocol_version' };
  }
  const strange = [...extensions.keys()].find((type) => !answers.includes(type));
  if (strange !== undefined) return unasked(name, strange);
  if (sessionId.length > 0) return malformed(`${name} echoes a session id that we did not send`);
  if (compressionMethod !== 0) return malformed(`${name} compresses`);
  return tlsSuite(suite) === undefined ? malformed(`${name} chose suite ${suite}, which we do not offer`) : undefined;
}

function unasked(name: string, type: number): Finding {
  return malformed(`${name} has extension ${type}, which nobody asked for`, 'unsupported_extension');
}
