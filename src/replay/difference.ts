/** What a replay says where it left its trace: which record, which actor in which state, what was expected and what came. */
import type { Trace, TraceRecord } from '../trace/format.js';
import { hexOf, type Divergence } from './comparison.js';

/** The first difference between a trace and its replay. */
export interface ReplayDifference {
  /** Number of the record of the trace at which it shows; of the input that led to it where the trace has nothing more. */
  readonly seq: number;
  /** Address of the actor. */
  readonly actor: string;
  /** State of that actor's machine (or of the one that holds it) in the replay when it showed. */
  readonly state: string;
  readonly expected: TraceRecord | undefined;
  readonly actual: TraceRecord | undefined;
  /** First differing byte of what was sent, where bytes differ. */
  readonly byteOffset: number | undefined;
  /** From the input that was fed last to the difference, in the replay. */
  readonly causes: readonly TraceRecord[];
  /** All of it for people, in lines. */
  readonly report: string;
}

/** How a replay ended that did not go as its trace says. */
export interface Ending {
  readonly divergence: Divergence | undefined;
  /** Why the trace could not be followed any more, where nothing that could be compared came before. */
  readonly lost: string | undefined;
  /** The input fed last. */
  readonly at: TraceRecord | undefined;
}

/** Puts a difference into words. */
export function describeDifference(trace: Trace, produced: readonly TraceRecord[], ending: Ending): ReplayDifference {
  const { divergence, lost, at } = ending;
  const expected = divergence?.expected;
  const actual = divergence?.actual;
  const actor = expected?.actor ?? actual?.actor ?? at?.actor ?? '/node';
  const seq = expected?.seq ?? at?.seq ?? 0;
  const state = stateOf(produced, actual === undefined ? produced.length : actual.seq + 1, actor);
  const causes = causesOf(produced, actual);
  const lines = [
    `the replay leaves the trace at record ${seq}${at === undefined ? '' : `, after input ${at.seq} (${at.name})`}`,
    `  actor     ${actor}`,
    `  state     ${state === '' ? '(not started)' : state}`,
    ...(lost === undefined ? [] : [`  because   ${lost}`]),
    `  expected  ${expected === undefined ? '(nothing more on this actor)' : told(expected)}`,
    `  actual    ${actual === undefined ? '(nothing)' : told(actual)}`,
    ...byteLines(divergence),
    ...(causes.length === 0
      ? []
      : ['  causes', ...causes.map((record) => `    ${record.seq} ${record.actor} ${told(record)}`)]),
  ];
  const byteOffset = divergence?.byteOffset;
  return { seq, actor, state, expected, actual, byteOffset, causes, report: lines.join('\n') };
}

/** A record in one line. */
function told({ name, data }: TraceRecord): string {
  const { raw, ...rest } = data as { readonly raw?: { readonly length: number } };
  const bytes = raw === undefined ? '' : ` ${raw.length} bytes`;
  const text = JSON.stringify(rest);
  return `${name}${bytes}${text === '{}' ? '' : ` ${text.length > 300 ? `${text.slice(0, 300)}...` : text}`}`;
}

const WINDOW_BYTES = 16;

/** Both sides around the first differing byte, one above the other. */
function byteLines(divergence: Divergence | undefined): readonly string[] {
  const { expected, actual, byteOffset } = divergence ?? {};
  if (byteOffset === undefined || actual === undefined) return [];
  const from = Math.max(0, byteOffset - WINDOW_BYTES / 2);
  const row = (record: TraceRecord | undefined) =>
    hexOf(record)
      .slice(2 * from, 2 * (from + 2 * WINDOW_BYTES))
      .replaceAll(/../g, (pair) => `${pair} `)
      .trimEnd();
  return [
    `  bytes     from ${from}, first difference at ${byteOffset}`,
    `    expected  ${row(expected)}`,
    `    actual    ${row(actual)}`,
    `              ${'   '.repeat(byteOffset - from)}^^`,
  ];
}

/** Last state of the machine at `actor`, or of the nearest address above it that has one. */
function stateOf(produced: readonly TraceRecord[], end: number, actor: string): string {
  for (let address = actor; address !== ''; address = address.slice(0, address.lastIndexOf('/'))) {
    const last = produced
      .slice(0, end)
      .findLast((record) => record.name === 'actor:transition' && record.actor === address);
    if (last !== undefined) return `${String(last.data['machine'])} ${String(last.data['to'])}`;
  }
  return '';
}

function causesOf(produced: readonly TraceRecord[], actual: TraceRecord | undefined): readonly TraceRecord[] {
  const chain: TraceRecord[] = [];
  for (let seq = actual?.cause; seq !== undefined; seq = produced[seq]?.cause) {
    const record = produced[seq];
    if (record === undefined) break;
    chain.unshift(record);
  }
  return chain;
}
