/**
 * Which states a transition leaves and enters (SCXML, "Algorithm for SCXML Interpretation": computeExitSet and
 * computeEntrySet, without history).
 */
import type { AnyStateNode } from 'xstate';

/** A transition as XState resolves it from the chart. */
export interface Transition {
  readonly source: AnyStateNode;
  /** Event type or wildcard it is written under. */
  readonly eventType: string;
  readonly target: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  /** Whether its source is left and entered again although the target lies in it. */
  readonly reenter: boolean;
}

/** The states that `taken` leaves when `active` ones are active, innermost first. */
export function exited(taken: readonly Transition[], active: readonly AnyStateNode[]): AnyStateNode[] {
  const leaving = new Set<AnyStateNode>();
  for (const transition of taken) {
    if (!hasTarget(transition)) continue;
    const domain = domainOf(transition);
    for (const node of active) if (domain === undefined || isInside(node, domain)) leaving.add(node);
    if (domain !== undefined && transition.reenter && transition.source === domain) leaving.add(domain);
  }
  return [...leaving].sort((a, b) => b.order - a.order);
}

/** The states that one transition enters. */
export function entered(transition: Transition): AnyStateNode[] {
  const entering = new Set<AnyStateNode>();
  const domain = domainOf(transition);
  for (const target of transition.target ?? []) {
    // A state that holds its own target and is not left stays as it is; only what is in it is entered anew.
    if (target !== domain || transition.reenter) entering.add(target);
    addInitial(target, entering);
  }
  for (const target of transition.target ?? []) {
    const path = ancestorsUpTo(target, domain);
    for (const ancestor of path) entering.add(ancestor);
    for (const ancestor of domain?.type === 'parallel' ? [...path, domain] : path) addRegions(ancestor, entering);
  }
  return [...entering];
}

/** `root` with all that is active once it is entered. */
export function statesEntered(root: AnyStateNode): AnyStateNode[] {
  const entering = new Set([root]);
  addInitial(root, entering);
  return [...entering];
}

/** Document order: outer states before inner ones. */
export function entryOrder(nodes: readonly AnyStateNode[]): AnyStateNode[] {
  return [...new Set(nodes)].sort((a, b) => a.order - b.order);
}

/** Whether `node` lies in `ancestor`; a state does not lie in itself. */
export function isInside(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** The innermost state that survives the transition; `undefined` when even the root is left. */
function domainOf(transition: Transition): AnyStateNode | undefined {
  const { source, reenter, target = [] } = transition;
  if (!reenter && target.every((node) => node === source || isInside(node, source))) return source;
  const [first, ...others] = [...target, source];
  for (let at = first?.parent; at !== undefined; at = at.parent) {
    const ancestor = at;
    if (others.every((node) => isInside(node, ancestor))) return ancestor;
  }
  return reenter ? undefined : source.machine.root;
}

function hasTarget({ target }: Transition): boolean {
  return target !== undefined && target.length > 0;
}

function addInitial(node: AnyStateNode, entering: Set<AnyStateNode>): void {
  if (node.type === 'parallel') addRegions(node, entering);
  if (node.type !== 'compound') return;
  for (const child of node.initial.target as readonly AnyStateNode[]) {
    entering.add(child);
    addInitial(child, entering);
  }
}

/** The regions of a parallel state of which nothing is entered yet. */
function addRegions(node: AnyStateNode, entering: Set<AnyStateNode>): void {
  if (node.type !== 'parallel') return;
  for (const region of Object.values(node.states)) {
    if ([...entering].some((other) => other === region || isInside(other, region))) continue;
    entering.add(region);
    addInitial(region, entering);
  }
}

function ancestorsUpTo(node: AnyStateNode, end: AnyStateNode | undefined): AnyStateNode[] {
  const path: AnyStateNode[] = [];
  if (node === end) return path;
  for (let at = node.parent; at !== undefined && at !== end; at = at.parent) path.push(at);
  return path;
}
