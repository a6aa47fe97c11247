/** How large the parts of a drawing are, and how each edge is drawn, before anything has a place. */
import type { Box, DrawnRow, EdgeKind } from './drawing.js';
import type { ChartEdge, ChartModel, ChartState } from './model.js';
import { roundTenth, textWidth, type Face } from './text-width.js';

/** Sizes in pixels; the stylesheet of `svg.ts` writes in the same ones. */
export const FONT = { machine: 16, title: 13, label: 11.5, row: 11, code: 10 } as const;
/** From one line of text to the next. */
export const LINE = { machine: 22, title: 18, label: 14, row: 15 } as const;
/** Between the edge of a box and what stands in it. */
export const PAD = { x: 12, y: 8 } as const;
/** Room right of a title for a mark (pause, cross, bars). */
export const MARK_WIDTH = 20;
export const STUB_PAD = { x: 8, y: 4 } as const;
/** Radius of the mark of an initial state. */
export const DOT_RADIUS = 5;
const LEAST = { width: 84, height: 34 } as const;

/** A line of text in a box, before it has a place. `edge`: the id of the edge that is drawn as this row. */
export interface Row {
  readonly kind: DrawnRow['kind'] | 'edge';
  readonly text: string;
  readonly edge?: string;
  readonly width: number;
}

/** What stands in the box of a state, and how large it is at least. */
export interface StateContent {
  readonly title: string;
  readonly titleWidth: number;
  readonly titleHeight: number;
  readonly rows: readonly Row[];
  readonly width: number;
  readonly height: number;
}

/** How `edge` is drawn in `model`. */
export function edgeKind(edge: ChartEdge): EdgeKind {
  const [target] = edge.targets;
  if (target === undefined) return 'row';
  if (isInside(target, edge.source)) return 'stub';
  return target === edge.source || isInside(edge.source, target) ? 'row' : 'line';
}

/** Title and rows of the box of `state`. */
export function stateContent(model: ChartModel, state: ChartState): StateContent {
  const isMachine = state.parent === undefined;
  const title = isMachine ? model.id : nameIn(state.path);
  const titleWidth = textWidth(title, isMachine ? FONT.machine : FONT.title, 'bold');
  const rows: Row[] = [
    ...(isMachine && model.decides !== '' ? [row('decides', model.decides)] : []),
    ...entryRows(state),
    ...state.exitTexts.map((action) => row('exit', `exit / ${action}`)),
    ...model.edges
      .filter((edge) => edge.source === state.path && edgeKind(edge) === 'row')
      .map((edge) => ({ ...row('edge', rowText(edge)), edge: edge.id })),
  ];
  const isMarked = state.tags.includes('paused') || state.outcome !== undefined || state.type === 'parallel';
  const titleHeight = isMachine ? LINE.machine : LINE.title;
  const widest = Math.max(titleWidth + (isMarked ? MARK_WIDTH : 0), ...rows.map(({ width }) => width));
  return {
    title,
    titleWidth,
    titleHeight,
    rows,
    width: Math.ceil(Math.max(LEAST.width, widest + 2 * PAD.x)),
    height: Math.max(LEAST.height, 2 * PAD.y + titleHeight + rows.length * LINE.row),
  };
}

/** Where a row of a box begins, below a name of this height. */
export function rowPlace({ x, y }: Pick<Box, 'x' | 'y'>, titleHeight: number, index: number): { x: number; y: number } {
  return { x: roundTenth(x + PAD.x), y: roundTenth(y + PAD.y + titleHeight + index * LINE.row) };
}

/** The last name of a dotted path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** What an edge is called where it is drawn; lines are separated by a line feed. */
export function labelText(edge: ChartEdge): string {
  if (edgeKind(edge) === 'row') return rowText(edge);
  const others = edge.targets.slice(1).map((target) => `+ ${target}`);
  const actions = edge.actionTexts.length === 0 ? [] : [`/ ${edge.actionTexts.join(', ')}`];
  return [[edge.label, ...others].join(' '), ...actions].join('\n');
}

/** Size of a label of a line or a stub. */
export function labelSize(text: string): { readonly width: number; readonly height: number } {
  const lines = text.split('\n');
  return {
    width: Math.ceil(Math.max(...lines.map((line) => textWidth(line, FONT.label)))) + 6,
    height: lines.length * LINE.label + 2,
  };
}

/** Whether the state at `path` lies in the one at `outer`. */
export function isInside(path: string, outer: string): boolean {
  return path !== outer && (outer === '-' || path.startsWith(`${outer}.`));
}

/** A code says more than the action that reports it. */
function entryRows(state: ChartState): Row[] {
  const shown = state.entryTexts.filter((text) => !state.codes.some((code) => text.endsWith(code)));
  return [
    ...state.codes.map((code) => row('code', state.takesCode ? `or ${code}` : code, 'mono')),
    ...shown.map((text) => row('entry', `entry / ${text}`)),
  ];
}

function rowText({ source, targets, label, actionTexts, reenter }: ChartEdge): string {
  const [target] = targets;
  const stays = target === undefined || (target === source && !reenter);
  if (stays && actionTexts.length === 0) return `${label} : ignored`;
  const way = stays ? label : `${target === source ? 'again' : `to ${target}`} on ${label}`;
  return [way, ...(actionTexts.length === 0 ? [] : [actionTexts.join(', ')])].join(' / ');
}

function row(kind: Row['kind'], text: string, face: Face = 'regular'): Row {
  return { kind, text, width: textWidth(text, face === 'mono' ? FONT.code : FONT.row, face) };
}
