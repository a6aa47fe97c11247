/** One stream of a muxer: its flags, its bytes, and the messages of the protocols on it. */
import type { IdentifyMessage, OwnIdentify } from '../../../wire/identify.js';
import type { Match } from '../match.js';
import type { Fields } from '../protobuf-fields.js';
import type { Bytes, ExpectOptions, Saved, StreamSendOptions } from './commands.js';
import { Steps } from './steps.js';

/**
 * Steps of one stream, in the words of yamux; other muxers say what they have for each. Data goes out whatever the peer's
 * window says.
 */
export class StreamSteps extends Steps {
  // ------------------------------------------------------------ negotiation

  /** Agrees on `protocol` as the side that proposes. */
  negotiate(protocol: string): this {
    return this.on(this.taped(this.multistream.negotiate(protocol)));
  }

  /** Agrees on `protocol` as the side that answers. */
  accept(protocol: string): this {
    return this.on(this.taped(this.multistream.accept(protocol)));
  }

  // ------------------------------------------------------------ flags and windows

  /** A window update that carries ACK. */
  ack(windowBytes = 0): this {
    return this.add('stream.ack', windowBytes);
  }

  /** ACK, on whichever frame it comes. */
  expectAck(options: ExpectOptions = {}): this {
    return this.add('stream.expectAck', options);
  }

  /** Gives credit. */
  grant(windowBytes: number): this {
    return this.add('stream.grant', windowBytes);
  }

  /** The peer's next credit on this stream. */
  expectGrant(windowBytes?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('stream.expectGrant', windowBytes, options);
  }

  /** Half-closes. */
  fin(): this {
    return this.add('stream.fin');
  }

  /** The peer half-closes; all that it sent before must have been asked for. */
  expectFin(options: ExpectOptions = {}): this {
    return this.add('stream.expectFin', options);
  }

  reset(code = 0): this {
    return this.add('stream.reset', code);
  }

  /** The peer resets the stream; what it sent before that is passed over. */
  expectReset(code?: Match<number>, options: ExpectOptions = {}): this {
    return this.add('stream.expectReset', code, options);
  }

  // ------------------------------------------------------------ bytes and messages

  sendBytes(bytes: Bytes, options: StreamSendOptions = {}): this {
    return this.add('stream.sendBytes', bytes, options);
  }

  /** So many bytes, or these, in whatever frames they come. */
  expectBytes(bytes: number | Match<Uint8Array> | Saved, options: ExpectOptions = {}): this {
    return this.add('stream.expectBytes', bytes, options);
  }

  /** A message with its length as a varint in front. */
  sendMessage(message: Bytes, options: StreamSendOptions = {}): this {
    return this.add('stream.sendMessage', message, options);
  }

  expectMessage(message?: Match<Uint8Array>, options: ExpectOptions = {}): this {
    return this.add('stream.expectMessage', message, options);
  }

  /** A protobuf message by field numbers, with its length in front: `[[1, 4]]`. */
  sendFields(fields: Fields, options: StreamSendOptions = {}): this {
    return this.add('stream.sendFields', fields, options);
  }

  /** A protobuf message; its fields in order, text and inner messages given as such or as bytes. */
  expectFields(fields: Match<Fields>, options: ExpectOptions = {}): this {
    return this.add('stream.expectFields', fields, options);
  }

  /** What we say of ourselves in identify; what is absent is our key, one observed address and an agent's name. */
  sendIdentify(identify: Partial<OwnIdentify> = {}, options: StreamSendOptions = {}): this {
    return this.add('stream.sendIdentify', identify, options);
  }

  /** What the peer says of itself in one identify message. */
  expectIdentify(identify: Match<IdentifyMessage> = {}, options: ExpectOptions = {}): this {
    return this.add('stream.expectIdentify', identify, options);
  }

  /** The commands of steps that began here, to be gone on with as steps of this stream. */
  protected taped(steps: Steps): typeof this.tape {
    return { ...this.tape, commands: steps.commands };
  }
}
