/** A node that is recorded while a test uses it, and whether its trace replays. */
import { expect } from '@jest/globals';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import type { Host } from '../../src/host/host.js';
import { recordedNode, replayTrace, type RecordOptions } from '../../src/replay/index.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

/** The lines of the trace of a node that `use` had. Default: class replayable, listening nowhere. */
export async function recordedLines(
  options: Omit<RecordOptions, 'to'>,
  use: (node: Host) => Promise<unknown>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, listen: [], seed: 'routing', ...options });
  try {
    await use(node);
  } finally {
    await close();
  }
  return lines;
}

/** As {@link recordedLines}, read. */
export async function recordedTrace(
  options: Omit<RecordOptions, 'to'>,
  use: (node: Host) => Promise<unknown>,
): Promise<Trace> {
  return parseTrace((await recordedLines(options, use)).join(''));
}

/** It goes the same way again, and again: two replays do the same, record for record. */
export async function expectSame(trace: Trace): Promise<void> {
  const results = [await replayTrace(trace), await replayTrace(trace)];
  expect(results.map(({ difference }) => difference?.report)).toEqual([undefined, undefined]);
  expect(results.map(({ ok }) => ok)).toEqual([true, true]);
  expect(results[1]?.trace.records).toEqual(results[0]?.trace.records);
}

/** All answers of a call. */
export const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

/** So many bytes, always the same. */
export async function* bytes(size: number): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(new SeededRandom(7).bytes('content', size));
}

/** How often each record of `space` stands in a trace, by name. */
export function countsOf({ records }: Trace, space: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of records) if (name.startsWith(`${space}:`)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
