/** `swarmchart diagram`: the machines as pictures and in the formats of other tools, and whether the kept ones are true. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCoverage, type MachineCoverage } from '../coverage/report.js';
import type { ChartDrawing } from '../diagram/drawing.js';
import { dotText } from '../diagram/formats/dot.js';
import { mermaidText } from '../diagram/formats/mermaid.js';
import { scxmlText } from '../diagram/formats/scxml.js';
import { statelyText } from '../diagram/formats/stately.js';
import { countsOf, livesIn, type ActorLife } from '../diagram/lives.js';
import { chartModels, type ChartModel } from '../diagram/model.js';
import { machinePage, pageName } from '../diagram/pages.js';
import { chartSvg, type ChartSvgOptions } from '../diagram/svg.js';
import type { ChartTheme } from '../diagram/svg-style.js';
import { EngineError } from '../errors.js';
import { atPath } from '../platform/file-errors.js';
import { readTraceFile } from '../platform/trace-file.js';
import { globMatcher, shortAddress } from '../trace/tools/addresses.js';
import type { Trace } from '../trace/format.js';
import type { Command, Words } from './command.js';
import { checkDiagrams, fixtureRecordings, updateDiagrams } from './diagram-files.js';
import { freshDrawings, keptDrawings, layoutProgram } from './diagram-layout.js';
import { printJson, printLine, printNote } from './output.js';

/** What is written for each format, and how its files end. */
const FORMATS = {
  svg: '.svg',
  mermaid: '.mmd',
  scxml: '.scxml',
  stately: '.json',
  dot: '.dot',
  json: '.json',
  md: '.md',
} as const;
type Format = keyof typeof FORMATS;

const THEMES = ['auto', 'light', 'dark'] as const;
const MOST_MACHINES = 1000;

export const diagramCommand: Command = {
  name: 'diagram',
  usage: '[MACHINE...]',
  positionals: [0, MOST_MACHINES],
  options: {
    format: { type: 'string', value: 'NAME', help: `${Object.keys(FORMATS).join(', ')} (default: svg)` },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'folder to write to, a file for each machine; default, and -: standard output',
    },
    coverage: {
      type: 'string',
      value: 'FILE',
      help: 'svg, md: a coverage report (coverage --json); what was missed is dotted',
    },
    from: {
      type: 'string',
      value: 'TRACE',
      help: 'svg: draw what one actor of this trace did, its last state and step lit',
    },
    actor: { type: 'string', value: 'ADDR', help: 'with --from: its address, e.g. conn:2/noise; may hold * and ?' },
    theme: {
      type: 'string',
      value: 'NAME',
      help: 'svg: light, dark, or auto, as the reader’s system prefers (default)',
    },
    check: {
      type: 'boolean',
      help: 'compare docs/machines and the drawings with the machines; exit 1 where they differ',
    },
    update: { type: 'boolean', help: 'write docs/machines and the drawings anew where they differ' },
    full: { type: 'boolean', help: 'with --check or --update: lay everything out anew, not only what has changed' },
  },
  examples: [
    'swarmchart diagram noiseHandshake > noise.svg',
    'swarmchart diagram --format mermaid --out charts',
    'swarmchart diagram --from run.trace.jsonl --actor conn:2/noise --theme dark > noise.svg',
    'swarmchart diagram --coverage coverage.json --out covered',
    'swarmchart diagram --check',
  ],
  async run(words) {
    if (words.flag('check')) return check(words);
    if (words.flag('update')) return update(words);
    const from = words.text('from');
    return from === undefined ? write(words) : overlay(words, from);
  },
};

async function check(words: Words): Promise<number> {
  const program = await layoutProgram();
  const problems = await checkDiagrams(program, words.flag('full'));
  if (words.flag('json')) printJson({ ok: problems.length === 0, problems, layout: program?.name ?? null });
  else for (const problem of problems) printLine(problem);
  if (problems.length > 0) printNote('the diagrams are not those of the machines: npm run diagrams');
  else if (!words.flag('json')) printLine('the diagrams are those of the machines');
  return problems.length === 0 ? 0 : 1;
}

async function update(words: Words): Promise<number> {
  const program = await layoutProgram();
  if (program === undefined) throw wrong('--update lays out, which takes elkjs: npm ci in the repository');
  const written = await updateDiagrams(program, words.flag('full'));
  if (words.flag('json')) printJson({ written });
  else for (const path of written) printLine(path);
  return 0;
}

/** The machines that are named, each in the format that is asked for. */
async function write(words: Words): Promise<number> {
  const format = formatOf(words);
  const models = modelsOf(words.positionals);
  const out = words.text('out');
  const isMany = (out === undefined || out === '-') && models.length > 1;
  if (isMany && format !== 'json')
    throw wrong(`--format ${format} of ${models.length} machines takes --out DIR, or name one`);
  if (isMany) {
    printLine(JSON.stringify(models));
    return 0;
  }
  const texts = await textsOf(format, models, words);
  await put(words, format, [...texts]);
  return 0;
}

/** What one actor of a trace did, over the drawing of its machine. */
async function overlay(words: Words, path: string): Promise<number> {
  const format = formatOf(words);
  if (format !== 'svg') throw wrong('--from draws: it takes --format svg');
  const life = lifeOf(await readTraceFile(path), words);
  const [model] = modelsOf([life.machine]);
  if (model === undefined) throw wrong(`"${life.machine}" is no machine of this version`);
  if (life.hash !== model.hash)
    printNote(`${life.machine} was recorded with another chart: what is no longer in it is left out`);
  const last = life.steps.at(-1);
  const [drawing] = await drawingsOf([model]);
  if (drawing === undefined) throw wrong(`${model.id} has no drawing`);
  const options: ChartSvgOptions = {
    theme: themeOf(words),
    coverage: countsOf(model, life.steps),
    active: last?.to.split('|') ?? [],
    lastEdges: last?.edges ?? [],
    title: `${model.id} of ${shortAddress(life.actor)}`,
  };
  await put(words, format, [[model.id, chartSvg(drawing, options)]]);
  return 0;
}

function lifeOf(trace: Trace, words: Words): ActorLife {
  const wanted = words.text('actor');
  const matches = wanted === undefined ? () => true : globMatcher(wanted);
  const [machine] = words.positionals;
  const lives = livesIn(trace).filter(
    (life) =>
      (matches(life.actor) || matches(shortAddress(life.actor))) && (machine === undefined || life.machine === machine),
  );
  const [life] = lives;
  const known = [...new Set(livesIn(trace).map(({ actor }) => shortAddress(actor)))];
  if (life === undefined) throw wrong(`no such actor in the trace; it has: ${known.join(', ')}`);
  if (wanted === undefined && known.length > 1) throw wrong(`--from takes --actor; the trace has: ${known.join(', ')}`);
  if (lives.length > 1) printNote(`${lives.length} lives match: this is the first (${shortAddress(life.actor)})`);
  return life;
}

async function textsOf(
  format: Format,
  models: readonly ChartModel[],
  words: Words,
): Promise<ReadonlyMap<string, string>> {
  const file = words.text('coverage');
  const machines = file === undefined ? {} : parseCoverage(await atPath(file, readFile(file, 'utf8'))).machines;
  const coverageOf = ({ id, hash }: { readonly id: string; readonly hash: string }): MachineCoverage | undefined => {
    const coverage = Object.hasOwn(machines, id) ? machines[id] : undefined;
    if (coverage !== undefined && coverage.hash !== hash) printNote(`${id}: counted with another chart, and left out`);
    return coverage?.hash === hash ? coverage : undefined;
  };
  switch (format) {
    case 'svg': {
      const theme = themeOf(words);
      const drawings = await drawingsOf(models);
      return new Map(drawings.map((one) => [one.id, chartSvg(one, { theme, coverage: coverageOf(one) })]));
    }
    case 'md': {
      const recordings = await fixtureRecordings(models);
      return new Map(
        models.map((model) => [
          model.id,
          machinePage(model, { recordings: recordings?.get(model.id), coverage: coverageOf(model) }),
        ]),
      );
    }
    case 'mermaid':
      return new Map(models.map((model) => [model.id, mermaidText(model)]));
    case 'scxml':
      return new Map(models.map((model) => [model.id, scxmlText(model)]));
    case 'stately':
      return new Map(models.map((model) => [model.id, statelyText(model)]));
    case 'dot':
      return new Map(models.map((model) => [model.id, dotText(model)]));
    case 'json':
      return new Map(models.map((model) => [model.id, `${JSON.stringify(model, undefined, 2)}\n`]));
  }
}

/** The drawings of `models`, as they are kept; laid out anew where they are not up to date and that can be done. */
async function drawingsOf(models: readonly ChartModel[]): Promise<readonly ChartDrawing[]> {
  const kept = await keptDrawings();
  const wanted = new Set(models.map(({ id }) => id));
  const some = { ...kept, drawings: kept.drawings.filter(({ id }) => wanted.has(id)) };
  const asKept = await freshDrawings(models, some, { program: undefined });
  if (asKept.drift.length === 0) return asKept.drawings;
  return (await freshDrawings(models, some, { program: await layoutProgram() })).drawings;
}

async function put(
  words: Words,
  format: Format,
  texts: readonly (readonly [id: string, text: string])[],
): Promise<void> {
  const out = words.text('out');
  if (out === undefined || out === '-') {
    for (const [, text] of texts) printLine(text.trimEnd());
    return;
  }
  await atPath(out, mkdir(out, { recursive: true }));
  const files = texts.map(([id, text]) => ({
    machine: id,
    file: join(out, `${pageName(id)}${FORMATS[format]}`),
    text,
  }));
  for (const { machine, file, text } of files) {
    await atPath(file, writeFile(file, text));
    if (words.flag('json')) printJson({ machine, file, format });
    else printLine(file);
  }
}

function modelsOf(names: readonly string[]): readonly ChartModel[] {
  const models = chartModels();
  if (names.length === 0) return models;
  return names.map((name) => {
    const found = models.find(({ id }) => id === name || pageName(id) === name);
    if (found === undefined) throw wrong(`there is no machine "${name}": ${models.map(({ id }) => id).join(', ')}`);
    return found;
  });
}

function formatOf(words: Words): Format {
  const format = words.text('format') ?? 'svg';
  if (!Object.hasOwn(FORMATS, format))
    throw wrong(`--format takes ${Object.keys(FORMATS).join(', ')}; got "${format}"`);
  return format as Format;
}

function themeOf(words: Words): ChartTheme {
  const theme = words.text('theme') ?? 'auto';
  const found = THEMES.find((one) => one === theme);
  if (found === undefined) throw wrong(`--theme takes ${THEMES.join(', ')}; got "${theme}"`);
  return found;
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart diagram --help)`);
}
