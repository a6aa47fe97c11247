/** Trace files on disk, plain or gzipped by their name. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { parseTrace } from '../trace/reader.js';
import type { Trace } from '../trace/format.js';
import { atPath, fileFailure } from './file-errors.js';

/** Bytes gathered before they are written. */
const BATCH_CHARACTERS = 64 * 1024;

/** A trace file that is being written. What was taken is on disk when `close` resolves. */
export interface TraceFile {
  readonly path: string;
  write(line: string): void;
  /** Writes what is gathered, at once: for a process that is about to die. */
  flush(): void;
  close(): Promise<void>;
}

/** Opens `path` for a trace; a name that ends in `.gz` is packed when it is closed. Throws `ERR_INVALID_ARGUMENT` for a path that does not serve. */
export function createTraceFile(path: string): TraceFile {
  const descriptor = opened(path);
  let gathered: string[] = [];
  let characters = 0;
  const flush = () => {
    if (gathered.length > 0) writeSync(descriptor, gathered.join(''));
    gathered = [];
    characters = 0;
  };
  return {
    path,
    write: (line) => {
      gathered.push(line);
      characters += line.length;
      if (characters >= BATCH_CHARACTERS) flush();
    },
    flush,
    close: async () => {
      flush();
      closeSync(descriptor);
      if (path.endsWith('.gz')) await writeFile(path, await promisify(gzip)(await readFile(path)));
    },
  };
}

/**
 * A trace from its file; what begins as gzip does is unpacked, whatever its name.
 * @throws EngineError `ERR_TRACE_INVALID` (not a trace, damaged, over `traceFileBytes`) or `ERR_TRACE_VERSION`;
 *   `ERR_INVALID_ARGUMENT` where there is no file at `path`, or none that may be read.
 */
export async function readTraceFile(path: string): Promise<Trace & { readonly truncated: boolean }> {
  return parseTrace(await readTraceText(path));
}

/** The lines of a trace file as they stand, unpacked. Throws as {@link readTraceFile} does for a file that has none. */
export async function readTraceText(path: string, maxBytes: number = LIMITS.traceFileBytes): Promise<string> {
  const { size } = await atPath(path, stat(path));
  if (size > maxBytes) throw unreadable(path, `${size} bytes, the limit is ${maxBytes}`);
  const bytes = await atPath(path, readFile(path));
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return (await promisify(gunzip)(bytes, { maxOutputLength: maxBytes })).toString('utf8');
  } catch (thrown) {
    throw unreadable(path, `it cannot be unpacked: ${String(thrown)}`, thrown);
  }
}

/** Writes the text of a whole trace; a name that ends in `.gz` is packed. Rejects as {@link readTraceFile} does. */
export async function writeTraceText(path: string, text: string): Promise<void> {
  await atPath(path, writeFile(path, path.endsWith('.gz') ? await promisify(gzip)(text) : text));
}

function opened(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
}

function unreadable(path: string, why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_TRACE_INVALID', 'local', `${path}: ${why}`, { cause });
}
