/** The inspector's page: three files that are built into the package, read once. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The files of the page, as text. */
export interface InspectAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/**
 * Where the build puts the page, seen from the package and from the sources of a checkout; asked for when it is needed, for
 * a bundle has no such place.
 */
const built = (): readonly string[] =>
  ['../inspect-page/', '../../dist/inspect-page/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** What is shown where the page was not built: a checkout, run from its sources. */
const UNBUILT: InspectAssets = {
  html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>swarmchart inspector</title><link rel="stylesheet" href="page.css"></head>
<body><main><h1>swarmchart inspector</h1>
<p>The page is not built: run <code>npm run build</code>, then start the inspector again.</p></main>
<script src="page.js" type="module"></script></body>
</html>
`,
  script: '',
  style: 'main { font-family: system-ui, sans-serif; margin: 2rem; }\n',
};

/** Reads the page from the first of `folders` that has it, by default where it is built; a page that says so where none has. */
export async function readInspectAssets(folders: readonly string[] = built()): Promise<InspectAssets> {
  for (const folder of folders) {
    const read = (name: string): Promise<string> => readFile(`${folder}/${name}`, 'utf8');
    try {
      const [html, script, style] = await Promise.all([read('index.html'), read('page.js'), read('page.css')]);
      return { html, script, style };
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
  return UNBUILT;
}
