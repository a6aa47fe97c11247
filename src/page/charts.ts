/** The drawings of all machines, which the page carries along. */
import drawn from '../diagram/drawings.json';
import type { ChartDrawing } from '../diagram/drawing.js';
import { MEANINGS } from '../diagram/meanings/index.js';
import { chartSvg } from '../diagram/svg.js';

/** One machine's chart: its parts, and as a picture without a stylesheet of its own. */
export interface Chart {
  readonly drawing: ChartDrawing;
  readonly svg: string;
}

const drawings = new Map(
  (drawn.drawings as unknown as readonly ChartDrawing[]).map((drawing) => [drawing.id, withMeanings(drawing)]),
);
const charts = new Map<string, Chart>();

/** Ids of the machines, in the order of the catalogue. */
export const CHART_IDS: readonly string[] = [...drawings.keys()];

/** The chart of a machine; `undefined` for one that this page does not know. */
export function chartOf(machine: string): Chart | undefined {
  const drawing = drawings.get(machine);
  if (drawing === undefined) return undefined;
  let chart = charts.get(machine);
  if (chart === undefined) charts.set(machine, (chart = { drawing, svg: chartSvg(drawing, { style: false }) }));
  return chart;
}

/** Whether a machine is done in a state: one path, or several side by side. */
export function isFinalState(machine: string, state: string): boolean {
  const states = drawings.get(machine)?.states;
  return states?.find(({ path }) => path === state)?.type === 'final';
}

/** What being in a state means, in a sentence. */
export function meaningOf(machine: string, state: string): string | undefined {
  return MEANINGS[machine]?.[state];
}

function withMeanings(drawing: ChartDrawing): ChartDrawing {
  const states = drawing.states.map((state) => {
    const meaning = meaningOf(drawing.id, state.path);
    return meaning === undefined ? state : { ...state, meaning };
  });
  return { ...drawing, states };
}
