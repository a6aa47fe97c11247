/**
 * Which transitions an event takes (SCXML, selectTransitions): from the inside out, the first whose guard lets it
 * through; in parallel states, each region for itself.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { guardOf, type ChartEvent, type Context, type Guard } from './implementations.js';
import type { Transition } from './nodes.js';

/** One way out of a state: tried in order until a guard lets one through. */
interface Candidate {
  readonly transition: Transition;
  readonly guard: Guard | undefined;
}

/** What one event type can take in one configuration: what `regions` say first, where states are parallel. */
export interface Selector {
  readonly regions: readonly Selector[];
  readonly own: readonly Candidate[];
}

/** The selector for events of `type` while `active` states are active. */
export function selectorOf(machine: AnyStateMachine, active: ReadonlySet<AnyStateNode>, type: string): Selector {
  const at = (node: AnyStateNode): Selector => {
    const inner = Object.values(node.states)
      .filter((child) => active.has(child))
      .map(at);
    const own = candidatesOf(node, type).map((transition) => ({
      transition,
      guard: transition.guard === undefined ? undefined : guardOf(machine, transition.guard),
    }));
    const [only] = inner;
    // A chain of states is one list from the inside out; regions are asked one by one.
    if (only !== undefined && inner.length === 1 && only.regions.length === 0) {
      return { regions: [], own: [...only.own, ...own] };
    }
    return { regions: inner, own };
  };
  return at(machine.root);
}

/** The transition that `event` takes, or those of several regions, or `undefined`. */
export function select(
  { regions, own }: Selector,
  context: Context,
  event: ChartEvent,
): Transition | readonly Transition[] | undefined {
  if (regions.length === 0) return firstOpen(own, context, event);
  const inner = new Set<Transition>();
  for (const region of regions) {
    const selected = select(region, context, event);
    if (selected === undefined) continue;
    for (const transition of 'source' in selected ? [selected] : selected) inner.add(transition);
  }
  if (inner.size === 0) return firstOpen(own, context, event);
  const [first] = inner;
  return inner.size === 1 ? first : [...inner];
}

function firstOpen(own: readonly Candidate[], context: Context, event: ChartEvent): Transition | undefined {
  for (const { transition, guard } of own) {
    if (guard === undefined || guard(context, event)) return transition;
  }
  return undefined;
}

/** The transitions of one state that an event of this type may take: its own name first, then the longest wildcard. */
function candidatesOf(node: AnyStateNode, type: string): readonly Transition[] {
  const transitions = node.transitions as ReadonlyMap<string, readonly Transition[]>;
  const wildcards = [...transitions.keys()]
    .filter((descriptor) => descriptor !== type && isMatch(descriptor, type))
    .sort((a, b) => b.length - a.length);
  return [type, ...wildcards].flatMap((descriptor) => transitions.get(descriptor) ?? []);
}

/** `*` matches anything, `wire.*` whatever begins with `wire.`, and `wire` itself. */
function isMatch(descriptor: string, type: string): boolean {
  if (descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  return `${type}.`.startsWith(descriptor.slice(0, -1));
}
