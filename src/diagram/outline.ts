/** What a drawing says, without places: whether it is still the one of a chart, and in words where it is not. */
import { edgeKind, labelText, stateContent } from './boxes.js';
import type { Box, ChartDrawing, DrawnEdge, DrawnState } from './drawing.js';
import type { ChartEdge, ChartModel, ChartState } from './model.js';

/** What is drawn of a state, without its place. */
export function stateFacts(model: ChartModel, state: ChartState): Omit<DrawnState, keyof Box> {
  const { path, parent, type, tags, outcome, codes, meaning } = state;
  return {
    path,
    ...(parent === undefined ? {} : { parent }),
    type,
    ...(tags.length === 0 ? {} : { tags }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(codes.length === 0 ? {} : { codes }),
    ...(meaning === undefined ? {} : { meaning }),
    rows: stateContent(model, state).rows.flatMap(({ kind, text }) => (kind === 'edge' ? [] : [{ kind, text }])),
  };
}

/** What is drawn of an edge, without places and label. */
export function edgeFacts(edge: ChartEdge): Omit<DrawnEdge, 'points' | 'label' | 'stub'> {
  const { id, source, targets, event, guard, actionTexts } = edge;
  const kind = edgeKind(edge);
  return { id, kind, source, targets, event, ...(guard === undefined ? {} : { guard }), actions: actionTexts };
}

/** What the drawing of a chart says that the chart does not, and the other way round; empty when it is up to date. */
export function driftOf(model: ChartModel, drawing: ChartDrawing): readonly string[] {
  const now = outlineOf(
    model,
    model.states.map((state) => stateFacts(model, state)),
    model.edges.map((edge) => [edge.id, { ...edgeFacts(edge), label: labelText(edge) }]),
  );
  const then = outlineOf(
    drawing,
    drawing.states.map((state) => without(state, PLACE)),
    drawing.edges.map((edge) => [edge.id, { ...without(edge, LINES), label: edge.label.text }]),
  );
  const lines = [...now].flatMap(([key, fact]) => {
    const former = then.get(key);
    return former === undefined ? [`${key} added`] : former === fact ? [] : [`${key} changed`];
  });
  const gone = [...then.keys()].filter((key) => !now.has(key)).map((key) => `${key} removed`);
  return [...lines, ...gone];
}

function outlineOf(
  { hash, decides, spec }: Pick<ChartModel, 'hash' | 'decides' | 'spec'>,
  states: readonly Omit<DrawnState, keyof Box>[],
  edges: readonly (readonly [id: string, facts: object])[],
): ReadonlyMap<string, string> {
  return new Map([
    ...states.map((facts): [string, string] => [
      facts.path === '-' ? 'the machine' : `state ${facts.path}`,
      textOf(facts),
    ]),
    ...edges.map(([id, facts]): [string, string] => [`edge "${id}"`, textOf(facts)]),
    ['what it decides', decides],
    ['its specification', spec],
    ['the order of its chart', JSON.stringify([hash, states.map(({ path }) => path), edges.map(([id]) => id)])],
  ]);
}

const PLACE = ['x', 'y', 'width', 'height'] as const;
const LINES = ['points', 'label', 'stub'] as const;

function without<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}

/** The same text whatever the order of the fields. */
function textOf(facts: object): string {
  return JSON.stringify(Object.entries(facts).sort(([left], [right]) => (left < right ? -1 : 1)));
}
