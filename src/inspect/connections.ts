/** One connection for its view: the machines that made it, which frames and reads it had, what it was at a moment. */
import { connectionOf } from '../trace/tools/addresses.js';
import type { LinkEnd } from './links.js';
import { stepAt, type MachineLife, type Step, type TraceStore } from './trace-store.js';

/** A machine of a connection at a moment. */
export interface MachineMoment {
  readonly life: MachineLife;
  /** The last step; `undefined` before the first. */
  readonly step: Step | undefined;
}

/** The machines of everything at or below an address, in the order in which they began. */
export function machinesBelow(store: TraceStore, address: string, upTo: number): readonly MachineMoment[] {
  const found: MachineMoment[] = [];
  for (const actor of store.actors.values()) {
    if (actor.address !== address && !actor.address.startsWith(`${address}/`)) continue;
    for (const life of actor.machines) {
      if ((life.steps[0]?.seq ?? Number.POSITIVE_INFINITY) <= upTo) found.push({ life, step: stepAt(life, upTo) });
    }
  }
  return found.sort((one, other) => (one.life.steps[0]?.seq ?? 0) - (other.life.steps[0]?.seq ?? 0));
}

/** Dotted paths of the states that a step leads to; regions of a parallel state stand side by side. */
export function activeStates(step: Step | undefined): readonly string[] {
  return step === undefined || step.to === '' ? [] : step.to.split('|');
}

/** What a guard answered, as far as a step tells: an edge that is tried second is taken because the first was not. */
export interface GuardAnswer {
  readonly guard: string;
  readonly answer: boolean;
}

/** An edge, as far as guards are concerned. */
export interface GuardedEdge {
  readonly id: string;
  readonly source: string;
  readonly event: string;
  readonly guard?: string | undefined;
}

/** The answers of the guards that a step tells of, in the order in which they were asked. */
export function guardAnswers(edges: readonly GuardedEdge[], taken: readonly string[]): readonly GuardAnswer[] {
  return taken.flatMap((id) => {
    const edge = edges.find((known) => known.id === id);
    if (edge === undefined) return [];
    const tried = edges.filter(({ source, event }) => source === edge.source && event === edge.event);
    return tried
      .slice(0, tried.indexOf(edge) + 1)
      .flatMap((one) => (one.guard === undefined ? [] : [{ guard: one.guard, answer: one === edge }]));
  });
}

/** How often states of a machine were entered, by dotted path, and edges taken, by id. */
export interface VisitCounts {
  readonly states: Readonly<Record<string, number>>;
  readonly edges: Readonly<Record<string, number>>;
}

/**
 * How often each edge of machines of one kind was taken up to a moment, and each state entered. `withOuter` answers the
 * states that count with one: itself alone, by default.
 */
export function visitsOf(
  lives: readonly Pick<MachineLife, 'steps'>[],
  upTo: number,
  withOuter: (state: string) => readonly string[] = (state) => [state],
): VisitCounts {
  const states: Record<string, number> = {};
  const edges: Record<string, number> = {};
  for (const { steps } of lives) {
    for (const step of steps) {
      if (step.seq > upTo) break;
      // Regions that stand side by side have their outer states in common.
      for (const state of new Set(activeStates(step).flatMap(withOuter))) states[state] = (states[state] ?? 0) + 1;
      for (const edge of step.edges) edges[edge] = (edges[edge] ?? 0) + 1;
    }
  }
  return { states, edges };
}

/** Indexes in `store.records`, of those given, whose record belongs to the connection. */
export function ofConnection(store: TraceStore, indexes: readonly number[], connection: string): readonly number[] {
  return indexes.filter((index) => {
    const actor = store.records[index]?.actor ?? '';
    return actor === connection || actor.startsWith(`${connection}/`);
  });
}

/** The connection that a selected actor belongs to, where the trace knows it. */
export function chosenConnection(links: ReadonlyMap<string, LinkEnd>, actor: string | undefined): string | undefined {
  const own = actor === undefined ? undefined : connectionOf(actor)?.address;
  return own !== undefined && links.has(own) ? own : undefined;
}
