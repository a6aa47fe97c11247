/** Serves the inspector's page for a source until somebody interrupts it. */
import type { InspectSource } from '../inspect/source.js';
import { readInspectAssets } from '../platform/inspect-assets.js';
import { serveInspector } from '../platform/inspect-server.js';
import { openBrowser } from '../platform/open-browser.js';
import type { Words } from './command.js';
import { untilInterrupted } from './node-options.js';
import { printJson, printLine, printNote } from './output.js';

/** The highest port there is. */
export const PORT_MAX = 65_535;

/** What is served, and how it is told. */
export interface ServingOptions {
  readonly source: InspectSource;
  readonly port: number;
  readonly allowControl?: boolean;
  /** Whether the page is opened in the browser. */
  readonly opens?: boolean;
  readonly json: boolean;
}

/** Serves, tells the address on a line of its own, and answers the exit code when it is interrupted. */
export async function serveUntilInterrupted(options: ServingOptions): Promise<number> {
  const { source, port, allowControl = false, opens = false, json } = options;
  const server = await serveInspector({ source, port, allowControl, assets: await readInspectAssets() });
  const interrupted = untilInterrupted();
  tellInspector(server.url, json);
  if (!json) printNote('Ctrl-C ends it');
  if (opens && !(await openBrowser(server.url))) printNote('no browser could be opened: open the address yourself');
  await interrupted;
  await server.close();
  return 0;
}

/** The port that `--inspect [PORT]` names: `true` is any free one, `undefined` that it is not there. Throws `ERR_INVALID_ARGUMENT`. */
export function inspectPort(words: Words): number | true | undefined {
  const text = words.text('inspect');
  return text === undefined || text === '' ? (text === '' ? true : undefined) : words.number('inspect', 0, 0, PORT_MAX);
}

/** Tells where a page is. */
export function tellInspector(url: string, json: boolean): void {
  if (json) printJson({ event: 'inspecting', url });
  else printLine(`inspect: ${url}`);
}
