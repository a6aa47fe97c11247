/** The steps of TLS as data: what they take, and what expectations see. */
import type { TlsAlertName, TlsGroupName, TlsMessageName } from '../../../wire/tls-names.js';
import type { Match } from '../match.js';
import type { Bytes, ExpectOptions, FrameOptions } from './commands.js';

/** A code point of TLS: a name that we know of it, or the number. */
export type TlsCode = string | number;

/**
 * Options of every handshake message. Those of frames are about its record: `body` stands for the whole fragment,
 * ciphertext where there are keys, and `flip: -1` makes the tag wrong.
 */
export interface TlsMessageOptions extends FrameOptions {
  /** The content of the message, framed and sealed as it should be, instead of the one that the fields make. */
  readonly content?: Bytes;
}

/** Options of `tls.sendClientHello`. What is absent is as an honest peer sends it. */
export interface SendClientHelloOptions extends TlsMessageOptions {
  /** `TLS_AES_128_GCM_SHA256` ..., best first. */
  readonly suites?: readonly TlsCode[];
  /** Best first. */
  readonly groups?: readonly TlsGroupName[];
  /** Groups for which there is a key. Default: the first. */
  readonly keys?: readonly TlsGroupName[];
  /** Default: TLS 1.3. */
  readonly versions?: readonly number[];
  /** `ecdsa_secp256r1_sha256` ..., best first. */
  readonly schemes?: readonly TlsCode[];
  /** Application protocols, best first; none: no such extension. Default: `libp2p`, so that multistream follows. */
  readonly protocols?: readonly string[];
  readonly sessionId?: Bytes;
}

/** Options of `tls.sendServerHello` and `tls.sendRetry`. What is absent is the best of what the client offers. */
export interface SendServerHelloOptions extends TlsMessageOptions {
  readonly suite?: TlsCode;
  /** The group of our key, or the one that a retry asks a key for. */
  readonly group?: TlsGroupName;
  readonly version?: number;
  /** Default: the client's. */
  readonly sessionId?: Bytes;
}

/** Options of `tls.sendEncryptedExtensions`. */
export interface SendEncryptedExtensionsOptions extends TlsMessageOptions {
  /** The application protocol; `absent`: none. Default: `libp2p`, if the client offers it. */
  readonly protocol?: string;
}

/** Options of `tls.sendCertificateRequest`. */
export interface SendCertificateRequestOptions extends TlsMessageOptions {
  readonly schemes?: readonly TlsCode[];
}

/** Options of `tls.sendCertificate`. */
export interface SendCertificateOptions extends TlsMessageOptions {
  /** Certificates in DER instead of our own. */
  readonly certificates?: readonly Bytes[];
  /** The libp2p extension. `absent`: another one stands there. `wrong`: signed over another key. Bytes: its value. */
  readonly extension?: Bytes | 'absent' | 'wrong';
  /** The identity key that the extension names, instead of ours; the signature stays ours. */
  readonly identityKey?: Bytes;
}

/** Options of `tls.sendCertificateVerify`. */
export interface SendCertificateVerifyOptions extends TlsMessageOptions {
  /** `wrong`: by the key of our certificate, over something else. */
  readonly signature?: Bytes | 'wrong';
  readonly scheme?: TlsCode;
}

/** Options of `tls.sendFinished`. */
export interface SendFinishedOptions extends TlsMessageOptions {
  /** `wrong`: the true one with a bit flipped. */
  readonly verifyData?: Bytes | 'wrong';
}

/** A peer's ClientHello, as expectations see it; what we have no name for is its number. */
export interface HeardClientHello {
  readonly suites: readonly TlsCode[];
  readonly groups: readonly TlsCode[];
  /** Groups for which there is a key. */
  readonly keys: readonly TlsCode[];
  readonly schemes: readonly TlsCode[];
  readonly versions: readonly number[];
  /** Empty where there is no such extension. */
  readonly protocols: readonly string[];
  readonly sessionId: Uint8Array;
}

/** A peer's ServerHello or HelloRetryRequest. */
export interface HeardServerHello {
  readonly suite: TlsCode;
  readonly group: TlsCode;
  readonly sessionId: Uint8Array;
}

/** A peer's EncryptedExtensions. */
export interface HeardEncryptedExtensions {
  /** The application protocol; empty: none. */
  readonly protocol: string;
}

/** A peer's CertificateRequest. */
export interface HeardCertificateRequest {
  readonly schemes: readonly TlsCode[];
}

/** A peer's Certificate. */
export interface HeardCertificate {
  readonly certificates: readonly Uint8Array[];
  /** Whether there is one, signed by itself and bound to an identity key, as libp2p demands. */
  readonly verified: boolean;
  /** Peer id of that key; empty unless it is verified. */
  readonly peer: string;
  /** Why it is not verified; empty if it is. */
  readonly why: string;
}

/** A peer's CertificateVerify. */
export interface HeardCertificateVerify {
  readonly scheme: TlsCode;
  /** Whether the key of the certificate signed what was said so far. */
  readonly verified: boolean;
}

/** A peer's Finished. */
export interface HeardFinished {
  readonly verified: boolean;
}

/** What each type of command takes. */
export interface TlsArguments {
  'tls.sendClientHello': readonly [options: SendClientHelloOptions];
  'tls.expectClientHello': readonly [hello: Match<HeardClientHello>, options: ExpectOptions];
  'tls.sendServerHello': readonly [options: SendServerHelloOptions];
  'tls.expectServerHello': readonly [hello: Match<HeardServerHello>, options: ExpectOptions];
  'tls.sendRetry': readonly [options: SendServerHelloOptions];
  'tls.expectRetry': readonly [hello: Match<HeardServerHello>, options: ExpectOptions];
  'tls.sendEncryptedExtensions': readonly [options: SendEncryptedExtensionsOptions];
  'tls.expectEncryptedExtensions': readonly [extensions: Match<HeardEncryptedExtensions>, options: ExpectOptions];
  'tls.sendCertificateRequest': readonly [options: SendCertificateRequestOptions];
  'tls.expectCertificateRequest': readonly [request: Match<HeardCertificateRequest>, options: ExpectOptions];
  'tls.sendCertificate': readonly [options: SendCertificateOptions];
  'tls.expectCertificate': readonly [certificate: Match<HeardCertificate>, options: ExpectOptions];
  'tls.sendCertificateVerify': readonly [options: SendCertificateVerifyOptions];
  'tls.expectCertificateVerify': readonly [verify: Match<HeardCertificateVerify>, options: ExpectOptions];
  'tls.sendFinished': readonly [options: SendFinishedOptions];
  'tls.expectFinished': readonly [finished: Match<HeardFinished>, options: ExpectOptions];
  'tls.sendMessage': readonly [type: TlsMessageName | number, content: Bytes, options: FrameOptions];
  'tls.sendRecord': readonly [type: number, content: Bytes, options: FrameOptions];
  'tls.sendAlert': readonly [alert: TlsAlertName | number, options: FrameOptions];
  'tls.expectAlert': readonly [alert: Match<string> | undefined, options: ExpectOptions];
  'tls.sendKeyUpdate': readonly [asksForOne: boolean, options: FrameOptions];
  'tls.expectKeyUpdate': readonly [asksForOne: Match<boolean> | undefined, options: ExpectOptions];
  'tls.sendSealed': readonly [plaintext: Bytes, options: FrameOptions];
  'tls.expectSealed': readonly [plaintext: Match<Uint8Array> | undefined, options: ExpectOptions];
}
