/**
 * Walks a machine through events with no actor and no clock: XState's pure transition function and what it ordered. The
 * same walk is taken on the prepared chart that actors run, and the two must agree at every step.
 */
import { expect } from '@jest/globals';
import {
  initialTransition,
  transition,
  type AnyStateMachine,
  type EmittedFrom,
  type EventFromLogic,
  type InputFrom,
  type SnapshotFrom,
  type StateValue,
} from 'xstate';
import { Chart, type Configuration, type Plan } from '../../src/actors/chart/chart.js';
import { edgeOf } from '../../src/actors/chart/edges.js';
import type { ChartEvent, Context, Step } from '../../src/actors/chart/implementations.js';
import { statePath } from '../../src/actors/chart/state-path.js';
import type { MachineStep } from '../../src/coverage/charted-machine.js';

interface Snapshot {
  readonly value: StateValue;
  readonly context: unknown;
  readonly status: string;
  readonly tags: ReadonlySet<string>;
}

type Action = { readonly type: string; readonly params?: unknown };

/** Where a walk ended. */
export interface Walk<TMachine extends AnyStateMachine> {
  readonly snapshot: SnapshotFrom<TMachine>;
  /** Dotted path of the state, parallel regions joined by `|`. */
  readonly state: string;
  /** Every effect, in order. */
  readonly effects: readonly EmittedFrom<TMachine>[];
}

/** Who hears of every step of every walk, with the machine's id. */
export const walkers = new Set<(machine: string, step: MachineStep) => void>();

export function walk<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: InputFrom<TMachine>,
  events: readonly (EventFromLogic<TMachine> | { readonly type: string })[],
): Walk<TMachine> {
  let [snapshot, actions] = initialTransition(machine, input as never);
  const effects = emitted(actions);
  const prepared = new PreparedWalk(machine, input);
  prepared.expectSame(snapshot, actions, 'start');
  for (const event of events) {
    // The pure function goes on after a final state; an actor does not.
    const active = (snapshot as Snapshot).status === 'active';
    [snapshot, actions] = transition(machine, snapshot, event as never);
    effects.push(...emitted(actions));
    if (!active) continue;
    prepared.hear(event);
    prepared.expectSame(snapshot, actions, (event as ChartEvent).type);
  }
  const { value } = snapshot as Snapshot;
  return {
    snapshot: snapshot,
    state: statePath(value),
    effects: effects as EmittedFrom<TMachine>[],
  };
}

/** The same machine as an actor runs it. */
class PreparedWalk {
  readonly #chart: Chart;
  #at: Configuration;
  #context: Context;
  #ordered: unknown[] = [];

  constructor(machine: AnyStateMachine, input: unknown) {
    this.#chart = Chart.of(machine);
    this.#context = this.#chart.initialContext(input);
    this.#at = this.#chart.start.next;
    this.#take(this.#chart.start, { type: 'xstate.init', input } as ChartEvent);
  }

  hear(event: ChartEvent): void {
    this.#ordered = [];
    const plan = this.#chart.plan(this.#at, this.#context, event);
    if (plan !== undefined) this.#take(plan, event);
  }

  /** Expects state, context, tags, effects and deadlines to be what XState says. */
  expectSame(snapshot: unknown, actions: readonly Action[], event: string): void {
    const { value, context, status, tags } = snapshot as Snapshot;
    expect({
      event,
      state: this.#at.state,
      value: this.#at.value,
      context: this.#context,
      done: this.#at.done,
      tags: [...this.#at.tags],
      ordered: this.#ordered,
    }).toEqual({
      event,
      state: statePath(value),
      value,
      context,
      done: status === 'done',
      tags: [...tags],
      ordered: actions.map(told),
    });
  }

  #take(plan: Plan, event: ChartEvent): void {
    const ordered: unknown[] = [];
    const effects = { push: (effect: ChartEvent) => ordered.push({ emit: effect }) } as unknown as ChartEvent[];
    const deadlines = {
      schedule: (id: string, _event: ChartEvent, delayMs: number) => ordered.push({ schedule: id, delayMs }),
      cancel: (id: string) => ordered.push({ cancel: id }),
    };
    const step: Step = { context: this.#context, event, effects, deadlines };
    for (const act of plan.acts) act(step);
    this.#tell(plan, event);
    this.#context = step.context;
    this.#at = plan.next;
    this.#ordered = ordered;
  }

  #tell({ taken, next }: Plan, { type: event }: ChartEvent): void {
    const { machine } = this.#chart;
    const from = event === 'xstate.init' ? '' : this.#at.state;
    const edges = taken.map((transition) => edgeOf(machine, transition).id);
    for (const walker of walkers) walker(machine.id, { from, to: next.state, event, edges });
  }
}

function told({ type, params }: Action): unknown {
  const { event, id, delay, sendId } = (params ?? {}) as Record<string, unknown>;
  if (type === 'xstate.emit') return { emit: event };
  if (type === 'xstate.raise') return { schedule: id, delayMs: delay };
  if (type === 'xstate.cancel') return { cancel: sendId };
  return type;
}

function emitted(actions: readonly Action[]): unknown[] {
  return actions
    .filter((action) => action.type === 'xstate.emit')
    .map((action) => (action.params as { event: unknown }).event);
}

/** The event that XState sends when the `after` delay `name` of the machine's node `path` fires. */
export function deadline(name: string, path: string): { readonly type: string } {
  return { type: `xstate.after.${name}.${path}` };
}
