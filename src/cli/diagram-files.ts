/** The drawings and pages that the repository keeps: made from the machines, written, and compared. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { drawingsText } from '../diagram/drawings-file.js';
import { chartModels, type ChartModel } from '../diagram/model.js';
import { indexPage, machinePage, pageName } from '../diagram/pages.js';
import { recordingsOf, type NamedTrace, type Recordings } from '../diagram/recordings.js';
import { chartSvg } from '../diagram/svg.js';
import { readTraceFile } from '../platform/trace-file.js';
import { drawingsPath, freshDrawings, keptDrawings, PACKAGE_ROOT, type LayoutProgram } from './diagram-layout.js';

/** Where the pages are kept. */
export const PAGES_FOLDER = join(PACKAGE_ROOT, 'docs/machines');
/** Where recorded traces are kept, from the root of the package. */
const TRACE_FOLDERS = ['test/replay/fixtures', 'test/replay/redacted'];

/** What the repository has to hold, by absolute path, and how its drawings differ from that. */
export interface DiagramFiles {
  readonly files: ReadonlyMap<string, string>;
  /** One line for each difference of a chart: `ping: state awaitingEcho added`. */
  readonly drift: readonly string[];
}

/** Everything as it has to be. Pages need the recorded traces, which a package does not have: there they are left out. */
export async function diagramFiles(program: LayoutProgram | undefined, full = false): Promise<DiagramFiles> {
  const models = chartModels();
  const { drift, ...fresh } = await freshDrawings(models, await keptDrawings(), { program, full });
  const files = new Map<string, string>();
  if (program !== undefined) files.set(drawingsPath(), drawingsText(fresh));
  for (const drawing of fresh.drawings) files.set(join(PAGES_FOLDER, `${pageName(drawing.id)}.svg`), chartSvg(drawing));
  const recordings = await fixtureRecordings(models);
  if (recordings !== undefined) {
    files.set(join(PAGES_FOLDER, 'README.md'), indexPage(models));
    for (const model of models) {
      files.set(
        join(PAGES_FOLDER, `${pageName(model.id)}.md`),
        machinePage(model, { recordings: recordings.get(model.id) }),
      );
    }
  }
  return { files, drift };
}

/** What the fixtures tell of the machines; `undefined` where there are none. */
export async function fixtureRecordings(
  models: readonly ChartModel[],
): Promise<ReadonlyMap<string, Recordings> | undefined> {
  const folders = TRACE_FOLDERS.filter((folder) => existsSync(join(PACKAGE_ROOT, folder)));
  if (folders.length === 0) return undefined;
  const paths = folders.flatMap((folder) =>
    readdirSync(join(PACKAGE_ROOT, folder))
      .filter((name) => /\.trace\.jsonl(?:\.gz)?$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  const traces: NamedTrace[] = [];
  for (const path of paths) traces.push({ path, trace: await readTraceFile(join(PACKAGE_ROOT, path)) });
  return recordingsOf(models, traces);
}

/** What is not as it has to be, one line each; empty where everything is. */
export async function checkDiagrams(program: LayoutProgram | undefined, full = false): Promise<readonly string[]> {
  const { files, drift } = await diagramFiles(program, full);
  const stale: string[] = [];
  for (const [path, text] of files) {
    const kept = existsSync(path) ? await readFile(path, 'utf8') : undefined;
    if (kept === undefined) stale.push(`${relative(PACKAGE_ROOT, path)} is missing`);
    else if (kept !== text) stale.push(`${relative(PACKAGE_ROOT, path)} is stale`);
  }
  return [...drift, ...stale, ...strangers(files).map((path) => `${relative(PACKAGE_ROOT, path)} is of no machine`)];
}

/** Writes what is not as it has to be; answers the paths, relative to the package. */
export async function updateDiagrams(program: LayoutProgram, full = false): Promise<readonly string[]> {
  const { files } = await diagramFiles(program, full);
  const written: string[] = [];
  for (const [path, text] of files) {
    if (existsSync(path) && (await readFile(path, 'utf8')) === text) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    written.push(relative(PACKAGE_ROOT, path));
  }
  for (const path of strangers(files)) {
    await unlink(path);
    written.push(`${relative(PACKAGE_ROOT, path)} (removed)`);
  }
  return written;
}

/** Files of the folder that nobody asks for; where pages are left out, only pictures are judged. */
function strangers(files: ReadonlyMap<string, string>): readonly string[] {
  if (!existsSync(PAGES_FOLDER)) return [];
  const hasPages = [...files.keys()].some((path) => path.endsWith('.md'));
  return readdirSync(PAGES_FOLDER)
    .filter((name) => name.endsWith('.svg') || (hasPages && name.endsWith('.md')))
    .map((name) => join(PAGES_FOLDER, name))
    .filter((path) => !files.has(path))
    .sort();
}
