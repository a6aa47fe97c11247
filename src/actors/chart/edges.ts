/**
 * The edges of a chart under names that stay: what a trace records, coverage counts and a diagram draws.
 *
 * `open.windowOpen window.exhausted` is the edge of that state for that event; where a state has several for one event
 * they are numbered in the order in which they are tried (`open local.close`, `open local.close 2`). The machine itself
 * is `-`, and a deadline is `after finTimeout`.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Transition } from './nodes.js';

/** One edge as it is written in the chart. */
export interface Edge {
  readonly id: string;
  /** Dotted path of the state it leaves from; `-` for the machine. */
  readonly source: string;
  /** Event, wildcard, or `after` and the name of the delay. */
  readonly event: string;
  /** Dotted paths; empty where it stays and only acts. */
  readonly targets: readonly string[];
  /** Name of its guard, where it has one. */
  readonly guard: string | undefined;
  /** Names of its actions, in order. */
  readonly actions: readonly string[];
}

const known = new WeakMap<AnyStateMachine, ReadonlyMap<Transition, Edge>>();

/** Every edge of `machine`, in the order of the chart. */
export function edgesOf(machine: AnyStateMachine): readonly Edge[] {
  return [...edgesByTransition(machine).values()];
}

/** The edge that `transition` of `machine` is. */
export function edgeOf(machine: AnyStateMachine, transition: Transition): Edge {
  const edge = edgesByTransition(machine).get(transition);
  if (edge === undefined) throw new Error(`"${transition.eventType}" is no edge of machine "${machine.id}"`);
  return edge;
}

/** Dotted path of a state; `-` for the machine. */
export function pathOf(node: AnyStateNode): string {
  return node.path.length === 0 ? '-' : node.path.join('.');
}

/** The nodes of a chart: the machine first, every state before its inner ones. */
export function nodesOf(machine: AnyStateMachine): readonly AnyStateNode[] {
  return withInner(machine.root);
}

/** Every edge by the transition that it is, in the order of the chart. */
export function edgesByTransition(machine: AnyStateMachine): ReadonlyMap<Transition, Edge> {
  let edges = known.get(machine);
  if (edges === undefined) {
    edges = new Map(nodesOf(machine).flatMap(edgesFrom));
    known.set(machine, edges);
  }
  return edges;
}

function withInner(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(withInner)];
}

function edgesFrom(node: AnyStateNode): [Transition, Edge][] {
  const source = pathOf(node);
  return [...(node.transitions as ReadonlyMap<string, readonly Transition[]>)].flatMap(([type, transitions]) =>
    transitions.map((transition, index): [Transition, Edge] => {
      const event = eventName(type, node);
      const id = `${source} ${event}${index === 0 ? '' : ` ${index + 1}`}`;
      const targets = (transition.target ?? []).map(pathOf);
      const actions = transition.actions.map(nameOf);
      return [transition, { id, source, event, targets, guard: guardName(transition.guard), actions }];
    }),
  );
}

/** XState calls a deadline `xstate.after.DELAY.STATE`. */
function eventName(type: string, node: AnyStateNode): string {
  const deadline = `xstate.after.`;
  return type.startsWith(deadline) ? `after ${type.slice(deadline.length, -node.id.length - 1)}` : type;
}

function guardName(guard: unknown): string | undefined {
  return guard === undefined ? undefined : nameOf(guard);
}

/** The name by which a chart refers to an action or guard; for `emit` written in place, the effect. */
export function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type, event } = reference as { readonly type?: string; readonly event?: unknown };
  if (type === 'xstate.emit' && typeof event === 'object' && event !== null) return (event as { type: string }).type;
  return type ?? 'inline';
}
