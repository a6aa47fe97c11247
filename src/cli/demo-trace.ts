/** What the demo leaves to look at: one trace with both sides of its fetches, and how its page is opened. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileSource } from '../inspect/file-source.js';
import { readTraceFile, writeTraceText } from '../platform/trace-file.js';
import { traceTextOf } from '../platform/trace-stream.js';
import { mergeTraces, type VantagePoint } from '../trace/tools/merge.js';
import { traceText } from '../trace/writer.js';
import type { Words } from './command.js';
import { inspectPort, serveUntilInterrupted } from './inspect-serving.js';
import { printJson, printLine } from './output.js';

/** One node's trace, still in a file of its own. */
export interface RecordedSide {
  /** Its name in the merged trace. */
  readonly name: string;
  readonly path: string;
  /** When its process began, as `performance.timeOrigin`. */
  readonly originMs: number;
}

/** Merges the sides into one file of a folder of its own, which stays; answers its path. */
export async function writeDemoTrace(title: string, sides: readonly RecordedSide[]): Promise<string> {
  const points: VantagePoint[] = [];
  for (const { name, path, originMs } of sides) points.push({ name, originMs, trace: await readTraceFile(path) });
  const folder = await mkdtemp(join(tmpdir(), 'swarmchart-demo-trace-'));
  try {
    const path = join(folder, 'demo.trace.jsonl.gz');
    await writeTraceText(path, traceText(mergeTraces(title, points)));
    return path;
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

/** Serves the trace's page to whoever sits here, or where the words ask for it; tells the command otherwise. */
export async function offerInspector(path: string, words: Words): Promise<number> {
  const json = words.flag('json');
  const port = inspectPort(words);
  const command = `npx swarmchart inspect ${path}`;
  if (json) printJson({ event: 'recorded', file: path, command });
  else printLine(`\nBoth sides of it, state by state, in the browser:\n  ${command}`);
  if (port === undefined && (json || !process.stdout.isTTY)) return 0;
  const source = await openFileSource([{ id: 'main', open: traceTextOf(path) }]);
  return serveUntilInterrupted({ source, port: port === undefined || port === true ? 0 : port, json });
}
