/** plaintext 2.0 by the message. */
import type { Match } from '../match.js';
import type { ExpectOptions, HeardPlaintext, SendPlaintextOptions } from './commands.js';
import { Steps } from './steps.js';

/** Steps of `/plaintext/2.0.0`. Both sides do the same. */
export class PlaintextSteps extends Steps {
  /** Both Exchanges. */
  handshake(): this {
    return this.sendExchange().expectExchange();
  }

  /** Says who we are, or what the options say instead. */
  sendExchange(options: SendPlaintextOptions = {}): this {
    return this.add('plaintext.sendExchange', options);
  }

  /** The peer says who it is; without a `match`, its id has to be that of its key. */
  expectExchange(match: Match<HeardPlaintext> = { verified: true }, options: ExpectOptions = {}): this {
    return this.add('plaintext.expectExchange', match, options);
  }
}
