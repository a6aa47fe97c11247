/** Tables of text for a terminal, and printing something again and again. */
import { EngineError } from '../errors.js';
import { untilInterrupted } from './node-options.js';
import type { OptionSpec, Words } from './command.js';

export const WATCH_OPTION = {
  watch: { type: 'boolean', help: 'print it again every --interval, until interrupted' },
  interval: { type: 'string', value: 'SECONDS', help: 'between two prints with --watch (default: 2)' },
} as const satisfies Record<string, OptionSpec>;

/** Rows under their heads, columns as wide as they have to be. */
export function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => (row[at] ?? '').length)));
  return [heads, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Runs `print` once, or again and again with `--watch`, until interrupted or the daemon goes away. */
export async function watching(words: Words, print: () => Promise<void>): Promise<void> {
  const seconds = words.number('interval', 2, 1, 3600);
  if (!words.flag('watch')) {
    await print();
    return;
  }
  let isStopped = false;
  let wake: () => void = () => undefined;
  void untilInterrupted().then(() => {
    isStopped = true;
    wake();
  });
  await print();
  while (!isStopped) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (isStopped) return;
    if (process.stdout.isTTY && !words.flag('json')) process.stdout.write('\u001b[2J\u001b[H');
    await print();
  }
}

/** `3 d 4 h`, `12 min`, `5 s`. */
export function formatAge(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The answer as an object. Throws `ERR_RPC_BAD_ANSWER`. */
export function recordFrom(answer: unknown): object {
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  throw new EngineError('ERR_RPC_BAD_ANSWER', 'local', 'the answer is no object');
}
