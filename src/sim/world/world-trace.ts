/** The trace of a whole world in one file: every node's records in one order, each under its node's name. */
import { engineVersions } from '../../platform/versions.js';
import type { TraceDetail } from '../../ports.js';
import type { TraceClass, TraceConfig, TraceHeader } from '../../trace/format.js';
import { traceHeader } from '../../trace/header.js';

/** What the header of a world's trace says. */
export interface WorldTraceFacts {
  readonly seed: number | string;
  readonly title?: string;
  /** Default `redacted`. */
  readonly class?: TraceClass;
  /** Default `frames`. */
  readonly detail?: TraceDetail;
  /** Tells what passes inside the secure channels too, where the class allows it. Default: no. */
  readonly plaintext?: boolean;
  /** Tells observations too. Default: no. */
  readonly observations?: boolean;
  /** What the run was made from, as JSON. */
  readonly config?: TraceConfig;
}

/**
 * A header for the trace of a world. One file for all nodes:
 *
 * ```ts
 * const writer = new TraceWriter(worldTraceHeader({ seed }), output);
 * const world = new World({ seed, traceFor: (name) => writer.sinkFor(name) });
 * ```
 *
 * For a file of its own each node gets `new TraceWriter(header, output, name)`.
 */
export function worldTraceHeader(facts: WorldTraceFacts): TraceHeader {
  return traceHeader({
    title: facts.title ?? 'swarmchart world',
    vantagePoint: 'world',
    class: facts.class ?? 'redacted',
    detail: facts.detail ?? 'frames',
    seed: String(facts.seed),
    clock: 'virtual',
    versions: engineVersions(),
    config: facts.config ?? {},
    plaintext: facts.plaintext ?? false,
    observations: facts.observations ?? false,
  });
}
