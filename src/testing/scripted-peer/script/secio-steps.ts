/** secio by the message. */
import type { Match } from '../match.js';
import type {
  Bytes,
  ExpectOptions,
  FrameOptions,
  HeardExchange,
  HeardPropose,
  SendExchangeOptions,
  SendNonceOptions,
  SendProposeOptions,
} from './commands.js';
import { Steps } from './steps.js';

/**
 * Steps of `/secio/1.0.0`. Both sides do the same. An engine may hold its Exchange and its nonce back until ours have
 * come, so a script that wants to get on sends its own first.
 */
export class SecioSteps extends Steps {
  /** The whole handshake; `options` are those of our Propose. */
  handshake(options: SendProposeOptions = {}): this {
    return this.sendPropose(options).expectPropose().sendExchange().expectExchange().sendNonce().expectNonce();
  }

  sendPropose(options: SendProposeOptions = {}): this {
    return this.add('secio.sendPropose', options);
  }

  expectPropose(match: Match<HeardPropose> = {}, options: ExpectOptions = {}): this {
    return this.add('secio.expectPropose', match, options);
  }

  /** Our ephemeral key and signature; both Proposes must have passed. */
  sendExchange(options: SendExchangeOptions = {}): this {
    return this.add('secio.sendExchange', options);
  }

  /** The peer's ephemeral key and signature; without a `match`, the signature has to verify. */
  expectExchange(match: Match<HeardExchange> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('secio.expectExchange', match, options);
  }

  /** The peer's nonce in our first sealed frame. From here on what we send travels sealed. */
  sendNonce(options: SendNonceOptions = {}): this {
    return this.add('secio.sendNonce', options);
  }

  /** Our nonce in the peer's first sealed frame. From here on what the peer sends is opened. */
  expectNonce(options: ExpectOptions = {}): this {
    return this.add('secio.expectNonce', options);
  }

  /** `body` as it is, with secio's length in front: no message and not sealed. */
  sendFrame(options: FrameOptions & { readonly body: Bytes }): this {
    return this.add('secio.sendFrame', options);
  }

  /** One sealed frame. `body` stands for ciphertext and MAC, and `flip: -1` makes the MAC wrong. */
  sendSealed(plaintext: Bytes, options: FrameOptions = {}): this {
    return this.add('secio.sendSealed', plaintext, options);
  }

  /** The peer's next sealed frame, opened. */
  expectSealed(plaintext?: Match<Uint8Array>, options: ExpectOptions = {}): this {
    return this.add('secio.expectSealed', plaintext, options);
  }
}
