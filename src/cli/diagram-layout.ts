/** Drawings for the command line: those that are kept, and new ones where the program that lays out is installed. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { layoutChart } from '../diagram/layout.js';
import type { LayoutEngine } from '../diagram/graph.js';
import type { ChartDrawing } from '../diagram/drawing.js';
import { parseDrawings, type DrawingsFile } from '../diagram/drawings-file.js';
import type { ChartModel } from '../diagram/model.js';
import { driftOf } from '../diagram/outline.js';

/** The folder of the package: two above this file, in `src` as in `dist`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where the drawings are kept: beside the sources in a checkout, beside this program in a package. */
export function drawingsPath(): string {
  const source = `${PACKAGE_ROOT}src/diagram/drawings.json`;
  return existsSync(source) ? source : fileURLToPath(new URL('../diagram/drawings.json', import.meta.url));
}

/** The drawings that are kept; none where the file is missing. */
export async function keptDrawings(): Promise<DrawingsFile> {
  const path = drawingsPath();
  return existsSync(path) ? parseDrawings(await readFile(path, 'utf8')) : { layout: '', drawings: [] };
}

/** What lays out, and its name with the version. */
export interface LayoutProgram {
  readonly engine: LayoutEngine;
  readonly name: string;
}

/** elkjs, where it is installed: diagrams are made where the engine is built, and only shown elsewhere. */
export async function layoutProgram(): Promise<LayoutProgram | undefined> {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require('elkjs/package.json') as { version: string };
    const { default: Elk } = (await import('elkjs/lib/elk.bundled.js')) as unknown as {
      default: new () => LayoutEngine;
    };
    return { engine: new Elk(), name: `elkjs ${version}` };
  } catch (thrown) {
    if (['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(String((thrown as { code?: unknown }).code)))
      return undefined;
    throw thrown;
  }
}

/** The drawings as they have to be, and how the kept ones differ. */
export interface FreshDrawings extends DrawingsFile {
  /** One line for each difference: `ping: state awaitingEcho added`. */
  readonly drift: readonly string[];
}

/** What to draw anew, and with what. */
export interface FreshOptions {
  readonly program: LayoutProgram | undefined;
  /** Whether everything is laid out anew, and not only what has changed. */
  readonly full?: boolean;
}

/** The drawings of `models`. What has changed is laid out anew; without a program, the kept drawing stays and is told. */
export async function freshDrawings(
  models: readonly ChartModel[],
  kept: DrawingsFile,
  { program, full = false }: FreshOptions,
): Promise<FreshDrawings> {
  const drift: string[] = [];
  const drawings: ChartDrawing[] = [];
  const isOther = program !== undefined && program.name !== kept.layout;
  if (isOther)
    drift.push(`the drawings are by ${kept.layout === '' ? 'nobody' : kept.layout}; ${program.name} is installed`);
  for (const model of models) {
    const former = kept.drawings.find(({ id }) => id === model.id);
    const changes = former === undefined ? ['has no drawing'] : driftOf(model, former);
    let drawing = former;
    if (program !== undefined && (full || isOther || changes.length > 0)) {
      drawing = await layoutChart(model, program.engine);
      const isMoved = changes.length === 0 && JSON.stringify(drawing) !== JSON.stringify(former);
      if (isMoved) drift.push(`${model.id}: is laid out otherwise`);
    }
    drift.push(...changes.map((change) => `${model.id}: ${change}`));
    if (drawing !== undefined) drawings.push(drawing);
  }
  const known = new Set(models.map(({ id }) => id));
  drift.push(
    ...kept.drawings
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => `${id}: is drawn, but there is no such machine`),
  );
  return { layout: program?.name ?? kept.layout, drawings, drift };
}
