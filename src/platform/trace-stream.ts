/** The text of a trace file, piece by piece, plain or gzipped, whatever its size. */
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { atPath } from './file-errors.js';

/**
 * Opens `path` anew at each call; what begins as gzip does is unpacked, whatever its name. Iterating rejects with
 * `ERR_INVALID_ARGUMENT` where there is no file, or none that may be read, else with the error of the unpacking.
 */
export function traceTextOf(path: string): () => AsyncIterable<string> {
  return () => piecesOf(path);
}

async function* piecesOf(path: string): AsyncGenerator<string> {
  const handle = await atPath(path, open(path, 'r'));
  try {
    const { buffer } = await atPath(path, handle.read(Buffer.alloc(2), 0, 2, 0));
    const bytes = handle.createReadStream({ start: 0, autoClose: false });
    if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) {
      yield* bytes.setEncoding('utf8') as AsyncIterable<string>;
      return;
    }
    // Whoever reads hears of an error; a reader that leaves early is none.
    yield* pipeline(bytes, createGunzip(), () => undefined).setEncoding('utf8') as AsyncIterable<string>;
  } finally {
    await handle.close();
  }
}
