/**
 * What the names in a chart stand for: guards, actions, delays and the first context, each made into a plain function
 * once. Reads the implementations that `setup` keeps, and the fields by which XState's own `assign`, `emit` and delayed
 * `raise` tell what they are.
 */
import type { AnyStateMachine } from 'xstate';

export type Context = Readonly<Record<string, unknown>>;

export interface ChartEvent {
  readonly type: string;
}

/** One event on its way through a machine. */
export interface Step {
  /** Replaced by `assign`; the actions after it see the new one. */
  context: Context;
  readonly event: ChartEvent;
  /** What is to be performed once the machine is in its next state, in order. */
  readonly effects: ChartEvent[];
  readonly deadlines: {
    schedule(id: string, event: ChartEvent, delayMs: number): void;
    cancel(id: string): void;
  };
}

export type Act = (step: Step) => void;

export type Guard = (context: Context, event: ChartEvent) => boolean;

type Expression<T> = (args: { context: Context; event: ChartEvent }, params: unknown) => T;

/** What XState's action creators leave on the function that they answer. */
interface Builtin {
  readonly type?: string;
  readonly assignment?: Expression<Context> | Readonly<Record<string, unknown>>;
  readonly event?: ChartEvent | Expression<ChartEvent>;
  readonly id?: string;
  readonly delay?: number | string;
  readonly sendId?: string;
}

/** A name, or a name with parameters, or the function itself. */
type Reference = string | { readonly type: string; readonly params?: unknown } | ((...args: never[]) => unknown);

/** The context that an actor begins with, for its `input`. */
export function initialContextOf(machine: AnyStateMachine, input: unknown): Context {
  const context = (machine.config as { context?: unknown }).context;
  if (typeof context === 'function') return (context as (args: { input: unknown }) => Context)({ input });
  return (context as Context | undefined) ?? {};
}

/** The guard that `reference` names. @throws Error when there is none, or it is one that is not run here. */
export function guardOf(machine: AnyStateMachine, reference: unknown): Guard {
  const guard = resolved(machine, 'guards', reference as Reference);
  if ('check' in guard) throw new Error(`machine "${machine.id}" combines guards, which is not run here`);
  const params = paramsOf(reference as Reference);
  const check = guard as unknown as Expression<boolean>;
  return (context, event) => check({ context, event }, params(context, event));
}

/** What the action that `reference` names does. @throws Error when there is none, or it is one that is not run here. */
export function actionOf(machine: AnyStateMachine, reference: unknown): Act {
  const action = resolved(machine, 'actions', reference as Reference) as Builtin;
  const params = paramsOf(reference as Reference);
  switch (action.type) {
    case 'xstate.assign':
      return assigning(action.assignment ?? {}, params);
    case 'xstate.emit':
      return emitting(action.event, params);
    case 'xstate.raise':
      return scheduling(machine, action);
    case 'xstate.cancel': {
      const id = action.sendId ?? '';
      return (step) => step.deadlines.cancel(id);
    }
    case undefined: {
      const run = action as Expression<void>;
      return ({ context, event }) => run({ context, event }, params(context, event));
    }
    default:
      throw new Error(`machine "${machine.id}" uses the action "${action.type}", which is not run here`);
  }
}

function assigning(assignment: NonNullable<Builtin['assignment']>, params: Params): Act {
  if (typeof assignment === 'function') {
    return (step) => {
      const { context, event } = step;
      step.context = copied(context, assignment({ context, event }, params(context, event)));
    };
  }
  const entries = Object.entries(assignment);
  return (step) => {
    const { context, event } = step;
    const given = params(context, event);
    const next = copied(context);
    for (const [key, value] of entries) {
      next[key] = typeof value === 'function' ? (value as Expression<unknown>)({ context, event }, given) : value;
    }
    step.context = next;
  };
}

/** No spread: of objects of many kinds V8 gives each copy a hidden class of its own, which is larger than the copy. */
function copied(context: Context, changes?: Context): Record<string, unknown> {
  return Object.assign({}, context, changes);
}

function emitting(emitted: Builtin['event'], params: Params): Act {
  if (typeof emitted !== 'function') {
    return (step) => {
      if (emitted !== undefined) step.effects.push(emitted);
    };
  }
  return (step) => {
    const { context, event } = step;
    step.effects.push(emitted({ context, event }, params(context, event)));
  };
}

/** `after` in a chart: XState writes it as a delayed `raise` at entry and a `cancel` at exit. */
function scheduling(machine: AnyStateMachine, { delay, event: raised, id = '' }: Builtin): Act {
  const named = typeof delay === 'string' ? (machine.implementations.delays as Record<string, unknown>)[delay] : delay;
  if (typeof raised !== 'object' || (typeof named !== 'number' && typeof named !== 'function')) {
    throw new Error(`machine "${machine.id}" raises "${id}" without a delay, which is not run here`);
  }
  return (step) => {
    const { context, event } = step;
    const delayMs = typeof named === 'number' ? named : (named as Expression<number>)({ context, event }, undefined);
    step.deadlines.schedule(id, raised, delayMs);
  };
}

type Params = (context: Context, event: ChartEvent) => unknown;

const NO_PARAMS: Params = () => undefined;

function paramsOf(reference: Reference): Params {
  if (typeof reference !== 'object' || reference.params === undefined) return NO_PARAMS;
  const { params } = reference;
  if (typeof params !== 'function') return () => params;
  return (context, event) => (params as (args: { context: Context; event: ChartEvent }) => unknown)({ context, event });
}

function resolved(machine: AnyStateMachine, kind: 'actions' | 'guards', reference: Reference): object {
  if (typeof reference === 'function') return reference;
  const name = typeof reference === 'string' ? reference : reference.type;
  const found = (machine.implementations[kind] as Record<string, unknown>)[name];
  if (typeof found !== 'function') throw new Error(`machine "${machine.id}" names "${name}", which it does not define`);
  return found;
}
