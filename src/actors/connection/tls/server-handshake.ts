/** The TLS handshake of a listener: performs what `tlsServerMachine` orders. */
import { TlsKeySchedule, type TlsSide } from '../../../crypto/tls-key-schedule.js';
import { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import { assert, type EngineError } from '../../../errors.js';
import { tlsServerMachine, type TlsServerEffect, type TlsServerEvent } from '../../../machines/tls-server.js';
import {
  encodeTlsCodes,
  encodeTlsKeyShare,
  encodeTlsProtocols,
  readTlsExtensions,
} from '../../../wire/tls-extensions.js';
import {
  encodeTlsCertificateRequest,
  encodeTlsEncryptedExtensions,
  encodeTlsMessage,
} from '../../../wire/tls-handshake.js';
import {
  decodeTlsClientHello,
  encodeTlsServerHello,
  TLS_RANDOM_BYTES,
  TLS_RETRY_RANDOM,
  type TlsClientHello,
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
  type TlsGroupName,
  type TlsSuite,
} from '../../../wire/tls-names.js';
import { tlsNumber } from '../../../wire/tls-bytes.js';
import { TLS_CHANGE_CIPHER_SPEC } from '../../../wire/tls-record.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { SecurityOptions } from '../security.js';
import { malformed, type Finding, type HeardType } from './finding.js';
import { TlsHandshake } from './handshake.js';
import type { TlsHandshakeOwner } from './handshake-owner.js';
import { drawKeyShare } from './key-share.js';
import type { TlsMessage } from './message-reader.js';
import { ownCertificate } from './own-certificate.js';
import { chooseProtocol, muxerOf } from './protocols.js';

const EVENTS: Readonly<Record<number, HeardType>> = {
  [TLS_MESSAGE.clientHello]: 'wire.clientHello',
  [TLS_MESSAGE.certificate]: 'wire.certificate',
  [TLS_MESSAGE.certificateVerify]: 'wire.certificateVerify',
  [TLS_MESSAGE.finished]: 'wire.finished',
};
const NONE = new Uint8Array(0);

/** What a hello offers and we take. */
interface Taken {
  readonly hello: TlsClientHello;
  readonly suite: TlsSuite;
  readonly group: TlsGroupName;
  /** The client's key for the group; absent: it has to send one. */
  readonly share: Uint8Array | undefined;
  readonly protocol: string | undefined;
}

/** What both hellos come to. */
interface Agreed {
  readonly schedule: TlsKeySchedule;
  readonly peerSecret: Uint8Array;
  /** The client's traffic secret behind its Finished. */
  readonly applicationSecret: Uint8Array;
}

/** One handshake as the server. */
export class TlsServerHandshake extends TlsHandshake {
  protected readonly ownSide: TlsSide = 'server';
  protected readonly machine: MachineActor<typeof tlsServerMachine>;
  #taken: Taken | undefined;
  /** Our key and what it comes to with the client's. */
  #exchange: { readonly publicKey: Uint8Array; readonly sharedSecret: Uint8Array } | undefined;
  #soothed = false;
  #agreed: Agreed | undefined;

  constructor(address: string, options: SecurityOptions, buffer: ReceiveBuffer, owner: TlsHandshakeOwner) {
    super(options, buffer, owner);
    const { environment } = options;
    this.machine = spawnMachine(environment, tlsServerMachine, {
      address,
      input: { timeoutMs: environment.limits.tlsHandshakeTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error: EngineError) => owner.onFailed(error, undefined),
    });
  }

  protected hear(type: HeardType): void {
    this.machine.send({ type } as TlsServerEvent);
  }

  protected found(type: Finding['finding'] | 'crypto.accepted'): void {
    this.machine.send({ type });
  }

  protected eventOf({ type }: TlsMessage): HeardType {
    return EVENTS[type] ?? 'wire.other';
  }

  #perform(effect: TlsServerEffect): void {
    switch (effect.type) {
      case 'judge.clientHello': {
        this.judge(() => this.#judgeHello());
        return;
      }
      case 'judge.secondClientHello': {
        this.judge(() => this.#judgeSecondHello());
        return;
      }
      case 'send.retry': {
        this.#sendRetry();
        return;
      }
      case 'send.flight': {
        this.#sendFlight();
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
      case 'report.secured': {
        this.succeed(this.#known.suite, this.#known.group, muxerOf(this.#known.protocol));
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

  get #known(): Taken & Agreed {
    assert(this.#taken !== undefined && this.#agreed !== undefined, 'tls: nothing is agreed yet');
    return { ...this.#taken, ...this.#agreed };
  }

  #judgeHello(): Finding | undefined {
    const hello = decodeTlsClientHello(this.message.body);
    const taken = takeOffer(hello, this.options.muxers);
    if ('finding' in taken) return taken;
    this.#taken = taken;
    if (taken.share !== undefined) return this.#exchangeKeys(taken);
    const why = `no key for ${taken.group}`;
    return this.judgeBoundary('ClientHello') ?? { finding: 'crypto.noShare', why, alert: 'handshake_failure' };
  }

  /** The second hello is the first one with the key that was asked for. */
  #judgeSecondHello(): Finding | undefined {
    const first = this.#taken;
    assert(first !== undefined, 'tls: a second hello without a first');
    const hello = decodeTlsClientHello(this.message.body);
    const taken = takeOffer(hello, this.options.muxers);
    if ('finding' in taken) return taken;
    const isSame =
      isEqual(hello.random, first.hello.random) &&
      isEqual(hello.sessionId, first.hello.sessionId) &&
      taken.suite === first.suite &&
      taken.protocol === first.protocol;
    if (!isSame) return malformed('the second ClientHello is another one than the first');
    const shares = readTlsExtensions(hello.extensions).keyShares() ?? [];
    const isAsked = shares.length === 1 && taken.group === first.group && taken.share !== undefined;
    if (!isAsked) return malformed(`the second ClientHello has not the one key for ${first.group}`);
    this.#taken = taken;
    return this.#exchangeKeys(taken);
  }

  #exchangeKeys({ group, share }: Taken): Finding | undefined {
    const { environment, identity } = this.options;
    // What belongs to the node is drawn before what belongs to the connection, as the cutting of traces has it.
    ownCertificate(environment, identity);
    const own = drawKeyShare(environment, group);
    const sharedSecret = own.sharedSecret(share?.slice() ?? NONE);
    if (sharedSecret === undefined) return malformed(`ClientHello has no valid key for ${group}`);
    this.#exchange = { publicKey: own.publicKey, sharedSecret };
    const finding = this.judgeBoundary('ClientHello');
    if (finding === undefined) this.transcript.add(this.message.whole);
    return finding;
  }

  #sendRetry(): void {
    const taken = this.#taken;
    assert(taken !== undefined, 'tls: a retry without a hello');
    const { hello, suite, group } = taken;
    this.transcript.add(this.message.whole);
    this.transcript.beginAgain(suite);
    this.#sendHello(hello, TLS_RETRY_RANDOM, suite, tlsNumber(TLS_GROUP[group], 2));
  }

  #sendFlight(): void {
    const { environment } = this.options;
    const { ciphers, random } = environment;
    const [taken, exchange] = [this.#taken, this.#exchange];
    assert(taken !== undefined && exchange !== undefined, 'tls: a flight without a hello');
    const { hello, suite, group, protocol } = taken;
    const { publicKey, sharedSecret } = exchange;
    this.#exchange = undefined;
    const share = encodeTlsKeyShare({ group: TLS_GROUP[group], key: publicKey });
    this.#sendHello(hello, random.bytes('tls.random', TLS_RANDOM_BYTES), suite, share);
    const schedule = new TlsKeySchedule(ciphers, suite, sharedSecret);
    const hash = this.transcript.hash(suite);
    const ownSecret = schedule.handshakeTrafficSecret('server', hash);
    const peerSecret = schedule.handshakeTrafficSecret('client', hash);
    this.sending = new TlsRecordCipher(ciphers, suite, ownSecret);
    this.records.cipher = new TlsRecordCipher(ciphers, suite, peerSecret);
    const extensions = this.say(encodeTlsMessage('encryptedExtensions', encodeAnswer(protocol)));
    const request = this.say(encodeTlsMessage('certificateRequest', CERTIFICATE_REQUEST));
    this.send([extensions, request, ...this.proof(schedule, suite, ownSecret)]);
    const finished = this.transcript.hash(suite);
    this.sending = new TlsRecordCipher(ciphers, suite, schedule.applicationTrafficSecret('server', finished));
    const applicationSecret = schedule.applicationTrafficSecret('client', finished);
    this.#agreed = { schedule, peerSecret, applicationSecret };
  }

  #sendHello(hello: TlsClientHello, random: Uint8Array, suite: TlsSuite, keyShare: Uint8Array): void {
    const extensions = new Map([
      [TLS_EXTENSION.supportedVersions, tlsNumber(TLS_VERSION_13, 2)],
      [TLS_EXTENSION.keyShare, keyShare],
    ]);
    const { sessionId } = hello;
    const body = encodeTlsServerHello({ random, sessionId, suite: suite.code, extensions });
    this.send([this.say(encodeTlsMessage('serverHello', body))]);
    // A client that sends a session id wants it to look like TLS 1.2, once (RFC 8446, D.4).
    if (sessionId.length > 0 && !this.#soothed) this.sendRecord(TLS_CHANGE_CIPHER_SPEC);
    this.#soothed = true;
  }

  #judgeFinished(): Finding | undefined {
    const { suite, schedule, peerSecret, applicationSecret } = this.#known;
    const finding = this.judgeFinished(schedule, suite, peerSecret);
    if (finding !== undefined) return finding;
    this.records.cipher = new TlsRecordCipher(this.options.environment.ciphers, suite, applicationSecret);
    return undefined;
  }
}

const SIGNATURE_ALGORITHMS = encodeTlsCodes(TLS_SCHEME_NAMES.map((name) => TLS_SCHEME[name]));
const CERTIFICATE_REQUEST = encodeTlsCertificateRequest({
  context: NONE,
  extensions: new Map([[TLS_EXTENSION.signatureAlgorithms, SIGNATURE_ALGORITHMS]]),
});

function encodeAnswer(protocol: string | undefined): Uint8Array {
  const type = TLS_EXTENSION.applicationLayerProtocolNegotiation;
  return encodeTlsEncryptedExtensions(
    new Map(protocol === undefined ? [] : [[type, encodeTlsProtocols([protocol])] as const]),
  );
}

/** Version, suite, group, scheme and protocol, each the best that both have; or what is missing. */
function takeOffer(hello: TlsClientHello, muxers: readonly string[]): Taken | Finding {
  const extensions = readTlsExtensions(hello.extensions);
  if (extensions.versions()?.includes(TLS_VERSION_13) !== true) {
    return { finding: 'crypto.noCommonVersion', why: 'the client does not offer TLS 1.3', alert: 'protocol_version' };
  }
  if (!isEqual(hello.compressionMethods, Uint8Array.of(0))) return malformed('ClientHello offers to compress');
  const groups = extensions.codes(TLS_EXTENSION.supportedGroups);
  const schemes = extensions.codes(TLS_EXTENSION.signatureAlgorithms);
  const shares = extensions.keyShares();
  if (groups === undefined || schemes === undefined || shares === undefined) {
    return malformed('ClientHello lacks groups, keys or signature algorithms', 'missing_extension');
  }
  const suite = TLS_SUITES.find(({ code }) => hello.suites.includes(code));
  if (suite === undefined) return noCommon(`suite: the client offers ${listed(hello.suites)}`);
  if (!schemes.includes(TLS_SCHEME.ecdsa_secp256r1_sha256)) {
    return noCommon('signature scheme: the client does not take ecdsa_secp256r1_sha256');
  }
  const shareOf = (name: TlsGroupName) => shares.find(({ group }) => group === TLS_GROUP[name])?.key;
  const known = TLS_GROUP_NAMES.filter((name) => groups.includes(TLS_GROUP[name]));
  // A key that is here already is better than a better group.
  const group = known.find((name) => shareOf(name) !== undefined) ?? known[0];
  if (group === undefined) return noCommon(`group: the client offers ${listed(groups)}`);
  const chosen = chooseProtocol(muxers, extensions.protocols());
  if (chosen.kind === 'noOverlap') {
    const why = `the client offers ${listed(extensions.protocols() ?? [])}`;
    return { finding: 'crypto.noCommonProtocol', why, alert: 'no_application_protocol' };
  }
  const protocol = chosen.kind === 'chosen' ? chosen.protocol : undefined;
  return { hello, suite, group, share: shareOf(group), protocol };
}

function noCommon(what: string): Finding {
  return { finding: 'crypto.noCommonSuite', why: `no common ${what}`, alert: 'handshake_failure' };
}

/** The first of a list that a peer made, for a message. */
function listed(items: readonly (string | number)[]): string {
  const first = items.slice(0, LISTED).map((item) => JSON.stringify(item));
  return items.length > LISTED ? `${first.join(', ')} and ${items.length - LISTED} more` : first.join(', ');
}

const LISTED = 8;

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
