/**
 * A peer that speaks TLS 1.3 correctly, a message at a time, and puts into each whatever a test wants. It is not the
 * engine's handshake: keys, transcript and codecs are, which other suites judge by published vectors.
 */
import { sign, type KeyObject } from 'node:crypto';
import type { Role } from '../../src/actors/connection/security.js';
import { TlsKeySchedule, type TlsSide } from '../../src/crypto/tls-key-schedule.js';
import { TlsRecordCipher } from '../../src/crypto/tls-record-cipher.js';
import { TlsTranscript } from '../../src/crypto/tls-transcript.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { KeyAgreement } from '../../src/ports.js';
import {
  encodeTlsCodes,
  encodeTlsExtensions,
  encodeTlsKeyShare,
  encodeTlsKeyShares,
  encodeTlsProtocols,
  readTlsExtensions,
} from '../../src/wire/tls-extensions.js';
import {
  encodeTlsCertificate,
  encodeTlsCertificateRequest,
  encodeTlsCertificateVerify,
  encodeTlsMessage,
  tlsSignedContent,
} from '../../src/wire/tls-handshake.js';
import {
  decodeTlsClientHello,
  decodeTlsServerHello,
  encodeTlsClientHello,
  encodeTlsServerHello,
  isTlsRetry,
  TLS_RETRY_RANDOM,
} from '../../src/wire/tls-hello.js';
import {
  TLS_CONTENT,
  TLS_EXTENSION,
  TLS_GROUP,
  TLS_MESSAGE,
  TLS_SCHEME,
  TLS_SUITES,
  tlsSuite,
  type TlsGroupName,
  type TlsMessageName,
  type TlsSuite,
} from '../../src/wire/tls-names.js';
import { decodeTlsInnerPlaintext, encodeTlsRecordHeader } from '../../src/wire/tls-record.js';
import { tlsNumber, tlsVector } from '../../src/wire/tls-bytes.js';
import { concat } from './byte-texts.js';
import { forgeCertificate, type Forged, type Forgery } from './forged-certificate.js';

type Extensions = ReadonlyMap<number, Uint8Array>;

/** What a hello may say otherwise; an extension of no bytes (`null`) is left out. */
export interface HelloOptions {
  readonly random?: Uint8Array;
  readonly sessionId?: Uint8Array;
  readonly suites?: readonly number[];
  /** Group of the one key share. */
  readonly group?: TlsGroupName;
  readonly extensions?: Readonly<Record<number, Uint8Array | null>>;
}

/** A record or message that was heard. */
export interface Heard {
  /** ContentType, with HandshakeType for a message: `22/2`, `21`, `23`. */
  readonly kind: string;
  readonly bytes: Uint8Array;
}

const NONE = new Uint8Array(0);
const CURVES = { x25519: 'x25519', secp256r1: 'P-256' } as const;

/** The other end of a handler under test. */
export class TlsForger {
  readonly side: TlsSide;
  /** Everything that was heard and opened. */
  readonly heard: Heard[] = [];
  suite: TlsSuite = TLS_SUITES[0] as TlsSuite;
  /** Seals what is sent; absent: in the clear. */
  sending: TlsRecordCipher | undefined;
  #transcript = new TlsTranscript(nodeCiphers);
  #opening: TlsRecordCipher | undefined;
  #schedule: TlsKeySchedule | undefined;
  #secrets: Readonly<Record<TlsSide, Uint8Array>> | undefined;
  #applicationKeys: Readonly<Record<TlsSide, TlsRecordCipher>> | undefined;
  #keys: Partial<Record<TlsGroupName, KeyAgreement>> = {};
  #wire: Uint8Array = NONE;
  #messages: Uint8Array = NONE;
  #certificate: Forged | undefined;
  #random = new Uint8Array(32).fill(0x5a);

  /** `role` is the forger's own; `forgery` says what is wrong with its certificate. */
  constructor(
    role: Role,
    readonly forgery: Forgery = {},
  ) {
    this.side = role === 'dialer' ? 'client' : 'server';
  }

  get certificate(): Forged {
    return (this.#certificate ??= forgeCertificate(this.forgery));
  }

  // ------------------------------------------------------------ records

  /** A record, sealed if there is a key. */
  record(type: number, content: Uint8Array): Uint8Array {
    if (this.sending === undefined) return concat(encodeTlsRecordHeader(type, content.length), content);
    return concat(...this.sending.seal(type, [content]));
  }

  /** A sealed record with `padding` zeros behind its type. */
  padded(type: number, content: Uint8Array, padding: number): Uint8Array {
    // The cipher puts its own type behind what it is given: the last of the zeros.
    return concat(...(this.sending?.seal(0, [content, Uint8Array.of(type), new Uint8Array(padding - 1)]) ?? []));
  }

  /** Messages in one record. */
  messages(...messages: readonly Uint8Array[]): Uint8Array {
    return this.record(TLS_CONTENT.handshake, concat(...messages));
  }

  data(bytes: Uint8Array): Uint8Array {
    return this.record(TLS_CONTENT.applicationData, bytes);
  }

  alert(code: number): Uint8Array {
    return this.record(TLS_CONTENT.alert, Uint8Array.of(2, code));
  }

  // ------------------------------------------------------------ messages: each counts for the transcript when made

  message(name: TlsMessageName, body: Uint8Array): Uint8Array {
    const message = encodeTlsMessage(name, body);
    this.#transcript.add(message);
    return message;
  }

  clientHello(options: HelloOptions = {}): Uint8Array {
    const { group = 'x25519', suites = TLS_SUITES.map(({ code }) => code), sessionId = NONE } = options;
    const extensions = merged(
      [
        [TLS_EXTENSION.supportedVersions, tlsVector(1, tlsNumber(0x0304, 2))],
        [TLS_EXTENSION.supportedGroups, encodeTlsCodes([TLS_GROUP.x25519, TLS_GROUP.secp256r1])],
        [TLS_EXTENSION.signatureAlgorithms, encodeTlsCodes(Object.values(TLS_SCHEME))],
        [TLS_EXTENSION.keyShare, encodeTlsKeyShares([{ group: TLS_GROUP[group], key: this.#key(group).publicKey }])],
        [TLS_EXTENSION.applicationLayerProtocolNegotiation, encodeTlsProtocols(['/yamux/1.0.0', 'libp2p'])],
      ],
      options.extensions,
    );
    const { random = this.#random } = options;
    return this.message('clientHello', encodeTlsClientHello({ random, sessionId, suites, extensions }));
  }

  /** Asks for a key of `group`. */
  retry(group: number, extra: Readonly<Record<number, Uint8Array | null>> = {}): Uint8Array {
    this.#transcript.beginAgain(this.suite);
    const extensions = merged(
      [
        [TLS_EXTENSION.supportedVersions, tlsNumber(0x0304, 2)],
        [TLS_EXTENSION.keyShare, tlsNumber(group, 2)],
      ],
      extra,
    );
    return this.message('serverHello', this.#serverHello({ random: TLS_RETRY_RANDOM }, extensions));
  }

  /** Answers the client's hello; keys follow from it. */
  serverHello(options: HelloOptions = {}): Uint8Array {
    const share = this.#clientShare();
    const { group = share.group } = options;
    const key = this.#key(group);
    const extensions = merged(
      [
        [TLS_EXTENSION.supportedVersions, tlsNumber(0x0304, 2)],
        [TLS_EXTENSION.keyShare, encodeTlsKeyShare({ group: TLS_GROUP[group], key: key.publicKey })],
      ],
      options.extensions,
    );
    const [code] = options.suites ?? [];
    this.suite = tlsSuite(code ?? this.suite.code) ?? this.suite;
    const message = this.message('serverHello', this.#serverHello(options, extensions));
    const secret = this.#key(share.group).sharedSecret(share.key);
    if (secret === undefined) throw new Error('the hello has no valid key');
    this.#derive(secret);
    return message;
  }

  /** From here on what is said is sealed: behind a ServerHello of our own. */
  seal(): this {
    this.sending = this.#cipher(this.side);
    return this;
  }

  encryptedExtensions(protocols: readonly string[] | undefined = ['/yamux/1.0.0'], extra: Extensions = new Map()) {
    const alpn = protocols === undefined ? [] : [[16, encodeTlsProtocols(protocols)] as const];
    return this.message('encryptedExtensions', encodeTlsExtensions(new Map([...alpn, ...extra])));
  }

  certificateRequest(schemes: readonly number[] = Object.values(TLS_SCHEME), context: Uint8Array = NONE): Uint8Array {
    const extensions = new Map(schemes.length === 0 ? [] : [[13, encodeTlsCodes(schemes)] as const]);
    return this.message('certificateRequest', encodeTlsCertificateRequest({ context, extensions }));
  }

  certificates(
    certificates: readonly Uint8Array[] = [this.certificate.certificate],
    context: Uint8Array = NONE,
  ): Uint8Array {
    return this.message('certificate', encodeTlsCertificate({ context, certificates }));
  }

  certificateVerify({ scheme = 0x0403, key = this.certificate.privateKey, flip = false } = {}): Uint8Array {
    const content = tlsSignedContent(this.side, this.#transcript.hash(this.suite));
    const signature = new Uint8Array(signed(content, key));
    if (flip) signature[signature.length - 1] = (signature[signature.length - 1] ?? 0) ^ 1;
    return this.message('certificateVerify', encodeTlsCertificateVerify({ scheme, signature }));
  }

  finished({ flip = false } = {}): Uint8Array {
    const secret = this.#secrets?.[this.side] ?? NONE;
    const verifyData = this.#schedule?.verifyData(secret, this.#transcript.hash(this.suite)) ?? NONE;
    if (flip) verifyData[0] = (verifyData[0] ?? 0) ^ 1;
    const message = this.message('finished', verifyData);
    if (this.side === 'server') this.#finishServer();
    return message;
  }

  /** Our whole proof in one record; what follows is under application keys. */
  proof(): Uint8Array {
    const record = this.messages(this.certificates(), this.certificateVerify(), this.finished());
    this.useApplicationKey();
    return record;
  }

  /** A server's flight behind its ServerHello, in one record; what follows is under application keys. */
  flight(): Uint8Array {
    const record = this.messages(
      this.encryptedExtensions(),
      this.certificateRequest(),
      this.certificates(),
      this.certificateVerify(),
      this.finished(),
    );
    this.useApplicationKey();
    return record;
  }

  useApplicationKey(): void {
    this.sending = this.#applicationKeys?.[this.side];
  }

  // ------------------------------------------------------------ what comes

  /** Takes bytes of the other side; answers what was whole in them. */
  hear(bytes: Uint8Array): readonly Heard[] {
    const before = this.heard.length;
    this.#wire = concat(this.#wire, bytes);
    for (;;) {
      const size = 5 + (((this.#wire[3] ?? 0) << 8) | (this.#wire[4] ?? 0));
      if (this.#wire.length < 5 || this.#wire.length < size) break;
      const record = this.#wire.slice(0, size);
      this.#wire = this.#wire.slice(size);
      this.#hearRecord(record);
    }
    return this.heard.slice(before);
  }

  #hearRecord(record: Uint8Array): void {
    const header = record.subarray(0, 5);
    let [type = 0] = header;
    let content: Uint8Array = record.slice(5);
    if (type === TLS_CONTENT.applicationData && this.#opening !== undefined) {
      const opened = this.#opening.open(header, content);
      const inner = opened && decodeTlsInnerPlaintext(opened);
      if (inner === undefined) throw new Error('a record that does not open');
      ({ type, content } = inner);
    }
    if (type !== TLS_CONTENT.handshake) {
      this.heard.push({ kind: String(type), bytes: content });
      return;
    }
    this.#messages = concat(this.#messages, content);
    for (;;) {
      const [, a = 0, b = 0, c = 0] = this.#messages;
      const size = 4 + ((a << 16) | (b << 8) | c);
      if (this.#messages.length < 4 || this.#messages.length < size) return;
      const message = this.#messages.slice(0, size);
      this.#messages = this.#messages.slice(size);
      this.#hearMessage(message);
    }
  }

  #hearMessage(message: Uint8Array): void {
    const [type = 0] = message;
    const body = message.subarray(4);
    this.heard.push({ kind: `22/${type}`, bytes: body });
    if (this.side === 'client' && type === TLS_MESSAGE.serverHello && isTlsRetry(body)) {
      this.suite = tlsSuite(decodeTlsServerHello(body).suite) ?? this.suite;
      this.#transcript.beginAgain(this.suite);
    }
    this.#transcript.add(message);
    if (type === TLS_MESSAGE.serverHello && !isTlsRetry(body)) this.#hearServerHello(body);
    if (type === TLS_MESSAGE.finished && this.side === 'client') this.#finishServer();
    if (type === TLS_MESSAGE.finished) this.#opening = this.#applicationKeys?.[this.#peer];
    if (type === TLS_MESSAGE.keyUpdate) this.#opening?.update();
  }

  get #peer(): TlsSide {
    return this.side === 'client' ? 'server' : 'client';
  }

  #hearServerHello(body: Uint8Array): void {
    const hello = decodeTlsServerHello(body);
    this.suite = tlsSuite(hello.suite) ?? this.suite;
    const share = readTlsExtensions(hello.extensions).keyShare();
    const group = share?.group === TLS_GROUP.x25519 ? 'x25519' : 'secp256r1';
    const secret = this.#key(group).sharedSecret(share?.key ?? NONE);
    if (secret === undefined) throw new Error('the node has no valid key');
    this.#derive(secret);
    this.seal();
  }

  #clientShare(): { readonly group: TlsGroupName; readonly key: Uint8Array } {
    const hello = this.heard.findLast(({ kind }) => kind === '22/1');
    const { extensions } = decodeTlsClientHello(hello?.bytes ?? NONE);
    const [share] = readTlsExtensions(extensions).keyShares() ?? [];
    return { group: share?.group === TLS_GROUP.x25519 ? 'x25519' : 'secp256r1', key: share?.key.slice() ?? NONE };
  }

  #serverHello({ random = this.#random, sessionId, suites }: HelloOptions, extensions: Extensions): Uint8Array {
    const hello = this.heard.findLast(({ kind }) => kind === '22/1');
    const echoed = sessionId ?? decodeTlsClientHello(hello?.bytes ?? NONE).sessionId;
    const suite = suites?.[0] ?? this.suite.code;
    return encodeTlsServerHello({ random, sessionId: echoed, suite, extensions });
  }

  #derive(sharedSecret: Uint8Array): void {
    const schedule = new TlsKeySchedule(nodeCiphers, this.suite, sharedSecret);
    const hash = this.#transcript.hash(this.suite);
    this.#schedule = schedule;
    this.#secrets = {
      client: schedule.handshakeTrafficSecret('client', hash),
      server: schedule.handshakeTrafficSecret('server', hash),
    };
    this.#opening = this.#cipher(this.#peer);
  }

  /** Both application secrets follow from everything up to the server's Finished. */
  #finishServer(): void {
    const hash = this.#transcript.hash(this.suite);
    const keyOf = (side: TlsSide): TlsRecordCipher =>
      new TlsRecordCipher(
        nodeCiphers,
        this.suite,
        this.#schedule?.applicationTrafficSecret(side, hash) ?? new Uint8Array(32),
      );
    this.#applicationKeys = { client: keyOf('client'), server: keyOf('server') };
  }

  #cipher(side: TlsSide): TlsRecordCipher {
    return new TlsRecordCipher(nodeCiphers, this.suite, this.#secrets?.[side] ?? new Uint8Array(32));
  }

  #key(group: TlsGroupName): KeyAgreement {
    const size = group === 'x25519' ? 32 : 48;
    return (this.#keys[group] ??= nodeCiphers.keyAgreement(CURVES[group], new Uint8Array(size).fill(0x33)));
  }
}

function merged(
  usual: readonly (readonly [number, Uint8Array])[],
  other: Readonly<Record<number, Uint8Array | null>> = {},
): Extensions {
  const extensions = new Map(usual);
  for (const [type, data] of Object.entries(other)) {
    if (data === null) extensions.delete(Number(type));
    else extensions.set(Number(type), data);
  }
  return extensions;
}

/** As CertificateVerify has it: RSA by PSS. */
function signed(content: Uint8Array, key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, content, key);
  if (key.asymmetricKeyType === 'rsa') return sign('sha256', content, { key, padding: 6, saltLength: 32 });
  return sign('sha256', content, key);
}
