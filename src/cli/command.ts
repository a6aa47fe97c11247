/** What a command of the command line is, how its words are read, and how its help is written. */
import { parseArgs } from 'node:util';
import { EngineError } from '../errors.js';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Repeatable. */
  readonly multiple?: boolean;
  /** Name of the value in the help, e.g. `DIR`. */
  readonly value?: string;
  /** The value may be left out; then it is empty. It has to be followed by a value, another option, or nothing. */
  readonly optional?: boolean;
  readonly help: string;
}

/** The words of one call, read. */
export interface Words {
  readonly positionals: readonly string[];
  /** The option's value, or `undefined`. */
  text(name: string): string | undefined;
  /** Every value of a repeatable option; values separated by commas count as several. */
  list(name: string): readonly string[];
  flag(name: string): boolean;
  /** The option as a whole number in a range, or `fallback`. Throws `ERR_INVALID_ARGUMENT`. */
  number(name: string, fallback: number, minimum: number, maximum: number): number;
}

/** One command. */
export interface Command {
  readonly name: string;
  /** Positionals as they stand in the usage line, e.g. `CID`. */
  readonly usage: string;
  /** How many positionals it takes. */
  readonly positionals: readonly [minimum: number, maximum: number];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** Runs it and answers the exit code; a throw is printed as a failure report and exits with 1. */
  run(words: Words): Promise<number>;
}

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', help: 'print JSON, one object a line, on standard output' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
} as const satisfies Record<string, OptionSpec>;

/** Reads the words of a call. Throws `ERR_INVALID_ARGUMENT` that names the wrong word and the help to read. */
export function readWords(command: Command, args: readonly string[]): Words {
  let parsed;
  try {
    parsed = parseArgs({
      args: withValues(command, args),
      options: Object.fromEntries(
        Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, option]: [string, OptionSpec]) => [
          name,
          {
            type: option.type,
            multiple: option.multiple ?? false,
            ...(option.short === undefined ? {} : { short: option.short }),
          },
        ]),
      ),
      allowPositionals: true,
    });
  } catch (cause) {
    throw usageError(command, cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause));
  }
  const values = parsed.values as Readonly<
    Record<string, string | boolean | readonly (string | boolean)[] | undefined>
  >;
  const { positionals } = parsed;
  const [minimum, maximum] = command.positionals;
  if (values['help'] !== true && (positionals.length < minimum || positionals.length > maximum)) {
    throw usageError(
      command,
      positionals.length < minimum ? `${command.usage} is missing` : `too many words: ${positionals.join(' ')}`,
    );
  }
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    positionals,
    text,
    list: (name) => {
      const value = values[name];
      const all = Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : [];
      return all.flatMap((each) => each.split(',')).filter((each) => each !== '');
    },
    flag: (name) => values[name] === true,
    number: (name, fallback, low, high) => {
      const value = text(name);
      if (value === undefined) return fallback;
      const number = Number(value);
      if (!Number.isInteger(number) || number < low || number > high) {
        throw usageError(command, `--${name} takes a whole number from ${low} to ${high}, got "${value}"`);
      }
      return number;
    },
  };
}

/** The words, with an empty value for each option whose value was left out: Node's parser knows no such options. */
function withValues({ options }: Command, args: readonly string[]): string[] {
  return args.map((word, at) => {
    if (!word.startsWith('--') || options[word.slice(2)]?.optional !== true) return word;
    const next = args[at + 1];
    return next === undefined || next.startsWith('-') ? `${word}=` : word;
  });
}

/** The help of one command. `summary` says what it does, in one sentence. */
export function helpOf(command: Command, summary: string): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(
    ([name, option]: [string, OptionSpec]) => {
      const valueName = option.value ?? 'VALUE';
      const value = option.type === 'string' ? ` ${option.optional === true ? `[${valueName}]` : valueName}` : '';
      const short = option.short === undefined ? '    ' : `-${option.short}, `;
      return [`  ${short}--${name}${value}${option.multiple === true ? ' ...' : ''}`, option.help] as const;
    },
  );
  const width = Math.max(...options.map(([left]) => left.length)) + 2;
  return [
    `swarmchart ${command.name} ${command.usage}`.trimEnd(),
    '',
    `  ${summary}`,
    '',
    'Options',
    ...options.map(([left, right]) => left.padEnd(width) + right),
    '',
    'Examples',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function usageError(command: Command, what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart ${command.name} --help)`);
}
