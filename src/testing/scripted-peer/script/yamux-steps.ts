/** yamux by the frame. */
import type { Match } from '../match.js';
import type { ExpectOptions, HeardYamuxFrame, OpenOptions, SendYamuxFrame } from './commands.js';
import { Steps } from './steps.js';
import type { StreamSteps } from './stream-steps.js';

/**
 * Steps of `/yamux/1.0.0`. Nothing is done unasked: no acknowledgement, no credit, no answer to a ping. Frames of other
 * streams than the one that a step is about wait for the step that asks for them.
 */
export class YamuxSteps extends Steps {
  /** Opens a stream with a window update that carries SYN, and turns to it. */
  open(name: string, options: OpenOptions = {}): StreamSteps {
    return this.add('yamux.open', name, options).stream(name);
  }

  /** The peer's next SYN; turns to that stream. */
  expectOpen(name: string, frame: Match<HeardYamuxFrame> = {}, options: ExpectOptions = {}): StreamSteps {
    return this.add('yamux.expectOpen', name, frame, options).stream(name);
  }

  /**
   * The peer's SYN of the stream on which it proposes `protocol`, whichever others it opens besides; turns to it. The
   * proposal itself is not taken.
   */
  expectOpenFor(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    const { name = protocol, ...rest } = options;
    return this.add('yamux.expectOpenFor', name, protocol, rest).stream(name);
  }

  /** {@link expectOpenFor}, acknowledged and agreed on; turns to that stream. */
  accept(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    return this.expectOpenFor(protocol, options).ack().accept(protocol);
  }

  /** Any frame, whatever it says. */
  sendFrame(frame: SendYamuxFrame): this {
    return this.add('yamux.sendFrame', frame);
  }

  /** The very next frame that no step has asked for. */
  expectFrame(frame: Match<HeardYamuxFrame>, options: ExpectOptions = {}): this {
    return this.add('yamux.expectFrame', frame, options);
  }

  /** A ping that asks. */
  sendPing(value = 1): this {
    return this.add('yamux.sendPing', value);
  }

  /** The peer's next ping that asks. */
  expectPing(value?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('yamux.expectPing', value, options);
  }

  /** A ping that answers, by default the last one that asked. */
  sendPong(value?: number): this {
    return this.add('yamux.sendPong', value);
  }

  /** The peer's next ping that answers, by default our last one. */
  expectPong(value?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('yamux.expectPong', value, options);
  }

  /** 0 normal, 1 protocol error, 2 internal error. */
  sendGoAway(code = 0): this {
    return this.add('yamux.sendGoAway', code);
  }

  expectGoAway(code: Match<number> = 0, options: ExpectOptions = {}): this {
    return this.add('yamux.expectGoAway', code, options);
  }
}
