#!/usr/bin/env node
// Bundles the inspector's page into dist/inspect-page: one HTML file, one script, one style sheet, and nothing else that a
// browser would have to ask for. The same views for embedders' pages go to dist/inspect/embed.js and embed.css. The style
// of charts comes from what tsc has put in dist/.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../', import.meta.url));
const out = `${root}dist/inspect-page/`;
const embed = `${root}dist/inspect/embed`;

/** The whole page, packed, stays below this. */
const MAX_GZIP_BYTES = 200 * 1024;

/** Every rule of what is drawn goes below this class. */
const SCOPE = '.swarmchart-inspect';

const script = {
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [
    {
      name: 'drawings without what the page has elsewhere',
      setup: ({ onLoad }) => {
        onLoad({ filter: /drawings\.json$/ }, ({ path }) => {
          const file = JSON.parse(readFileSync(path, 'utf8'));
          // What states mean stands in src/diagram/meanings, which the page has for its explanations.
          for (const { states } of file.drawings) for (const state of states) delete state.meaning;
          return { contents: JSON.stringify(file), loader: 'json' };
        });
      },
    },
  ],
};

mkdirSync(out, { recursive: true });
await build({ ...script, entryPoints: { page: `${root}src/page/main.tsx` }, outdir: out, format: 'iife' });
await build({ ...script, entryPoints: [`${root}src/page/embed.tsx`], outfile: `${embed}.js`, format: 'esm' });

const { chartCss } = await import('../dist/diagram/svg-style.js');
const drawn = [
  readFileSync(`${root}node_modules/uplot/dist/uPlot.min.css`, 'utf8'),
  chartCss('light'),
  readFileSync(`${root}src/page/page.css`, 'utf8'),
].join('\n');
const scoped = `${SCOPE} {\n${drawn}\n}\n`;
const ofDocument = readFileSync(`${root}src/page/document.css`, 'utf8');
/** Nested rules are written out for embedders' tools that do not know them; the browsers have to know `light-dark()`. */
const styleOf = async (contents) => {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'css' },
    bundle: true,
    write: false,
    minify: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    supported: { nesting: false },
    logLevel: 'warning',
  });
  return outputFiles[0].contents;
};
writeFileSync(`${out}page.css`, await styleOf(ofDocument + scoped));
writeFileSync(`${embed}.css`, await styleOf(scoped));
copyFileSync(`${root}src/page/index.html`, `${out}index.html`);
const packed = (names) => names.reduce((sum, name) => sum + gzipSync(readFileSync(name)).length, 0);
const page = packed(['index.html', 'page.js', 'page.css'].map((name) => out + name));
console.log(`dist/inspect-page: ${Math.ceil(page / 1024)} KiB packed`);
console.log(`dist/inspect/embed: ${Math.ceil(packed([`${embed}.js`, `${embed}.css`]) / 1024)} KiB packed`);
if (page > MAX_GZIP_BYTES) throw new Error(`the page is ${page} bytes packed; at most ${MAX_GZIP_BYTES}`);
