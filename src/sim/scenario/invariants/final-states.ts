/** An actor reaches one final state, and takes no step after it. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { TransitionNotice } from '../../../actors/environment.js';
import { pathOf } from '../../../actors/chart/edges.js';
import { MACHINES } from '../../../machines/index.js';
import type { Report } from './watch.js';

/** Checks `actor.final`. */
export class FinalStates {
  readonly #report: Report;
  /** Actors that have ended, with the state in which they did. */
  readonly #ended = new Map<string, string>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Takes one step; answers whether the actor has ended with it. */
  step(node: string, { actor, machine, from, to, event }: TransitionNotice): boolean {
    const key = `${node} ${actor}`;
    // One address may be used by one actor after another: each begins from nowhere.
    if (from === '') this.#ended.delete(key);
    const end = this.#ended.get(key);
    if (end !== undefined) {
      const message = `it ended in ${end}, then heard ${event} and went to ${to}`;
      this.#report({ invariant: 'actor.final', node, actor, machine, state: end, message });
    }
    if (!isFinal(machine, to)) return false;
    this.#ended.set(key, to);
    return true;
  }

  /** Forgets a node that has died. */
  forget(node: string): void {
    for (const key of this.#ended.keys()) if (key.startsWith(`${node} `)) this.#ended.delete(key);
  }
}

const known = new Map<string, boolean>();

/** Whether a machine in this state (parallel regions joined by `|`) has ended. */
function isFinal(machineId: string, state: string): boolean {
  const key = `${machineId} ${state}`;
  let final = known.get(key);
  if (final === undefined) {
    const machine = MACHINES.find((entry) => entry.machine.id === machineId)?.machine;
    final = machine !== undefined && isDone(machine, new Set(state.split('|')));
    known.set(key, final);
  }
  return final;
}

function isDone({ root }: AnyStateMachine, leaves: ReadonlySet<string>): boolean {
  const isActive = (node: AnyStateNode): boolean =>
    leaves.has(pathOf(node)) || Object.values(node.states).some(isActive);
  const hasEnded = (node: AnyStateNode): boolean =>
    node.type === 'parallel'
      ? Object.values(node.states).every(hasEnded)
      : Object.values(node.states).some((child) => child.type === 'final' && isActive(child));
  return hasEnded(root);
}
