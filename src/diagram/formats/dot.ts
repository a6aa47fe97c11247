/** A chart for Graphviz: outer states are clusters, and a line to or from one ends at its border. */
import { edgeKind, labelText, nameIn, stateContent } from '../boxes.js';
import type { ChartEdge, ChartModel, ChartState } from '../model.js';

/** The digraph, ending in a line feed. */
export function dotText(model: ChartModel): string {
  const [machine] = model.states;
  return [
    `digraph ${quoted(model.id)} {`,
    '  compound=true; rankdir=TB; fontname="Helvetica"; labelloc=t; labeljust=l;',
    `  label=${quoted([model.id, model.decides].filter((line) => line !== '').join('\n'))};`,
    '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11]; edge [fontname="Helvetica", fontsize=10];',
    ...(machine === undefined ? [] : insideLines(model, machine, '  ')),
    ...model.edges.flatMap((edge) => edgeLines(model, edge)),
    '}',
    '',
  ].join('\n');
}

/** A quoted string; lines are set to the left. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function insideLines(model: ChartModel, outer: ChartState, indent: string): string[] {
  const inner = model.states.filter(({ parent }) => parent === outer.path);
  return [
    ...outer.initial.flatMap((target) => [
      `${indent}${quoted(`initial ${outer.path}`)} [shape=point, width=0.12];`,
      `${indent}${quoted(`initial ${outer.path}`)} -> ${quoted(leafOf(model, target))}${attributesText(headAt(model, target))};`,
    ]),
    ...inner.flatMap((state) => stateLines(model, state, indent)),
  ];
}

function stateLines(model: ChartModel, state: ChartState, indent: string): string[] {
  const { rows } = stateContent(model, state);
  const label = [nameIn(state.path), ...rows.map(({ text }) => text)].join('\n');
  if (!isOuter(model, state.path)) {
    const look =
      state.outcome === 'failure'
        ? { peripheries: '2', style: 'rounded,dashed', color: '#b3372f' }
        : state.outcome === 'success'
          ? { peripheries: '2', color: '#1a7f4b' }
          : state.tags.includes('paused')
            ? { color: '#7a4fb5' }
            : {};
    return [`${indent}${quoted(state.path)}${attributesText({ label, ...look })};`];
  }
  return [
    `${indent}subgraph ${quoted(`cluster_${state.path}`)} {`,
    `${indent}  label=${quoted(label)}; style=${quoted(state.type === 'parallel' ? 'rounded,bold' : 'rounded')};`,
    ...insideLines(model, state, `${indent}  `),
    `${indent}}`,
  ];
}

function edgeLines(model: ChartModel, edge: ChartEdge): string[] {
  const kind = edgeKind(edge);
  const [target] = edge.targets;
  if (kind === 'row' || target === undefined) return [];
  const label = labelText(edge);
  const to = quoted(leafOf(model, target));
  if (kind === 'stub') {
    const stub = quoted(`stub ${edge.id}`);
    const where = edge.source === '-' ? 'any state' : `anywhere in ${edge.source}`;
    return [
      `  ${stub}${attributesText({ label: `${where}\n${label}`, style: 'rounded,dotted', fontsize: '10' })};`,
      `  ${stub} -> ${to}${attributesText(headAt(model, target))};`,
    ];
  }
  const tail: Record<string, string> = isOuter(model, edge.source) ? { ltail: `cluster_${edge.source}` } : {};
  return [
    `  ${quoted(leafOf(model, edge.source))} -> ${to}${attributesText({ label, ...tail, ...headAt(model, target) })};`,
  ];
}

function headAt(model: ChartModel, target: string): Readonly<Record<string, string>> {
  return isOuter(model, target) ? { lhead: `cluster_${target}` } : {};
}

/** A line ends at a node: for a cluster, the first in it. */
function leafOf(model: ChartModel, path: string): string {
  const inner = model.states.find(({ parent }) => parent === path);
  return inner === undefined ? path : leafOf(model, inner.path);
}

function isOuter(model: ChartModel, path: string): boolean {
  return model.states.some(({ parent }) => parent === path);
}

function attributesText(attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes).map(([name, value]) => `${name}=${quoted(value)}`);
  return entries.length === 0 ? '' : ` [${entries.join(', ')}]`;
}
