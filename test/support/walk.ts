/** Walks a machine through events with no actor and no clock: the pure transition function and what it ordered. */
import {
  initialTransition,
  transition,
  type AnyStateMachine,
  type EmittedFrom,
  type EventFromLogic,
  type InputFrom,
  type SnapshotFrom,
} from 'xstate';
import { statePath } from '../../src/actors/spawn.js';

/** Where a walk ended. */
export interface Walk<TMachine extends AnyStateMachine> {
  readonly snapshot: SnapshotFrom<TMachine>;
  /** Dotted path of the state, parallel regions joined by `|`. */
  readonly state: string;
  /** Every effect, in order. */
  readonly effects: readonly EmittedFrom<TMachine>[];
}

export function walk<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: InputFrom<TMachine>,
  events: readonly (EventFromLogic<TMachine> | { readonly type: string })[],
): Walk<TMachine> {
  let [snapshot, actions] = initialTransition(machine, input as never);
  const effects = emitted(actions);
  for (const event of events) {
    [snapshot, actions] = transition(machine, snapshot, event as never);
    effects.push(...emitted(actions));
  }
  const value = (snapshot as { value: Parameters<typeof statePath>[0] }).value;
  return {
    snapshot: snapshot,
    state: statePath(value),
    effects: effects as EmittedFrom<TMachine>[],
  };
}

function emitted(actions: readonly { readonly type: string; readonly params?: unknown }[]): unknown[] {
  return actions
    .filter((action) => action.type === 'xstate.emit')
    .map((action) => (action.params as { event: unknown }).event);
}

/** The event that XState sends when the `after` delay `name` of the machine's node `path` fires. */
export function deadline(name: string, path: string): { readonly type: string } {
  return { type: `xstate.after.${name}.${path}` };
}
