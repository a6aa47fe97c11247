/**
 * What there is to cover in one machine, and what a step of it proves of its guards.
 *
 * A record names the edges that were taken, not the guards that were asked. They follow from the order in which edges
 * are tried (`actors/chart/selection.ts`): the guard of an edge that is taken let it through, and the guards of those
 * that are tried before it did not.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgeOf, edgesByTransition, edgesOf, nodesOf, pathOf, type Edge } from '../actors/chart/edges.js';
import type { Transition } from '../actors/chart/nodes.js';
import { selectorOf, type Selector } from '../actors/chart/selection.js';
import { machineHash } from '../trace/machine-hash.js';

/** Name of the event under which a record tells any deadline (`actors/spawn.ts`). */
const DEADLINE = 'deadline';

/** What a guard answered. */
export interface GuardOutcome {
  /** Id of the guarded edge. */
  readonly edge: string;
  readonly outcome: boolean;
}

/** One step of a machine, as `actor:transition` tells it. */
export interface MachineStep {
  /** State paths, parallel regions joined by `|`; `from` is empty for the start. */
  readonly from: string;
  readonly to: string;
  readonly event: string;
  /** Ids of the edges taken; none for the start. */
  readonly edges: readonly string[];
}

/** States, edges and guards of one machine. */
export class ChartedMachine {
  /** SHA-256 of the chart: counts of another chart are not comparable. */
  readonly hash: string;
  /** Dotted paths of all states, outer ones too, in the order of the chart. */
  readonly states: readonly string[];
  readonly edges: readonly Edge[];
  readonly #transitions = new Map<string, Transition>();
  /** By step: a run takes few different ones many times. */
  readonly #proven = new Map<string, readonly GuardOutcome[]>();

  constructor(readonly machine: AnyStateMachine) {
    this.hash = machineHash(machine);
    this.states = nodesOf(machine)
      .filter((node) => node !== machine.root)
      .map(pathOf);
    this.edges = edgesOf(machine);
    for (const [transition, { id }] of edgesByTransition(machine)) this.#transitions.set(id, transition);
  }

  /** States that are active in `path`, outer ones too; `undefined` for a path that is not of this chart. */
  activeIn(path: string): readonly string[] | undefined {
    return this.#active(path)?.map(pathOf);
  }

  /** What guards answered in this step; nothing for the start, or for what is not of this chart. */
  outcomesOf(step: MachineStep): readonly GuardOutcome[] {
    const key = `${step.from}\n${step.event}\n${step.edges.join('\n')}`;
    let proven = this.#proven.get(key);
    if (proven === undefined) {
      proven = this.#prove(step);
      this.#proven.set(key, proven);
    }
    return proven;
  }

  #prove({ from, event, edges }: MachineStep): readonly GuardOutcome[] {
    const active = this.#active(from);
    const taken = edges.flatMap((id) => this.#transitions.get(id) ?? []);
    const [first] = taken;
    if (active === undefined || first === undefined) return [];
    const type = event === DEADLINE ? first.eventType : event;
    const refused = new Set<Transition>();
    collectRefused(selectorOf(this.machine, new Set([this.machine.root, ...active]), type), new Set(taken), refused);
    const guarded = (transition: Transition): boolean => transition.guard !== undefined;
    const outcome = (answer: boolean) => (transition: Transition) => ({
      edge: edgeOf(this.machine, transition).id,
      outcome: answer,
    });
    return [...taken.filter(guarded).map(outcome(true)), ...[...refused].filter(guarded).map(outcome(false))];
  }

  #active(path: string): AnyStateNode[] | undefined {
    const active = new Set<AnyStateNode>();
    if (path === '') return [];
    for (const part of path.split('|')) {
      let node: AnyStateNode | undefined = this.machine.root;
      for (const key of part.split('.')) {
        node = Object.hasOwn(node.states, key) ? node.states[key] : undefined;
        if (node === undefined) return undefined;
        active.add(node);
      }
    }
    return [...active];
  }
}

/**
 * Finds what was tried before what was taken; answers whether something of this selector was taken. Where a region has
 * nothing that was taken nothing is known of it: what it chose may have yielded to another region.
 */
function collectRefused({ regions, own }: Selector, taken: ReadonlySet<Transition>, refused: Set<Transition>): boolean {
  const inside = regions.map((region) => collectRefused(region, taken, refused));
  if (inside.includes(true)) return true;
  const at = own.findIndex(({ transition }) => taken.has(transition));
  if (at < 0) return false;
  for (const { transition } of own.slice(0, at)) refused.add(transition);
  // The outer state is asked only when no region took anything.
  for (const transition of regions.flatMap(transitionsOf)) refused.add(transition);
  return true;
}

function transitionsOf({ regions, own }: Selector): readonly Transition[] {
  return [...own.map(({ transition }) => transition), ...regions.flatMap(transitionsOf)];
}
