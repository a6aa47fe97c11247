/** Lines of a text that comes in pieces, in bounded memory. */
import { EngineError } from '../errors.js';

/** The text of a trace, piece by piece, from its beginning; iterating may reject with what the file system says. */
export type OpenTraceText = () => AsyncIterable<string>;

/** One line. */
export interface TraceLine {
  /** Without its newline. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Whether a newline ended it: the last line of a writer that was killed has none. */
  readonly isWhole: boolean;
}

/** The lines of `pieces`. Throws `ERR_TRACE_INVALID` at a line of more than `maxCharacters`. */
export async function* traceLines(pieces: AsyncIterable<string>, maxCharacters: number): AsyncGenerator<TraceLine> {
  let rest: string[] = [];
  let characters = 0;
  let number = 1;
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', from)) {
      rest.push(piece.slice(from, at));
      yield { text: rest.length === 1 ? (rest[0] ?? '') : rest.join(''), number: number++, isWhole: true };
      rest = [];
      characters = 0;
      from = at + 1;
    }
    if (from === piece.length) continue;
    rest.push(piece.slice(from));
    characters += piece.length - from;
    if (characters > maxCharacters) {
      const what = `trace line ${number}: more than ${maxCharacters} characters without an end`;
      throw new EngineError('ERR_TRACE_INVALID', 'local', what);
    }
  }
  if (rest.length > 0) yield { text: rest.join(''), number, isWhole: false };
}
