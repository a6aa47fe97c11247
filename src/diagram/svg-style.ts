/**
 * The stylesheet of a drawing. Colours are custom properties, so that a page can set its own; no meaning hangs on colour
 * alone: failures have a cross and a dashed edge, what was missed is dotted, what is active is thick.
 */
import { FONT } from './boxes.js';

/** `auto` follows what the reader's system prefers. */
export type ChartTheme = 'light' | 'dark' | 'auto';

/** Classes that may be set on the group of a state or an edge. */
export const CHART_CLASSES = ['is-active', 'is-last', 'is-covered', 'is-missed', 'is-selected'] as const;

const LIGHT: Readonly<Record<string, string>> = {
  bg: '#ffffff',
  frame: '#d7dce4',
  ink: '#1b2330',
  muted: '#5c6675',
  line: '#76808f',
  box: '#f3f6fa',
  edge: '#aab4c2',
  paused: '#7a4fb5',
  'paused-box': '#f6f1fd',
  ok: '#1a7f4b',
  'ok-box': '#ecf8f1',
  fail: '#b3372f',
  'fail-box': '#fdf1f0',
  active: '#0b6bd3',
  'active-box': '#dcebfd',
  last: '#bf4a08',
  covered: '#1a7f4b',
  missed: '#b3372f',
  selected: '#0b6bd3',
};

const DARK: Readonly<Record<string, string>> = {
  bg: '#10151d',
  frame: '#2d3644',
  ink: '#e7ecf3',
  muted: '#9ba7b7',
  line: '#7f8b9c',
  box: '#1a222d',
  edge: '#465366',
  paused: '#b99cf0',
  'paused-box': '#241d36',
  ok: '#54c78a',
  'ok-box': '#142a20',
  fail: '#f08a80',
  'fail-box': '#321a1b',
  active: '#62aeff',
  'active-box': '#12345a',
  last: '#ff9c52',
  covered: '#54c78a',
  missed: '#f08a80',
  selected: '#62aeff',
};

/** The stylesheet, every rule below `.swarmchart`. A page that forbids inline styles serves it as a file. */
export function chartCss(theme: ChartTheme = 'auto'): string {
  const colours = theme === 'dark' ? [rule(DARK)] : [rule(LIGHT)];
  if (theme === 'auto') colours.push(`@media (prefers-color-scheme: dark){${rule(DARK)}}`);
  return [...colours, ...RULES].join('\n');
}

function rule(colours: Readonly<Record<string, string>>): string {
  const declarations = Object.entries(colours).map(([name, value]) => `--chart-${name}:${value}`);
  return `.swarmchart{${declarations.join(';')}}`;
}

const SANS = 'Inter,"Helvetica Neue",Helvetica,Arial,"Liberation Sans",system-ui,sans-serif';
const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace';

const RULES: readonly string[] = [
  `.swarmchart{font-family:${SANS};background:var(--chart-bg)}`,
  '.swarmchart text{fill:var(--chart-ink)}',
  '.swarmchart .frame{fill:var(--chart-bg);stroke:var(--chart-frame)}',
  `.swarmchart .machine{font-size:${FONT.machine}px;font-weight:700}`,
  `.swarmchart .name{font-size:${FONT.title}px;font-weight:700}`,
  `.swarmchart .row,.swarmchart .decides{font-size:${FONT.row}px;fill:var(--chart-muted)}`,
  `.swarmchart .code{font-family:${MONO};font-size:${FONT.code}px;fill:var(--chart-fail)}`,
  '.swarmchart .box{fill:var(--chart-box);stroke:var(--chart-edge);stroke-width:1.25}',
  '.swarmchart .outer>.box{fill:none}',
  '.swarmchart .outer>text{paint-order:stroke;stroke:var(--chart-bg);stroke-width:4;stroke-linejoin:round}',
  '.swarmchart .region>.box{stroke-dasharray:7 4}',
  '.swarmchart .inner{fill:none;stroke:var(--chart-edge);stroke-width:1}',
  '.swarmchart .paused>.box{fill:var(--chart-paused-box);stroke:var(--chart-paused)}',
  '.swarmchart .success>.box{fill:var(--chart-ok-box)}',
  '.swarmchart .success>.box,.swarmchart .success>.inner{stroke:var(--chart-ok)}',
  '.swarmchart .failure>.box{fill:var(--chart-fail-box)}',
  '.swarmchart .failure>.box,.swarmchart .failure>.inner{stroke:var(--chart-fail);stroke-dasharray:5 3}',
  '.swarmchart .mark{fill:none;stroke:var(--chart-muted);stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}',
  '.swarmchart .paused>.mark{stroke:var(--chart-paused)}',
  '.swarmchart .success>.mark{stroke:var(--chart-ok)}',
  '.swarmchart .failure>.mark{stroke:var(--chart-fail)}',
  '.swarmchart .dot{fill:var(--chart-ink)}',
  '.swarmchart .line{fill:none;stroke:var(--chart-line);stroke-width:1.25}',
  '.swarmchart .head{fill:var(--chart-line)}',
  '.swarmchart .stub{fill:var(--chart-bg);stroke:var(--chart-line);stroke-width:1;stroke-dasharray:2 3}',
  `.swarmchart .label{font-size:${FONT.label}px;paint-order:stroke;stroke:var(--chart-bg);stroke-width:5;stroke-linejoin:round}`,
  '.swarmchart .stubbed .label{stroke:none}',
  '.swarmchart .label .acts{fill:var(--chart-muted)}',
  '.swarmchart .hit{fill:none;stroke:none;pointer-events:all}',
  '.swarmchart .is-active>.box{stroke:var(--chart-active);stroke-width:3;stroke-dasharray:none}',
  '.swarmchart .is-active:not(.outer)>.box{fill:var(--chart-active-box)}',
  '.swarmchart .is-active>.mark,.swarmchart .is-active>.inner{stroke:var(--chart-active)}',
  '.swarmchart .is-covered>.line{stroke:var(--chart-covered);stroke-width:1.75}',
  '.swarmchart .is-covered>.head{fill:var(--chart-covered)}',
  '.swarmchart .is-covered:not(.is-active)>.box{stroke:var(--chart-covered);stroke-width:1.75}',
  '.swarmchart .is-missed>.line{stroke:var(--chart-missed);stroke-dasharray:1 4;stroke-linecap:round;stroke-width:1.75}',
  '.swarmchart .is-missed>.head{fill:var(--chart-bg);stroke:var(--chart-missed);stroke-width:1.25}',
  '.swarmchart .is-missed:not(.is-active)>.box{stroke:var(--chart-missed);stroke-dasharray:1 4;stroke-linecap:round;stroke-width:1.75}',
  '.swarmchart .is-missed>text,.swarmchart .is-missed .acts{opacity:.6}',
  '.swarmchart .is-last>.line{stroke:var(--chart-last);stroke-width:3;stroke-dasharray:none}',
  '.swarmchart .is-last>.head{fill:var(--chart-last);stroke:var(--chart-last);stroke-width:1.5}',
  '.swarmchart .is-last>text,.swarmchart .is-last .acts{fill:var(--chart-last);font-weight:700;opacity:1}',
  '.swarmchart .is-selected>.line{stroke:var(--chart-selected);stroke-width:3}',
  '.swarmchart .is-selected>.head{fill:var(--chart-selected)}',
  '.swarmchart .is-selected>text{text-decoration:underline}',
  '.swarmchart .is-selected>.box{stroke:var(--chart-selected);stroke-width:3;filter:drop-shadow(0 0 4px var(--chart-selected))}',
  '.swarmchart .is-selected>.hit{stroke:var(--chart-selected);stroke-dasharray:3 2}',
  '.swarmchart [tabindex]:focus-visible{outline:2px solid var(--chart-selected);outline-offset:2px}',
];
