/** How machines end: which of their final states are failures. */
import type { AnyStateMachine } from 'xstate';
import { MACHINES } from '../machines/index.js';

/** Final states of an orderly end, in the words of the charts; every other one is a failure. */
const ORDERLY: ReadonlySet<string> = new Set([
  'abandoned',
  'aborted',
  'cancelled',
  'closed',
  'confirmed',
  'connected',
  'disposed',
  'finished',
  'goneAway',
  'identified',
  'left',
  'pushed',
  'relaxed',
  'released',
  'resetLocally',
  'resolved',
  'secured',
  'selected',
  'sessionEnded',
  'stopped',
  'unsupported',
]);

/** Machine and final state, as `machine state`, of every failure that the engine's charts name. */
export function failureStates(
  machines: readonly AnyStateMachine[] = MACHINES.map(({ machine }) => machine),
): Set<string> {
  const found = new Set<string>();
  for (const machine of machines) {
    for (const node of finalNodes(machine.root)) {
      if (!ORDERLY.has(node.key)) found.add(`${machine.id} ${node.path.join('.')}`);
    }
  }
  return found;
}

/** Machine and final state of every end, in order or not. */
export function finalStates(): Set<string> {
  const ends = MACHINES.flatMap(({ machine }) =>
    finalNodes(machine.root).map((node) => `${machine.id} ${node.path.join('.')}`),
  );
  return new Set(ends);
}

type StateNode = AnyStateMachine['root'];

function finalNodes(node: StateNode): readonly StateNode[] {
  const inner = Object.values(node.states).flatMap((state) => finalNodes(state));
  return node.type === 'final' ? [node, ...inner] : inner;
}
