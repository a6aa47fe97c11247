/**
 * Walks a chart breadth first from its start, over every state, context and pending deadline that the samples lead to,
 * and picks paths from the walk. Deadlines come due in the order of virtual time, so that each path can be run by a clock.
 */
import { Chart, type Configuration, type Plan } from '../../src/actors/chart/chart.js';
import { edgeOf } from '../../src/actors/chart/edges.js';
import type { ChartEvent, Context, Step } from '../../src/actors/chart/implementations.js';
import { ChartedMachine } from '../../src/coverage/charted-machine.js';
import type { Model } from './samples.js';

/** One step of a path. */
export interface ModelStep {
  readonly event: ChartEvent;
  /** State paths. */
  readonly from: string;
  readonly to: string;
  readonly edges: readonly string[];
  /** What each guard answered that was asked, e.g. `- local.accept false`. */
  readonly guards: readonly string[];
  readonly isDeadline: boolean;
  /** Whether only a wildcard hears the event here: the state does not expect it. */
  readonly isUnexpected: boolean;
  readonly isLast: boolean;
}

/** Steps from the start of a machine with one of its inputs. */
export interface ModelPath {
  /** Name of the input. */
  readonly input: string;
  readonly steps: readonly ModelStep[];
}

/** Where a walk is. */
export interface Place {
  readonly state: string;
  readonly context: Context;
  /** How it came there. */
  readonly path: ModelPath;
}

/** What the world around a live actor can bring about. */
export interface Reach {
  /** Whether `event` can come at `place`; deadlines are asked for too. */
  can(event: ChartEvent, place: Place): boolean;
  /** What tells places apart that are one for the chart, e.g. how much waits in a queue. */
  tag?(place: Place): string;
}

/** A whole walk. */
export interface Exploration {
  readonly model: Model;
  /** The shortest path to each situation, the start first. */
  readonly situations: readonly ModelPath[];
  /** Each situation's path with one step more, for every event that can come there. */
  readonly steps: readonly ModelPath[];
  /** Events that nothing hears, told as `state event`. */
  readonly unheard: readonly string[];
}

interface Deadline {
  readonly id: string;
  readonly event: ChartEvent;
  readonly dueMs: number;
}

interface Situation {
  readonly at: Configuration;
  readonly context: Context;
  readonly nowMs: number;
  /** By due time, then by age. */
  readonly deadlines: readonly Deadline[];
  readonly path: ModelPath;
}

/** Far above what any machine has with small inputs: a context that grows without bound is a mistake of the samples. */
const MAX_SITUATIONS = 2000;

const EVERYTHING: Reach = { can: () => true };

/** Walks a machine with each of its inputs. */
export function explore(model: Model, reach: Reach = EVERYTHING): Exploration {
  const situations: ModelPath[] = [];
  const steps: ModelPath[] = [];
  const unheard = new Set<string>();
  const charted = new ChartedMachine(model.machine);
  for (const [name, input] of Object.entries(model.inputs)) {
    const begin = beginning(model, name, input);
    const keyIn = (situation: Situation): string => `${keyOf(situation)} ${reach.tag?.(placeOf(situation)) ?? ''}`;
    const known = new Set([keyIn(begin)]);
    const waiting = [begin];
    for (let here = waiting.shift(); here !== undefined; here = waiting.shift()) {
      situations.push(here.path);
      if (here.at.done) continue;
      for (const event of eventsIn(model, here)) {
        if (!reach.can(event, placeOf(here))) continue;
        const next = take(model, charted, here, event);
        if (next === undefined) {
          unheard.add(`${here.at.state} ${event.type}`);
          continue;
        }
        steps.push(next.path);
        const key = keyIn(next);
        if (known.has(key)) continue;
        known.add(key);
        if (known.size > MAX_SITUATIONS) throw new Error(`${model.machine.id}: more than ${MAX_SITUATIONS} situations`);
        waiting.push(next);
      }
    }
  }
  return { model, situations, steps, unheard: [...unheard] };
}

/** The shortest path to every state and combination of parallel states. */
export function statePaths({ situations }: Exploration): readonly ModelPath[] {
  const shortest = new Map<string, ModelPath>();
  for (const path of situations) {
    const state = path.steps.at(-1)?.to ?? '';
    const known = shortest.get(state);
    if (known === undefined || path.steps.length < known.steps.length) shortest.set(state, path);
  }
  return [...shortest.values()];
}

/** Paths that together take every edge that can be taken, and have every guard answer all that it can. */
export function edgePaths({ steps }: Exploration): readonly ModelPath[] {
  const covered = new Set<string>();
  const chosen: ModelPath[] = [];
  for (const path of [...steps].sort((left, right) => left.steps.length - right.steps.length)) {
    const last = path.steps.at(-1);
    if (last === undefined || [...last.edges, ...last.guards].every((what) => covered.has(what))) continue;
    chosen.push(path);
    for (const { edges, guards } of path.steps) for (const what of [...edges, ...guards]) covered.add(what);
  }
  return chosen;
}

/** Every event in every state that does not expect it, after the shortest path to that state. */
export function sadPaths({ steps }: Exploration): readonly ModelPath[] {
  const shortest = new Map<string, ModelPath>();
  for (const path of steps) {
    const last = path.steps.at(-1);
    if (last?.isUnexpected !== true) continue;
    const key = `${path.input} ${last.from} ${JSON.stringify(last.event)}`;
    if (!shortest.has(key)) shortest.set(key, path);
  }
  return [...shortest.values()];
}

/** A path as one line. */
export function pathText({ input, steps }: ModelPath): string {
  return [`(${input})`, ...steps.map(({ event, to }) => `${eventText(event)} -> ${to}`)].join('  ');
}

function eventText({ type, ...fields }: ChartEvent): string {
  return Object.keys(fields).length === 0 ? type : `${type} ${JSON.stringify(fields)}`;
}

/** Every sample, and the deadline that is due next. */
function eventsIn(model: Model, { deadlines }: Situation): readonly ChartEvent[] {
  const [due] = deadlines;
  return due === undefined ? model.events : [...model.events, due.event];
}

function beginning(model: Model, name: string, input: unknown): Situation {
  const chart = Chart.of(model.machine);
  const empty = { nowMs: 0, deadlines: [], context: chart.initialContext(input) };
  const event = { type: 'xstate.init', input } as ChartEvent;
  return { ...perform(empty, chart.start, event), path: { input: name, steps: [] } };
}

function take(model: Model, charted: ChartedMachine, here: Situation, event: ChartEvent): Situation | undefined {
  const { machine } = model;
  const plan = Chart.of(machine).plan(here.at, here.context, event);
  if (plan === undefined) return undefined;
  const isDeadline = event.type.startsWith('xstate.after.');
  const [due] = here.deadlines;
  const before = isDeadline && due !== undefined ? { nowMs: due.dueMs, deadlines: here.deadlines.slice(1) } : here;
  const next = perform({ ...here, ...before }, plan, event);
  const taken = plan.taken.map((transition) => edgeOf(machine, transition));
  const edges = taken.map(({ id }) => id);
  const told = { from: here.at.state, to: next.at.state, event: event.type, edges };
  const step: ModelStep = {
    event,
    from: told.from,
    to: told.to,
    edges,
    guards: charted.outcomesOf(told).map(({ edge, outcome }) => `${edge} ${outcome}`),
    isDeadline,
    isUnexpected: taken.every((edge) => edge.event.endsWith('*')),
    isLast: next.at.done,
  };
  return { ...next, path: { input: here.path.input, steps: [...here.path.steps, step] } };
}

function perform(
  before: { readonly nowMs: number; readonly deadlines: readonly Deadline[]; readonly context: Context },
  plan: Plan,
  event: ChartEvent,
): Omit<Situation, 'path'> {
  let deadlines = before.deadlines;
  const step: Step = {
    context: before.context,
    event,
    effects: [],
    deadlines: {
      cancel: (id) => (deadlines = deadlines.filter((pending) => pending.id !== id)),
      schedule: (id, due, delayMs) => {
        const rest = deadlines.filter((pending) => pending.id !== id);
        const one = { id, event: due, dueMs: before.nowMs + delayMs };
        deadlines = [...rest, one].sort((left, right) => left.dueMs - right.dueMs);
      },
    },
  };
  for (const act of plan.acts) act(step);
  return { at: plan.next, context: step.context, nowMs: before.nowMs, deadlines: plan.next.done ? [] : deadlines };
}

function placeOf({ at, context, path }: Situation): Place {
  return { state: at.state, context, path };
}

function keyOf({ at, context, nowMs, deadlines }: Situation): string {
  return JSON.stringify([at.state, context, deadlines.map(({ id, dueMs }) => [id, dueMs - nowMs])]);
}
