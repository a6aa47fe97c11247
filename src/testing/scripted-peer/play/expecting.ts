/** Expectations: reading what is due, noting it, and comparing it with what the script says. */
import { differences, inFields, inWords, type Match } from '../match.js';
import type { Command, CommandArguments, CommandType, ExpectOptions } from '../script/commands.js';
import { Mismatch, type Waiting } from './failure.js';
import { Unreadable, unreadOf, type Source, type Taken } from './source.js';
import type { Stage } from './stage.js';

/** Performs one type of command: nothing when it is done, what it waits for when it is not. */
export type Perform<Type extends CommandType> = (
  stage: Stage,
  args: CommandArguments[Type],
  stream: string | undefined,
) => Waiting | undefined;

/** A performer for each command of one layer. */
export type Performers<Layer extends string> = {
  readonly [Type in Extract<CommandType, `${Layer}.${string}`>]: Perform<Type>;
};

/** A message that is due. */
export interface Expectation<Value> {
  readonly layer: string;
  readonly stream?: string | undefined;
  /** What it is, e.g. `Propose`. */
  readonly message: string;
  /** What it has to be; absent: whatever it is. */
  readonly match?: Match<Value> | undefined;
  readonly options: ExpectOptions;
  /** Where it is read; for what waits there. */
  readonly source: Source;
  /** Takes it, or answers `undefined` while it is not all here. */
  readonly read: () => Taken<Value> | undefined;
  /** Whether it was noted when it came. */
  readonly noted?: boolean;
}

/** Reads the message that is due and judges it; once it holds, it is `accepted`. */
export function expectMessage<Value>(
  stage: Stage,
  expectation: Expectation<Value>,
  accepted: (value: Value, bytes: Uint8Array) => void = () => undefined,
): Waiting | undefined {
  const { layer, stream, message, match, options, source, read } = expectation;
  const expected = expectedLines(message, match);
  const taken = reading(expected, read);
  if (taken === undefined) return { expected, unread: () => unreadOf(source) };
  const { value, bytes } = taken;
  if (expectation.noted !== true) {
    const about = stream === undefined ? {} : { stream };
    stage.note({ direction: 'received', layer, ...about, message, value, bytes });
  }
  judge(expected, match, value, bytes);
  if (options.as !== undefined) stage.saved.set(options.as, taken);
  accepted(value, bytes);
  return undefined;
}

/** What `read` answers; bytes that cannot be read as what is due are a mismatch. */
export function reading<Value>(expected: readonly string[], read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Unreadable) throw new Mismatch(expected, [thrown.message], thrown.bytes, thrown.cause);
    throw thrown;
  }
}

/** Throws a {@link Mismatch} unless `value` is as `match` says. */
export function judge(expected: readonly string[], match: unknown, value: unknown, bytes: Uint8Array): void {
  const found = match === undefined ? [] : differences(match, value);
  if (found.length > 0) throw new Mismatch(expected, [...inFields(value), ...found.map((why) => `! ${why}`)], bytes);
}

/** What is due, in lines: its name, and what it has to be. */
export function expectedLines(message: string, match: unknown): string[] {
  if (match === undefined) return [message];
  const isRecord = Object.getPrototypeOf(match) === Object.prototype;
  return isRecord ? [message, ...inFields(match)] : [`${message} ${inWords(match)}`];
}

/** Milliseconds that a command's own options give it. */
export function withinMsOf(command: Command): number | undefined {
  const options: unknown = command.args.at(-1);
  if (typeof options !== 'object' || options === null || !('withinMs' in options)) return undefined;
  return typeof options.withinMs === 'number' ? options.withinMs : undefined;
}
