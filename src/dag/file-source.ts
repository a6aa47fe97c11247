/** What a file is read from: bytes that are there, or chunks of them as they come. */
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';

/**
 * The bytes of a file: all of them at once, or chunks of any size. A `fs.ReadStream`, `process.stdin`, a web stream and what
 * `cat` gives are such. Text is none: whoever has one says how it is written (`new TextEncoder().encode(text)`).
 */
export type FileSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * The chunks of a source, in order. Throws `ERR_INVALID_ARGUMENT` for what is no source, at once, and for a chunk that is no
 * bytes, when it comes; and what the source throws.
 */
export async function* chunksOf(source: FileSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) {
    // Bytes that are there come in steps too: who waits sees how far it is, and can give up.
    for (let at = 0; at < source.length; at += LIMITS.importChunkBytes) {
      yield source.subarray(at, at + LIMITS.importChunkBytes);
    }
    return;
  }
  const given: unknown = source;
  if (typeof given === 'string') throw refused('text, which may be a path or what is in the file');
  if (typeof given !== 'object' || given === null || !(Symbol.asyncIterator in given || Symbol.iterator in given)) {
    throw refused(given === null ? 'null' : typeof given);
  }
  for await (const chunk of source) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw refused(`a chunk that is ${bytes === null ? 'null' : typeof bytes}`);
    yield chunk;
  }
}

function refused(got: string): EngineError {
  const message =
    `what is added takes a Uint8Array, or chunks of them, got ${got}: ` +
    'a file is fs.createReadStream(path) without an encoding, a text new TextEncoder().encode(text)';
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}
