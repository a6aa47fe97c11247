/** The graph that elkjs lays out: what of a chart is a node, what a line, and by which rules they find their places. */
import { DOT_RADIUS, edgeKind, labelSize, labelText, stateContent, STUB_PAD } from './boxes.js';
import type { ChartEdge, ChartModel, ChartState } from './model.js';

/** A node of the graph that is laid out; `x` and `y` are of the drawing, not of the node around it. */
export interface ElkNode {
  id: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  children?: ElkNode[];
  edges?: ElkEdge[];
  layoutOptions?: Record<string, string>;
}

/** A line of the graph. */
export interface ElkEdge {
  id: string;
  sources: string[];
  targets: string[];
  labels?: { text: string; x?: number; y?: number; width: number; height: number }[];
  sections?: { startPoint: ElkPoint; endPoint: ElkPoint; bendPoints?: ElkPoint[] }[];
}

interface ElkPoint {
  x: number;
  y: number;
}

/** What lays out: an instance of elkjs. */
export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** One way to lay out: where the lines run, and how the nodes of a layer are spread. */
export interface Way {
  readonly direction: 'RIGHT' | 'DOWN';
  readonly placement: 'NETWORK_SIMPLEX' | 'BRANDES_KOEPF';
}

/** Around everything. */
const MARGIN = 8;

/** The edges that are drawn as one: same kind, same ends. */
export interface Bundle {
  readonly id: string;
  readonly kind: 'line' | 'stub';
  readonly source: string;
  readonly target: string;
  readonly edges: readonly ChartEdge[];
}

/** What is drawn as lines and stubs. */
export function bundlesOf(model: ChartModel): readonly Bundle[] {
  const bundles = new Map<string, Bundle & { edges: ChartEdge[] }>();
  for (const edge of model.edges) {
    const kind = edgeKind(edge);
    const [target] = edge.targets;
    if (kind === 'row' || target === undefined) continue;
    const id = `${kind} ${edge.source} ${target}`;
    const bundle = bundles.get(id) ?? { id, kind, source: edge.source, target, edges: [] };
    bundle.edges.push(edge);
    bundles.set(id, bundle);
  }
  return [...bundles.values()];
}

/** The graph of `model`. Its children are one: the frame. */
export function graphOf(model: ChartModel, way: Way): ElkNode {
  const bundles = bundlesOf(model);
  const childrenOf = (path: string): ElkNode[] => {
    const inner = model.states.filter(({ parent }) => parent === path);
    const stubs = bundles.filter(({ kind, source }) => kind === 'stub' && source === path);
    const initial = model.states.find((state) => state.path === path)?.initial ?? [];
    return [
      ...initial.map(() => ({ id: initialId(path), width: 2 * DOT_RADIUS, height: 2 * DOT_RADIUS })),
      ...inner.map(nodeOf),
      ...stubs.map((bundle) => ({ id: bundle.id, ...stubSize(bundle) })),
    ];
  };
  const nodeOf = (state: ChartState): ElkNode => {
    const { width, height } = stateContent(model, state);
    const children = childrenOf(state.path);
    if (children.length === 0) return { id: state.path, width, height };
    return {
      id: state.path,
      children,
      layoutOptions: {
        ...layeredOptions(way),
        'elk.padding': paddingText(height + 4, 16),
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width},${height})`,
      },
    };
  };
  const [machine] = model.states;
  if (machine === undefined) throw new Error(`machine "${model.id}" has no states`);
  return {
    id: model.id,
    children: [nodeOf(machine)],
    edges: [
      ...model.states.flatMap(({ path, initial }) =>
        initial.map((target) => ({ id: initialId(path), sources: [initialId(path)], targets: [target] })),
      ),
      ...bundles.map((bundle) => ({
        id: `edge ${bundle.id}`,
        sources: [bundle.kind === 'stub' ? bundle.id : bundle.source],
        targets: [bundle.target],
        labels: bundle.kind === 'stub' ? [] : bundle.edges.map((edge) => labelOf(edge)),
      })),
    ],
    layoutOptions: { ...layeredOptions(way), 'elk.padding': paddingText(MARGIN, MARGIN) },
  };
}

/** They do not pass from a node to the ones in it: each has them. */
function layeredOptions({ direction, placement }: Way): Record<string, string> {
  return {
    'elk.algorithm': 'layered',
    'elk.direction': direction,
    'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.randomSeed': '1',
    'elk.json.shapeCoords': 'ROOT',
    'elk.json.edgeCoords': 'ROOT',
    'elk.spacing.nodeNode': '22',
    'elk.spacing.edgeNode': '16',
    'elk.spacing.edgeEdge': '12',
    'elk.spacing.componentComponent': '22',
    'elk.layered.spacing.nodeNodeBetweenLayers': '30',
    'elk.layered.spacing.edgeNodeBetweenLayers': '16',
    'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
    'elk.layered.thoroughness': '20',
    'elk.layered.nodePlacement.strategy': placement,
    'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  };
}

function paddingText(top: number, others: number): string {
  return `[top=${top},left=${others},bottom=${others},right=${others}]`;
}

/** The label of an edge, with its size. */
export function labelOf(edge: ChartEdge): { text: string; width: number; height: number } {
  const text = labelText(edge);
  return { text, ...labelSize(text) };
}

function stubSize({ edges }: Bundle): { width: number; height: number } {
  const sizes = edges.map(labelOf);
  return {
    width: Math.max(...sizes.map(({ width }) => width)) + 2 * STUB_PAD.x,
    height: sizes.reduce((sum, { height }) => sum + height, 0) + 2 * STUB_PAD.y,
  };
}

/** Id of the node of the mark from which the first state of `path` is entered. */
export function initialId(path: string): string {
  return `initial ${path}`;
}
