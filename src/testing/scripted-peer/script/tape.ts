/** What a script is made of while it is written: the commands so far, and what a new one is about. */
import type { Running } from '../play/running.js';
import type { Command, CommandArguments, CommandType } from './commands.js';
import type { MplexSteps } from './mplex-steps.js';
import type { MultistreamSteps } from './multistream-steps.js';
import type { NoiseSteps } from './noise-steps.js';
import type { PlaintextSteps } from './plaintext-steps.js';
import type { SecioSteps } from './secio-steps.js';
import type { SpdySteps } from './spdy-steps.js';
import type { StreamSteps } from './stream-steps.js';
import type { TlsSteps } from './tls-steps.js';
import type { YamuxSteps } from './yamux-steps.js';

/** The steps of each layer, made for a tape. */
export interface StepKinds {
  multistream(tape: Tape): MultistreamSteps;
  plaintext(tape: Tape): PlaintextSteps;
  secio(tape: Tape): SecioSteps;
  noise(tape: Tape): NoiseSteps;
  tls(tape: Tape): TlsSteps;
  yamux(tape: Tape): YamuxSteps;
  mplex(tape: Tape): MplexSteps;
  spdy(tape: Tape): SpdySteps;
  stream(tape: Tape): StreamSteps;
}

/** A script so far. Never changed: a step makes a longer one, so that several can share a beginning. */
export interface Tape {
  readonly commands: readonly Command[];
  /** The stream that the next command is about; absent: the connection. */
  readonly stream?: string;
  /** Which end of the connection the script plays. */
  readonly role: 'dialer' | 'listener';
  readonly kinds: StepKinds;
  /** Starts playing. */
  readonly play: (commands: readonly Command[]) => Running;
}

/** The tape with one command more. */
export function withCommand<Type extends CommandType>(tape: Tape, type: Type, args: CommandArguments[Type]): Tape {
  const isAboutStream = tape.stream !== undefined && (type.includes('.') || type === 'expectNothingFor');
  const about = isAboutStream ? { stream: tape.stream } : {};
  // The compiler cannot see that type and arguments belong together.
  const command = { type, args, ...about } as unknown as Command;
  return { ...tape, commands: [...tape.commands, command] };
}

/** The tape whose next commands are about a stream, or about the connection. */
export function about(tape: Tape, stream: string | undefined): Tape {
  const { commands, role, kinds, play } = tape;
  return { commands, role, kinds, play, ...(stream === undefined ? {} : { stream }) };
}
