/** noise XX by the message. */
import type { Match } from '../match.js';
import type { Bytes, ExpectOptions, FrameOptions, HeardPayload, NoisePayloadOptions } from './commands.js';
import { Steps } from './steps.js';

/** Steps of `/noise`. The dialer sends messages 1 and 3, the listener message 2. */
export class NoiseSteps extends Steps {
  /** The whole handshake of our role; `options` are those of the message that carries our identity. */
  handshake(options: NoisePayloadOptions = {}): this {
    return this.tape.role === 'dialer'
      ? this.sendMessage1().expectMessage2().sendMessage3(options)
      : this.expectMessage1().sendMessage2(options).expectMessage3();
  }

  /** `e`: our ephemeral key in the clear. */
  sendMessage1(options: FrameOptions = {}): this {
    return this.add('noise.sendMessage1', options);
  }

  expectMessage1(options: ExpectOptions = {}): this {
    return this.add('noise.expectMessage1', options);
  }

  /** `e, ee, s, es`: our keys and our identity. */
  sendMessage2(options: NoisePayloadOptions = {}): this {
    return this.add('noise.sendMessage2', options);
  }

  /** The listener's keys and identity; without a `match`, the signature has to verify. */
  expectMessage2(match: Match<HeardPayload> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('noise.expectMessage2', match, options);
  }

  /** `s, se`: our static key and our identity. From here on what we send and hear travels sealed. */
  sendMessage3(options: NoisePayloadOptions = {}): this {
    return this.add('noise.sendMessage3', options);
  }

  /** The dialer's static key and identity. From here on what we send and hear travels sealed. */
  expectMessage3(match: Match<HeardPayload> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('noise.expectMessage3', match, options);
  }

  /** `body` as it is, with noise's length in front: no message and not sealed. */
  sendFrame(options: FrameOptions & { readonly body: Bytes }): this {
    return this.add('noise.sendFrame', options);
  }

  /** One sealed frame. `body` stands for the ciphertext, and `flip: -1` makes the tag wrong. */
  sendSealed(plaintext: Bytes, options: FrameOptions = {}): this {
    return this.add('noise.sendSealed', plaintext, options);
  }

  /** The peer's next sealed frame, opened. */
  expectSealed(plaintext?: Match<Uint8Array>, options: ExpectOptions = {}): this {
    return this.add('noise.expectSealed', plaintext, options);
  }
}
