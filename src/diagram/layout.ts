/**
 * Gives a chart its places, with the layered layout of elkjs. The program that lays out is passed in: it is needed where
 * diagrams are made, and nowhere else. Same chart, same version of elkjs: same drawing.
 */
import { DOT_RADIUS, LINE, rowPlace, stateContent, STUB_PAD, type StateContent } from './boxes.js';
import type { Box, ChartDrawing, DrawnEdge, DrawnInitial, Point } from './drawing.js';
import {
  bundlesOf,
  graphOf,
  initialId,
  labelOf,
  type Bundle,
  type ElkEdge,
  type ElkNode,
  type LayoutEngine,
  type Way,
} from './graph.js';
import type { ChartModel } from './model.js';
import { edgeFacts, stateFacts } from './outline.js';
import { roundTenth } from './text-width.js';

const WAYS: readonly Way[] = [
  { direction: 'RIGHT', placement: 'NETWORK_SIMPLEX' },
  { direction: 'RIGHT', placement: 'BRANDES_KOEPF' },
  { direction: 'DOWN', placement: 'NETWORK_SIMPLEX' },
  { direction: 'DOWN', placement: 'BRANDES_KOEPF' },
];

/** What a page shows beside its text: a drawing that is wider is scaled down. */
const GOOD_WIDTH = 1100;

/** The drawing of `model`, the way round that reads best on a page. */
export async function layoutChart(model: ChartModel, engine: LayoutEngine): Promise<ChartDrawing> {
  const drawings: ChartDrawing[] = [];
  for (const way of WAYS) drawings.push(await layoutAlong(model, engine, way));
  const [best] = drawings.sort((left, right) => badness(left) - badness(right));
  if (best === undefined) throw new Error('no way round was tried');
  return best;
}

/** How far from a page that is wide enough and not long. */
function badness({ width, height }: ChartDrawing): number {
  const scale = Math.max(1, width / GOOD_WIDTH);
  return scale * scale * 2 + (width * height) / 500_000 + height / 900;
}

async function layoutAlong(model: ChartModel, engine: LayoutEngine, way: Way): Promise<ChartDrawing> {
  return drawingOf(model, await engine.layout(graphOf(model, way)));
}

function drawingOf(model: ChartModel, graph: ElkNode): ChartDrawing {
  const boxes = new Map<string, Box>();
  const collect = (node: ElkNode): void => {
    const { x = 0, y = 0, width = 0, height = 0 } = node;
    boxes.set(node.id, { x: roundTenth(x), y: roundTenth(y), width: roundTenth(width), height: roundTenth(height) });
    node.children?.forEach(collect);
  };
  graph.children?.forEach(collect);
  const lines = new Map((graph.edges ?? []).map((edge) => [edge.id, edge]));
  const drawn = new Map<string, DrawnEdge>();
  for (const bundle of bundlesOf(model)) {
    const line = lines.get(`edge ${bundle.id}`);
    const edges = bundle.kind === 'line' ? lineEdges(bundle, line) : stubEdges(bundle, line, boxOf(boxes, bundle.id));
    for (const edge of edges) drawn.set(edge.id, edge);
  }
  for (const state of model.states) {
    for (const edge of rowEdges(model, stateContent(model, state), boxOf(boxes, state.path))) drawn.set(edge.id, edge);
  }
  return {
    id: model.id,
    hash: model.hash,
    decides: model.decides,
    spec: model.spec,
    width: Math.ceil(graph.width ?? 0),
    height: Math.ceil(graph.height ?? 0),
    states: model.states.map((state) => ({ ...stateFacts(model, state), ...boxOf(boxes, state.path) })),
    edges: model.edges.map(({ id }) => drawn.get(id)).filter((edge) => edge !== undefined),
    initials: model.states.flatMap(({ path, initial }) =>
      initial.map(() => drawnInitial(path, boxOf(boxes, initialId(path)), lines.get(initialId(path)))),
    ),
  };
}

function rowEdges(model: ChartModel, content: StateContent, box: Box): readonly DrawnEdge[] {
  return content.rows.flatMap(({ edge: id, text, width }, index) => {
    const edge = model.edges.find((candidate) => candidate.id === id);
    if (edge === undefined) return [];
    const label = { text, ...rowPlace(box, content.titleHeight, index), width, height: LINE.row };
    return [{ ...edgeFacts(edge), points: [], label }];
  });
}

function lineEdges({ edges }: Bundle, line: ElkEdge | undefined): readonly DrawnEdge[] {
  const points = pointsOf(line);
  return edges.map((edge, index) => {
    const { text = edge.label, x = 0, y = 0, width = 0, height = 0 } = line?.labels?.[index] ?? {};
    return {
      ...edgeFacts(edge),
      points,
      label: { text, x: roundTenth(x), y: roundTenth(y), width, height },
    };
  });
}

function stubEdges({ edges }: Bundle, line: ElkEdge | undefined, stub: Box): readonly DrawnEdge[] {
  const points = pointsOf(line);
  let y = stub.y + STUB_PAD.y;
  return edges.map((edge) => {
    const { text, width, height } = labelOf(edge);
    const label = { text, x: roundTenth(stub.x + STUB_PAD.x), y: roundTenth(y), width, height };
    y += height;
    return { ...edgeFacts(edge), points, label, stub };
  });
}

function drawnInitial(state: string, box: Box, line: ElkEdge | undefined): DrawnInitial {
  return { state, at: [roundTenth(box.x + DOT_RADIUS), roundTenth(box.y + DOT_RADIUS)], points: pointsOf(line) };
}

function pointsOf(line: ElkEdge | undefined): readonly Point[] {
  const [section] = line?.sections ?? [];
  if (section === undefined) return [];
  return [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(({ x, y }): Point => [
    roundTenth(x),
    roundTenth(y),
  ]);
}

function boxOf(boxes: ReadonlyMap<string, Box>, id: string): Box {
  const box = boxes.get(id);
  if (box === undefined) throw new Error(`"${id}" was given no place`);
  return box;
}
