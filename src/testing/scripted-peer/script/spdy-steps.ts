/** SPDY/3.1 by the frame. */
import type { Match } from '../match.js';
import type { ExpectOptions } from './commands.js';
import type { HeardSpdyFrame, SendSpdyFrame, SpdyOpenOptions, SpdySettings } from './muxer-commands.js';
import { Steps } from './steps.js';
import type { StreamSteps } from './stream-steps.js';

/**
 * Steps of `/spdy/3.1.0`. A stream's `ack` is SYN_REPLY, its `grant` a WINDOW_UPDATE, its `fin` an empty frame of data with
 * FIN, and its `reset` an RST_STREAM with the status, by default CANCEL. Nothing is done unasked: no reply, no credit, no
 * answer to a ping. Frames of other streams than the one that a step is about wait for the step that asks for them.
 */
export class SpdySteps extends Steps {
  /** Opens a stream, and turns to it. */
  open(name: string, options: SpdyOpenOptions = {}): StreamSteps {
    return this.add('spdy.open', name, options).stream(name);
  }

  /** The peer's next SYN_STREAM; turns to that stream. */
  expectOpen(name: string, frame: Match<HeardSpdyFrame> = {}, options: ExpectOptions = {}): StreamSteps {
    return this.add('spdy.expectOpen', name, frame, options).stream(name);
  }

  /**
   * The peer's SYN_STREAM of the stream on which it proposes `protocol`, whichever others it opens besides; turns to it. The
   * proposal itself is not taken.
   */
  expectOpenFor(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    const { name = protocol, ...rest } = options;
    return this.add('spdy.expectOpenFor', name, protocol, rest).stream(name);
  }

  /** {@link expectOpenFor}, replied to and agreed on; turns to that stream. */
  accept(protocol: string, options: ExpectOptions & { readonly name?: string } = {}): StreamSteps {
    return this.expectOpenFor(protocol, options).ack().accept(protocol);
  }

  /** Any frame, whatever it says. */
  sendFrame(frame: SendSpdyFrame): this {
    return this.add('spdy.sendFrame', frame);
  }

  /** The very next frame that no step has asked for. */
  expectFrame(frame: Match<HeardSpdyFrame>, options: ExpectOptions = {}): this {
    return this.add('spdy.expectFrame', frame, options);
  }

  // ------------------------------------------------------------ the session

  /** Settings by number: 4 concurrent streams, 7 the initial window of streams. */
  sendSettings(settings: SpdySettings): this {
    return this.add('spdy.sendSettings', settings);
  }

  expectSettings(settings: Match<SpdySettings> = {}, options: ExpectOptions = {}): this {
    return this.add('spdy.expectSettings', settings, options);
  }

  /** Credit for the session's own window. */
  grant(windowBytes: number): this {
    return this.add('spdy.grant', windowBytes);
  }

  expectGrant(windowBytes?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('spdy.expectGrant', windowBytes, options);
  }

  /** A ping that asks: its id is of our parity, by default the next one. */
  sendPing(id?: number): this {
    return this.add('spdy.sendPing', id);
  }

  /** The peer's next ping that asks. */
  expectPing(id?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('spdy.expectPing', id, options);
  }

  /** A ping that answers, by default the last one that asked. */
  sendPong(id?: number): this {
    return this.add('spdy.sendPong', id);
  }

  /** The peer's next ping that answers, by default our last one. */
  expectPong(id?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('spdy.expectPong', id, options);
  }

  /** 0 normal, 1 protocol error, 2 internal error. */
  sendGoAway(status = 0): this {
    return this.add('spdy.sendGoAway', status);
  }

  expectGoAway(status: Match<number> = 0, options: ExpectOptions = {}): this {
    return this.add('spdy.expectGoAway', status, options);
  }
}
