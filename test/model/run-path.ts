/**
 * Runs a path on the machine as actors run it: `spawnMachine` with an owner that only keeps what it is told, on virtual
 * time. XState's own transition function says what each step must do.
 */
import { initialTransition, transition, type AnyStateMachine, type StateValue } from 'xstate';
import { Environment } from '../../src/actors/environment.js';
import { spawnMachine } from '../../src/actors/spawn.js';
import { statePath } from '../../src/actors/chart/state-path.js';
import type { EngineError } from '../../src/errors.js';
import type { TraceSink } from '../../src/ports.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import type { ModelPath } from './explore.js';
import type { Model } from './samples.js';

/** What one step did. */
export interface StepDone {
  readonly event: string;
  readonly state: string;
  readonly effects: readonly unknown[];
  readonly isDone: boolean;
}

/** A path as it ran, and as XState runs it; and what was left when the actor was gone. */
export interface PathRun {
  readonly done: readonly StepDone[];
  readonly expected: readonly StepDone[];
  readonly left: { readonly actors: number; readonly timers: number; readonly broken: readonly EngineError[] };
}

/** Runs `path`; every step is told to `trace`. */
export function runPath({ machine, inputs }: Model, path: ModelPath, trace: TraceSink): PathRun {
  const clock = new VirtualClock();
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: NOTHING,
    ciphers: NOTHING,
    trace,
    onBroken: (error) => broken.push(error),
  });
  let effects: unknown[] = [];
  const input = inputs[path.input];
  const actor = spawnMachine(environment, machine, {
    address: `model/${machine.id}`,
    input: input as never,
    perform: (effect) => effects.push(effect),
    broken: (error) => broken.push(error),
  });
  const done: StepDone[] = [];
  const note = (event: string): void => {
    done.push({ event, state: actor.state, effects, isDone: actor.done });
    effects = [];
  };
  environment.turns.post(() => actor.start());
  note('start');
  for (const { event, isDeadline } of path.steps) {
    if (isDeadline) clock.fireNext();
    else environment.turns.post(() => actor.send(event));
    note(event.type);
  }
  actor.stop();
  const left = { actors: environment.liveActors, timers: clock.pendingTimers, broken };
  return { done, expected: runByXState(machine, input, path), left };
}

/** What a last step says of the end: the code that is reported, else the last effect. */
export function outcomeOf(step: StepDone | undefined): string {
  const effects = (step?.effects ?? []) as readonly { readonly type: string; readonly code?: unknown }[];
  const reported = effects.find(({ type, code }) => typeof code === 'string' && /^(?:report|drop)\./.test(type));
  return (reported?.code as string | undefined) ?? effects.at(-1)?.type ?? 'silence';
}

/** Machines use no port but the clock. */
const NOTHING = {} as never;

type Action = { readonly type: string; readonly params?: unknown };

function runByXState(machine: AnyStateMachine, input: unknown, path: ModelPath): StepDone[] {
  const done: StepDone[] = [];
  let [snapshot, actions] = initialTransition(machine, input as never);
  const note = (event: string): void => {
    const { value, status } = snapshot as { readonly value: StateValue; readonly status: string };
    const effects = (actions as readonly Action[])
      .filter(({ type }) => type === 'xstate.emit')
      .map(({ params }) => (params as { readonly event: unknown }).event);
    done.push({ event, state: statePath(value), effects, isDone: status === 'done' });
  };
  note('start');
  for (const { event } of path.steps) {
    [snapshot, actions] = transition(machine, snapshot, event as never);
    note(event.type);
  }
  return done;
}
