/** What a script knows of its secio handshake: both Proposes, both keys, and the channel that follows from them. */
import { Opener, Sealer } from '../../../crypto/encrypt-then-mac.js';
import { verifyWith } from '../../../crypto/keys.js';
import { channelKeys, stretchKeys } from '../../../crypto/secio-keys.js';
import {
  chooseSuite,
  exchangeCorpus,
  preferenceOrder,
  secretReadings,
  type SecioOffer,
  type SecioSuite,
} from '../../../crypto/secio-suite.js';
import { LIMITS } from '../../../limits.js';
import { AGREEMENT_SEED_BYTES, type KeyAgreement } from '../../../ports.js';
import { SECIO_NONCE_BYTES, type ExchangeFields, type Propose } from '../../../wire/secio.js';
import { SecioChannel } from './channel.js';
import { misused } from './failure.js';
import type { StageOptions } from './stage.js';

/** One secio handshake, from a script's side. */
export class SecioState {
  /** As it left, whatever was wrong with it. */
  localPropose: Propose | undefined;
  remotePropose: Propose | undefined;
  /** The ephemeral key that the peer sent. */
  remoteKey: Uint8Array | undefined;
  readonly #options: StageOptions;
  #ephemeral: KeyAgreement | undefined;
  #channel: SecioChannel | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  drawNonce(): Uint8Array {
    return this.#options.random.bytes('scripted/secio/nonce', SECIO_NONCE_BYTES);
  }

  /** What both Proposes come to. Throws `ERR_SECIO_NO_COMMON_SUITE`. */
  get suite(): SecioSuite {
    // A script may offer names that no engine knows; those are never chosen, because the other side is one.
    return chooseSuite(this.#order, this.#local as SecioOffer & Propose, this.#remote);
  }

  /** Our ephemeral key pair. */
  get ephemeral(): KeyAgreement {
    const { random, ciphers } = this.#options;
    const { curve } = this.suite;
    this.#ephemeral ??= ciphers.keyAgreement(
      curve,
      random.bytes('scripted/secio/ephemeral', AGREEMENT_SEED_BYTES[curve]),
    );
    return this.#ephemeral;
  }

  /** Our signature in an Exchange with this key. */
  sign(ephemeralKey: Uint8Array): Uint8Array {
    return this.#options.identity.signer.sign(exchangeCorpus(this.#local, this.#remote, { ephemeralKey }));
  }

  /** Whether a peer's Exchange is signed by the key of its Propose. */
  verifies(exchange: ExchangeFields): boolean {
    const corpus = exchangeCorpus(this.#remote, this.#local, exchange);
    return verifyWith(this.#options.ciphers, this.#remote.publicKey, corpus, exchange.signature);
  }

  /** The channel. Throws `ERR_INVALID_ARGUMENT` where the peer's key is missing or no point of the curve. */
  get channel(): SecioChannel {
    return (this.#channel ??= this.#makeChannel());
  }

  #makeChannel(): SecioChannel {
    if (this.remoteKey === undefined) throw misused("the peer's Exchange has not been expected yet");
    const { ciphers } = this.#options;
    const { suite } = this;
    const secret = this.ephemeral.sharedSecret(this.remoteKey);
    if (secret === undefined) throw misused(`the peer's ephemeral key is no point of ${suite.curve}`);
    return new SecioChannel(
      secretReadings(secret).map((reading) => {
        const keys = channelKeys(this.#order, stretchKeys(ciphers, suite, reading));
        return {
          sealer: new Sealer(ciphers, suite, keys.local),
          opener: new Opener(ciphers, suite, keys.remote, LIMITS.secioReplayFrames),
        };
      }),
    );
  }

  get #order(): number {
    return preferenceOrder(this.#options.ciphers, this.#local, this.#remote);
  }

  get #local(): Propose {
    if (this.localPropose === undefined) throw misused('our Propose has not been sent yet');
    return this.localPropose;
  }

  get #remote(): Propose {
    if (this.remotePropose === undefined) throw misused("the peer's Propose has not been expected yet");
    return this.remotePropose;
  }
}
