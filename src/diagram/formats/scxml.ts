/**
 * A chart as SCXML (W3C State Chart XML 1.0). Guards and actions are names: what they do is in the engine. A deadline is
 * a `<send>` with a delay where the state is entered, and a `<cancel>` where it is left. SCXML allows no transition at its
 * root, so the machine is a state that holds all others.
 */
import type { ChartEdge, ChartModel, ChartState } from '../model.js';
import { xmlAttributes, xmlText } from '../xml.js';

/** Namespace of what SCXML has no element for: our actions. */
export const SCXML_EXTENSION = 'https://swarmchart.dev/schemas/scxml/2026-11';

const ELEMENTS: Readonly<Record<ChartState['type'], string>> = {
  atomic: 'state',
  compound: 'state',
  parallel: 'parallel',
  final: 'final',
  history: 'history',
};
const INDENT = '  ';

/** The document, ending in a line feed. */
export function scxmlText(model: ChartModel): string {
  const [machine] = model.states;
  const head = {
    xmlns: 'http://www.w3.org/2005/07/scxml',
    'xmlns:sc': SCXML_EXTENSION,
    version: '1.0',
    datamodel: 'ecmascript',
    name: model.id,
    initial: idOf(model, '-'),
    'sc:hash': model.hash,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml${xmlAttributes(head)}>`,
    ...(machine === undefined ? [] : stateLines(model, machine, INDENT)),
    '</scxml>',
    '',
  ].join('\n');
}

function stateLines(model: ChartModel, state: ChartState, indent: string): string[] {
  const inner = model.states.filter(({ parent }) => parent === state.path);
  const edges = model.edges.filter(({ source }) => source === state.path);
  // What is more general is tried last, as in the engine; in SCXML the order of the document says so.
  const sorted = [...edges].sort((left, right) => generality(left.event) - generality(right.event));
  const delays = [...new Set(edges.flatMap(({ event }) => delayOf(event) ?? []))];
  const attributes = xmlAttributes({
    id: idOf(model, state.path),
    initial: state.initial.length === 0 ? undefined : state.initial.map((path) => idOf(model, path)).join(' '),
    'sc:tags': state.tags.length === 0 ? undefined : state.tags.join(' '),
    'sc:meaning': state.meaning,
  });
  const element = ELEMENTS[state.type];
  const next = indent + INDENT;
  const children = [
    ...block('onentry', next, [
      ...state.entryTexts.map(actionElement),
      ...delays.map(
        (delay) =>
          `<send${xmlAttributes({ event: `after.${delay}`, id: timerOf(model, state, delay), ...delayAttribute(delay) })}/>`,
      ),
    ]),
    ...block('onexit', next, [
      ...delays.map((delay) => `<cancel${xmlAttributes({ sendid: timerOf(model, state, delay) })}/>`),
      ...state.exitTexts.map(actionElement),
    ]),
    ...sorted.flatMap((edge) => transitionLines(model, edge, next)),
    ...inner.flatMap((one) => stateLines(model, one, next)),
  ];
  if (children.length === 0) return [`${indent}<${element}${attributes}/>`];
  return [`${indent}<${element}${attributes}>`, ...children, `${indent}</${element}>`];
}

function transitionLines(model: ChartModel, edge: ChartEdge, indent: string): string[] {
  const delay = delayOf(edge.event);
  const isOwn = edge.targets.some(
    (target) => target === edge.source || edge.source === '-' || target.startsWith(`${edge.source}.`),
  );
  const attributes = xmlAttributes({
    event: delay === undefined ? edge.event : `after.${delay}`,
    cond: edge.guard === undefined ? undefined : `${edge.guard}()`,
    target: edge.targets.length === 0 ? undefined : edge.targets.map((target) => idOf(model, target)).join(' '),
    type: isOwn && !edge.reenter ? 'internal' : undefined,
    'sc:edge': edge.id,
  });
  if (edge.actionTexts.length === 0) return [`${indent}<transition${attributes}/>`];
  const actions = edge.actionTexts.map((action) => `${indent}${INDENT}${actionElement(action)}`);
  return [`${indent}<transition${attributes}>`, ...actions, `${indent}</transition>`];
}

function block(element: string, indent: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`${indent}<${element}>`, ...lines.map((line) => `${indent}${INDENT}${line}`), `${indent}</${element}>`];
}

function actionElement(text: string): string {
  return `<sc:action name="${xmlText(text)}"/>`;
}

/** A dotted path is a name in XML; the machine goes before it, so that no state has its id. */
function idOf(model: ChartModel, path: string): string {
  return path === '-' ? model.id : `${model.id}.${path}`;
}

function timerOf(model: ChartModel, state: ChartState, delay: string): string {
  return `${idOf(model, state.path)}.after.${delay}`;
}

function delayOf(event: string): string | undefined {
  return event.startsWith('after ') ? event.slice('after '.length) : undefined;
}

function delayAttribute(delay: string): Readonly<Record<string, string>> {
  return /^\d+$/.test(delay) ? { delay: `${delay}ms` } : { delayexpr: delay };
}

function generality(event: string): number {
  return event === '*' ? 2 : event.endsWith('.*') ? 1 : 0;
}
