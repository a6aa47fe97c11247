/**
 * A drawing as SVG, one string. Every state is a `<g data-state="PATH">` and every edge a `<g data-edge="ID">`, each with
 * a title and a description; a page sets the classes of {@link CHART_CLASSES} on them.
 */
import { DOT_RADIUS, FONT, LINE, MARK_WIDTH, nameIn, PAD, rowPlace } from './boxes.js';
import type { ChartDrawing, DrawnEdge, DrawnInitial, DrawnLabel, DrawnState, Point } from './drawing.js';
import { ERROR_HINTS } from '../error-hints.js';
import { edgeWords, stateWords } from './words.js';
import { chartCss, type ChartTheme } from './svg-style.js';
import { roundTenth, textWidth } from './text-width.js';
import { xmlAttributes, xmlText } from './xml.js';

/** How often each state was reached and each edge taken: of a coverage report, or of one actor of a trace. */
export interface ChartCounts {
  /** By dotted path. */
  readonly states: Readonly<Record<string, number>>;
  /** By edge id. */
  readonly edges: Readonly<Record<string, number>>;
}

/** What is drawn besides the chart. */
export interface ChartSvgOptions {
  /** Default `auto`. */
  readonly theme?: ChartTheme;
  /** Dotted paths of the states it is in; the ones around them are lit as well. */
  readonly active?: readonly string[];
  /** Ids of the edges of the last step. */
  readonly lastEdges?: readonly string[];
  readonly coverage?: ChartCounts | undefined;
  /** What stands at the top; default: the machine's id. */
  readonly title?: string;
  /** Whether the stylesheet is inside; default yes. Without it the page serves {@link chartCss} itself. */
  readonly style?: boolean;
}

/** The drawing as the text of an SVG document, ending in a line feed. */
export function chartSvg(drawing: ChartDrawing, options: ChartSvgOptions = {}): string {
  const { theme = 'auto', title = drawing.id, style = true } = options;
  const [frame, ...states] = drawing.states;
  const classes = classesOf(options);
  const isOuter = ({ path }: DrawnState): boolean => states.some(({ parent }) => parent === path);
  const regions = new Set(drawing.states.filter(({ type }) => type === 'parallel').map(({ path }) => path));
  const shape = (state: DrawnState): string =>
    stateGroup(state, isOuter(state), regions.has(state.parent ?? ''), classes.state(state.path));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="swarmchart" role="graphics-document" aria-roledescription="state chart"${xmlAttributes(
      {
        'data-machine': drawing.id,
        'data-hash': drawing.hash,
        width: drawing.width,
        height: drawing.height,
        viewBox: `0 0 ${drawing.width} ${drawing.height}`,
      },
    )}>`,
    `<title>${xmlText(title)}</title>`,
    `<desc>${xmlText(summaryOf(drawing))}</desc>`,
    ...(style ? [`<style>\n${chartCss(theme)}\n</style>`] : []),
    ...(frame === undefined ? [] : [frameGroup(frame, title, classes.state(frame.path))]),
    ...drawing.initials.map(initialGroup),
    ...stubBoxes(drawing),
    // Lit lines lie on top of the others, so that no crossing line cuts them.
    ...[...drawing.edges]
      .sort((left, right) => classes.rank(left.id) - classes.rank(right.id))
      .map((edge) => edgeGroup(edge, classes.edge(edge.id))),
    ...states.filter(isOuter).map(shape),
    ...states.filter((state) => !isOuter(state)).map(shape),
    ...drawing.edges.filter(({ kind }) => kind === 'row').map((edge) => edgeGroup(edge, classes.edge(edge.id), true)),
    '</svg>',
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n');
}

interface Classes {
  state(path: string): string;
  edge(id: string): string;
  rank(id: string): number;
}

function classesOf({ active = [], lastEdges = [], coverage }: ChartSvgOptions): Classes {
  const lit = new Set(active.flatMap(withOuter));
  const last = new Set(lastEdges);
  const counted = (counts: Readonly<Record<string, number>> | undefined, key: string): string[] => {
    const count = counts !== undefined && Object.hasOwn(counts, key) ? counts[key] : undefined;
    return count === undefined ? [] : [count > 0 ? 'is-covered' : 'is-missed'];
  };
  return {
    state: (path) => [...(lit.has(path) ? ['is-active'] : []), ...counted(coverage?.states, path)].join(' '),
    edge: (id) => [...(last.has(id) ? ['is-last'] : []), ...counted(coverage?.edges, id)].join(' '),
    rank: (id) => (last.has(id) ? 2 : (coverage?.edges[id] ?? 0) > 0 ? 1 : 0),
  };
}

/** `a.b` is inside `a`. */
function withOuter(path: string): string[] {
  const names = path.split('.');
  return names.map((_, index) => names.slice(0, index + 1).join('.'));
}

function summaryOf({ decides, spec, states, edges }: ChartDrawing): string {
  const counts = `${states.length - 1} states, ${edges.length} edges.`;
  return [
    ...(decides === '' ? [] : [`Decides ${decides}.`]),
    counts,
    ...(spec === '' ? [] : [`Words of ${spec}.`]),
  ].join(' ');
}

function frameGroup(state: DrawnState, title: string, extra: string): string {
  const { x, y, width, height } = state;
  return group({ class: classList('machine-frame', extra), 'data-state': '-' }, [
    `<title>${xmlText(title)}</title>`,
    rect('frame', x, y, width, height, 12),
    `<text class="machine"${xmlAttributes({ x: roundTenth(x + PAD.x), y: baseline(y + PAD.y, LINE.machine, FONT.machine) })}>${xmlText(title)}</text>`,
    ...rowTexts(state, LINE.machine),
  ]);
}

function stateGroup(state: DrawnState, isOuter: boolean, isRegion: boolean, extra: string): string {
  const { path, type, outcome, tags = [] } = state;
  const name = nameIn(path);
  const isPaused = tags.includes('paused');
  const kinds = [
    'state',
    type,
    ...(isOuter ? ['outer'] : []),
    ...(isRegion ? ['region'] : []),
    ...(outcome === undefined ? [] : [outcome]),
    ...(isPaused ? ['paused'] : []),
  ];
  const { x, y, width, height } = state;
  return group({ class: classList(...kinds, extra), 'data-state': path }, [
    `<title>${xmlText(path)}</title>`,
    `<desc>${xmlText(stateWords(state, ERROR_HINTS))}</desc>`,
    rect('box', x, y, width, height, 9),
    ...(type === 'final' ? [rect('inner', x + 3, y + 3, width - 6, height - 6, 6.5)] : []),
    text(
      'name',
      name,
      roundTenth(x + PAD.x),
      baseline(y + PAD.y, LINE.title, FONT.title),
      textWidth(name, FONT.title, 'bold'),
    ),
    ...mark(state, isPaused),
    ...rowTexts(state, LINE.title),
  ]);
}

function rowTexts(state: DrawnState, titleHeight: number): string[] {
  return state.rows.map((row, index) => {
    const [size, face] = row.kind === 'code' ? ([FONT.code, 'mono'] as const) : ([FONT.row, 'regular'] as const);
    const { x, y } = rowPlace(state, titleHeight, index);
    const classes = row.kind === 'code' || row.kind === 'decides' ? row.kind : 'row';
    return text(classes, row.text, x, baseline(y, LINE.row, size), textWidth(row.text, size, face));
  });
}

/** Two bars where it waits for a finding, bars side by side where regions run at once, a tick or a cross at an end. */
function mark({ x, y, width, type, outcome }: DrawnState, isPaused: boolean): string[] {
  const left = roundTenth(x + width - PAD.x - MARK_WIDTH + 10);
  const middle = roundTenth(y + PAD.y + LINE.title / 2);
  const path = (...steps: readonly string[]): string[] => [`<path class="mark" d="${steps.join('')}"/>`];
  const at = (dx: number, dy: number): string => `${roundTenth(left + dx)} ${roundTenth(middle + dy)}`;
  if (outcome === 'failure') return path(`M${at(1, -4)}L${at(9, 4)}`, `M${at(9, -4)}L${at(1, 4)}`);
  if (outcome === 'success') return path(`M${at(0, 0)}L${at(3.5, 4)}L${at(10, -4.5)}`);
  if (isPaused) return path(`M${at(2, -4)}V${roundTenth(middle + 4)}`, `M${at(7, -4)}V${roundTenth(middle + 4)}`);
  if (type === 'parallel')
    return path(`M${at(0, -3)}H${roundTenth(left + 10)}`, `M${at(0, 2)}H${roundTenth(left + 10)}`);
  if (type === 'history') return path(`M${at(2, -4)}v8`, `M${at(8, -4)}v8`, `M${at(2, 0)}h6`);
  return [];
}

function initialGroup({ at: [x, y], points }: DrawnInitial): string {
  return group({ class: 'initial', 'aria-hidden': 'true' }, [
    `<circle class="dot" cx="${x}" cy="${y}" r="${DOT_RADIUS}"/>`,
    ...lineOf(points),
  ]);
}

/** The box of a stub is drawn once, whoever shares it. */
function stubBoxes({ edges }: ChartDrawing): string[] {
  const drawn = new Map(
    edges.flatMap(({ stub }) => (stub === undefined ? [] : [[`${stub.x} ${stub.y}`, stub] as const])),
  );
  return [...drawn.values()].map(({ x, y, width, height }) =>
    rect('stub', x, y, width, height, Math.min(11, height / 2)),
  );
}

function edgeGroup(edge: DrawnEdge, extra: string, isRowPass = false): string {
  if ((edge.kind === 'row') !== isRowPass) return '';
  const { label } = edge;
  const kind = edge.kind === 'stub' ? 'stubbed' : edge.kind === 'row' ? 'staying' : '';
  const hit = `<rect class="hit"${xmlAttributes({ x: label.x, y: label.y, width: label.width, height: label.height, rx: 3 })}/>`;
  return group({ class: classList('edge', kind, extra), 'data-edge': edge.id }, [
    `<title>${xmlText(edgeWords(edge))}</title>`,
    ...lineOf(edge.points),
    ...(edge.kind === 'row'
      ? [text('row', label.text, label.x, baseline(label.y, label.height, FONT.row), label.width)]
      : labelTexts(edge)),
    hit,
  ]);
}

function labelTexts({ kind, label, points }: DrawnEdge): string[] {
  const side = kind === 'stub' ? 'right' : sideOf(label, points);
  return label.text.split('\n').map((line, index) => {
    const width = textWidth(line, FONT.label);
    const space = label.width - 6 - width;
    const x = label.x + 3 + (side === 'right' ? 0 : side === 'left' ? space : space / 2);
    const y = baseline(label.y + 1 + index * LINE.label, LINE.label, FONT.label);
    return text(index === 0 ? 'label' : 'label acts', line, roundTenth(x), y, width);
  });
}

/** On which side of an upright piece of its line a label stands; beside a level one it is centred. */
function sideOf({ x, y, width, height }: DrawnLabel, points: readonly Point[]): 'left' | 'right' | undefined {
  for (const [index, [lineX, lineY]] of points.entries()) {
    const next = points[index + 1];
    if (next === undefined || Math.abs(next[0] - lineX) > 1) continue;
    const middle = y + height / 2;
    if (middle < Math.min(lineY, next[1]) || middle > Math.max(lineY, next[1])) continue;
    if (Math.abs(lineX - x) < NEAR) return 'right';
    if (Math.abs(lineX - x - width) < NEAR) return 'left';
  }
  return undefined;
}

const NEAR = 10;

/** A line with round corners, and its head. */
function lineOf(points: readonly Point[]): string[] {
  const end = points.at(-1);
  const before = points.at(-2);
  if (end === undefined || before === undefined) return [];
  const [x, y] = end;
  const length = Math.hypot(x - before[0], y - before[1]) || 1;
  const [dx, dy] = [(x - before[0]) / length, (y - before[1]) / length];
  const corner = (along: number, aside: number): string =>
    `${roundTenth(x - dx * along - dy * aside)} ${roundTenth(y - dy * along + dx * aside)}`;
  const shaft: Point = [roundTenth(x - dx * 6), roundTenth(y - dy * 6)];
  return [
    `<path class="line" d="${roundedPath([...points.slice(0, -1), shaft])}"/>`,
    `<path class="head" d="M${x} ${y}L${corner(8, 3.6)}L${corner(8, -3.6)}Z"/>`,
  ];
}

const CORNER = 6;

function roundedPath(points: readonly Point[]): string {
  return points
    .map(([x, y], index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${x} ${y}`;
      if (after === undefined) return `L${x} ${y}`;
      const towards = ([px, py]: Point): string => {
        const length = Math.hypot(px - x, py - y) || 1;
        const cut = Math.min(CORNER, length / 2);
        return `${roundTenth(x + ((px - x) / length) * cut)} ${roundTenth(y + ((py - y) / length) * cut)}`;
      };
      return `L${towards(before)}Q${x} ${y} ${towards(after)}`;
    })
    .join('');
}

/** A line of text is fitted to the width that the layout knows, whatever font the reader has. */
function text(classes: string, line: string, x: number, y: number, width: number): string {
  const fit = { x, y, textLength: width, lengthAdjust: 'spacingAndGlyphs' };
  return `<text class="${classes}"${xmlAttributes(fit)}>${xmlText(line)}</text>`;
}

function rect(classes: string, x: number, y: number, width: number, height: number, radius: number): string {
  const box = { x: roundTenth(x), y: roundTenth(y), width: roundTenth(width), height: roundTenth(height), rx: radius };
  return `<rect class="${classes}"${xmlAttributes(box)}/>`;
}

function group(attributes: Readonly<Record<string, string>>, children: readonly string[]): string {
  return `<g${xmlAttributes(attributes)}>${children.join('')}</g>`;
}

function classList(...classes: readonly string[]): string {
  return classes.filter((name) => name !== '').join(' ');
}

/** Where the letters stand in a line of this height. */
function baseline(y: number, lineHeight: number, fontSize: number): number {
  return roundTenth(y + lineHeight / 2 + fontSize * 0.35);
}
