/** What of each machine's chart a trace reached: counts by state and edge, to be laid over a drawing or a report. */
import { visitsOf, type VisitCounts } from './connections.js';
import type { MachineLife, TraceStore } from './trace-store.js';

/** Counts of one machine, over all actors that run it: an outer state counts with each of its inner ones. */
export type ReachedCounts = VisitCounts;

/** The counts up to record `upTo`, by machine id. */
export function reachedOf(store: TraceStore, upTo: number): ReadonlyMap<string, ReachedCounts> {
  const lives = new Map<string, MachineLife[]>();
  for (const life of store.machines()) {
    const same = lives.get(life.machine);
    if (same === undefined) lives.set(life.machine, [life]);
    else same.push(life);
  }
  return new Map([...lives].map(([machine, same]) => [machine, visitsOf(same, upTo, outerStates)]));
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
