/** The inspector's page: three files that are built into the package, read once. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The files of the page, as text. */
export interface InspectAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** Where the build puts the page; asked for when it is needed, for a bundle has no such place. */
const built = (): string => fileURLToPath(new URL('../inspect-page/', import.meta.url));

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

/** Reads the page from `folder`, by default the built one; a page that says so where there is none. */
export async function readInspectAssets(folder: string = built()): Promise<InspectAssets> {
  const read = (name: string): Promise<string> => readFile(`${folder}/${name}`, 'utf8');
  try {
    const [html, script, style] = await Promise.all([read('index.html'), read('page.js'), read('page.css')]);
    return { html, script, style };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return UNBUILT;
    throw thrown;
  }
}
