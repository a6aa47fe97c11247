/** A diff of two traces for people: the first divergence with what came before it, and a line for each further actor. */
import type { Trace, TraceRecord } from '../trace/format.js';
import { describeRecord, printable } from '../trace/tools/describe.js';
import { formatRows, type Row } from '../trace/tools/two-columns.js';
import type { ActorDiff, TraceDiff } from './diff.js';

/** Actors that are shown at most. */
const SHOWN_ACTORS = 20;
/** Records shown on each side, from before the divergence to after it. */
const CONTEXT = { before: 4, after: 3 };

/** The lines of a diff. */
export function diffLines(diff: TraceDiff, left: Trace, right: Trace): readonly string[] {
  if (diff.first === undefined) return ['the same, but perhaps for the times'];
  const differing = diff.actors.filter((actor) => actor.verdict !== 'same');
  const same = diff.actors.length - differing.length;
  const lines = [
    `first divergence: ${lineOf(diff.first)}`,
    '',
    ...rowsAround(diff.first, left, right).split('\n'),
    '',
    ...differing.slice(0, SHOWN_ACTORS).map((actor) => `  ${lineOf(actor)}`),
    ...(differing.length > SHOWN_ACTORS ? [`  ... ${differing.length - SHOWN_ACTORS} more actors`] : []),
    `${differing.length} actors differ, ${same} are the same${diff.actorsLeftOut > 0 ? `, ${diff.actorsLeftOut} are not listed` : ''}`,
  ];
  return lines.map(printable);
}

function lineOf(diff: ActorDiff): string {
  switch (diff.verdict) {
    case 'same':
      return `${diff.actor}: the same`;
    case 'missingLeft':
      return `${diff.actor}: in the right trace alone, from record ${diff.seq} on`;
    case 'missingRight':
      return `${diff.actor}: in the left trace alone, from record ${diff.seq} on`;
    case 'differs': {
      const { what, ordinal, left, right, seqLeft, seqRight } = diff.firstDivergence;
      const side = (seq: number | undefined, text: string | undefined): string =>
        seq === undefined ? 'nothing more' : `${text} (record ${seq})`;
      return `${diff.actor}: ${what} ${ordinal}: ${side(seqLeft, left)} | ${side(seqRight, right)}`;
    }
  }
}

/** What the actor did on both sides, around the divergence. */
function rowsAround(diff: ActorDiff, left: Trace, right: Trace): string {
  const seqs =
    diff.verdict === 'differs'
      ? [diff.firstDivergence.seqLeft, diff.firstDivergence.seqRight]
      : diff.verdict === 'missingLeft'
        ? [undefined, diff.seq]
        : diff.verdict === 'missingRight'
          ? [diff.seq, undefined]
          : [];
  const [ofLeft, ofRight] = [around(left, diff.actor, seqs[0]), around(right, diff.actor, seqs[1])];
  // What came before is laid level, so that the records at which they part stand side by side.
  const before = Math.max(ofLeft.before.length, ofRight.before.length);
  const [one, other] = [level(ofLeft, before), level(ofRight, before)];
  const rows: Row[] = Array.from({ length: Math.max(one.length, other.length) }, (_, index) => ({
    expected: one[index] ?? '',
    actual: other[index] ?? '',
    matches: index < before,
  }));
  return formatRows(rows, ['left', 'right']);
}

interface Around {
  readonly before: readonly string[];
  readonly from: readonly string[];
}

function around({ records }: Trace, actor: string, seq: number | undefined): Around {
  const own = records.filter((record) => record.actor === actor);
  const found = seq === undefined ? own.length : own.findIndex((record) => record.seq >= seq);
  const at = found < 0 ? own.length : found;
  const told = (list: readonly TraceRecord[]): readonly string[] =>
    list.map((record) => `${record.seq} ${describeRecord(record)}`);
  const from = told(own.slice(at, at + CONTEXT.after));
  return {
    before: told(own.slice(Math.max(0, at - CONTEXT.before), at)),
    from: at < own.length ? from : ['(nothing)'],
  };
}

function level({ before, from }: Around, length: number): readonly string[] {
  return [...Array.from({ length: length - before.length }, () => ''), ...before, ...from];
}
