/** TLS 1.3 by the message. */
import type { TlsAlertName, TlsMessageName } from '../../../wire/tls-names.js';
import type { Match } from '../match.js';
import type { Bytes, ExpectOptions, FrameOptions } from './commands.js';
import { Steps } from './steps.js';
import type {
  HeardCertificate,
  HeardCertificateRequest,
  HeardCertificateVerify,
  HeardClientHello,
  HeardEncryptedExtensions,
  HeardFinished,
  HeardServerHello,
  SendCertificateOptions,
  SendCertificateRequestOptions,
  SendCertificateVerifyOptions,
  SendClientHelloOptions,
  SendEncryptedExtensionsOptions,
  SendFinishedOptions,
  SendServerHelloOptions,
} from './tls-commands.js';

/**
 * Steps of `/tls/1.0.0`. The dialer is the client. Each message leaves in a record of its own; the peer's come in whatever
 * records it likes. An alert that no step has asked for fails the expectation of anything else.
 */
export class TlsSteps extends Steps {
  /** The whole handshake of our role; `options` are those of our certificate. */
  handshake(options: SendCertificateOptions = {}): this {
    return this.tape.role === 'dialer'
      ? this.sendClientHello().expectFlight().sendProof(options)
      : this.expectClientHello().sendFlight(options).expectProof();
  }

  /** The server's messages, from its hello to its Finished. */
  expectFlight(): this {
    return this.expectServerHello().expectEncryptedExtensions().expectCertificateRequest().expectProof();
  }

  /** A server's messages, from our hello to our Finished; `options` are those of our certificate. */
  sendFlight(options: SendCertificateOptions = {}): this {
    return this.sendServerHello().sendEncryptedExtensions().sendCertificateRequest().sendProof(options);
  }

  /** Who we are: Certificate, CertificateVerify, Finished. */
  sendProof(options: SendCertificateOptions = {}): this {
    return this.sendCertificate(options).sendCertificateVerify().sendFinished();
  }

  /** Who the peer is. */
  expectProof(): this {
    return this.expectCertificate().expectCertificateVerify().expectFinished();
  }

  // ------------------------------------------------------------ hellos

  sendClientHello(options: SendClientHelloOptions = {}): this {
    return this.add('tls.sendClientHello', options);
  }

  expectClientHello(match: Match<HeardClientHello> = {}, options: ExpectOptions = {}): this {
    return this.add('tls.expectClientHello', match, options);
  }

  /** Our key. From here on the handshake is sealed. */
  sendServerHello(options: SendServerHelloOptions = {}): this {
    return this.add('tls.sendServerHello', options);
  }

  expectServerHello(match: Match<HeardServerHello> = {}, options: ExpectOptions = {}): this {
    return this.add('tls.expectServerHello', match, options);
  }

  /** HelloRetryRequest: asks for another hello, with a key for a group that the first one has none for. */
  sendRetry(options: SendServerHelloOptions = {}): this {
    return this.add('tls.sendRetry', options);
  }

  /** The server asks for another hello: say `sendClientHello` with the `groups` that it wants. */
  expectRetry(match: Match<HeardServerHello> = {}, options: ExpectOptions = {}): this {
    return this.add('tls.expectRetry', match, options);
  }

  sendEncryptedExtensions(options: SendEncryptedExtensionsOptions = {}): this {
    return this.add('tls.sendEncryptedExtensions', options);
  }

  expectEncryptedExtensions(match: Match<HeardEncryptedExtensions> = {}, options: ExpectOptions = {}): this {
    return this.add('tls.expectEncryptedExtensions', match, options);
  }

  // ------------------------------------------------------------ proofs

  sendCertificateRequest(options: SendCertificateRequestOptions = {}): this {
    return this.add('tls.sendCertificateRequest', options);
  }

  expectCertificateRequest(match: Match<HeardCertificateRequest> = {}, options: ExpectOptions = {}): this {
    return this.add('tls.expectCertificateRequest', match, options);
  }

  sendCertificate(options: SendCertificateOptions = {}): this {
    return this.add('tls.sendCertificate', options);
  }

  /** The peer's certificate; without a `match`, it has to be as libp2p demands. */
  expectCertificate(match: Match<HeardCertificate> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('tls.expectCertificate', match, options);
  }

  sendCertificateVerify(options: SendCertificateVerifyOptions = {}): this {
    return this.add('tls.sendCertificateVerify', options);
  }

  /** The peer's signature over the handshake; without a `match`, it has to verify. */
  expectCertificateVerify(
    match: Match<HeardCertificateVerify> = { verified: true },
    options: ExpectOptions = {},
  ): this {
    return this.add('tls.expectCertificateVerify', match, options);
  }

  /** From here on what we send travels sealed under the keys of the session. */
  sendFinished(options: SendFinishedOptions = {}): this {
    return this.add('tls.sendFinished', options);
  }

  /** From here on what the peer sends is opened with the keys of the session; without a `match`, it has to verify. */
  expectFinished(match: Match<HeardFinished> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('tls.expectFinished', match, options);
  }

  // ------------------------------------------------------------ anything else

  /** Any handshake message, by name or number; it counts for the transcript. */
  sendMessage(type: TlsMessageName | number, content: Bytes, options: FrameOptions = {}): this {
    return this.add('tls.sendMessage', type, content, options);
  }

  /** Any record, sealed if there are keys: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application data. */
  sendRecord(type: number, content: Bytes, options: FrameOptions = {}): this {
    return this.add('tls.sendRecord', type, content, options);
  }

  sendAlert(alert: TlsAlertName | number, options: FrameOptions = {}): this {
    return this.add('tls.sendAlert', alert, options);
  }

  /** The peer's next alert, by name; what it says before that is passed over. */
  expectAlert(alert?: Match<string>, options: ExpectOptions = {}): this {
    return this.add('tls.expectAlert', alert, options);
  }

  /** Our next keys; `asksForOne` wants the peer's in return. */
  sendKeyUpdate(asksForOne = false, options: FrameOptions = {}): this {
    return this.add('tls.sendKeyUpdate', asksForOne, options);
  }

  /** The peer's next keys, which are used in any case; whether it asks for ours. What came before is kept. */
  expectKeyUpdate(asksForOne?: Match<boolean>, options: ExpectOptions = {}): this {
    return this.add('tls.expectKeyUpdate', asksForOne, options);
  }

  /** One record of data. `body` stands for the ciphertext, and `flip: -1` makes the tag wrong. */
  sendSealed(plaintext: Bytes, options: FrameOptions = {}): this {
    return this.add('tls.sendSealed', plaintext, options);
  }

  /** The peer's next record of data, opened. */
  expectSealed(plaintext?: Match<Uint8Array>, options: ExpectOptions = {}): this {
    return this.add('tls.expectSealed', plaintext, options);
  }
}
