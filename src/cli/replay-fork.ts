/** `swarmchart replay --fork`: runs a trace again up to one of its inputs, changes that, and says where both part. */
import { EngineError } from '../errors.js';
import { diffLines } from '../inspect/diff-lines.js';
import { diffTraces } from '../inspect/diff.js';
import { LIMITS } from '../limits.js';
import { readTraceFile, writeTraceText } from '../platform/trace-file.js';
import { forkTrace, wordsOf, type ForkChange } from '../replay/fork/index.js';
import { traceText } from '../trace/writer.js';
import type { Words } from './command.js';
import { printJson, printLine, printNote } from './output.js';

/** Inputs left out that are named one by one. */
const SHOWN_LEFT_OUT = 20;

/** Forks the trace in `path` as `words` say, writes the fork, and prints what became of it. */
export async function forkFile(path: string, words: Words): Promise<number> {
  const output = words.text('output');
  if (output === undefined) throw wrong('--fork takes -o OUT');
  const atSeq = words.number('fork', 0, 0, Number.MAX_SAFE_INTEGER);
  const change = changeOf(words);
  const trace = await readTraceFile(path);
  const fork = await forkTrace(trace, atSeq, change);
  await writeTraceText(output, traceText(fork.trace));
  const diff = diffTraces(trace, fork.trace);
  const { records } = fork.trace;
  const { sharedRecords, leftOut, ended } = fork;
  if (words.flag('json')) {
    printJson({ output, records: records.length, sharedRecords, leftOut, ended, first: diff.first });
    return 0;
  }
  printLine(`${output}: ${records.length} records, ${sharedRecords} of them as recorded; then ${wordsOf(change)}`);
  for (const line of diffLines(diff, trace, fork.trace)) printLine(line);
  for (const { seq, name, why } of leftOut.slice(0, SHOWN_LEFT_OUT))
    printNote(`left out: record ${seq} (${name}): ${why}`);
  if (leftOut.length > SHOWN_LEFT_OUT) printNote(`left out: ${leftOut.length - SHOWN_LEFT_OUT} more`);
  if (ended === 'bound') printNote('something was still to happen: the fork ends at its bound');
  return 0;
}

function changeOf(words: Words): ForkChange {
  const changes: ForkChange[] = [];
  if (words.flag('drop')) changes.push({ kind: 'drop' });
  if (words.text('delay') !== undefined) {
    changes.push({ kind: 'delay', byMs: words.number('delay', 0, 0, LIMITS.forkDelayMs) });
  }
  const hex = words.text('bytes');
  if (hex !== undefined) changes.push({ kind: 'bytes', hex: hex.toLowerCase() });
  if (words.flag('duplicate')) changes.push({ kind: 'duplicate' });
  if (words.text('split') !== undefined) {
    changes.push({ kind: 'split', atByte: words.number('split', 1, 1, Number.MAX_SAFE_INTEGER) });
  }
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0) {
    throw wrong('--fork takes one of --drop, --delay, --bytes, --duplicate, --split');
  }
  return change;
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart replay --help)`);
}
