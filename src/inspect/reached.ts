/** What of each machine's chart a trace reached: counts by state and edge, to be laid over a drawing or a report. */
import { activeStates } from './connections.js';
import type { TraceStore } from './trace-store.js';

/** Counts of one machine, over all actors that run it. */
export interface ReachedCounts {
  /** By dotted path; an outer state counts with each of its inner ones. */
  readonly states: Readonly<Record<string, number>>;
  /** By edge id. */
  readonly edges: Readonly<Record<string, number>>;
}

/** The counts up to record `upTo`, by machine id. */
export function reachedOf(store: TraceStore, upTo: number): ReadonlyMap<string, ReachedCounts> {
  const reached = new Map<string, { states: Record<string, number>; edges: Record<string, number> }>();
  for (const { machine, steps } of store.machines()) {
    const counts = reached.get(machine) ?? { states: {}, edges: {} };
    reached.set(machine, counts);
    for (const step of steps) {
      if (step.seq > upTo) break;
      for (const state of new Set(activeStates(step).flatMap(outerStates)))
        counts.states[state] = (counts.states[state] ?? 0) + 1;
      for (const edge of step.edges) counts.edges[edge] = (counts.edges[edge] ?? 0) + 1;
    }
  }
  return reached;
}

/** A state and all around it: `a.b.c`, `a.b`, `a`. */
export function outerStates(path: string): readonly string[] {
  const parts = path.split('.');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
}

/** How much of a chart was reached. */
export interface ReachedShare {
  readonly states: number;
  readonly statesTotal: number;
  readonly edges: number;
  readonly edgesTotal: number;
  readonly missedEdges: readonly string[];
}

/** The share of the states and edges given that `counts` has. */
export function shareOf(
  counts: ReachedCounts | undefined,
  states: readonly string[],
  edges: readonly string[],
): ReachedShare {
  const has = (of: Readonly<Record<string, number>> | undefined, name: string): boolean => (of?.[name] ?? 0) > 0;
  const missedEdges = edges.filter((id) => !has(counts?.edges, id));
  return {
    states: states.filter((path) => has(counts?.states, path)).length,
    statesTotal: states.length,
    edges: edges.length - missedEdges.length,
    edgesTotal: edges.length,
    missedEdges,
  };
}
