/** Scripts as text: each command as it would be written. */
import { inWords } from '../match.js';
import type { Command } from './commands.js';

/** One command, e.g. `secio.sendExchange({ signature: 'wrong' })`. */
export function printCommand({ type, args, stream }: Command): string {
  const given: readonly unknown[] = args;
  let count = given.length;
  while (count > 0 && saysNothing(given[count - 1])) count--;
  const call = `${type.replace(/^stream\./, '')}(${given.slice(0, count).map(inWords).join(', ')})`;
  return stream === undefined ? call : `stream('${stream}').${call}`;
}

/** A whole script, one numbered step a line. */
export function printScript(commands: readonly Command[]): string {
  const width = String(commands.length).length;
  return commands.map((command, index) => `${String(index + 1).padStart(width)}  ${printCommand(command)}`).join('\n');
}

function saysNothing(argument: unknown): boolean {
  if (argument === undefined) return true;
  return typeof argument === 'object' &&
    argument !== null &&
    Object.keys(argument).length === 0 &&
    !Array.isArray(argument)
    ? !(argument instanceof Uint8Array)
    : false;
}
