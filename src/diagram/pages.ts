/** The pages of the machines: one for each, in Markdown, and the index of them. */
import type { MachineCoverage, Share } from '../coverage/report.js';
import { ERROR_HINTS } from '../error-hints.js';
import { eventLabel, type ChartEdge, type ChartModel, type ChartState } from './model.js';
import { sequenceText, type Recordings } from './recordings.js';
import { specLinks } from './spec-links.js';

/** What a page shows besides the chart. */
export interface PageOptions {
  readonly recordings?: Recordings | undefined;
  /** Counts of one machine. Not in the pages of the repository: they would change with every test. */
  readonly coverage?: MachineCoverage | undefined;
}

/** Name of the files of a machine, without an ending: `noise-handshake`. */
export function pageName(id: string): string {
  return id.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

/** The page of one machine, ending in a line feed. */
export function machinePage(model: ChartModel, { recordings, coverage }: PageOptions = {}): string {
  const states = model.states.filter(({ parent }) => parent !== undefined);
  return [
    `# ${model.id}`,
    '',
    `<!-- Made by \`npm run diagrams\` from src/machines/${pageName(model.id)}.ts: edit that, not this. -->`,
    '',
    `Decides ${markdownText(model.decides)}.`,
    '',
    `![State chart of ${model.id}: ${states.length} states, ${model.edges.length} edges](${pageName(model.id)}.svg)`,
    '',
    `Specification: ${specLinks(model.spec)}. Chart: \`${model.hash}\` (what traces and coverage carry).`,
    ...(coverage === undefined ? [] : ['', `Covered: ${coverageText(coverage)}.`]),
    '',
    '## States',
    '',
    ...table(
      ['state', 'meaning', 'on entry', 'leaves on', ...(coverage === undefined ? [] : ['reached'])],
      states.map((state) => [
        ...stateRow(model, state),
        ...(coverage === undefined ? [] : [String(coverage.states[state.path] ?? 0)]),
      ]),
    ),
    '',
    '## Transitions',
    '',
    'Inner states are asked before outer ones, and of one state what stands above first; `any` is the machine itself.',
    '',
    ...table(
      ['from', 'event', 'guard', 'to', 'effects', ...(coverage === undefined ? ['bytes seen'] : ['taken'])],
      [
        ...startRow(model, recordings, coverage !== undefined),
        ...model.edges.map((edge) => edgeRow(model, edge, recordings, coverage)),
      ],
    ),
    ...deadlineLines(model),
    ...codeLines(model),
    ...exampleLines(recordings),
    '',
  ].join('\n');
}

/** The index of all pages, ending in a line feed. */
export function indexPage(models: readonly ChartModel[]): string {
  const rows = models.map((model) => {
    const name = pageName(model.id);
    return [
      `<a href="${name}.md"><img src="${name}.svg" alt="" width="160"></a>`,
      `[${model.id}](${name}.md)`,
      markdownText(model.decides),
      `${model.states.length - 1} / ${model.edges.length}`,
      specLinks(model.spec),
    ];
  });
  return [
    '# Machines',
    '',
    '<!-- Made by `npm run diagrams`: edit src/machines, not this. -->',
    '',
    `Every decision of the engine is one of ${models.length} state machines. Their pictures and tables are made from the code;`,
    '`swarmchart diagram --check` fails where they are not up to date.',
    '',
    'How to read a picture: a round box is a state, one around others is active while one of them is. A filled dot leads to',
    'the state that is entered first. A double edge is an end, with a tick where it is a good one; with a cross and a dashed',
    'edge it is a failure, and the code is the one that is reported. Two bars: the machine waits for what its actor finds',
    'out. Dashed boxes inside one another are regions that run at once. A dotted pill is an event that is heard in every',
    'state of the box around it. Lines in a box are what it does on entry, and events that it stays in the state for.',
    '',
    ...table(['', 'machine', 'decides', 'states / edges', 'specification'], rows),
    '',
  ].join('\n');
}

function stateRow(model: ChartModel, state: ChartState): string[] {
  const kinds = [
    ...(state.outcome === undefined ? [] : [state.outcome === 'failure' ? 'failure' : 'good end']),
    ...(state.type === 'parallel' ? ['regions at once'] : []),
    ...(state.tags.includes('paused') ? ['waits for a finding'] : []),
  ];
  const leaving = model.edges.filter(({ source, targets }) => source === state.path && targets.length > 0);
  return [
    `\`${state.path}\`${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`,
    markdownText(state.meaning ?? ''),
    effectsText(state.entryTexts, state.effects),
    [...new Set(leaving.map(({ event }) => code(eventLabel(event))))].join(', '),
  ];
}

/** What the machine does as it starts: the entry of the machine and of its first states. */
function startRow(model: ChartModel, recordings: Recordings | undefined, isCounted: boolean): string[][] {
  const [machine] = model.states;
  if (machine === undefined || isCounted) return [];
  const seen = recordings?.written.get('start') ?? [];
  return [
    [
      '',
      'start',
      '',
      machine.initial.map(code).join(', '),
      effectsText(machine.entryTexts, machine.effects),
      seen.join('; '),
    ],
  ];
}

function edgeRow(
  model: ChartModel,
  edge: ChartEdge,
  recordings: Recordings | undefined,
  coverage: MachineCoverage | undefined,
): string[] {
  const { id, source, event, guard, targets, actionTexts, effects } = edge;
  const to = targets.length === 0 ? (actionTexts.length === 0 ? 'ignored' : 'stays') : targets.map(code).join(', ');
  const last =
    coverage === undefined ? (recordings?.written.get(id) ?? []).join('; ') : String(coverage.edges[id] ?? 0);
  return [
    source === '-' ? 'any' : code(source),
    code(eventLabel(event)),
    guard === undefined ? '' : code(guard),
    to,
    effectsText(actionTexts, effects),
    last,
  ];
}

function deadlineLines(model: ChartModel): string[] {
  const deadlines = model.edges.filter(({ event }) => event.startsWith('after '));
  if (deadlines.length === 0) return [];
  return [
    '',
    '## Deadlines',
    '',
    ...table(
      ['deadline', 'runs in', 'leads to'],
      deadlines.map(({ event, source, targets }) => [
        code(event.slice('after '.length)),
        source === '-' ? 'every state' : code(source),
        targets.length === 0 ? 'stays' : targets.map(code).join(', '),
      ]),
    ),
  ];
}

function codeLines(model: ChartModel): string[] {
  const failures = model.states.filter(
    ({ outcome, codes, takesCode }) => outcome === 'failure' && (codes.length > 0 || takesCode),
  );
  if (failures.length === 0) return [];
  return [
    '',
    '## Errors that it ends in',
    '',
    ...table(
      ['state', 'code', 'what to try'],
      failures.flatMap(({ path, codes, takesCode }) => [
        ...(takesCode ? [[code(path), 'the code that it is told', '']] : []),
        ...codes.map((one) => [
          code(path),
          `${takesCode ? 'without one: ' : ''}${code(one)}`,
          markdownText(ERROR_HINTS[one]),
        ]),
      ]),
    ),
  ];
}

function exampleLines(recordings: Recordings | undefined): string[] {
  const example = recordings?.example;
  if (example === undefined) return [];
  return [
    '',
    '## A recorded example',
    '',
    `From \`${example.path}\` (${markdownText(example.title)}), actor \`${example.life.actor}\`.`,
    '',
    '```mermaid',
    sequenceText(example),
    '```',
  ];
}

function coverageText({ summary }: MachineCoverage): string {
  const share = (what: string, { covered, total }: Share): string => `${covered} of ${total} ${what}`;
  return [
    share('states', summary.states),
    share('edges', summary.edges),
    share('guard outcomes', summary.guards),
    share('deadlines', summary.deadlines),
  ].join(', ');
}

/** Actions by what they order; one that orders nothing keeps something for later, and stands in brackets. */
function effectsText(actions: readonly string[], effects: readonly string[]): string {
  const shown = actions.filter((action) => !effects.includes(action.split(' ')[0] ?? action));
  return [...effects.map(code), ...(shown.length === 0 ? [] : [`(${shown.map(code).join(', ')})`])].join(' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cell = (text: string): string => (text === '' ? ' ' : ` ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')} `);
  const line = (cells: readonly string[]): string => `|${cells.map(cell).join('|')}|`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Text that is no markup. */
export function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#&]/g, (character) => `\\${character}`).replaceAll('\n', ' ');
}

function code(text: string): string {
  return `\`${text}\``;
}
