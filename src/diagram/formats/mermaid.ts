/**
 * A chart for mermaid (`stateDiagram-v2`), which draws it in Markdown. Mermaid cannot draw a line between states that are
 * inside different outer ones: such an edge is drawn between the outer ones, and its label says which inner ones it means.
 */
import { edgeKind, isInside, labelText, nameIn, stateContent } from '../boxes.js';
import type { ChartEdge, ChartModel, ChartState } from '../model.js';

const NOTE =
  'An edge between states inside different ones is drawn from the outer one; its label names the inner ones.';

/** The diagram as mermaid text, ending in a line feed. */
export function mermaidText(model: ChartModel): string {
  const ids = new Map(model.states.map(({ path }, index) => [path, idOf(path, index)]));
  const writer = new MermaidWriter(model, ids);
  return ['---', `title: ${JSON.stringify(model.id)}`, '---', 'stateDiagram-v2', ...writer.inside('-', '  '), ''].join(
    '\n',
  );
}

/** Text in a label: whatever mermaid might read as something else is a character code. */
export function mermaidLabel(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,_/()[\]+*-]|--/gu, (found) =>
    [...found].map((character) => `#${character.codePointAt(0) ?? 0};`).join(''),
  );
}

/** Names such as `end` and `state` mean something to mermaid. */
function idOf(path: string, index: number): string {
  return `s${index}_${path.replaceAll(/\W/g, '_')}`;
}

class MermaidWriter {
  readonly #model: ChartModel;
  readonly #ids: ReadonlyMap<string, string>;

  constructor(model: ChartModel, ids: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#ids = ids;
  }

  /** The lines of what lies directly in `outer`. */
  inside(outer: string, indent: string): string[] {
    const state = this.#model.states.find(({ path }) => path === outer);
    const inner = this.#model.states.filter(({ parent }) => parent === outer);
    const edges = this.#model.edges.flatMap((edge) => this.#edgeIn(edge, outer));
    const regions = inner.map((one) => this.#stateLines(one, indent));
    const starts = (state?.initial ?? []).map((target) => `${indent}[*] --> ${this.#id(target)}`);
    const stubs = edges.some(({ isStub }) => isStub) ? [`${indent}state "any state" as ${this.#any(outer)}`] : [];
    const isCrossing = edges.some((edge) => edge.isCrossing);
    return [
      ...starts,
      ...(state?.type === 'parallel'
        ? regions.flatMap((lines, index) => [...(index === 0 ? [] : [`${indent}--`]), ...lines])
        : regions.flat()),
      ...stubs,
      ...edges.map(({ from, to, label }) => `${indent}${from} --> ${to} : ${mermaidLabel(label)}`),
      ...inner.filter(({ type }) => type === 'final').map(({ path }) => `${indent}${this.#id(path)} --> [*]`),
      ...(isCrossing && outer === '-' && inner[0] !== undefined
        ? [`${indent}note right of ${this.#id(inner[0].path)}`, `${indent}  ${NOTE}`, `${indent}end note`]
        : []),
    ];
  }

  #stateLines(state: ChartState, indent: string): string[] {
    const id = this.#id(state.path);
    const rows = stateContent(this.#model, state).rows.map(({ text }) => `${indent}${id} : ${mermaidLabel(text)}`);
    const isOuter = this.#model.states.some(({ parent }) => parent === state.path);
    const head = `${indent}state "${mermaidLabel(nameIn(state.path))}" as ${id}`;
    // The rows of an outer state would hide its inner ones.
    return isOuter ? [`${head} {`, ...this.inside(state.path, `${indent}  `), `${indent}}`] : [head, ...rows];
  }

  /** The edge, where it is drawn in `outer`: in the innermost state that holds both of its ends. */
  #edgeIn(
    edge: ChartEdge,
    outer: string,
  ): { from: string; to: string; label: string; isStub: boolean; isCrossing: boolean }[] {
    const kind = edgeKind(edge);
    const [target] = edge.targets;
    if (kind === 'row' || target === undefined) return [];
    const text = labelText(edge).replaceAll('\n', ' ');
    const isStub = kind === 'stub';
    const to = this.#childOf(outer, target);
    const from = isStub && edge.source === outer ? outer : this.#childOf(outer, edge.source);
    if (to === undefined || from === undefined || from === to) return [];
    const ends = [...(from === edge.source ? [] : [`from ${edge.source}`]), ...(to === target ? [] : [`to ${target}`])];
    return [
      {
        from: isStub ? this.#any(outer) : this.#id(from),
        to: this.#id(to),
        label: [text, ...ends].join(', '),
        isStub,
        isCrossing: ends.length > 0,
      },
    ];
  }

  /** The state directly in `outer` that is or holds `path`. */
  #childOf(outer: string, path: string): string | undefined {
    return this.#model.states.find(
      (state) => state.parent === outer && (state.path === path || isInside(path, state.path)),
    )?.path;
  }

  #id(path: string): string {
    return this.#ids.get(path) ?? path;
  }

  #any(outer: string): string {
    return `any_${this.#id(outer)}`;
  }
}
