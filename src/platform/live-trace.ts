/** Traces of a running node: a file that is recorded to, and the flight recorder's tapes. */
import { mkdirSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../errors.js';
import type { OpenRecording, RecordedNode } from '../host/recording.js';
import type { Limits } from '../limits.js';
import type { Clock } from '../ports.js';
import { assertMayRecord, traceHeader } from '../trace/header.js';
import { FlightRecorder } from '../trace/tools/flight-recorder.js';
import { TraceWriter } from '../trace/writer.js';
import { createTraceFile } from './trace-file.js';
import { engineVersions } from './versions.js';

/** Opens a trace file for a node that runs. */
export const openRecording: OpenRecording = (path, options, node) => {
  const { class: traceClass = 'redacted', detail = 'frames', observations = true } = options;
  const { title = `recorded from ${node.peerId}` } = options;
  assertMayRecord(path, traceClass, options.unsafeIncludeSecrets);
  const header = traceHeader({
    ...factsOf(node),
    title,
    class: traceClass,
    detail,
    plaintext: traceClass === 'full',
    observations,
  });
  const file = createTraceFile(path);
  return { sink: new TraceWriter(header, file), close: () => file.close() };
};

/** A flight recorder whose tape is written to `folder` when a connection fails. */
export interface FlightDeck {
  readonly recorder: FlightRecorder;
  /** A connection failed: its last records are written out, unless a tape was just written. */
  failed(connection: string, code: string): void;
  /** Writes what is still to be written; resolves when every file is whole. */
  close(): Promise<void>;
}

/** What a flight deck is made of. */
export interface FlightDeckOptions {
  readonly folder: string;
  readonly node: RecordedNode;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'flightRecorderBytes' | 'flightRecorderFiles' | 'flightRecorderPauseMs'>;
  /** A tape could not be written. */
  readonly onFailed: (error: EngineError) => void;
}

/**
 * Makes the folder and begins with an empty tape. A failure within the pause after a tape is written with the next one,
 * or at the close: the tape still holds it, or newer ones do. Of the files of this deck only the newest are kept.
 */
export function createFlightDeck(options: FlightDeckOptions): FlightDeck {
  const { folder, clock, limits } = options;
  mkdirSync(folder, { recursive: true });
  const header = traceHeader({
    ...factsOf(options.node),
    title: `flight recorder of ${options.node.peerId}`,
    class: 'redacted',
    detail: 'frames',
  });
  const recorder = new FlightRecorder(header, limits.flightRecorderBytes);
  const written: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let writtenAtMs: number | undefined;
  let waiting: string | undefined;
  const write = (what: string): void => {
    waiting = undefined;
    writtenAtMs = clock.now();
    const time = new Date(clock.wallTime()).toISOString().replaceAll(':', '-');
    const path = join(folder, `${time}-${what}.trace.jsonl`);
    const tape = recorder.tape();
    writing = writing
      .then(() => writeTape(path, tape))
      .then(() => forgetOldest(written, path, limits.flightRecorderFiles))
      .catch((cause: unknown) => {
        const why = `the flight recorder's tape ${path} could not be written: ${String(cause)}`;
        options.onFailed(new EngineError('ERR_STORE_FAILED', 'local', why, { cause }));
      });
  };
  return {
    recorder,
    failed: (connection, code) => {
      const what = `${connection.replaceAll(/[^\w]+/g, '-')}-${code}`;
      const isPaused = writtenAtMs !== undefined && clock.now() - writtenAtMs < limits.flightRecorderPauseMs;
      if (isPaused) waiting ??= what;
      else write(waiting ?? what);
    },
    close: async () => {
      if (waiting !== undefined) write(waiting);
      await writing;
    },
  };
}

/** Characters written at a time: the node runs on between two of them. */
const BATCH_CHARACTERS = 64 * 1024;

async function writeTape(path: string, tape: Iterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    let batch = '';
    for (const line of tape) {
      batch += line;
      if (batch.length < BATCH_CHARACTERS) continue;
      await file.write(batch);
      batch = '';
    }
    await file.write(batch);
  } finally {
    await file.close();
  }
}

async function forgetOldest(written: string[], path: string, kept: number): Promise<void> {
  written.push(path);
  if (written.length <= kept) return;
  // Somebody may have taken it away before us.
  await unlink(written.shift() ?? '').catch(() => undefined);
}

function factsOf({ peerId, config }: RecordedNode) {
  return { vantagePoint: peerId, clock: 'real', versions: engineVersions(), config, partial: true } as const;
}
