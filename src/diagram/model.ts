/**
 * A chart as data: everything that is drawn, written out and explained of a machine. States and edges are those of the
 * canonical form (`actors/chart`), so that the ids here are the ones that traces and coverage carry.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { canonicalState, type CanonicalState } from '../actors/chart/canonical.js';
import { edgesByTransition, nodesOf, pathOf, type Edge } from '../actors/chart/edges.js';
import type { Transition } from '../actors/chart/nodes.js';
import type { ErrorCode } from '../error-hints.js';
import { MACHINES } from '../machines/index.js';
import { machineHash } from '../trace/machine-hash.js';
import { factsOf, isDeadlineUpkeep, type ActionFacts } from './actions.js';
import { MEANINGS } from './meanings/index.js';

/** How a final state ends: `failure` where it reports an error, or is where what nobody expected leads. */
export type Outcome = 'success' | 'failure';

/** One state. Those of the machine itself have the path `-`. */
export interface ChartState extends Omit<CanonicalState, 'initial'> {
  /** Path of the state around it; `undefined` for the machine. */
  readonly parent: string | undefined;
  readonly initial: readonly string[];
  /** Entry actions with the values that they are given in the chart: `sendMessage 1`. */
  readonly entryTexts: readonly string[];
  readonly exitTexts: readonly string[];
  /** Effects that entering it may order. */
  readonly effects: readonly string[];
  /** Error codes that it reports, or every edge that leads to it, as far as they are written in the chart. */
  readonly codes: readonly ErrorCode[];
  /** Whether it reports the code that it is given; `codes` holds then what it reports without one. */
  readonly takesCode: boolean;
  /** Of final states alone. */
  readonly outcome: Outcome | undefined;
  /** What being in it means, in a sentence. */
  readonly meaning: string | undefined;
}

/** One edge, under the id that `actor:transition` records carry. */
export interface ChartEdge extends Edge {
  /** Event and guard, short: `wire.fin [hasQueued]`, `after 30 s`, `anything else`. */
  readonly label: string;
  readonly actionTexts: readonly string[];
  /** Whether its source is left and entered again although it goes to a state inside it, or to itself. */
  readonly reenter: boolean;
  /** Effects that taking it may order, besides those of leaving and entering. */
  readonly effects: readonly string[];
  readonly codes: readonly ErrorCode[];
  /** Whether it reports the code that it is given. */
  readonly takesCode: boolean;
}

/** A whole chart. */
export interface ChartModel {
  readonly id: string;
  /** SHA-256 of the canonical form: what trace headers and coverage carry. */
  readonly hash: string;
  /** What the machine decides, in a few words. */
  readonly decides: string;
  /** The specification whose words it uses. */
  readonly spec: string;
  /** The machine first, every state before its inner ones. */
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

/** The chart of `machine`; what the catalogue knows of it is taken from there unless it is given. */
export function chartModel(machine: AnyStateMachine, about: { decides?: string; spec?: string } = {}): ChartModel {
  const entry = MACHINES.find((candidate) => candidate.machine === machine);
  const edges = [...edgesByTransition(machine)].map(([transition, edge]) => chartEdge(machine, transition, edge));
  return {
    id: machine.id,
    hash: machineHash(machine),
    decides: about.decides ?? entry?.decides ?? '',
    spec: about.spec ?? entry?.spec ?? '',
    states: nodesOf(machine).map((node) => chartState(machine, node, edges)),
    edges,
  };
}

/** The charts of every machine of the catalogue, in its order. */
export function chartModels(): readonly ChartModel[] {
  return MACHINES.map(({ machine }) => chartModel(machine));
}

function chartState(machine: AnyStateMachine, node: AnyStateNode, edges: readonly ChartEdge[]): ChartState {
  const { initial = [], ...state } = canonicalState(node);
  const factsOn = (actions: readonly unknown[]): readonly ActionFacts[] =>
    actions.filter((action) => !isDeadlineUpkeep(action)).map((action) => factsOf(machine, action));
  const facts = factsOn(node.entry);
  const leading = edges.filter(({ targets }) => targets.includes(state.path));
  const isUnforeseen = leading.length > 0 && leading.every(({ event }) => event === '*');
  const isFault = node.type === 'final' && leading.every(reportsCode);
  const reporting = isFault && !facts.some(reportsCode) ? leading : facts;
  const codes = [...new Set(reporting.flatMap((one) => one.codes))];
  const takesCode = reporting.some((one) => one.takesCode);
  return {
    ...state,
    parent: node.parent === undefined ? undefined : pathOf(node.parent),
    initial,
    entryTexts: facts.map(({ text }) => text),
    effects: [...new Set(facts.flatMap((fact) => fact.effects))],
    exitTexts: factsOn(node.exit).map(({ text }) => text),
    codes,
    takesCode,
    outcome: node.type !== 'final' ? undefined : isUnforeseen || takesCode || codes.length > 0 ? 'failure' : 'success',
    meaning: MEANINGS[machine.id]?.[state.path],
  };
}

function chartEdge(machine: AnyStateMachine, transition: Transition, edge: Edge): ChartEdge {
  const facts = transition.actions.map((action) => factsOf(machine, action));
  return {
    ...edge,
    label: edge.guard === undefined ? eventLabel(edge.event) : `${eventLabel(edge.event)} [${edge.guard}]`,
    actionTexts: facts.map(({ text }) => text),
    reenter: transition.reenter,
    effects: [...new Set(facts.flatMap(({ effects }) => effects))],
    codes: [...new Set(facts.flatMap(({ codes }) => codes))],
    takesCode: facts.some(({ takesCode }) => takesCode),
  };
}

function reportsCode({ codes, takesCode }: Pick<ActionFacts, 'codes' | 'takesCode'>): boolean {
  return codes.length > 0 || takesCode;
}

/** An event as a reader says it. */
export function eventLabel(event: string): string {
  if (event === '*') return 'anything else';
  const wildcard = /^(.+)\.\*$/.exec(event);
  if (wildcard !== null) return `any ${wildcard[1] ?? ''}`;
  const deadline = /^after (\d+)$/.exec(event);
  return deadline === null ? event : `after ${durationText(Number(deadline[1]))}`;
}

/** `30 s`, `250 ms`, `2 min`: the largest unit that says it exactly. */
function durationText(milliseconds: number): string {
  if (milliseconds >= 60_000 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000} min`;
  if (milliseconds >= 1000 && milliseconds % 1000 === 0) return `${milliseconds / 1000} s`;
  return `${milliseconds} ms`;
}
