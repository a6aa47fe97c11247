/** The steps that can be taken anywhere: raw bytes, waiting, closing, and turning to a layer or a stream. */
import type { Outcome, Running } from '../play/running.js';
import type { Match } from '../match.js';
import type { Bytes, Chunking, Command, CommandArguments, CommandType, Cut, ExpectOptions } from './commands.js';
import type { MplexSteps } from './mplex-steps.js';
import type { MultistreamSteps } from './multistream-steps.js';
import type { NoiseSteps } from './noise-steps.js';
import type { PlaintextSteps } from './plaintext-steps.js';
import { printScript } from './print.js';
import type { SecioSteps } from './secio-steps.js';
import type { SpdySteps } from './spdy-steps.js';
import type { StreamSteps } from './stream-steps.js';
import { about, withCommand, type Tape } from './tape.js';
import type { TlsSteps } from './tls-steps.js';
import type { YamuxSteps } from './yamux-steps.js';

/**
 * A script in the making. Every step answers a new script that is one step longer and leaves this one as it is, so a
 * common beginning can be kept and gone on from in several ways.
 */
export abstract class Steps {
  constructor(protected readonly tape: Tape) {}

  // ------------------------------------------------------------ layers

  /** multistream-select, on the stream at hand or on the connection as far as it is built. */
  get multistream(): MultistreamSteps {
    return this.tape.kinds.multistream(this.tape);
  }

  /** `/plaintext/2.0.0`. */
  get plaintext(): PlaintextSteps {
    return this.tape.kinds.plaintext(about(this.tape, undefined));
  }

  /** `/secio/1.0.0`: once both nonces are exchanged, what follows travels sealed. */
  get secio(): SecioSteps {
    return this.tape.kinds.secio(about(this.tape, undefined));
  }

  /** `/noise`: after the third message, what follows travels sealed. */
  get noise(): NoiseSteps {
    return this.tape.kinds.noise(about(this.tape, undefined));
  }

  /** `/tls/1.0.0`: behind both Finished, what follows travels sealed. */
  get tls(): TlsSteps {
    return this.tape.kinds.tls(about(this.tape, undefined));
  }

  /** `/yamux/1.0.0`, its frames. */
  get yamux(): YamuxSteps {
    return this.tape.kinds.yamux(about(this.tape, undefined));
  }

  /** `/mplex/6.7.0`, its messages. */
  get mplex(): MplexSteps {
    return this.tape.kinds.mplex(about(this.tape, undefined));
  }

  /** `/spdy/3.1.0`, its frames. */
  get spdy(): SpdySteps {
    return this.tape.kinds.spdy(about(this.tape, undefined));
  }

  /** A stream that `open` or `expectOpen` of a muxer named. */
  stream(name: string): StreamSteps {
    return this.tape.kinds.stream(about(this.tape, name));
  }

  /** Goes on with a part that is used in several scripts. */
  use<Next>(part: (script: this) => Next): Next {
    return part(this);
  }

  // ------------------------------------------------------------ bytes

  /** How each level cuts or joins what it writes, from here on. */
  chunking(chunking: Chunking): this {
    return this.add('chunking', chunking);
  }

  /** Bytes straight on the wire, past every layer. */
  sendRaw(bytes: Bytes, options: { readonly cut?: Cut } = {}): this {
    return this.add('sendRaw', bytes, options);
  }

  /** So many bytes, or these, straight from the wire. */
  expectRaw(bytes: number | Match<Uint8Array>, options: ExpectOptions = {}): this {
    return this.add('expectRaw', bytes, options);
  }

  /** The last frame that left, once more and byte for byte: a replay. */
  sendAgain(): this {
    return this.add('sendAgain');
  }

  // ------------------------------------------------------------ time and ends

  /** Does nothing for so long, by the clock port. What comes meanwhile waits for the next steps. */
  wait(durationMs: number): this {
    return this.add('wait', durationMs);
  }

  /** Calls `action`, and goes on at once. A throw fails the script, and so does a promise that it
   * answers and that is rejected while the script plays; it is not waited for. */
  call(what: string, action: () => unknown): this {
    return this.add('call', what, action);
  }

  /** Half-closes the connection. */
  end(): this {
    return this.add('end');
  }

  /** Drops the connection. */
  drop(): this {
    return this.add('drop');
  }

  /** The peer closes the connection, in whatever way; what it says before that is passed over. */
  expectClose(options: { readonly withinMs?: number } = {}): this {
    return this.add('expectClose', options);
  }

  /** The peer drops the connection without closing it (TCP: RST). */
  expectDrop(options: { readonly withinMs?: number } = {}): this {
    return this.add('expectDrop', options);
  }

  /** Nothing new comes for so long, by the clock port: on the stream at hand, or on the whole connection. */
  expectNothingFor(durationMs: number): this {
    return this.add('expectNothingFor', durationMs);
  }

  // ------------------------------------------------------------ playing

  /** The script as data. */
  get commands(): readonly Command[] {
    return this.tape.commands;
  }

  /** The script as text, one numbered step a line. */
  toString(): string {
    return printScript(this.tape.commands);
  }

  /** Starts to play: for a listener, whose address is needed before anybody dials it. */
  start(): Running {
    return this.tape.play(this.tape.commands);
  }

  /**
   * Plays the script to its end and closes. Rejects with a `ScriptFailure` when an expectation does not hold, and with an
   * `EngineError` when there is no connection to play on. The peer's own end is waited for, at most two seconds.
   */
  run(): Promise<Outcome> {
    return this.start().outcome;
  }

  protected add<Type extends CommandType>(type: Type, ...args: CommandArguments[Type]): this {
    return this.on(withCommand(this.tape, type, args));
  }

  /** The same kind of steps on another tape. */
  protected on(tape: Tape): this {
    const Same = this.constructor as new (tape: Tape) => this;
    return new Same(tape);
  }
}
