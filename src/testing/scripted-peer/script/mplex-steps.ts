/** mplex by the message. */
import type { Match } from '../match.js';
import type { ExpectOptions } from './commands.js';
import type { HeardMplexFrame, MplexOpenOptions, SendMplexFrame } from './muxer-commands.js';
import { Steps } from './steps.js';
import type { StreamSteps } from './stream-steps.js';

/**
 * Steps of `/mplex/6.7.0`. It has neither acknowledgements nor windows: a stream's `ack`, `grant` and what expects them
 * fail. Messages of other streams than the one that a step is about wait for the step that asks for them.
 */
export class MplexSteps extends Steps {
  /** Opens a stream, and turns to it. */
  open(name: string, options: MplexOpenOptions = {}): StreamSteps {
    return this.add('mplex.open', name, options).stream(name);
  }

  /** The peer's next new stream; turns to it. */
  expectOpen(name: string, frame: Match<HeardMplexFrame> = {}, options: ExpectOptions = {}): StreamSteps {
    return this.add('mplex.expectOpen', name, frame, options).stream(name);
  }

  /**
   * The peer's new stream on which it proposes `protocol`, whichever others it opens besides; turns to it. The proposal
   * itself is not taken.
   */
  expectOpenFor(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    const { name = protocol, ...rest } = options;
    return this.add('mplex.expectOpenFor', name, protocol, rest).stream(name);
  }

  /** {@link expectOpenFor}, agreed on; turns to that stream. */
  accept(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    return this.expectOpenFor(protocol, options).accept(protocol);
  }

  /** Any message, whatever it says. */
  sendFrame(frame: SendMplexFrame): this {
    return this.add('mplex.sendFrame', frame);
  }

  /** The very next message that no step has asked for. */
  expectFrame(frame: Match<HeardMplexFrame>, options: ExpectOptions = {}): this {
    return this.add('mplex.expectFrame', frame, options);
  }
}
