/** The file of all drawings: made where diagrams are made, read by whoever shows them. One drawing a line. */
import { EngineError } from '../errors.js';
import type { ChartDrawing } from './drawing.js';

/** What `drawings.json` holds. */
export interface DrawingsFile {
  /** What laid them out, with its version: another one draws otherwise. */
  readonly layout: string;
  /** In the order of the catalogue. */
  readonly drawings: readonly ChartDrawing[];
}

/** The text of the file. */
export function drawingsText({ layout, drawings }: DrawingsFile): string {
  return `{"layout":${JSON.stringify(layout)},"drawings":[\n${drawings.map((one) => JSON.stringify(one)).join(',\n')}\n]}\n`;
}

/** The file from its text. @throws EngineError `ERR_INVALID_ARGUMENT` when it is no such file. */
export function parseDrawings(text: string): DrawingsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'the drawings are not JSON', { cause });
  }
  const { layout, drawings } = (value ?? {}) as Partial<DrawingsFile>;
  if (typeof layout !== 'string' || !Array.isArray(drawings)) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'this is no file of drawings');
  }
  return { layout, drawings };
}
