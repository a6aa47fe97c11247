/** multistream-select by the message. */
import type { Match } from '../match.js';
import type { ExpectOptions, FrameOptions, ProposalOptions } from './commands.js';
import { Steps } from './steps.js';

/** Steps of multistream-select, for either side of it. */
export class MultistreamSteps extends Steps {
  /** Agrees on `protocol` as the side that proposes: header, proposal, their header, their echo. */
  negotiate(protocol: string): this {
    return this.sendHeader().propose(protocol).expectHeader().expectEcho(protocol);
  }

  /** Agrees on `protocol` as the side that answers, and declines whatever is proposed before it. */
  accept(protocol: string): this {
    return this.expectHeader().sendHeader().expectProposal(protocol, { decliningOthers: true }).echo(protocol);
  }

  /** `/multistream/1.0.0`. */
  sendHeader(options: FrameOptions = {}): this {
    return this.add('multistream.sendHeader', options);
  }

  /** Asks for a protocol. */
  propose(protocol: string, options: FrameOptions = {}): this {
    return this.add('multistream.propose', protocol, options);
  }

  /** Agrees: says the protocol back. Default: the last one that the peer proposed. */
  echo(protocol?: string, options: FrameOptions = {}): this {
    return this.add('multistream.echo', protocol, options);
  }

  /** Declines. */
  sendNa(options: FrameOptions = {}): this {
    return this.add('multistream.sendNa', options);
  }

  /** Asks for the list of protocols. */
  sendLs(options: FrameOptions = {}): this {
    return this.add('multistream.sendLs', options);
  }

  /** Answers `ls`, in the form of go, js and rust. */
  sendList(protocols: readonly string[], options: FrameOptions = {}): this {
    return this.add('multistream.sendList', protocols, options);
  }

  /** Any text as one message; the newline is added. */
  sendLine(line: string, options: FrameOptions = {}): this {
    return this.add('multistream.sendLine', line, options);
  }

  expectHeader(options: ExpectOptions = {}): this {
    return this.add('multistream.expectHeader', options);
  }

  /** The peer proposes; without `protocol`, whatever it likes. */
  expectProposal(protocol?: Match<string>, options: ProposalOptions = {}): this {
    return this.add('multistream.expectProposal', protocol, options);
  }

  /** The peer agrees to `protocol`, by default to what was proposed last. */
  expectEcho(protocol?: string, options: ExpectOptions = {}): this {
    return this.add('multistream.expectEcho', protocol, options);
  }

  expectNa(options: ExpectOptions = {}): this {
    return this.add('multistream.expectNa', options);
  }

  expectLs(options: ExpectOptions = {}): this {
    return this.add('multistream.expectLs', options);
  }

  /** The peer's answer to `ls`, in the form of go, js and rust. */
  expectList(protocols?: Match<readonly string[]>, options: ExpectOptions = {}): this {
    return this.add('multistream.expectList', protocols, options);
  }

  /** Any message, as its text without the newline. */
  expectLine(line: Match<string>, options: ExpectOptions = {}): this {
    return this.add('multistream.expectLine', line, options);
  }
}
