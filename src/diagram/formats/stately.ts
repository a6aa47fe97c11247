/** A chart as the JSON configuration that XState and Stately's editor take; guards, actions and delays are names. */
import type { ChartEdge, ChartModel, ChartState } from '../model.js';

/** A transition of the configuration. */
export interface StatelyTransition {
  readonly target?: readonly string[];
  readonly guard?: string;
  readonly actions?: readonly string[];
  readonly reenter?: true;
}

/** A state of the configuration; the machine is one, with an id. */
export interface StatelyState {
  readonly id?: string;
  readonly type?: 'parallel' | 'final' | 'history';
  readonly description?: string;
  readonly initial?: string;
  readonly tags?: readonly string[];
  readonly entry?: readonly string[];
  readonly exit?: readonly string[];
  readonly on?: Readonly<Record<string, readonly StatelyTransition[]>>;
  readonly after?: Readonly<Record<string, readonly StatelyTransition[]>>;
  readonly states?: Readonly<Record<string, StatelyState>>;
}

/** The configuration of `model`. */
export function statelyConfig(model: ChartModel): StatelyState {
  const [machine] = model.states;
  if (machine === undefined) throw new Error(`machine "${model.id}" has no states`);
  return {
    id: model.id,
    ...(model.decides === '' ? {} : { description: model.decides }),
    ...stateConfig(model, machine),
  };
}

/** The configuration as JSON, ending in a line feed. */
export function statelyText(model: ChartModel): string {
  return `${JSON.stringify(statelyConfig(model), undefined, 2)}\n`;
}

function stateConfig(model: ChartModel, state: ChartState): StatelyState {
  const inner = model.states.filter(({ parent }) => parent === state.path);
  const edges = model.edges.filter(({ source }) => source === state.path);
  const on = grouped(
    model,
    edges.filter(({ event }) => delayOf(event) === undefined),
    ({ event }) => event,
  );
  const after = grouped(
    model,
    edges.filter(({ event }) => delayOf(event) !== undefined),
    ({ event }) => delayOf(event) ?? event,
  );
  const [initial] = state.initial;
  const { type } = state;
  return {
    ...(type === 'atomic' || type === 'compound' ? {} : { type }),
    ...(state.meaning === undefined ? {} : { description: state.meaning }),
    ...(initial === undefined ? {} : { initial: relativeTo(state.path, initial) }),
    ...(state.tags.length === 0 ? {} : { tags: state.tags }),
    ...named('entry', ownActions(state.entry)),
    ...named('exit', ownActions(state.exit)),
    ...(on === undefined ? {} : { on }),
    ...(after === undefined ? {} : { after }),
    ...(inner.length === 0
      ? {}
      : {
          states: Object.fromEntries(inner.map((one) => [relativeTo(state.path, one.path), stateConfig(model, one)])),
        }),
  };
}

function grouped(
  model: ChartModel,
  edges: readonly ChartEdge[],
  keyOf: (edge: ChartEdge) => string,
): Readonly<Record<string, readonly StatelyTransition[]>> | undefined {
  const groups = new Map<string, StatelyTransition[]>();
  for (const edge of edges)
    groups.set(keyOf(edge), [...(groups.get(keyOf(edge)) ?? []), transitionConfig(model, edge)]);
  return groups.size === 0 ? undefined : Object.fromEntries(groups);
}

function transitionConfig(model: ChartModel, { targets, guard, actions, reenter }: ChartEdge): StatelyTransition {
  return {
    ...(targets.length === 0
      ? {}
      : { target: targets.map((path) => (path === '-' ? `#${model.id}` : `#${model.id}.${path}`)) }),
    ...(guard === undefined ? {} : { guard }),
    ...named('actions', actions),
    ...(reenter ? { reenter: true as const } : {}),
  };
}

/** XState adds these itself where there is a deadline. */
function ownActions(actions: readonly string[]): readonly string[] {
  return actions.filter((action) => action !== 'xstate.raise' && action !== 'xstate.cancel');
}

function named<K extends string>(key: K, actions: readonly string[]): Partial<Record<K, readonly string[]>> {
  return actions.length === 0 ? {} : ({ [key]: actions } as Record<K, readonly string[]>);
}

function relativeTo(outer: string, path: string): string {
  return outer === '-' ? path : path.slice(outer.length + 1);
}

function delayOf(event: string): string | undefined {
  return event.startsWith('after ') ? event.slice('after '.length) : undefined;
}
