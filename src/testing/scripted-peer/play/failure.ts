/** How a script fails: at which step, what was expected, what came, and all that passed before. */
import { EngineError } from '../../../errors.js';
import { hexDump } from '../bytes.js';
import type { Command } from '../script/commands.js';
import { printCommand } from '../script/print.js';
import { indented, printExchange, type Exchanged } from './transcript.js';

/** What a performer answers when its step cannot go on yet. */
export interface Waiting {
  /** What is awaited, in lines. */
  readonly expected: readonly string[];
  /** What came and is not enough. */
  readonly unread: () => Uint8Array;
  /** Asks to be performed again after so long, whatever comes. Such a step has no deadline and outlives the connection. */
  readonly againInMs?: number;
  /** The end of the connection is what it waits for. */
  readonly awaitsEnd?: true;
}

/** Thrown by a performer: what came is not what was expected. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';

  constructor(
    readonly expected: readonly string[],
    readonly received: readonly string[],
    readonly bytes: Uint8Array,
    cause?: unknown,
  ) {
    super(received.join(', '), { cause });
  }
}

/** A script that asks for what cannot be done. */
export function misused(why: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `script: ${why}`);
}

/** Parts of a {@link ScriptFailure}. */
export interface FailureParts {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly commands: readonly Command[];
  readonly expected: readonly string[];
  readonly received: readonly string[];
  /** The bytes that came instead, or that were not enough. */
  readonly bytes: Uint8Array;
  readonly exchanged: readonly Exchanged[];
  readonly cause?: unknown;
}

/** A step of a script that did not come true. The message tells everything. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  /** Number of the step, from 1. */
  readonly step: number;
  /** The step as it is written. */
  readonly command: string;
  readonly expected: string;
  readonly received: string;
  /** The bytes that came instead, or that were not enough. */
  readonly bytes: Uint8Array;
  /** Everything that passed before. */
  readonly exchanged: readonly Exchanged[];

  constructor(parts: FailureParts) {
    const { step, commands, expected, received, bytes, exchanged, cause } = parts;
    super(messageOf(parts), { cause });
    this.step = step;
    this.command = textOf(commands[step - 1]);
    this.expected = expected.join('\n');
    this.received = received.join('\n');
    this.bytes = bytes;
    this.exchanged = exchanged;
  }
}

function messageOf({ step, commands, expected, received, bytes, exchanged }: FailureParts): string {
  return [
    `step ${step} of ${commands.length}: ${textOf(commands[step - 1])}`,
    ...labelled('expected', expected),
    ...labelled('received', received),
    ...(bytes.length === 0 ? [] : labelled('bytes', hexDump(bytes))),
    'script',
    ...commands.map((command, index) => {
      const mark = index + 1 < step ? 'ok' : index + 1 === step ? '->' : '  ';
      return `  ${mark} ${String(index + 1).padStart(3)}  ${printCommand(command)}`;
    }),
    exchanged.length === 0 ? 'exchanged before: nothing' : 'exchanged before',
    ...printExchange(exchanged),
  ].join('\n');
}

function labelled(label: string, lines: readonly string[]): string[] {
  const [first = '', ...rest] = lines;
  return [`  ${label.padEnd(8)}  ${first}`, ...indented(rest, 12)];
}

function textOf(command: Command | undefined): string {
  return command === undefined ? 'the end of the script' : printCommand(command);
}
