/** The canonical form of a chart: what is hashed, drawn and written out of it, in the order in which it is written. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgesOf, nameOf, nodesOf, pathOf } from './edges.js';

/** One state as it is written in the chart; functions by their names. The field order is that of the canonical form. */
export interface CanonicalState {
  /** Dotted path; `-` for the machine. */
  readonly path: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Paths of what is entered first; of compound states alone. */
  readonly initial: readonly string[] | undefined;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Sorted. */
  readonly tags: readonly string[];
}

/** The canonical form of one state. */
export function canonicalState(node: AnyStateNode): CanonicalState {
  return {
    path: pathOf(node),
    type: node.type,
    initial: node.type === 'compound' ? node.initial.target.map(pathOf) : undefined,
    entry: node.entry.map(nameOf),
    exit: node.exit.map(nameOf),
    tags: [...node.tags].sort(),
  };
}

/** A machine as JSON, functions by their names: the same text for the same chart, in any process. */
export function canonicalMachine(machine: AnyStateMachine): string {
  return JSON.stringify({ id: machine.id, states: nodesOf(machine).map(canonicalState), edges: edgesOf(machine) });
}
