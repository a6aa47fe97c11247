/**
 * The negotiation failure explainer: what failed in a trace, why, and what to change. It reads records alone, so that it
 * works on redacted traces and without the node; it never throws on what a trace holds.
 */
import type { TraceHeader, TraceRecord } from '../../trace/format.js';
import type { Case } from './case.js';
import type { FailureExplanation } from './explanation.js';
import type { Incident } from './facts.js';
import { findingOf } from './findings/index.js';
import { gather } from './gather.js';
import { blameOf, titleOf } from './kinds.js';
import { chainOf, storyOf } from './story.js';

export type { FailureExplanation, StoryStep } from './explanation.js';
export { explainText } from './text.js';

/** Failures of one trace that are explained; of a longer list, the first ones. */
export const FAILURES_EXPLAINED = 500;

/**
 * Every failure of a trace that is not the consequence of another one, in order. `records` are dense by `seq`, from
 * whichever number the first has; one pass and some indexes, in time linear to their number.
 */
export function explainFailures(records: readonly TraceRecord[], header: TraceHeader): readonly FailureExplanation[] {
  const { incidents, at } = gather(records, header);
  return incidents.slice(0, FAILURES_EXPLAINED).map((incident) => explained(incident, header, at));
}

function explained(incident: Incident, header: TraceHeader, at: Case['at']): FailureExplanation {
  const { actor, machine, state, ended, seq } = incident;
  const code = incident.code ?? 'ERR_ENGINE_ASSERTION';
  const given: Case = { incident, code, header, at };
  const { cause, change, title = titleOf(code), offered, wanted } = findingOf(given);
  return {
    code,
    title,
    blame: incident.blame ?? blameOf(code, machine, ended),
    actor,
    ...(machine === undefined ? {} : { machine }),
    ...(state === undefined ? {} : { state }),
    ...(ended === undefined ? {} : { ended }),
    seq,
    ...(offered === undefined || offered.length === 0 ? {} : { offered }),
    ...(wanted === undefined || wanted.length === 0 ? {} : { wanted }),
    story: storyOf(given),
    cause,
    change: [...new Set([...change, ...fromTheStart(incident)])],
    chain: chainOf(given),
  };
}

/** A trace that begins in the middle cannot tell how it came to the failure. */
function fromTheStart({ life, machine }: Incident): readonly string[] {
  const isWhole = life === undefined ? machine === undefined : life.isWhole;
  return isWhole ? [] : [PARTIAL];
}

const PARTIAL =
  'The trace begins in the middle: record the node from its start to see how it came to this (docs/trace.md).';
